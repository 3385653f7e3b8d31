// What a board shows that changes with time alone: how many are late, which whole answers an hour offers, and the board on the wall, which is
// asked for afresh because nobody touches it.

import { refresh } from "./live";
import { clockText, houseHour, now, onEveryTick } from "./time";
import { say } from "./words";

const minute = 60_000;

export function startBoard(): void {
  onEveryTick(() => {
    for (const sum of document.querySelectorAll<HTMLElement>("[data-tally]")) tally(sum);
    for (const sum of document.querySelectorAll<HTMLElement>("[data-dues-sum]")) dues(sum);
    for (const offered of document.querySelectorAll<HTMLElement>("[data-hours]")) offer(offered);
  });
  const every = Number(document.querySelector<HTMLElement>("[data-refresh]")?.dataset.refresh);
  if (every) setInterval(() => void again(), every * 1000);
}

let fresh = Date.now();

/** A board that nobody touches says when it is no longer true: an old one looks like a new one from four metres. */
async function again(): Promise<void> {
  if (await refresh()) fresh = Date.now();
  const old = Date.now() - fresh > 90_000;
  for (const band of document.querySelectorAll<HTMLElement>("[data-stale]")) {
    band.hidden = !old;
    const words = band.querySelector("[data-stale-text]");
    if (old && words) words.textContent = say("stale", clockText(fresh));
  }
}

/** "1 late, 2 within 3 min": counted over the rings of a list, as the server counts them. */
function tally(sum: HTMLElement): void {
  const within = Number(sum.dataset.within);
  const moment = now();
  let late = 0;
  let soon = 0;
  for (const ring of document.querySelectorAll<HTMLElement>(`[data-list="${CSS.escape(sum.dataset.tally ?? "")}"] [data-ring]`)) {
    const due = Number(ring.dataset.dueAt);
    if (moment > Number(ring.dataset.lateAt ?? due)) late++;
    else if (due - moment <= within * minute) soon++;
  }
  const called = (what: string) => document.querySelectorAll(`[data-call=${what}]`).length;
  const help = called("help");
  const lost = called("lost");
  const parts = [help > 0 ? say("tally_help", help) : "", lost > 0 ? say("tally_lost", lost) : "", late > 0 ? say("tally_late", late) : "", soon > 0 ? say("tally_soon", soon, within) : ""].filter(Boolean);
  const text = parts.join(", ") || say("tally_none", within);
  if (sum.textContent !== text) sum.textContent = text;
}

/** "2 late, 4 now": the lengths of a family's lists. */
function dues(sum: HTMLElement): void {
  const count = (state: string) => document.querySelector(`[data-list="${CSS.escape(sum.dataset.duesSum ?? "")}-${state}"]`)?.childElementCount ?? 0;
  const late = count("late");
  const soon = count("now");
  const text = late > 0 && soon > 0 ? say("sum_late_now", late, soon) : late > 0 ? say("sum_late", late) : soon > 0 ? say("sum_now", soon) : say("sum_none");
  if (sum.textContent !== text) sum.textContent = text;
}

function offer(offered: HTMLElement): void {
  const [from = 0, until = 0] = (offered.dataset.hours ?? "").split("-").map(Number);
  const hour = houseHour();
  const on = from < until ? hour >= from && hour < until : hour >= from || hour < until;
  if (offered.hidden === on) offered.hidden = !on;
}
