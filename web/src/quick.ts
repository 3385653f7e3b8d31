// Coming back quickly: what was lent is also kept under a short code, a PIN or a badge's, together with a secret of this device that lives in
// memory alone. Whoever has the disk has no way to try codes; whoever has the device awake has five tries a person. Why so is argued in
// kit/device.

import { type Bytes } from "./hpke";
import { fromBase64, idBytes, makeKeys, rounds, type Keys, type Lent } from "./keys";
import { moment } from "./moment";
import { all, drop, get, put, sweep, type Face, type Quick } from "./store";

export type Way = "pin" | "badge";

/** Five wrong codes end coming back quickly for that person here; the server counts the same. */
export const quickTries = 5;

/** A key made of a code that the person typed and the device's secret, kept until there is something to seal. */
export interface QuickKey { way: Way; kek: CryptoKey; salt: Bytes }

const utf8 = new TextEncoder();
const name = (reader: string, way: Way) => reader + " " + way;

/** The device's secret as a key that cannot be taken out again. */
export function deviceSecret(lent: Lent): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", fromBase64(lent.device), "HKDF", false, ["deriveKey"]);
}

export async function makeQuickKey(way: Way, code: string, secret: CryptoKey, salt: Bytes = crypto.getRandomValues(new Uint8Array(16)), count = rounds): Promise<QuickKey> {
  const base = await crypto.subtle.importKey("raw", utf8.encode(plainCode(way, code)), "PBKDF2", false, ["deriveBits"]);
  const stretched = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: count }, base, 256);
  const kek = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: stretched, info: utf8.encode("milieu quick " + way) }, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return { way, kek, salt };
}

/** A code as it counts: a badge's without spaces and in one case, as the server has it. */
export function plainCode(way: Way, code: string): string {
  return way === "pin" ? code : code.normalize("NFKC").replace(/\s+/g, "").toUpperCase();
}

/** Keeps what was lent under a person's quick code, and their face for the locked screen. */
export async function keepQuick(lent: Lent, by: QuickKey): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const { pages: _, ...secret } = lent;
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: idBytes(lent.grant) }, by.kek, utf8.encode(JSON.stringify(secret)));
  const until = Math.min(lent.until, lent.quick ?? lent.until);
  await put("quick", { id: name(lent.reader, by.way), reader: lent.reader, grant: lent.grant, until, salt: by.salt.buffer, rounds, iv: iv.buffer, wrapped, left: quickTries });
  await put("faces", { reader: lent.reader, grant: lent.grant, until, name: lent.name, role: lent.role });
}

export interface QuickTried { keys: Keys | null; lent: Lent | null; key: QuickKey | null; left: number }

/**
 * Tries a code on what is kept of one person, or of everybody here when nobody was picked: then no single person's tries are used up, and who
 * asks counts.
 */
export async function openQuick(reader: string, way: Way, code: string, secret: CryptoKey): Promise<QuickTried> {
  const at = await moment();
  const mine = (await all("quick")).filter((one) => one.id.endsWith(" " + way) && (reader === "" || one.reader === reader) && one.until > at);
  let left = 0;
  for (const one of mine) {
    const before = (await get("quick", one.id)) ?? one;
    if (before.left <= 0) continue;
    if (reader !== "") await put("quick", { ...before, left: before.left - 1 }); // before trying: a reload in the middle is a try
    const key = await makeQuickKey(way, code, secret, new Uint8Array(one.salt), one.rounds);
    const lent = await unseal(one, key);
    if (lent) {
      for (const other of (await all("quick")).filter((each) => each.reader === one.reader)) await put("quick", { ...other, left: quickTries });
      return { keys: await makeKeys(lent), lent, key, left: quickTries };
    }
    left = Math.max(left, before.left - 1);
  }
  return { keys: null, lent: null, key: null, left };
}

async function unseal(one: Quick, by: QuickKey): Promise<Lent | null> {
  try {
    const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: one.iv, additionalData: idBytes(one.grant) }, by.kek, one.wrapped);
    return JSON.parse(new TextDecoder().decode(open)) as Lent;
  } catch {
    return null;
  }
}

/** Ends coming back quickly for one person on this device. Their pages stay sealed under their password, their entries wait on. */
export async function endQuick(reader: string): Promise<void> {
  await sweep("quick", (one) => one.reader === reader);
  await drop("faces", reader);
}

/** Who may come back here now, by name. */
export async function faces(): Promise<Face[]> {
  const at = await moment();
  return (await all("faces")).filter((one) => one.until > at).sort((a, b) => a.name.localeCompare(b.name));
}
