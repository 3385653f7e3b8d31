// Drafts of a signed-in person: sealed on the device from the first letter, and on the server for thirty days so that they are there on
// another device. Where this browser cannot seal, they are on the server alone.

import { hooks, type Drafts } from "./hooks";
import { hidden, sealed, unsealed } from "./keys";
import { keysReady, reader } from "./session";
import { drop, get, put, recallState, setState, sweep } from "./store";

type Fields = [string, string][];

const days = 30 * 24 * 3_600_000;
const patience = 2500;
const later = new Map<string, { timer: ReturnType<typeof setTimeout>; go: () => Promise<void> }>();
const sent = new Set<string>(); // put on the server by this page
let fromServer: Promise<Record<string, Fields>> | undefined;

export function startSealed(): void {
  if (reader()) hooks.drafts = drafts; // nobody's page keeps what it has for the tab alone
  void sweep("drafts", (one) => one.at < Date.now() - days).catch(() => {});
}

const by = "_by"; // which device wrote a draft; made up at its first, and says nothing else
const at = "_kept";
const value = (fields: Fields | undefined, name: string) => fields?.find(([key]) => key === name)?.[1] ?? "";
const words = (fields: Fields) => JSON.stringify(fields.filter(([name]) => ![by, at, "_seen"].includes(name)));
const beside = (name: string) => "other " + name;
const seen = new Map<string, string>(); // by draft: when what this page has seen of another device was written
let device: Promise<string> | undefined;

function mine(): Promise<string> {
  device ??= recallState<string>("writer").then(async (known) => {
    const tag = known ?? [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!known) await setState("writer", tag);
    return tag;
  }).catch(() => "tab " + Math.random());
  return device;
}

/** Tells the page of words that another device has for a draft, unless these are the same or were seen. */
async function compare(name: string, own: Fields | null): Promise<void> {
  const there = await elsewhere();
  const tag = await mine();
  for (const other of [there[name], there[beside(name)]]) {
    if (!other || value(other, by) === "" || value(other, by) === tag || value(other, at) === value(own ?? undefined, "_seen") || (own && words(own) === words(other))) continue;
    seen.set(name, value(other, at));
    hooks.other(name, other);
    return;
  }
}

const address = (name: string) => "/drafts/" + encodeURIComponent(name);

/** All drafts this person has on the server: asked for once a page, when a form wants one. */
function elsewhere(): Promise<Record<string, Fields>> {
  fromServer ??= fetch("/drafts", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) })
    .then(async (answer) => (answer.ok ? ((await answer.json()) as Record<string, Fields>) : {}))
    .catch(() => ({}));
  return fromServer;
}

function send(name: string, fields: Fields | null, soon: boolean): void {
  clearTimeout(later.get(name)?.timer);
  const go = async () => {
    later.delete(name);
    if (fields === null) sent.delete(name);
    else sent.add(name);
    const init = fields === null ? { method: "DELETE" } : { method: "PUT", body: JSON.stringify(fields), headers: { "Content-Type": "application/json", "Milieu-Seen": seen.get(name) ?? "" } };
    const answer = await fetch(address(name), { ...init, keepalive: true }).catch(() => null); // it is on the device, or still in the form
    if (fields === null || answer?.status !== 200) return;
    const other = (await answer.json().catch(() => null)) as Fields | null; // another device wrote meanwhile: its words are kept beside these
    if (!other) return;
    seen.set(name, value(other, at));
    hooks.other(name, other);
  };
  if (soon) void go();
  else later.set(name, { timer: setTimeout(() => void go(), patience), go });
}

/** Where a draft came from the server: whether a second one is kept beside it. */
async function compareBeside(name: string, own: Fields): Promise<void> {
  const other = (await elsewhere())[beside(name)];
  if (other && words(other) !== words(own)) hooks.other(name, other);
}

const drafts: Drafts = {
  async load(name) {
    const keys = await keysReady;
    if (keys) {
      const kept = await get("drafts", await hidden(keys.titles, name));
      const open = kept ? await unsealed(keys.drafts, kept) : null;
      if (open) {
        const own = JSON.parse(new TextDecoder().decode(open)) as Fields;
        if (value(own, "_seen")) seen.set(name, value(own, "_seen"));
        void compare(name, own);
        return own;
      }
    }
    const there = (await elsewhere())[name];
    if (there) {
      seen.set(name, value(there, at));
      void compareBeside(name, there);
    }
    return there;
  },
  async save(name, fields) {
    const keys = await keysReady;
    fields = [...fields, [by, await mine()]];
    if (keys) {
      const text = new TextEncoder().encode(JSON.stringify([...fields, ["_seen", seen.get(name) ?? ""]]));
      await put("drafts", await sealed(keys.drafts, await hidden(keys.titles, name), keys.grant, text));
    }
    send(name, fields, document.hidden);
  },
  async drop(name) {
    const keys = await keysReady;
    if (keys) await drop("drafts", await hidden(keys.titles, name));
    if (later.has(name) || sent.has(name) || (await elsewhere())[name]) send(name, null, true);
  },
  async seen(name) {
    delete (await elsewhere())[beside(name)];
    send(beside(name), null, true);
  },
  async settle() {
    await Promise.all([...later.values()].map(({ timer, go }) => { clearTimeout(timer); return go(); }));
  },
};
