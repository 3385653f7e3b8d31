// What the server found wrong with single fields, shown at the fields: the words above the box, the box marked, the focus on the first.

export interface Faults {
  text: string;
  fields: { name: string; text: string }[];
}

export function startFaults(): void {
  document.addEventListener("input", (event) => {
    const field = (event.target as Element).closest(".has-error");
    if (field?.querySelector("[data-fault]")) clear(field);
  });
}

/** Takes the marks away that point made. */
export function clear(root: Element): void {
  for (const words of root.querySelectorAll("[data-fault]")) {
    const field = words.closest(".has-error");
    field?.classList.remove("has-error");
    for (const control of field?.querySelectorAll("[aria-invalid]") ?? []) {
      control.removeAttribute("aria-invalid");
      control.setAttribute("aria-describedby", (control.getAttribute("aria-describedby") ?? "").replace(words.id, "").trim());
    }
    words.remove();
  }
}

/** Marks the fields and returns the words for the form as a whole: with them what no field on the page stands for. */
export function point(form: HTMLFormElement, faults: Faults): string {
  const loose: string[] = [];
  let first: HTMLElement | undefined;
  for (const { name, text } of faults.fields) {
    const controls = controlsOf(form, name);
    const field = controls[0]?.closest<HTMLElement>(".field");
    if (!field) {
      loose.push(text);
      continue;
    }
    const words = document.createElement("p");
    words.className = "error";
    words.id = `fault-${name}`;
    words.dataset.fault = "";
    words.append(Object.assign(document.createElement("span"), { textContent: text }));
    field.classList.add("has-error");
    const before = [...field.children].find((child) => !child.matches("label, legend, .hint")) ?? null;
    field.insertBefore(words, before);
    for (const control of controls) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") ?? ""} ${words.id}`.trim());
    }
    first ??= controls[0];
  }
  first?.focus();
  return [faults.text, ...loose].join(". ");
}

function controlsOf(form: HTMLFormElement, name: string): HTMLElement[] {
  const named = [...form.elements].filter((control) => (control as HTMLInputElement).name === name && (control as HTMLInputElement).type !== "hidden");
  const parts = form.querySelectorAll<HTMLElement>(`[data-moment="${CSS.escape(name)}"] input`);
  return named.length > 0 ? (named as HTMLElement[]) : [...parts];
}
