// Entry forms: the id and the times are put in here, on the device, at the moment of sending. A second touch, or a second try after the
// network was silent, sends the very same bytes, so that the server recognises them.

import { dropDraft } from "./drafts";
import { clear, point, type Faults } from "./faults";
import { hooks, type Submission } from "./hooks";
import { serverLocked } from "./lock";
import { setNet } from "./net";
import { apply, closeSheet } from "./rows";
import { reader } from "./session";
import { byDevice, deviceStamp, houseDay, houseStamp, learn } from "./time";
import { say } from "./words";

const patience = 5_000;
const flights = new WeakMap<HTMLElement, Submission>();

/** A UUIDv7: 48 bits of the device's milliseconds, then chance. */
export function mint(at = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(at / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The fields of a form as they are sent: days and times joined, a button's several fields unfolded, blanks left out. */
export function fieldsOf(form: HTMLFormElement, button: HTMLElement | null): [string, string][] {
  let fields: [string, string][] = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim() !== "") fields.push([name, value]);
  }
  for (const { name } of form.querySelectorAll<HTMLInputElement>("input[data-minor]:enabled")) {
    fields = fields.map(([key, value]) => [key, key === name ? minor(value) : value]);
  }
  for (const moment of form.querySelectorAll<HTMLFieldSetElement>("fieldset[data-moment]:enabled")) {
    const name = moment.dataset.moment ?? "";
    const part = (ending: string) => fields.find(([key]) => key === name + ending)?.[1];
    const day = part("_date");
    const time = part("_time");
    fields = fields.filter(([key]) => key !== name + "_date" && key !== name + "_time");
    if (!time) continue;
    const stamp = houseStamp(day ?? houseDay(), time);
    fields.push([name, name === "happened" ? byDevice(stamp) : stamp]);
    if (moment.dataset.happened !== undefined) fields.push(["happened", byDevice(stamp)]); // it is when the entry happened as well
  }
  if (button instanceof HTMLButtonElement && button.name) {
    const set: [string, string][] = button.name === "_set" ? [...new URLSearchParams(button.value)] : [[button.name, button.value]];
    const names = new Set(set.map(([name]) => name));
    fields = [...fields.filter(([name]) => !names.has(name)), ...set];
  }
  return fields.filter(([name]) => !name.startsWith("_")); // those are for the page alone
}

/** A sum as people write it, "12.50" or "12,5", in the smallest unit of its money. What is no sum stays as it is: the server says so. */
function minor(text: string): string {
  const [, whole, part = ""] = /^\s*(\d+)(?:[.,](\d{1,2}))?\s*$/.exec(text) ?? [];
  return whole === undefined ? text + "?" : String(Number(whole) * 100 + Number(part.padEnd(2, "0")));
}

/** Completes a submission with the entry's id and times, or gives back the one that is already on its way with the same words. */
function prepare(owner: HTMLElement, path: string, fields: [string, string][]): Submission {
  const before = flights.get(owner);
  const own = new Set(["id", "written", "happened"]);
  const words = (list: [string, string][]) => JSON.stringify(list.filter(([name]) => !own.has(name)).sort());
  const given = fields.find(([name]) => name === "happened")?.[1];
  if (before && words(before.fields) === words(fields) && (!given || before.fields.some(([name, value]) => name === "happened" && value === given))) return before;
  const at = new Date();
  const told = fields.find(([name]) => name === "id")?.[1]; // of an entry that was refused, and is put right here
  const id = before?.fields.find(([name]) => name === "id")?.[1] ?? told ?? mint(at.getTime());
  const written = deviceStamp(at);
  const submission: Submission = {
    path,
    fields: [["id", id], ["written", written], ["happened", given ?? written], ...fields.filter(([name]) => !own.has(name))],
    from: owner.closest<HTMLElement>("[data-from]")?.dataset.from ?? location.pathname + location.search,
  };
  flights.set(owner, submission);
  return submission;
}

/** Sends what owner (a form, or a button that carries its fields) has to say, and shows the answer. */
export async function send(owner: HTMLElement, path: string, fields: [string, string][], button: HTMLElement | null): Promise<void> {
  if (owner.hasAttribute("data-busy")) return;
  const submission = prepare(owner, path, fields);
  const swap = owner.dataset.swap;
  const target = swap ? document.querySelector(swap) : null;
  busy(owner, button, true);
  complain(owner, "");
  clear(owner);
  try {
    const answer = await post(submission);
    if (answer?.headers.has("Milieu-Confirm")) confirmed(submission);
    else if (answer?.status === 401 || answer?.status === 423) await signedOut(submission, owner, answer.status === 423);
    else if (answer) await take(answer, owner, target);
    else await keep(submission, owner, target, button);
  } finally {
    busy(owner, button, false);
  }
}

