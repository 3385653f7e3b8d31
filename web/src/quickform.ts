// Setting a PIN or a badge for coming back quickly on this device.

import { useQuick } from "./arrive";
import { ask } from "./standing";
import { clockText } from "./clock";
import { say } from "./words";

export function startQuickForms(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset.quick === undefined) return;
    event.preventDefault();
    void setQuick(form);
  });
}

/** Sets a PIN or a badge for coming back quickly: the server judges it, and this device seals what was lent under it. */
async function setQuick(form: HTMLFormElement): Promise<void> {
  if (form.hasAttribute("data-busy")) return;
  form.toggleAttribute("data-busy", true);
  const state = form.querySelector<HTMLElement>("[data-quick-state]");
  const way = form.dataset.quick === "badge" ? "badge" : "pin";
  const field = form.querySelector<HTMLInputElement>("input");
  const code = field?.value ?? "";
  const tellThem = (text: string) => { if (state) state.textContent = text; };
  try {
    const answer = await ask("/device/quick", { way, code });
    if (answer.headers.has("Milieu-Confirm")) return void location.assign("/device/quick");
    const said = (await answer.json()) as { until?: number; error?: { text: string; fields?: { text: string }[] } };
    if (answer.ok && said.until) {
      await useQuick(way, code);
      if (field) field.value = "";
      tellThem(say("quick_set", clockText(said.until)));
    } else {
      tellThem(said.error?.fields?.[0]?.text || said.error?.text || say("failed"));
    }
  } catch {
    tellThem(say("quick_away"));
  } finally {
    form.removeAttribute("data-busy");
  }
}
