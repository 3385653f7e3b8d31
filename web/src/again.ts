// An entry that was refused is put right in the form that it was written in: its page is opened, filled with what was written, under the same
// ID. What it is filled with waits among the drafts, sealed, while the page changes.

import { door } from "./forms";
import { hooks } from "./hooks";
import { hidden } from "./keys";
import { onArrive, within } from "./parts";
import { keysReady } from "./session";
import { sweep } from "./store";
import { byDevice, houseZone } from "./time";
import { say } from "./words";

type Fields = [string, string][];

const name = (id: string) => "again " + id;
const wanted = () => /^#again=([0-9a-f-]{36})$/.exec(location.hash)?.[1];

export function startAgain(): void {
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-again]");
    if (!link) return;
    event.preventDefault();
    void openForm(link.dataset.again ?? "", link.getAttribute("href") ?? "/", [...new URLSearchParams(link.dataset.againFields)]);
  });
  onArrive((root) => {
    const id = wanted();
    if (id) for (const form of within<HTMLFormElement>(root, "form[data-entry]")) void refill(form, id);
  });
  document.addEventListener("milieu:sent", (event) => {
    const form = event.target as HTMLFormElement;
    const id = form.dataset.again;
    if (id) void sent(form, id);
  });
}

/** Opens the page that a form stands on, to be filled. */
export async function openForm(id: string, page: string, fields: Fields): Promise<void> {
  await hooks.drafts.save(name(id), fields);
  location.assign(page + "#again=" + id);
  if (location.pathname + location.search === page) location.reload(); // only the part behind # has changed
}

async function refill(form: HTMLFormElement, id: string): Promise<void> {
  const fields = await hooks.drafts.load(name(id));
  if (!fields || form.dataset.again) return;
  const get = (key: string) => fields.find(([field]) => field === key)?.[1] ?? "";
  const kind = get("_kind");
  const doors = [form.getAttribute("action") ?? "", ...(form.dataset.else ?? "").split(";").map((other) => other.slice(other.lastIndexOf(" ") + 1))];
  const chart = form.querySelector<HTMLInputElement>("input[type=hidden][name=chart]")?.value;
  if (!doors.includes("/entries/" + kind) && form.dataset.entry !== kind) return;
  if (chart && chart !== get("chart")) return;
  form.dataset.again = id;
  const own = new Set(["id", "chart", "written", "happened", "_kind"]);
  choose(form, kind);
  const happened = get("happened");
  const moment = form.querySelector<HTMLFieldSetElement>("fieldset[data-moment=happened]");
  if (happened && moment) uncover(form, moment);
  for (const [field, value] of fields) if (!own.has(field)) put(form, field, value);
  if (happened && moment) {
    const [day, time] = wall(happened);
    put(form, "happened_date", day);
    put(form, "happened_time", time);
  } else if (happened) {
    hide(form, "happened", byDevice(happened));
  }
  if (get("id")) hide(form, "id", get("id"));
  form.setAttribute("data-dirty", "");
  const note = form.querySelector<HTMLElement>("[data-draft-note]");
  if (note) {
    note.textContent = say("again_note");
    note.hidden = false;
  }
  form.dispatchEvent(new Event("milieu:changed", { bubbles: true }));
}

/** Puts one value into the form, and opens the part of it in which the field stands. */
function put(form: HTMLFormElement, field: string, value: string): void {
  const named = [...form.elements].filter((control): control is HTMLInputElement => (control as HTMLInputElement).name === field);
  const choice = named.find((control) => ["radio", "checkbox"].includes(control.type) && control.value === value);
  const text = named.find((control) => !["radio", "checkbox", "hidden", "submit", "button", "file"].includes(control.type));
  const control = choice ?? text;
  if (!control) return;
  uncover(form, control);
  if (choice) choice.checked = true;
  else control.value = value;
}

/** Answers the questions on which a part of the form depends: a hazard's words are asked for once a hazard was chosen. */
function uncover(form: HTMLFormElement, control: Element): void {
  for (let part = control.closest<HTMLElement>("[data-when]"); part && form.contains(part); part = part.parentElement?.closest<HTMLElement>("[data-when]") ?? null) {
    for (const when of (part.dataset.when ?? "").split(" ")) if (!when.startsWith("!")) answer(form, when);
  }
}

/** Where one of a form's answers makes it another kind of entry, gives that answer. */
function choose(form: HTMLFormElement, kind: string): void {
  if (door(form) === "/entries/" + kind) return;
  for (const other of (form.dataset.else ?? "").split(";")) {
    const at = other.lastIndexOf(" ");
    if (other.slice(at + 1) === "/entries/" + kind) for (const when of other.slice(0, at).split(" ")) if (!when.startsWith("!")) answer(form, when);
  }
}

function answer(form: HTMLFormElement, when: string): void {
  const [field = "", value = ""] = when.split("=");
  for (const control of form.elements) {
    const input = control as HTMLInputElement;
    if (input.name === field && input.value === value && ["radio", "checkbox"].includes(input.type)) input.checked = true;
  }
}

function hide(form: HTMLFormElement, field: string, value: string): void {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: field, value, className: "again" }));
}

/** A moment as the house's clock shows it: day and time of day. */
function wall(stamp: string): [string, string] {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: houseZone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(Date.parse(stamp));
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return [`${part("year")}-${part("month")}-${part("day")}`, `${part("hour")}:${part("minute")}`];
}

/** It is in the record, or waits to be: what it was filled with, and what was set apart for it, go. */
async function sent(form: HTMLFormElement, id: string): Promise<void> {
  delete form.dataset.again;
  for (const input of form.querySelectorAll("input.again")) input.remove();
  history.replaceState(null, "", location.pathname + location.search);
  await hooks.drafts.drop(name(id));
  await forgetApart(id);
}

/** Takes what was set apart under an entry's ID off this device. */
export async function forgetApart(id: string): Promise<void> {
  const keys = await keysReady;
  if (!keys) return;
  const mine = await hidden(keys.titles, id);
  await sweep("apart", (one) => one.copy?.id === mine);
}