/** Null: nobody answered, or a server on the way said that ours did not. */
async function post(submission: Submission): Promise<Response | null> {
  if (hooks.keeper?.away()) return null;
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(submission.path, {
      method: "POST",
      body: new URLSearchParams(submission.fields),
      // Whose page this is goes along: another tab may have changed person since, and nobody writes under another's name.
      headers: { "Milieu-Fragment": "1", "Milieu-Sent": deviceStamp(), "Milieu-Reader": reader(), Accept: "text/html" },
      signal: stop.signal,
    });
    return [502, 503, 504, 507].includes(answer.status) ? null : answer;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

async function take(answer: Response, owner: HTMLElement, target: Element | null): Promise<void> {
  setNet("ok");
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (date) learn(date + 500);
  const next = answer.headers.get("Milieu-Location") ?? (answer.redirected ? answer.url : "");
  if (answer.status >= 500) {
    complain(owner, say("failed"));
    return;
  }
  flights.delete(owner);
  const dropped = answer.ok ? done(owner) : null;
  if (next) {
    await Promise.race([dropped, new Promise((late) => setTimeout(late, 1500))]); // what was signed must not come back as a draft
    location.assign(next);
    return;
  }
  const kind = answer.headers.get("Content-Type") ?? "";
  const text = await answer.text();
  if (kind.startsWith("application/json") && owner instanceof HTMLFormElement) complain(owner, point(owner, JSON.parse(text) as Faults));
  else if (kind.startsWith("text/html")) apply(text, target);
  else if (!answer.ok) complain(owner, text.trim() || say("failed"));
}

/** The server wants to know once more who this is: sent as the browser sends forms, it answers with the page that asks, and the form waits there. */
function confirmed(submission: Submission): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = submission.path;
  form.hidden = true;
  const fields = submission.fields.some(([name]) => name === "then") ? submission.fields : [...submission.fields, ["then", location.pathname + location.search] as [string, string]];
  for (const [name, value] of fields) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

/** The session has ended or is locked: what was written is kept if the device can, and the server shows the way in. The draft stays. */
async function signedOut(submission: Submission, owner: HTMLElement, locked: boolean): Promise<void> {
  if (owner instanceof HTMLFormElement && (await hooks.keeper?.keep(submission, false, ""))) await done(owner);
  if (locked) await serverLocked();
  else location.reload();
}

async function keep(submission: Submission, owner: HTMLElement, target: Element | null, button: HTMLElement | null): Promise<void> {
  setNet(navigator.onLine ? "waiting" : "off");
  const sheet = owner.closest(".sheet-up");
  const place = sheet ? null : target;
  const said = (await hooks.keeper?.keep(submission, place !== null, chosenWords(owner, button))) ?? null;
  if (said === null) {
    complain(owner, say("not_sent"));
    return;
  }
  flights.delete(owner);
  void done(owner);
  apply(said, place);
  if (sheet) closeSheet(sheet); // the next person's sheet would be the server's to choose
}

/** What was chosen, in the words on the page: to say it back where no server can. */
function chosenWords(owner: HTMLElement, button: HTMLElement | null): string {
  const chosen = button instanceof HTMLButtonElement && button.name ? [button] : [...owner.querySelectorAll<HTMLInputElement>("input:checked:enabled")].map((input) => input.labels?.[0]);
  return chosen.flatMap((part) => {
    const shown = part?.cloneNode(true) as HTMLElement | undefined;
    for (const hidden of shown?.querySelectorAll(".vh, svg, input") ?? []) hidden.remove();
    const texts = document.createTreeWalker(shown ?? document.createElement("p"), NodeFilter.SHOW_TEXT);
    const words: string[] = [];
    while (texts.nextNode()) words.push(texts.currentNode.textContent?.trim() ?? "");
    return words.filter(Boolean);
  }).join(", ");
}

async function done(owner: HTMLElement): Promise<void> {
  if (!(owner instanceof HTMLFormElement)) return;
  const dropped = dropDraft(owner);
  owner.dispatchEvent(new Event("milieu:sent", { bubbles: true }));
  owner.removeAttribute("data-dirty");
  owner.reset();
  owner.dispatchEvent(new Event("milieu:changed", { bubbles: true }));
  await dropped;
}

function busy(owner: HTMLElement, button: HTMLElement | null, on: boolean): void {
  owner.toggleAttribute("data-busy", on);
  if (on) button?.setAttribute("aria-busy", "true");
  else button?.removeAttribute("aria-busy");
}

function complain(owner: HTMLElement, text: string): void {
  const place = owner.closest("form")?.querySelector<HTMLElement>("[data-form-error]") ?? null;
  if (!place) {
    if (text) toast(text);
    return;
  }
  place.textContent = text;
  place.hidden = text === "";
}

function toast(text: string): void {
  const line = document.createElement("div");
  line.className = "toast toast-fixed";
  line.append(Object.assign(document.createElement("p"), { textContent: text }));
  document.getElementById("toasts")?.replaceChildren(line);
}
