// Never lose a word: what is written in a form is kept from the first letter, and put back when the form is opened again.

import { hooks } from "./hooks";
import { onArrive, within } from "./parts";
import { clockText, now } from "./time";
import { say } from "./words";

const stamp = "_kept";
const timers = new Map<HTMLFormElement, ReturnType<typeof setTimeout>>();

type Control = HTMLInputElement | HTMLTextAreaElement;

export function startDrafts(): void {
  hooks.other = (name, fields) => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) if (form.dataset.draft === name) beside(form, name, fields);
  };
  onArrive((root) => {
    for (const form of within<HTMLFormElement>(root, "form[data-draft]")) void restore(form);
  });
  document.addEventListener("input", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-draft]");
    if (!form) return;
    form.setAttribute("data-dirty", "");
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => void save(form), 250));
  });
  const all = () => { for (const form of timers.keys()) void save(form); };
  addEventListener("pagehide", all);
  document.addEventListener("visibilitychange", () => document.hidden && all());
}

/** The controls whose content is a draft: never a password, never what the server put in a hidden field. */
function controls(form: HTMLFormElement): Control[] {
  const keep = form.dataset.keep ?? "";
  if (keep === "off") return [];
  return [...form.elements].filter((element): element is Control => {
    if (element instanceof HTMLTextAreaElement) return element.name !== "";
    if (!(element instanceof HTMLInputElement) || element.name === "") return false;
    if (["hidden", "password", "file", "submit", "button"].includes(element.type)) return false;
    return keep !== "words" || !["radio", "checkbox"].includes(element.type);
  });
}

const chosen = (control: Control) => control instanceof HTMLInputElement && ["radio", "checkbox"].includes(control.type);

async function save(form: HTMLFormElement): Promise<void> {
  clearTimeout(timers.get(form));
  timers.delete(form);
  const name = form.dataset.draft ?? "";
  const fields: [string, string][] = [];
  for (const control of controls(form)) {
    if (chosen(control) ? (control as HTMLInputElement).checked : control.value !== control.defaultValue) fields.push([control.name, control.value]);
  }
  if (fields.length === 0) await hooks.drafts.drop(name);
  else {
    await hooks.drafts.save(name, [[stamp, String(now())], ...fields]);
    form.dispatchEvent(new CustomEvent("milieu:kept", { bubbles: true, detail: clockText(now()) }));
  }
}

async function restore(form: HTMLFormElement): Promise<void> {
  const kept = await hooks.drafts.load(form.dataset.draft ?? "");
  if (!kept || form.hasAttribute("data-dirty")) return;
  const mine = controls(form);
  let put = false;
  for (const [name, value] of kept) {
    const same = mine.filter((control) => control.name === name);
    const radio = same.find((control) => chosen(control) && control.value === value);
    if (radio) {
      (radio as HTMLInputElement).checked = put = true;
    } else if (same[0] && !chosen(same[0])) {
      same[0].value = value;
      put = true;
    }
  }
  if (!put) return;
  form.setAttribute("data-dirty", "");
  const note = form.querySelector<HTMLElement>("[data-draft-note]");
  const at = Number(kept.find(([name]) => name === stamp)?.[1]);
  if (note && at) {
    note.textContent = say("draft_kept", clockText(at));
    note.hidden = false;
  }
  form.dispatchEvent(new Event("milieu:changed", { bubbles: true }));
}

/** The words that another device has for a form: both are kept, and the writer puts them together. */
function beside(form: HTMLFormElement, name: string, fields: [string, string][]): void {
  const box = document.createElement("div");
  box.className = "notice notice-soon draft-other";
  box.setAttribute("role", "status");
  const own = controls(form);
  const texts = fields.flatMap(([key, value]) => own.filter((control) => control.name === key && !chosen(control) && !control.hidden && !control.value.includes(value)).map((control) => ({ control, value })));
  if (texts.length === 0) return;
  const inner = document.createElement("div");
  const line = (text: string) => Object.assign(document.createElement("p"), { textContent: text });
  inner.append(line(say("draft_other", clockText(Number(fields.find(([key]) => key === stamp)?.[1] ?? now())))));
  for (const { value } of texts) inner.append(Object.assign(line(value), { className: "said-words", dir: "auto" }));
  const acts = Object.assign(document.createElement("p"), { className: "row" });
  const act = (text: string, add: boolean) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: text });
    button.addEventListener("click", () => {
      if (add) for (const { control, value } of texts) control.value = control.value ? control.value + "\n" + value : value;
      box.remove();
      form.dispatchEvent(new Event("milieu:changed", { bubbles: true }));
      void save(form).then(() => hooks.drafts.seen?.(name, fields));
    });
    return button;
  };
  acts.append(act(say("draft_other_add"), true), act(say("draft_other_drop"), false));
  inner.append(acts);
  box.append(inner);
  form.querySelector(".draft-other")?.remove();
  form.querySelector("[data-draft-note]")?.after(box);
}

/** Keeps everything that is begun on the page, now: it is about to be covered. */
export async function keepDrafts(): Promise<void> {
  await Promise.all([...document.querySelectorAll<HTMLFormElement>("form[data-draft][data-dirty]")].map(save));
  await hooks.drafts.settle?.();
}

export async function dropDraft(form: HTMLFormElement): Promise<void> {
  clearTimeout(timers.get(form));
  timers.delete(form);
  const note = form.querySelector<HTMLElement>("[data-draft-note]");
  if (note) note.hidden = true;
  await hooks.drafts.drop(form.dataset.draft ?? "").catch(() => {}); // it goes by itself in thirty days
}
