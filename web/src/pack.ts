// Pages taken along for a shift: each sealed under its address's keyed hash. The service worker answers with them when the network is away,
// and takes a newer copy whenever a page comes by.

import { type Bytes } from "./hpke";
import { hidden, sealed, unsealed, type Keys } from "./keys";
import { get, put } from "./store";

export type Form = "page" | "part"; // as drawn for the browser, or for a script that asked for a part

export interface Answer { type: string; csp: string; html: string }

const name = (address: string, form: Form) => `${form} ${address}`;

/** The address as it is kept: path and search. */
export function addressOf(url: string | URL): string {
  const at = new URL(url, self.location.origin);
  return at.pathname + at.search;
}

export async function keepPage(keys: Keys, address: string, form: Form, answer: Answer): Promise<void> {
  const id = await hidden(keys.names, name(address, form));
  const packed = await squeeze(new TextEncoder().encode(JSON.stringify(answer)), new CompressionStream("gzip"));
  await put("pages", await sealed(keys.pages, id, keys.grant, packed));
}

/** When the page was taken last, in milliseconds; undefined when it is none of this shift's. */
export async function takenAt(keys: Keys, address: string, form: Form): Promise<number | undefined> {
  return (await get("pages", await hidden(keys.names, name(address, form))))?.at;
}

export async function readPage(keys: Keys, address: string, form: Form): Promise<Answer | null> {
  const kept = await get("pages", await hidden(keys.names, name(address, form)));
  const open = kept ? await unsealed(keys.pages, kept) : null;
  if (!open) return null;
  return JSON.parse(new TextDecoder().decode(await squeeze(open, new DecompressionStream("gzip")))) as Answer;
}

async function squeeze(content: Bytes, by: CompressionStream | DecompressionStream): Promise<Bytes> {
  const out = new Blob([content]).stream().pipeThrough(by);
  return new Uint8Array(await new Response(out).arrayBuffer());
}
