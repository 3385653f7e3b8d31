// A progress note being written: what is cited, what is still to be written, how alike it is to the one before, how much fits, and its files.
// The page loads this beside what every page runs.

import { startDictating } from "./dictate";
import { likeness, threes } from "./plain";
import { readWords, say } from "./words";
import { startWriting } from "./writing";
import { startFiles } from "./files";

const partsOf = (form: HTMLFormElement) => [...form.querySelectorAll<HTMLTextAreaElement>("textarea[data-part]")];

function startNote(form: HTMLFormElement): void {
  const last = document.getElementById("last-note")?.textContent;
  const before = last ? threes((JSON.parse(last) as { text: string }).text) : null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const draw = () => {
    cites(form);
    missing(form);
    room(form);
    if (before) alike(form, before);
  };
  form.addEventListener("input", () => { form.dataset.unkept = ""; clearTimeout(timer); timer = setTimeout(draw, 150); missing(form); });
  form.addEventListener("change", draw);
  form.addEventListener("milieu:changed", draw);
  form.addEventListener("milieu:kept", (event) => {
    delete form.dataset.unkept;
    const place = form.querySelector<HTMLElement>("[data-kept]");
    if (!place) return;
    place.textContent = say("note_kept", (event as CustomEvent<string>).detail);
    place.hidden = false;
  });
  // Before the form is looked at by what sends it: too much is told here, and stays in its fields.
  form.addEventListener("submit", (event) => {
    draw();
    if (form.dataset.full === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const place = form.querySelector<HTMLElement>("[data-form-error]");
    if (!place) return;
    place.textContent = form.dataset.full;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  });
  startFiles(form);
  draw();
}

/** What is cited, as chips under the words, each of which takes its citation off. */
function cites(form: HTMLFormElement): void {
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=cites]")];
  const on = boxes.filter((box) => box.checked);
  const count = form.querySelector<HTMLElement>("[data-cite-count]");
  if (count) count.textContent = say("note_cited", on.length, boxes.length);
  form.querySelector("[data-cited]")?.replaceChildren(...on.reverse().map((box) => {
    const chip = Object.assign(document.createElement("button"), { type: "button", className: "cite", textContent: box.dataset.cite ?? "" });
    chip.setAttribute("aria-label", say("note_uncite") + ": " + (box.dataset.cite ?? ""));
    chip.addEventListener("click", () => { box.checked = false; box.dispatchEvent(new Event("change", { bubbles: true })); box.dispatchEvent(new Event("input", { bubbles: true })); });
    return chip;
  }));
}

/** Says before signing, and not after, which parts are still needed. */
function missing(form: HTMLFormElement): void {
  const needs = (form.dataset.needs ?? "").split(",");
  const open = partsOf(form).filter((part) => needs.includes(part.name) && part.value.trim() === "").map((part) => part.dataset.part ?? "");
  const place = form.querySelector<HTMLElement>("[data-missing]");
  if (place && open.length > 0) place.textContent = say("note_missing", open.join(", "));
}

const utf8 = new TextEncoder();
const spare = 2_000; // of an entry, for what stands around its words

/** How many bytes the words take in the entry, and whether they fit. */
function room(form: HTMLFormElement): void {
  const limit = Number(form.dataset.room) - spare;
  const size = utf8.encode(JSON.stringify(partsOf(form).map((part) => part.value))).length;
  const kB = (bytes: number) => Math.round(bytes / 1024);
  const full = size > limit ? say("note_full", kB(size), kB(limit)) : "";
  if (full) form.dataset.full = full;
  else if (form.dataset.full !== undefined) {
    delete form.dataset.full;
    const error = form.querySelector<HTMLElement>("[data-form-error]");
    if (error) error.hidden = true;
  }
  const place = form.querySelector<HTMLElement>("[data-room-words]");
  if (!place) return;
  place.hidden = size < limit / 2;
  place.textContent = full || say("note_room", kB(size), kB(limit));
  place.classList.toggle("error", full !== "");
}

function alike(form: HTMLFormElement, before: ReadonlySet<string>): void {
  const text = partsOf(form).map((part) => part.value).join("\n");
  const share = likeness(text, before);
  const box = form.querySelector<HTMLElement>("[data-likeness]");
  if (box) {
    box.hidden = false;
    const words = box.querySelector("[data-likeness-words]");
    if (words) words.textContent = say("note_alike", share);
    const bar = box.querySelector("progress");
    if (bar) bar.value = share;
  }
  const field = form.querySelector<HTMLInputElement>("input[name=likeness]");
  if (field) field.value = text.trim() ? String(share) : "";
  const ask = form.querySelector<HTMLElement>("[data-ask-fresh]");
  if (ask) ask.hidden = share <= Number(form.dataset.limit);
}

readWords();
startWriting();
void startDictating();
const form = document.querySelector<HTMLFormElement>("form[data-note]");
if (form) startNote(form);
