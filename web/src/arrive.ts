// Coming in on the locked screen, and setting the code for it: hands the service worker what the page that follows goes on with.

import { makeKeys, type Keys } from "./keys";
import { deviceSecret, keepQuick, makeQuickKey, type QuickKey, type Way } from "./quick";
import { lend, tell, type Hello } from "./session";

/** The device's secret, for opening a quick code without a network. Null when this browser was closed since anybody signed in. */
export const deviceKey = async (): Promise<CryptoKey | null> => (await tell<Hello>({ do: "hello" }))?.secret ?? null;

/** Keeps what is lent under a quick code from now on. */
export async function useQuick(way: Way, code: string): Promise<void> {
  const lent = await lend(false);
  if (!lent) return;
  const quick = await makeQuickKey(way, code, await deviceSecret(lent));
  await keepQuick(lent, quick);
  await tell({ do: "quick", quick });
}

/** The keys of who has just changed in by the server's leave. */
export async function arrive(way: Way, code: string): Promise<Keys | null> {
  const lent = await lend(false);
  if (!lent) return null;
  const keys = await makeKeys(lent);
  const secret = await deviceSecret(lent);
  const made = await makeQuickKey(way, code, secret);
  await keepQuick(lent, made);
  await opened(keys, made, true);
  await tell({ do: "spare", secret });
  return keys;
}

/** Takes keys that a code or the person's words opened on this device. served: the server knows, and its session is this person's. */
export async function opened(keys: Keys, by: QuickKey | null, served: boolean): Promise<void> {
  const hello = await tell<Hello>({ do: "hello" });
  await tell({ do: "open", keys, epoch: hello?.epoch ?? 0, served, ...(by ? { quick: by } : {}) });
}
