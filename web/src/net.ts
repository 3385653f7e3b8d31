// Whether the network is there, said in the top line and in a band over the page.

import { clockText, now } from "./time";
import { say } from "./words";

export type Net = "ok" | "waiting" | "off";

let state: Net = "ok";
let since = 0;
let kept = 0;

export function setNet(next: Net): void {
  if (next === state) return;
  if (next === "off" || (next === "waiting" && since === 0)) since ||= now();
  if (next === "ok") since = 0;
  state = next;
  draw();
}

/** How many entries wait on this device. */
export function setKept(entries: number): void {
  kept = entries;
  draw();
}

function draw(): void {
  for (const mark of document.querySelectorAll<HTMLElement>("[data-net]")) {
    mark.dataset.net = state;
    const words = mark.querySelector("[data-net-words]");
    if (words) words.textContent = say("net_" + state);
  }
  const band = document.querySelector<HTMLElement>("[data-offline]");
  if (!band) return;
  band.hidden = state !== "off" && kept === 0;
  const title = band.querySelector("[data-offline-title]");
  if (title) title.textContent = state === "ok" ? say("sending") : say("off_since", clockText(since || now()));
  const text = band.querySelector("[data-offline-text]");
  if (text) text.textContent = kept > 0 ? say("kept", kept) : say("off_text");
}

export function startNet(): void {
  addEventListener("offline", () => setNet("off"));
  addEventListener("online", () => setNet("waiting"));
  if (!navigator.onLine) setNet("off");
}
