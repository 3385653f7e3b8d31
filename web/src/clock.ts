// The clock that the page goes by: the server's, as far as it is known, and the house's own time of day.

import { recall, remember } from "./choices";

let offset = 0;
let clock: Intl.DateTimeFormat | undefined;

/** The moment by the server's clock, in milliseconds. */
export function now(): number {
  return Date.now() + offset;
}

/** How far the server's clock is ahead of the device's, in milliseconds. */
export const ahead = (): number => offset;

/** Learns how far the device's clock is off from a moment the server just named. Under two seconds is the network, not the clock. */
export function learn(serverNow: number): void {
  const seen = serverNow - Date.now();
  offset = Math.abs(seen) < 2000 ? 0 : seen;
  remember("offset", String(offset));
}

/** What was learnt on an earlier page. */
export function recallClock(): void {
  offset = Number(recall("offset")) || 0;
}

export function houseZone(): string {
  return document.documentElement.dataset.zone || "UTC";
}

export function clockText(at: number): string {
  clock ??= new Intl.DateTimeFormat("en-GB", { timeZone: houseZone(), hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return clock.format(at);
}
