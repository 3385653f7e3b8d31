// What a form shows while it is filled in: questions that belong to one answer only, and whether everything needed is there.

import { onArrive, within } from "./parts";

export function startForms(): void {
  onArrive((root) => {
    for (const form of within<HTMLFormElement>(root, "form")) follow(form);
  });
  for (const kind of ["change", "input", "milieu:changed"]) {
    document.addEventListener(kind, (event) => {
      const form = (event.target as Element).closest("form");
      if (form) follow(form);
    });
  }
}

function follow(form: HTMLFormElement): void {
  for (const part of form.querySelectorAll<HTMLElement>("[data-when]")) {
    show(part, (part.dataset.when ?? "").split(" ").every((wanted) => holds(form, wanted)));
  }
  const needs = (form.dataset.needs ?? "").split(",").filter(Boolean);
  if (needs.length > 0) form.toggleAttribute("data-ready", missing(form).length === 0);
}

/** "field=value" or "!field=value", "field" alone for any value; several, with spaces between, must all hold. */
function holds(form: HTMLFormElement, wanted: string): boolean {
  const not = wanted.startsWith("!");
  if (!wanted.includes("=")) return (values(form, wanted.slice(not ? 1 : 0)).length > 0) !== not;
  const [name = "", value = ""] = wanted.slice(not ? 1 : 0).split("=");
  return values(form, name).includes(value) !== not;
}

/** The needed fields that are asked now and not answered yet. */
export function missing(form: HTMLFormElement): string[] {
  const needs = (form.dataset.needs ?? "").split(",").filter(Boolean);
  return needs.filter((name) => {
    const asked = [...form.elements].some((control) => (control as HTMLInputElement).name === name && !control.matches(":disabled"));
    return asked && values(form, name).length === 0;
  });
}

function values(form: HTMLFormElement, name: string): string[] {
  return new FormData(form).getAll(name).filter((value): value is string => typeof value === "string" && value.trim() !== "");
}

function show(part: HTMLElement, on: boolean): void {
  part.hidden = !on;
  if (part instanceof HTMLFieldSetElement) part.disabled = !on;
  else for (const control of part.querySelectorAll<HTMLInputElement>("input, textarea, select, button")) control.disabled = !on;
}

/** Where a form goes: one of its answers may make it another kind of entry (data-else="field=value /entries/kind;…"). */
export function door(form: HTMLFormElement): string {
  for (const other of (form.dataset.else ?? "").split(";").filter(Boolean)) {
    const at = other.lastIndexOf(" ");
    if (other.slice(0, at).split(" ").every((wanted) => holds(form, wanted))) return other.slice(at + 1);
  }
  return form.getAttribute("action") ?? "";
}
