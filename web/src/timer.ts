// How long something took: begun and ended by a touch. The two times are the form's own fields, so that what runs is part of its draft: it goes
// on through a reload, with the page closed, and without a network. Sending what still runs ends it.

import { keepDrafts } from "./drafts";
import { onArrive, within } from "./parts";
import { clockText, houseDay, houseStamp, now, onEveryTick, span } from "./time";

const minute = 60_000;
const late = 9 * minute; // after this the server asks why it is entered afterwards

export function startTimers(): void {
  onArrive((root) => {
    for (const timer of within<HTMLElement>(root, "[data-timer]")) connect(timer);
  });
  onEveryTick(() => document.querySelectorAll<HTMLElement>("[data-timer]").forEach(draw));
  for (const kind of ["milieu:changed", "input"]) {
    document.addEventListener(kind, (event) => (event.target as Element).closest("form")?.querySelectorAll<HTMLElement>("[data-timer]").forEach(draw));
  }
  document.addEventListener("submit", (event) => {
    for (const timer of (event.target as HTMLFormElement).querySelectorAll<HTMLElement>("[data-timer]:not([hidden])")) {
      if (at(timer, "started") !== null && at(timer, "stopped") === null) set(timer, "stopped", now());
      draw(timer);
    }
  }, true); // before the form is read
}

function connect(timer: HTMLElement): void {
  timer.dataset.timer = "on";
  timer.addEventListener("click", (event) => {
    const hit = (event.target as Element).closest<HTMLElement>("[data-timer-start], [data-timer-stop], [data-timer-took]");
    if (!hit) return;
    if (hit.dataset.timerTook) {
      set(timer, "started", now() - Number(hit.dataset.timerTook) * minute);
      set(timer, "stopped", now());
    } else if (hit.dataset.timerStart !== undefined) {
      set(timer, "started", now());
      set(timer, "stopped", null);
    } else {
      set(timer, "stopped", now());
    }
    void keepDrafts(); // now: the phone goes into a pocket
  });
  draw(timer);
}

const inputs = (timer: HTMLElement, name: string) =>
  ["_date", "_time"].map((part) => timer.querySelector<HTMLInputElement>(`[name="${name}${part}"]`));

function set(timer: HTMLElement, name: string, moment: number | null): void {
  const [day, time] = inputs(timer, name);
  if (!day || !time) return;
  day.value = moment === null ? "" : houseDay(moment);
  time.value = moment === null ? "" : clockText(moment);
  time.dispatchEvent(new Event("input", { bubbles: true }));
}

function at(timer: HTMLElement, name: string): number | null {
  const [day, time] = inputs(timer, name);
  return time?.value ? Date.parse(houseStamp(day?.value || houseDay(), time.value)) : null;
}

function draw(timer: HTMLElement): void {
  const face = timer.querySelector<HTMLElement>("[data-timer-face]");
  if (!face) return;
  const started = at(timer, "started");
  const stopped = at(timer, "stopped");
  const state = started === null ? "none" : stopped === null ? "runs" : "took";
  const words = (face.dataset[state] ?? "").replace("{0}", started === null ? "" : span((stopped ?? now()) - started))
    .replace("{1}", started === null ? "" : clockText(started)).replace("{2}", stopped === null ? "" : clockText(stopped));
  if (face.textContent !== words) face.textContent = words;
  timer.dataset.state = state;
  const mark = timer.querySelector<HTMLInputElement>("[data-timer-late]");
  const asks = stopped !== null && now() - stopped > late;
  if (mark && mark.checked !== asks) {
    mark.checked = asks;
    mark.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
