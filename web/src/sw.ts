// The service worker. It keeps the public files, answers with the pages that were taken along when the network is away, holds the person's keys
// in memory while pages change, and forgets them when anybody signs in or out. It keeps no page of its own accord and sends nothing.

import { wipe, type Keys, type Wrapper } from "./keys";
import { addressOf, keepPage, readPage, takenAt, type Answer, type Form } from "./pack";
import { count, recallState, setState } from "./store";

interface Extendable extends Event { waitUntil(work: Promise<unknown>): void }
interface Fetching extends Extendable { request: Request; respondWith(answer: Promise<Response>): void }
interface Told extends Extendable { data: Message; ports: MessagePort[] }
interface Worker {
  milieuFiles: { version: string; files: string[] };
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(kind: "install" | "activate", hear: (event: Extendable) => void): void;
  addEventListener(kind: "fetch", hear: (event: Fetching) => void): void;
  addEventListener(kind: "message", hear: (event: Told) => void): void;
}
type Message = { do: "hello" | "forget" } | { do: "hold"; keys: Keys; epoch: number } | { do: "wrapper"; wrapper: Wrapper };

const worker = self as unknown as Worker;
const shelf = "milieu " + worker.milieuFiles.version;
const own = ["/device/lock", "/device/away"];

let keys: Keys | null = null;
let wrapper: Wrapper | null = null;
let failed = -Infinity;

worker.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(shelf);
    await cache.addAll([...worker.milieuFiles.files, ...own].map((address) => new Request(address, { credentials: "omit", cache: "no-cache" })));
    await worker.skipWaiting();
  })());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== shelf) await caches.delete(name);
    await worker.clients.claim();
  })());
});

worker.addEventListener("message", (event) => {
  const reply = (answer: object) => event.ports[0]?.postMessage(answer);
  event.waitUntil(hear(event.data).then(reply));
});

/** How often somebody has signed in or out here: keys of a page from before are not taken any more. */
const epoch = async () => (await recallState<number>("epoch")) ?? 0;

async function hear(message: Message): Promise<object> {
  switch (message.do) {
    case "hello":
      return { keys, epoch: await epoch(), wrapper };
    case "hold": {
      if (message.epoch !== (await epoch())) return { stale: true };
      if (keys?.grant !== message.keys.grant) await setState("current", message.keys.grant);
      keys = message.keys;
      return { stale: false };
    }
    case "wrapper":
      wrapper = message.wrapper;
      return {};
    case "forget":
      await forget();
      wrapper = null;
      return {};
  }
}

async function forget(): Promise<void> {
  keys = null;
  await setState("epoch", (await epoch()) + 1);
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const at = new URL(request.url);
  if (at.origin !== self.location.origin) return;
  if (request.method === "GET" && at.pathname.startsWith("/static/")) event.respondWith(publicFile(request));
  else if (request.mode === "navigate") event.respondWith(navigate(event, at));
  else if (request.method === "GET" && request.headers.has("Milieu-Fragment") && !request.headers.has("Milieu-Pack")) event.respondWith(page(event, "part"));
});

async function publicFile(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName: shelf });
  if (kept) return kept;
  // A page that was taken along before the program was renewed names its files of then: today's stand in.
  return fetch(request).catch(async () => (await caches.match(request, { cacheName: shelf, ignoreSearch: true })) ?? Response.error());
}

async function navigate(event: Fetching, at: URL): Promise<Response> {
  const { request } = event;
  if (request.method === "POST" && at.pathname === "/sign-out") return leave(request);
  if ((request.method === "POST" && at.pathname === "/sign-in") || at.pathname.startsWith("/welcome/")) {
    await forget();
    if (at.pathname !== "/sign-in") wrapper = null; // a link brings no words, and those typed before may be another person's
    await setState("leaving", false); // a fresh sign-in takes the place of the old session
    return fetch(request).catch(() => stranded());
  }
  if (request.method !== "GET") return fetch(request).catch(() => stranded());
  return page(event, "page");
}

/** A page or part: from the network, or as it was taken along when that is away or too slow. */
async function page(event: Fetching, form: Form): Promise<Response> {
  const { request } = event;
  const leaving = await left();
  if (leaving === "still") return stranded(); // signed out here, and the server has not heard of it yet
  // Browsers may ask for the page while this worker starts, with the session that has just been ended: then it is asked for anew.
  if (leaving === "just") return (await network(new Request(request.url, { headers: request.headers, redirect: "manual" }), 10_000)) ?? stranded();
  const mine = keys;
  const address = addressOf(request.url);
  const kept = mine ? await takenAt(mine, address, form) : undefined;
  const patience = kept === undefined ? 60_000 : performance.now() - failed < 20_000 ? 700 : 4000;
  const answer = await network(request, patience);
  if (answer && mine && kept !== undefined && answer.ok && !answer.redirected && answer.headers.get("Content-Type")?.startsWith("text/html")) {
    const copy = answer.clone();
    event.waitUntil((async () => keepPage(mine, address, form, { type: "text/html; charset=utf-8", csp: copy.headers.get("Content-Security-Policy") ?? "", html: await copy.text() }))().catch(() => {}));
  }
  const busy = answer !== null && [502, 503, 504].includes(answer.status);
  if (answer && !(busy && kept !== undefined)) return answer;
  const taken = mine && kept !== undefined ? await readPage(mine, address, form) : null;
  if (taken) return show(taken);
  if (answer) return answer;
  if (form === "part") return Response.error();
  return stranded();
}

function show(taken: Answer): Response {
  return new Response(taken.html, { headers: { "Content-Type": taken.type, "Content-Security-Policy": taken.csp, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } });
}

/** Null when nobody answers within patience. */
async function network(request: Request, patience: number): Promise<Response | null> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await fetch(request, { signal: stop.signal });
    failed = -Infinity;
    return answer;
  } catch {
    failed = performance.now();
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** What is shown when there is neither network nor page: the locked screen, or that the page is not here. */
async function stranded(): Promise<Response> {
  const locked = !keys && (await count("locks").catch(() => 0)) > 0;
  const kept = await caches.match(locked ? "/device/lock" : "/device/away", { cacheName: shelf });
  return kept ?? Response.error();
}

/** Signing out: what was lent goes back, its keys, lock and pages go, what waits stays. Without a network the server hears of it later. */
async function leave(request: Request): Promise<Response> {
  const grant = keys?.grant ?? (await recallState<string>("current"));
  await forget();
  wrapper = null;
  if (grant) await wipe(grant).catch(() => {});
  try {
    await fetch("/device/return", { method: "POST", signal: AbortSignal.timeout(3000) }).catch(() => null);
    return await fetch(request);
  } catch {
    await setState("leaving", true);
    return stranded();
  }
}

/** Finishes a sign-out that was made without a network. */
async function left(): Promise<"long ago" | "just" | "still"> {
  if (!(await recallState<boolean>("leaving").catch(() => false))) return "long ago";
  try {
    await fetch("/device/return", { method: "POST", signal: AbortSignal.timeout(3000) });
    const answer = await fetch("/sign-out", { method: "POST", redirect: "manual", signal: AbortSignal.timeout(5000) });
    if (answer.status >= 500) return "still";
    await setState("leaving", false);
    return "just";
  } catch {
    return "still";
  }
}
