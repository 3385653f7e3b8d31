// Speaking instead of typing, only where the browser understands it on the device itself: no word goes anywhere. Where that is not so, or
// cannot be known, nothing is offered.

import { say } from "./words";

interface Heard { readonly resultIndex: number; readonly results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }> }
interface Recogniser extends EventTarget { lang: string; continuous: boolean; interimResults: boolean; processLocally?: boolean; start(): void; stop(): void }
interface Recognition { new (): Recogniser; available?(asked: { langs: string[]; processLocally: boolean }): Promise<string> }

/** The browser's recogniser, if it can do its work on the device for that language now. */
export async function onDevice(lang: string, from: { SpeechRecognition?: unknown } = globalThis as { SpeechRecognition?: unknown }): Promise<Recognition | null> {
  const Recognition = from.SpeechRecognition as Recognition | undefined;
  if (typeof Recognition !== "function" || typeof Recognition.available !== "function" || !("processLocally" in Recognition.prototype)) return null;
  try {
    return (await Recognition.available({ langs: [lang], processLocally: true })) === "available" ? Recognition : null;
  } catch {
    return null;
  }
}

export async function startDictating(): Promise<void> {
  const fields = [...document.querySelectorAll<HTMLTextAreaElement>("textarea[data-dictate]")];
  if (fields.length === 0) return;
  const lang = navigator.language || document.documentElement.lang;
  const Recognition = await onDevice(lang);
  if (!Recognition) return;
  for (const field of fields) field.insertAdjacentElement("afterend", speaker(field, Recognition, lang));
}

function speaker(field: HTMLTextAreaElement, Recognition: Recognition, lang: string): HTMLButtonElement {
  const out = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-bare dictate", textContent: say("dictate") });
  let running: Recogniser | null = null;
  const rest = () => { running = null; out.textContent = say("dictate"); out.setAttribute("aria-pressed", "false"); };
  rest();
  out.addEventListener("click", () => {
    if (running) return running.stop();
    running = new Recognition();
    Object.assign(running, { lang, continuous: true, interimResults: false, processLocally: true });
    running.addEventListener("result", (event) => write(field, event as unknown as Heard));
    for (const over of ["end", "error"]) running.addEventListener(over, rest);
    running.start();
    out.textContent = say("dictate_stop");
    out.setAttribute("aria-pressed", "true");
  });
  return out;
}

function write(field: HTMLTextAreaElement, heard: Heard): void {
  let text = "";
  for (let i = heard.resultIndex; i < heard.results.length; i++) if (heard.results[i]!.isFinal) text += heard.results[i]![0]!.transcript;
  if (!text) return;
  const before = field.value.slice(0, field.selectionStart);
  field.setRangeText((before && !/\s$/.test(before) ? " " : "") + text.trim(), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
