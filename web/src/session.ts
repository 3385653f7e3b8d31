// The page's side of a person's keys: asks the service worker for them, asks the server when it has none, and hands them back to a worker
// that was put to sleep. Pages change and workers are stopped all the time; between the two the keys stay in memory.

import { keepLock, makeKeys, makeWrapper, wipe, type Keys, type Lent, type Wrapper } from "./keys";
import { measure, moment } from "./moment";
import { deviceSecret, keepQuick, type QuickKey } from "./quick";

export interface Hello { keys: Keys | null; epoch: number; wrapper: Wrapper | null; quick: QuickKey | null; secret: CryptoKey | null; locked: boolean }

let held: Keys | null = null;
let epoch = 0;
let wrapper: Wrapper | null = null;
let quick: QuickKey | null = null;
let secret: CryptoKey | null = null;
let going = false; // the page's person signs out
let settled: (keys: Keys | null) => void;

/** The person's keys once it is known whether there are any. */
export const keysReady = new Promise<Keys | null>((resolve) => (settled = resolve));

export const keysNow = (): Keys | null => held;

/** Whether the page is somebody's: signing in and the locked screen are nobody's. */
export const reader = (): string => document.documentElement.dataset.reader ?? "";

/** Says something to the service worker; null when there is none or it does not answer. */
export async function tell<T>(message: object, patience = 3000): Promise<T | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), patience));
  const asked = (async () => {
    const worker = navigator.serviceWorker.controller ?? (await navigator.serviceWorker.ready).active;
    if (!worker) return null;
    return new Promise<T>((resolve) => {
      const line = new MessageChannel();
      line.port1.onmessage = (event: MessageEvent<T>) => resolve(event.data);
      worker.postMessage(message, [line.port2]);
    });
  })();
  return Promise.race([asked.catch(() => null), late]);
}

export async function startSession(): Promise<void> {
  const asked = tell<Hello>({ do: "hello" });
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ do?: string; epoch?: number }>) => {
    if (event.data.do === "left") void asked.then(() => parted(event.data.epoch ?? 0));
  });
  const hello = await asked;
  epoch = hello?.epoch ?? 0;
  wrapper = hello?.wrapper ?? null;
  quick = hello?.quick ?? null;
  secret = hello?.secret ?? null;
  held = hello?.keys ?? null;
  if (held && held.reader !== reader()) wrapper = quick = null; // another person's words seal nothing of this one's
  if (!reader()) {
    held = null; // nobody's page: what the worker has is not for it
    if (document.querySelector("[data-sign-in], [data-unlock], [data-lock-screen]")) await tell({ do: "words" }); // typed before, and not right
    setInterval(() => document.hidden || void spare(), 15_000);
  } else if (hello?.locked || !held || held.reader !== reader() || held.until < (await moment())) {
    held = null;
    if (document.querySelector("[data-takes]")) await borrow(false).catch(() => null); // without a network and without keys the page stays what it is: words stay in their form
  }
  settled(held);
  if (!held) return;
  setInterval(() => document.hidden || void hold(), 15_000);
  document.addEventListener("visibilitychange", () => document.hidden || void hold());
}

/** A worker lives some thirty seconds after the last word with it: a page in view keeps it, and gives the keys back to a fresh one. */
async function hold(served = false): Promise<void> {
  if (!held) return;
  const answer = await tell<{ stale: boolean; leaving?: boolean }>({ do: "hold", keys: held, epoch, served, ...(secret ? { secret } : {}) });
  if (answer?.stale) {
    held = null; // somebody else has signed in here meanwhile, or it was locked
    if (!going && !answer.leaving) location.reload(); // who signs out is on their way, and loading anything else would cut it off
  }
}

/** Whether the page's person is signing out: nothing but the answer to that may take the page's place. */
export const signingOut = (): boolean => going;

export function startSigningOut(): void {
  going = true;
  setTimeout(() => (going = false), 30_000); // longer than the service worker takes; it was stopped, then
}

/** Somebody signed out here, at the epoch before that of the answer. A page of theirs does not stay; the one that asked for it is going already. */
function parted(at: number): void {
  if (!reader() || epoch >= at) return;
  held = null;
  setTimeout(() => location.reload(), going ? 3000 : 0);
}

/** The locked screen keeps the device's secret while the worker sleeps: without it no quick code opens anything. */
async function spare(): Promise<void> {
  const hello = await tell<Hello>({ do: "hello" });
  secret ??= hello?.secret ?? null;
  if (secret && hello && !hello.secret) await tell({ do: "spare", secret });
}

/** Asks the server for what the person signed in needs on this device. */
export async function lend(pack: boolean): Promise<Lent | null> {
  const before = Date.now();
  const answer = await fetch("/device/take", {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ clock: before, pack }), signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) return null;
  const lent = (await answer.json()) as Lent;
  await measure(before, lent.now);
  return lent;
}

/** Asks the server for what this person needs on this device; with pack, for the addresses of the shift's pages too. */
export async function borrow(pack: boolean): Promise<Lent | null> {
  const lent = await lend(pack);
  if (!lent || lent.reader !== reader()) return null;
  if (held?.grant !== lent.grant) {
    if (held) await wipe(held.grant); // another unit's, or a new shift's
    held = await makeKeys(lent);
  }
  secret = await deviceSecret(lent);
  if (wrapper) await keepLock(lent, wrapper);
  if (quick) await keepQuick(lent, quick);
  await hold(true);
  return lent;
}

/** Makes words the ones that open what will be borrowed; they are forgotten at once, the key they make stays until it is used. */
export async function useWords(words: string): Promise<void> {
  wrapper = await makeWrapper(words);
  await tell({ do: "wrapper", wrapper });
}

export const hasWords = (): boolean => wrapper !== null;

/** Lets go of everything: the screen is locked. */
export async function letGo(): Promise<void> {
  held = wrapper = quick = null;
  await tell({ do: "lock" }, 5000);
}
