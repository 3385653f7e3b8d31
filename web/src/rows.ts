// Fragments find their own place: an element whose id is on the page replaces it, a row of a live list goes in by its order, a toast goes
// where toasts are, and what is left goes into the part of the page that asked. Nothing moves while a finger is down.

import { connect, tick } from "./parts";
import { drawn } from "./trust";

let down = false;
let waiting: (() => void)[] = [];
let calm: ReturnType<typeof setTimeout> | undefined;

export function startRows(): void {
  document.addEventListener("pointerdown", () => { clearTimeout(calm); down = true; }, { capture: true, passive: true });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => { clearTimeout(calm); calm = setTimeout(release, 350); }, { capture: true, passive: true });
  }
}

function release(): void {
  down = false;
  const ready = waiting;
  waiting = [];
  for (const change of ready) change();
}

/** Runs a change that may move rows: at once, or a moment after the finger is up. */
export function whenStill(change: () => void): void {
  if (down) waiting.push(change);
  else change();
}

/** Puts the fragments of an answer or an event into the page. target takes what has no place of its own. */
export function apply(html: string, target: Element | null = null): void {
  const parsed = drawn(html);
  const loose = document.createDocumentFragment();
  sweep(parsed);
  for (const part of [...parsed.childNodes]) {
    if (!(part instanceof Element) || !place(part, target)) loose.append(part);
  }
  if (target && loose.textContent !== null && (loose.childElementCount > 0 || loose.textContent.trim() !== "")) fill(target, loose);
  count();
}

/** Takes off the rows of a family that do not come with this answer. */
function sweep(content: DocumentFragment): void {
  for (const broom of content.querySelectorAll<HTMLElement>("template[data-sweep]")) {
    const prefix = CSS.escape(broom.dataset.sweep ?? "");
    broom.remove();
    for (const row of document.querySelectorAll(`[id^="${prefix}"]`)) if (!content.querySelector(`#${CSS.escape(row.id)}`)) take(row);
  }
}

function place(part: Element, target: Element | null): boolean {
  if (part.hasAttribute("data-remove")) {
    take(document.getElementById(part.id));
    return true;
  }
  if (part.hasAttribute("data-toast")) {
    const region = document.getElementById("toasts");
    region?.replaceChildren(part);
    connect(part);
    return region !== null;
  }
  const old = part.id ? document.getElementById(part.id) : null;
  if (old && !(target && target.contains(old) && target.children.length === 1)) {
    renew(old, part);
    return true;
  }
  if (part instanceof HTMLElement && part.dataset.in) {
    settle(part);
    connect(part);
    return true;
  }
  return false;
}

function fill(target: Element, content: DocumentFragment): void {
  target.replaceChildren(content);
  connect(target);
  mark(target);
  const first = target.querySelector<HTMLElement>("[data-focus], [autofocus]") ?? target.querySelector<HTMLElement>("h1, h2");
  if (!first) return;
  if (!first.matches("a, button, input, textarea, [tabindex]")) first.tabIndex = -1;
  first.focus({ preventScroll: true });
  const at = first.getBoundingClientRect();
  if (at.top < 0 || at.bottom > innerHeight) first.scrollIntoView({ block: "center" }); // a low screen: the sheet stands below the list
}

/** A sheet names the row it is about; that row is shown as the one being worked on. */
function mark(target: Element): void {
  const row = target.querySelector<HTMLElement>("[data-row]")?.dataset.row;
  if (row) pick(document.querySelector(`#${CSS.escape(row)} [data-pick]`));
}

export function pick(link: Element | null): void {
  for (const other of document.querySelectorAll("[data-pick][aria-current]")) other.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
}

/** Replaces a row, keeping what the person is doing with it. A form that somebody is writing in is never replaced from outside. */
export function renew(old: HTMLElement, part: Element): void {
  if (old.querySelector("form[data-dirty]") && !old.matches("form")) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  if (old.querySelector("[data-pick][aria-current]")) part.querySelector("[data-pick]")?.setAttribute("aria-current", "true");
  const to = focused ? same(part, old, focused) : null;
  old.replaceWith(part);
  if (part instanceof HTMLElement && part.dataset.in) settle(part);
  connect(part);
  to?.focus({ preventScroll: true });
  if (part.matches("[data-focus]")) (part as HTMLElement).focus();
  else part.querySelector<HTMLElement>("[data-focus]")?.focus();
}

/** The element of the new row that stands where the focused one stood in the old. */
function same(part: Element, old: Element, focused: Element): HTMLElement | null {
  const press = "a, button, input, textarea, [tabindex]";
  const index = [...old.querySelectorAll(press)].indexOf(focused);
  return index < 0 ? null : (part.querySelectorAll<HTMLElement>(press)[index] ?? null);
}

/** A row whose time has come takes its new state, and its place in the list for it. */
export function shift(row: HTMLElement, state: string): void {
  row.dataset.state = state;
  if (!row.dataset.in) return;
  whenStill(() => {
    if (!row.isConnected) return;
    settle(row);
    count();
  });
}

/** Puts a row in the list of its family and state ("dues-late"), or of its family alone ("rounds"), by its order. */
function settle(row: HTMLElement): void {
  const find = (name: string) => document.querySelector<HTMLElement>(`[data-list="${CSS.escape(name)}"]`);
  const families = (row.dataset.in ?? "").split(" ");
  const list = families.map((family) => find(`${family}-${row.dataset.state ?? ""}`) ?? find(family)).find(Boolean);
  if (!list) {
    row.remove();
    return;
  }
  const order = row.dataset.order ?? "";
  const next = [...list.children].find((other) => other !== row && other instanceof HTMLElement && (other.dataset.order ?? "") > order) ?? null;
  if (row.parentElement === list && row.nextElementSibling === next) return;
  const focused = row.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  list.insertBefore(row, next);
  focused?.focus({ preventScroll: true });
}

function take(row: Element | null): void {
  if (!row) return;
  const near = row.contains(document.activeElement) ? (row.nextElementSibling ?? row.previousElementSibling) : null;
  row.remove();
  near?.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
}

/** Writes each list's length where it is told, and hides a group with nothing in it. */
export function count(): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-count]")) {
    const list = document.querySelector(`[data-list="${CSS.escape(element.dataset.count ?? "")}"]`);
    const length = String(list?.childElementCount ?? 0);
    if (element.textContent !== length) element.textContent = length;
    const group = element.closest<HTMLElement>("[data-group]");
    if (group) group.hidden = length === "0";
  }
  tick();
}

/** Takes an open sheet away and gives the focus back to its row. */
export function closeSheet(from: Element): boolean {
  const sheet = from.closest<HTMLElement>(".sheet-up");
  if (!sheet) return false;
  const row = document.querySelector<HTMLElement>("[data-pick][aria-current]");
  sheet.remove();
  pick(null);
  row?.focus({ preventScroll: true });
  return true;
}
