// A person's keys on this device. They are made of what the server lent, cannot be taken out again, and live in memory only; the words of
// the person wrap the secret for coming back without a network. Why so is argued in kit/device.

import { type Bytes } from "./hpke";
import { moment } from "./moment";
import { all, drop, put, recallState, setState, sweep, type Lock, type Sealed } from "./store";

const utf8 = new TextEncoder();
export const rounds = 600_000;
const tries = 10;

/**
 * What the server lends: POST /device/take. Byte fields are base64. name: the person's given name, empty where the house keeps names off the
 * locked screen. quick: until when a quick code is good. device: the secret under which quick codes of this device are sealed beside the code itself.
 */
export interface Lent { grant: string; reader: string; name: string; role: string; until: number; quick?: number; now: number; key: number; public: string; secret: string; drafts: string; device: string; pages?: string[] }

export interface Keys {
  grant: string;
  reader: string; // whose they are
  name: string; // their given name, or empty
  until: number;
  key: number; // the number of the server's key pair
  public: Bytes;
  mac: CryptoKey; // under what is written
  pages: CryptoKey; // the shift's pages
  drafts: CryptoKey; // unfinished writing; the same at every sign-in of this person here
  names: CryptoKey; // hides addresses
  titles: CryptoKey; // hides names of drafts
}

/** A key made of words that the person typed, kept until there is something to wrap. */
export interface Wrapper { kek: CryptoKey; salt: Bytes }

export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function idBytes(id: string): Bytes {
  return Uint8Array.from(id.replace(/-/g, "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export async function makeKeys(lent: Lent): Promise<Keys> {
  const from = (text: string) => crypto.subtle.importKey("raw", fromBase64(text), "HKDF", false, ["deriveKey"]);
  const secret = await from(lent.secret);
  const drafts = await from(lent.drafts);
  const make = (base: CryptoKey, purpose: string, kind: HmacKeyGenParams | AesKeyGenParams, uses: KeyUsage[]) =>
    crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8.encode("milieu " + purpose) }, base, kind, false, uses);
  const sign = { name: "HMAC", hash: "SHA-256", length: 256 };
  const cipher = { name: "AES-GCM", length: 256 };
  return {
    grant: lent.grant, reader: lent.reader, name: lent.name, until: lent.until, key: lent.key, public: fromBase64(lent.public),
    mac: await make(secret, "mac", sign, ["sign"]),
    pages: await make(secret, "pages", cipher, ["encrypt", "decrypt"]),
    names: await make(secret, "names", sign, ["sign"]),
    drafts: await make(drafts, "words", cipher, ["encrypt", "decrypt"]),
    titles: await make(drafts, "titles", sign, ["sign"]),
  };
}

/** A name that says nothing to whoever lacks the key. */
export async function hidden(key: CryptoKey, name: string): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(name))));
}

export async function sealed(key: CryptoKey, id: string, grant: string, content: Bytes): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8.encode(id) }, key, content);
  return { id, grant, at: Date.now(), iv: iv.buffer, data };
}

/** Null when the key is another person's. */
export async function unsealed(key: CryptoKey, one: Sealed): Promise<Bytes | null> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: one.iv, additionalData: utf8.encode(one.id) }, key, one.data));
  } catch {
    return null;
  }
}

export async function makeWrapper(words: string, salt: Bytes = crypto.getRandomValues(new Uint8Array(16)), count = rounds): Promise<Wrapper> {
  const base = await crypto.subtle.importKey("raw", utf8.encode(words.normalize("NFC")), "PBKDF2", false, ["deriveKey"]);
  const kek = await crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: count }, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return { kek, salt };
}

/** Keeps what was lent under the person's words. */
export async function keepLock(lent: Lent, by: Wrapper): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const { pages: _, ...secret } = lent;
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: idBytes(lent.grant) }, by.kek, utf8.encode(JSON.stringify(secret)));
  await put("locks", { grant: lent.grant, until: lent.until, salt: by.salt.buffer, rounds, iv: iv.buffer, wrapped });
  await setState("tries", 0);
}

export interface Tried { keys: Keys | null; left: number }

/** Tries words on every lock there is: whose they are is not written on them. After ten wrong tries all locks are destroyed. */
export async function openLock(words: string): Promise<Tried> {
  const at = await moment();
  await sweep("locks", (lock) => lock.until < at);
  const locks = await all("locks");
  if (locks.length === 0) return { keys: null, left: 0 };
  const used = ((await recallState<number>("tries")) ?? 0) + 1;
  await setState("tries", used); // before trying: a reload in the middle is a try
  for (const lock of locks) {
    const lent = await unwrap(lock, words);
    if (!lent) continue;
    await setState("tries", 0);
    return { keys: await makeKeys(lent), left: tries };
  }
  if (used >= tries) {
    await sweep("locks", () => true);
    await setState("tries", 0);
    return { keys: null, left: 0 };
  }
  return { keys: null, left: tries - used };
}

async function unwrap(lock: Lock, words: string): Promise<Lent | null> {
  const { kek } = await makeWrapper(words, new Uint8Array(lock.salt), lock.rounds);
  try {
    const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv: lock.iv, additionalData: idBytes(lock.grant) }, kek, lock.wrapped);
    return JSON.parse(new TextDecoder().decode(open)) as Lent;
  } catch {
    return null;
  }
}

/** Forgets every grant whose time is over. */
export async function wipeOver(): Promise<void> {
  const at = await moment();
  const known = [...(await all("locks")), ...(await all("quick")), ...(await all("faces"))];
  for (const grant of new Set(known.filter((one) => one.until < at).map((one) => one.grant))) await wipe(grant);
}

/** Forgets a grant: its locks, its pages, what it settled. What waits to be sent, and drafts, are sealed otherwise and stay. */
export async function wipe(grant: string): Promise<void> {
  await drop("locks", grant);
  await sweep("quick", (one) => one.grant === grant);
  await sweep("faces", (one) => one.grant === grant);
  await sweep("pages", (page) => page.grant === grant);
  await sweep("marks", (mark) => mark.grant === grant);
}

