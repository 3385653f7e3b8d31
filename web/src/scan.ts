// Reads a room's code with the camera or from a tag, where the browser can; typing it always works. A field asks for it with data-scan.

import { onArrive, within } from "./parts";
import { say } from "./words";

interface Found { rawValue: string }
interface Detector { detect(source: HTMLVideoElement): Promise<Found[]> }
interface TagEvent extends Event { message: { records: { recordType: string; data?: DataView }[] } }
interface TagReader extends EventTarget { scan(options: { signal: AbortSignal }): Promise<void> }
type Given = { BarcodeDetector?: new (options: { formats: string[] }) => Detector; NDEFReader?: new () => TagReader };

const given = window as unknown as Given;
const patience = 30_000;

export function startScan(): void {
  if (!given.BarcodeDetector && !given.NDEFReader) return;
  onArrive((root) => {
    for (const field of within<HTMLInputElement>(root, "input[data-scan]")) offer(field);
  });
}

function offer(field: HTMLInputElement): void {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: say("scan") });
  button.addEventListener("click", () => void read(field, button));
  field.after(button);
}

/** Camera and tag are tried together; the first that reads something fills the field. */
async function read(field: HTMLInputElement, button: HTMLButtonElement): Promise<void> {
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  const ways = [given.NDEFReader ? tag(stop.signal) : null, given.BarcodeDetector ? camera(button, stop.signal) : null].filter((way) => way !== null);
  const text = await Promise.any(ways).catch(() => "");
  clearTimeout(timer);
  stop.abort();
  button.removeAttribute("aria-busy");
  if (text) {
    field.value = text.trim();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  field.focus();
}

function tag(signal: AbortSignal): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new given.NDEFReader!();
    reader.addEventListener("reading", (event) => {
      const record = (event as TagEvent).message.records.find((one) => one.recordType === "text" && one.data);
      if (record?.data) done(new TextDecoder().decode(record.data));
    });
    signal.addEventListener("abort", () => fail(new Error("stopped")));
    reader.scan({ signal }).catch(fail);
  });
}

async function camera(button: HTMLElement, signal: AbortSignal): Promise<string> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, srcObject: stream, className: "scan" });
  button.after(video);
  try {
    await video.play();
    const detector = new given.BarcodeDetector!({ formats: ["qr_code", "code_128"] });
    while (!signal.aborted) {
      const [found] = await detector.detect(video);
      if (found) return found.rawValue;
      await new Promise((next) => setTimeout(next, 200));
    }
    throw new Error("stopped");
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.remove();
  }
}
