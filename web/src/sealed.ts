// Drafts of a signed-in person: sealed on the device from the first letter, and on the server for thirty days so that they are there on
// another device. Where this browser cannot seal, they are on the server alone.

import { hooks, type Drafts } from "./hooks";
import { hidden, sealed, unsealed } from "./keys";
import { keysReady, reader } from "./session";
import { drop, get, put, sweep } from "./store";

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
    const init = fields === null ? { method: "DELETE" } : { method: "PUT", body: JSON.stringify(fields), headers: { "Content-Type": "application/json" } };
    await fetch(address(name), { ...init, keepalive: true }).catch(() => {}); // it is on the device, or still in the form
  };
  if (soon) void go();
  else later.set(name, { timer: setTimeout(() => void go(), patience), go });
}

const drafts: Drafts = {
  async load(name) {
    const keys = await keysReady;
    if (keys) {
      const kept = await get("drafts", await hidden(keys.titles, name));
      const open = kept ? await unsealed(keys.drafts, kept) : null;
      if (open) return JSON.parse(new TextDecoder().decode(open)) as Fields;
    }
    return (await elsewhere())[name];
  },
  async save(name, fields) {
    const keys = await keysReady;
    if (keys) {
      const text = new TextEncoder().encode(JSON.stringify(fields));
      await put("drafts", await sealed(keys.drafts, await hidden(keys.titles, name), keys.grant, text));
    }
    send(name, fields, document.hidden);
  },
  async drop(name) {
    const keys = await keysReady;
    if (keys) await drop("drafts", await hidden(keys.titles, name));
    if (later.has(name) || sent.has(name) || (await elsewhere())[name]) send(name, null, true);
  },
  async settle() {
    await Promise.all([...later.values()].map(({ timer, go }) => { clearTimeout(timer); return go(); }));
  },
};
