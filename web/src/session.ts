// The page's side of a person's keys: asks the service worker for them, asks the server when it has none, and hands them back to a worker
// that was put to sleep. Pages change and workers are stopped all the time; between the two the keys stay in memory.

import { keepLock, makeKeys, makeWrapper, type Keys, type Lent, type Wrapper } from "./keys";
import { measure } from "./moment";

export interface Hello { keys: Keys | null; epoch: number; wrapper: Wrapper | null }

let held: Keys | null = null;
let epoch = 0;
let wrapper: Wrapper | null = null;
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
  const hello = await tell<Hello>({ do: "hello" });
  epoch = hello?.epoch ?? 0;
  wrapper = hello?.wrapper ?? null;
  held = hello?.keys ?? null;
  if (reader() && (!held || held.reader !== reader() || held.until < Date.now())) {
    held = null;
    await borrow(false).catch(() => null); // without a network and without keys the page stays what it is: words stay in their form
  }
  settled(held);
  if (!held) return;
  setInterval(() => document.hidden || void hold(), 15_000);
  document.addEventListener("visibilitychange", () => document.hidden || void hold());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/** A worker lives some thirty seconds after the last word with it: a page in view keeps it, and gives the keys back to a fresh one. */
async function hold(): Promise<void> {
  if (!held) return;
  const answer = await tell<{ stale: boolean }>({ do: "hold", keys: held, epoch });
  if (answer?.stale) {
    held = null; // somebody else has signed in here meanwhile
    location.reload();
  }
}

/** Asks the server for what this person needs on this device; with pack, for the addresses of the shift's pages too. */
export async function borrow(pack: boolean): Promise<Lent | null> {
  const before = Date.now();
  const answer = await fetch("/device/take", {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ clock: before, pack }), signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) return null;
  const lent = (await answer.json()) as Lent;
  if (lent.reader !== reader()) return null;
  await measure(before, lent.now);
  if (held?.grant !== lent.grant) held = await makeKeys(lent);
  if (wrapper) await keepLock(lent, wrapper);
  await hold();
  return lent;
}

/** Makes words the ones that open what will be borrowed; they are forgotten at once, the key they make stays until it is used. */
export async function useWords(words: string): Promise<void> {
  wrapper = await makeWrapper(words);
  await tell({ do: "wrapper", wrapper });
}

export const hasWords = (): boolean => wrapper !== null;

/** Takes keys that the person's words opened. */
export async function unlocked(keys: Keys): Promise<void> {
  held = keys;
  const hello = await tell<Hello>({ do: "hello" });
  await tell({ do: "hold", keys, epoch: hello?.epoch ?? 0 });
}
