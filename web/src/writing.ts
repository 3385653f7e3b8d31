// The fields in which a note is written: other words are offered below them, and what was said to be a quotation is remembered with the draft.

import { find, finder, schoolYear, type Finder, type Found, type Term } from "./plain";
import { say } from "./words";

const pause = 200;
const most = 2; // offered at once under one field
let where: Finder | undefined;
const timers = new WeakMap<HTMLTextAreaElement, ReturnType<typeof setTimeout>>();

export function startWriting(): void {
  const block = document.getElementById("plain-words");
  if (!block?.textContent) return;
  where = finder(JSON.parse(block.textContent) as Term[]);
  const fields = () => document.querySelectorAll<HTMLTextAreaElement>("textarea[data-plain]");
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLTextAreaElement) || !field.hasAttribute("data-plain")) return;
    clearTimeout(timers.get(field));
    timers.set(field, setTimeout(() => look(field), pause));
  });
  document.addEventListener("milieu:changed", (event) => { // a draft came back, or the form was sent
    for (const field of (event.target as Element).querySelectorAll<HTMLTextAreaElement>("textarea[data-plain]")) look(field);
  });
  for (const field of fields()) look(field);
}

const besides = (field: HTMLElement, selector: string) => field.closest(".field")?.querySelector<HTMLElement>(selector) ?? null;

/** What its writer said to be a quotation, a passage a line: kept in a field of its own, so that it is part of the draft and never sent. */
function keptOf(field: HTMLTextAreaElement): Set<string> {
  const kept = besides(field, "[data-kept-words]") as HTMLTextAreaElement | null;
  return new Set((kept?.value ?? "").split("\n").filter(Boolean));
}

function look(field: HTMLTextAreaElement): void {
  const place = besides(field, "[data-words]");
  if (!where || !place) return;
  const found = find(where, field.value, keptOf(field));
  const shown = found.slice(0, most).map((one) => offer(field, one));
  if (found.length > most) shown.push(Object.assign(document.createElement("p"), { className: "small quiet", textContent: say("plain_more", found.length - most) }));
  place.replaceChildren(...shown, ...ease(field.value));
}

function ease(text: string): HTMLElement[] {
  if (document.documentElement.lang !== "en") return [];
  const year = schoolYear(text);
  if (year === null) return [];
  return [Object.assign(document.createElement("p"), { className: "tiny quiet", textContent: year > 10 ? say("note_ease_hard", year) : say("note_ease", year) })];
}

function offer(field: HTMLTextAreaElement, found: Found): HTMLElement {
  const box = document.createElement("div");
  box.className = "word";
  box.setAttribute("role", "status");
  const text = field.value;
  const around = document.createElement("p");
  around.dir = "auto";
  around.append(cut(text.slice(0, found.at), -40), Object.assign(document.createElement("mark"), { textContent: found.text }), cut(text.slice(found.end), 40));
  const why = document.createElement("p");
  why.className = "small";
  why.textContent = [found.term.why && found.term.why + ".", found.term.write && say("plain_instead", found.term.write)].filter(Boolean).join(" ");
  const acts = document.createElement("p");
  acts.className = "row";
  if (found.use) {
    acts.append(button("btn btn-soft", say("plain_use", found.use), () => {
      field.setRangeText(found.use, found.at, found.end, "preserve");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      look(field);
      field.focus({ preventScroll: true });
    }));
  }
  acts.append(button("btn btn-bare", say("plain_quote"), () => {
    const kept = besides(field, "[data-kept-words]") as HTMLTextAreaElement | null;
    if (kept) kept.value = [...keptOf(field), found.passage].join("\n");
    field.dispatchEvent(new Event("input", { bubbles: true })); // the draft keeps it
    look(field);
    field.focus({ preventScroll: true });
  }));
  box.append(around, why, acts);
  return box;
}

function button(look: string, text: string, act: () => void): HTMLButtonElement {
  const out = Object.assign(document.createElement("button"), { type: "button", className: look, textContent: text });
  out.addEventListener("click", act);
  return out;
}

/** The nearest few words, up to a line's end. */
function cut(text: string, chars: number): string {
  const line = chars < 0 ? text.slice(text.lastIndexOf("\n") + 1) : text.split("\n", 1)[0]!;
  const letters = [...line];
  if (letters.length <= Math.abs(chars)) return line;
  return chars < 0 ? "… " + letters.slice(chars).join("").replace(/^\S*\s/, "") : letters.slice(0, chars).join("").replace(/\s\S*$/, "") + " …";
}
