// How far the device's clock is from the server's, as last measured: sealed with what is written, so that a clock hours wrong comes out right.

import { recallState, setState } from "./store";

let off: number | null = null;
let known = Promise.resolve();
let base = Date.now() - performance.now();

/** Learns from an answer that names the server's clock, asked for at before (device, ms). */
export async function measure(before: number, serverNow: number): Promise<void> {
  off = Math.round(serverNow - (before + Date.now()) / 2);
  base = Date.now() - performance.now();
  await setState("off", off);
  await setState("latest", serverNow);
}

/**
 * The moment by the server's clock as far as it is known, in milliseconds: what ends at a time ends by this. It does not go back: a clock that
 * somebody turns back opens nothing again that was over when the device was last used.
 */
export async function moment(): Promise<number> {
  watch();
  const at = Date.now() + ((await recallState<number>("off")) ?? 0); // as kept: the service worker asks too, and measures nothing itself
  const latest = (await recallState<number>("latest")) ?? 0;
  if (at > latest + 30_000) await setState("latest", at);
  return Math.max(at, latest);
}

/** The server's clock less the device's in milliseconds; null when it was never measured. */
export async function offset(): Promise<number | null> {
  await known;
  watch();
  return off;
}

/**
 * A clock put back shows against the browser's own count of time, and moves the measurement with it. A clock put forward looks the same as a
 * device that slept, and is only found at the next measurement.
 */
function watch(): void {
  const jump = Date.now() - performance.now() - base;
  if (jump < -1000 && off !== null) {
    off -= Math.round(jump);
    void setState("off", off);
  }
  base += jump;
}

export function startMoment(): void {
  known = recallState<number>("off").then((kept) => { off ??= kept ?? null; }, () => {});
  setInterval(watch, 5000);
}
