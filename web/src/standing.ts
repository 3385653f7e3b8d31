// Whose the device is and whose the server thinks it is. Without a network a tablet may be locked and change hands; until the server has heard
// of it, nothing may go to it under the session of the person before. Kept on the device, so that a restart in between changes nothing.

import { idBytes, toBase64, type Keys } from "./keys";
import { join } from "./hpke";
import { recallState, setState } from "./store";

export interface Standing {
  cookie: string; // whose session the browser has, as the server last said; empty: not known
  holder: string; // who holds the device; empty: nobody
  locked: boolean; // the screen is locked
  owed: boolean; // the server has not heard that it was
  shut: boolean; // the server's session is locked, or will be once it hears
}

const nobody: Standing = { cookie: "", holder: "", locked: false, owed: false, shut: false };
const utf8 = new TextEncoder();

export const standing = async (): Promise<Standing> => ({ ...nobody, ...(await recallState<Standing>("standing").catch(() => undefined)) });

export async function stand(change: Partial<Standing>): Promise<Standing> {
  const next = { ...(await standing()), ...change };
  await setState("standing", next);
  return next;
}

/** Whether requests go under the session of who holds the device. */
export const attached = (one: Standing): boolean => !one.owed && (one.locked || (!one.shut && (one.holder === "" || one.cookie === "" || one.holder === one.cookie)));

/** Tells the server that this browser was locked. True once it knows, or has no session to lock. */
export async function deliverLock(): Promise<boolean> {
  const answer = await fetch("/lock", { method: "POST", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(3000) }).catch(() => null);
  if (!answer || answer.status >= 500) return false;
  await stand({ owed: false });
  return true;
}

/** "gone": the server takes this person's grant no more. */
export type Resumed = "yes" | "later" | "gone";

/** Begins a session for who holds the device, by the secret that they were lent and opened here. The session before is locked. */
export async function resume(keys: Keys): Promise<Resumed> {
  try {
    const asked = await ask("/device/resume", { grant: keys.grant });
    if (asked.status >= 500) return "later";
    if (!asked.ok) return "gone";
    const { nonce } = (await asked.json()) as { nonce: string };
    const answer = await ask("/device/resume", { grant: keys.grant, nonce, mac: await signed(keys, "milieu resume 1", nonce) });
    if (answer.status >= 500) return "later";
    if (!answer.ok) return "gone";
    await stand({ cookie: keys.reader, shut: false, owed: false });
    return "yes";
  } catch {
    return "later";
  }
}

/** What says, later and without keys, that a person signed out here. */
export interface Farewell { grant: string; mac: string }

export const farewell = async (keys: Keys): Promise<Farewell> => ({ grant: keys.grant, mac: await signed(keys, "milieu return 1", "") });

async function signed(keys: Keys, purpose: string, nonce: string): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", keys.mac, join(utf8.encode(purpose), idBytes(keys.grant), utf8.encode(nonce)))));
}

export const ask = (address: string, body: object): Promise<Response> =>
  fetch(address, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
