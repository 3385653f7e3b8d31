// The service worker. It keeps the public files, answers with the pages that were taken along when the network is away, holds the person's keys
// in memory while pages change, and forgets them when anybody signs in or out. It keeps no page of its own accord and sends nothing.

import { wipe, type Keys, type Wrapper } from "./keys";
import { moment } from "./moment";
import { addressOf, keepPage, readPage, takenAt, type Answer, type Form } from "./pack";
import type { QuickKey } from "./quick";
import { ask, attached, deliverLock, farewell, resume, stand, standing, type Farewell } from "./standing";
import { count, recallState, setState } from "./store";

interface Extendable extends Event { waitUntil(work: Promise<unknown>): void }
interface Fetching extends Extendable { request: Request; respondWith(answer: Promise<Response>): void }
interface Told extends Extendable { data: Message; ports: MessagePort[] }
interface Worker {
  milieuFiles: { version: string; files: string[] };
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(of: { type: "window" }): Promise<{ postMessage(message: object): void }[]> };
  addEventListener(kind: "install" | "activate", hear: (event: Extendable) => void): void;
  addEventListener(kind: "fetch", hear: (event: Fetching) => void): void;
  addEventListener(kind: "message", hear: (event: Told) => void): void;
}
type Message =
  | { do: "hello" | "forget" | "lock" | "words" | "shut" }
  | { do: "hold"; keys: Keys; epoch: number; secret?: CryptoKey; served?: boolean }
  | { do: "open"; keys: Keys; epoch: number; quick?: QuickKey; served: boolean }
  | { do: "wrapper"; wrapper: Wrapper }
  | { do: "quick"; quick: QuickKey }
  | { do: "spare"; secret: CryptoKey };
interface Leaving { farewell?: Farewell }

const worker = self as unknown as Worker;
const shelf = "milieu " + worker.milieuFiles.version;
const ownPages = ["/device/lock", "/device/away"];

let keys: Keys | null = null;
let wrapper: Wrapper | null = null;
let quick: QuickKey | null = null;
let secret: CryptoKey | null = null; // of the device, for quick codes; outlives the lock, which is what makes it of use there
let sure = false; // that what goes to the server goes under the session of who holds the device
let failed = -Infinity;
let leaving: Promise<void> | null = null; // somebody signs out just now

worker.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(shelf);
    await cache.addAll([...worker.milieuFiles.files, ...ownPages].map((address) => new Request(address, { credentials: "omit", cache: "no-cache" })));
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
      return { keys: await mine(), epoch: await epoch(), wrapper, quick, secret, locked: (await standing()).locked };
    case "hold": {
      if (leaving) return { stale: true, leaving: true };
      if (message.epoch !== (await epoch())) return { stale: true };
      if (keys?.grant !== message.keys.grant) await setState("current", message.keys.grant);
      keys = message.keys;
      secret = message.secret ?? secret;
      if (message.served) sure = attached(await stand({ cookie: keys.reader, holder: keys.reader, locked: false, owed: false, shut: false }));
      return { stale: false };
    }
    case "open":
      if (message.epoch !== (await epoch())) return { stale: true };
      keys = message.keys;
      quick = message.quick ?? null;
      wrapper = null;
      await setState("current", keys.grant);
      await stand(message.served ? { cookie: keys.reader, holder: keys.reader, locked: false, owed: false, shut: false } : { holder: keys.reader, locked: false });
      return { stale: false };
    case "wrapper":
      wrapper = message.wrapper;
      return {};
    case "quick":
      quick = message.quick;
      return {};
    case "spare":
      secret ??= message.secret;
      return {};
    case "words":
      if (!keys) wrapper = quick = null;
      return {};
    case "forget":
      await forget();
      return {};
    case "lock":
      await (leaving ?? lock()); // signing out does more
      return {};
    case "shut":
      if ((await standing()).locked || !keys) return {};
      await stand({ shut: true });
      sure = false;
      return { resumed: await gate() };
  }
}

/** Keys go, and those of pages from before are not taken any more. */
async function forget(): Promise<void> {
  keys = wrapper = quick = null;
  sure = false;
  await setState("epoch", (await epoch()) + 1);
}

async function lock(): Promise<void> {
  const { locked } = await standing();
  await forget();
  if (locked) return;
  await stand({ locked: true, owed: true, shut: true });
  await deliverLock();
}

/** The person's keys, as long as their shift goes. */
async function mine(): Promise<Keys | null> {
  if (!keys || keys.until > (await moment())) return keys;
  await wipe(keys.grant).catch(() => {});
  await forget();
  return null;
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const at = new URL(request.url);
  if (at.origin !== self.location.origin) return;
  if (request.method === "GET" && at.pathname.startsWith("/static/")) event.respondWith(publicFile(request));
  else if (request.mode === "navigate") event.respondWith(navigate(event, at));
  else if (open.has(at.pathname)) return;
  else if (request.method === "GET" && request.headers.has("Milieu-Fragment") && !request.headers.has("Milieu-Pack")) event.respondWith(page(event, "part"));
  else if (leaving) event.respondWith(leaving.then(() => send(request)));
  else if (!sure) event.respondWith(send(request));
});

/** What the locked screen asks for, whoever holds the device. */
const open = new Set(["/device/people", "/device/change", "/device/resume", "/device/returned", "/device/standing", "/lock"]);

const send = async (request: Request): Promise<Response> => ((await gate()) ? fetch(request) : Response.error());

let asking: Promise<boolean> | null = null;
let refused = -Infinity;

/** Whether what is asked may go to the server: only under the session of who holds the device. Makes that so where it can. */
async function gate(): Promise<boolean> {
  const now = await standing();
  if (attached(now)) return (sure = true);
  if (performance.now() - refused < 2000) return false;
  asking ??= attach(now.locked).finally(() => (asking = null));
  const may = await asking;
  if (!may) refused = performance.now();
  return may;
}

async function attach(locked: boolean): Promise<boolean> {
  if (locked) return deliverLock();
  const held = await mine();
  if (!held) return false; // a page that was opened again gives them back in a moment
  const answer = await resume(held);
  if (answer === "yes") return (sure = true);
  if (answer === "gone") {
    await wipe(held.grant).catch(() => {});
    await lock();
    for (const page of await worker.clients.matchAll({ type: "window" })) page.postMessage({ do: "locked" });
  }
  return false;
}

async function publicFile(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName: shelf });
  if (kept) return kept;
  // A page that was taken along before the program was renewed names its files of then: today's stand in.
  return fetch(request).catch(async () => (await caches.match(request, { cacheName: shelf, ignoreSearch: true })) ?? Response.error());
}

async function navigate(event: Fetching, at: URL): Promise<Response> {
  const { request } = event;
  if (request.method === "POST" && at.pathname === "/sign-out") return leaveOnce(request);
  if (begins(request.method, at.pathname)) {
    // Whoever this is going to be: the session of the person before is to be locked before the server shows anything to anybody.
    if ((await standing()).owed && !(await deliverLock())) return stranded();
    await stand({ holder: "" });
    const words = at.pathname === "/sign-in" ? wrapper : null; // a link brings no words, and those typed before may be another person's
    await forget();
    wrapper = words;
    await setState("leaving", false); // a fresh sign-in takes the place of the old session
    return fetch(request).catch(() => stranded());
  }
  if (request.method !== "GET") return (await gate()) ? fetch(request).catch(() => stranded()) : stranded();
  return page(event, "page");
}

const begins = (method: string, path: string) => (method === "POST" && ["/sign-in", "/passkey"].includes(path)) || path.startsWith("/welcome/");

/** A page or part: from the network, or as it was taken along when that is away or too slow. */
async function page(event: Fetching, form: Form): Promise<Response> {
  const { request } = event;
  const ending = leaving !== null;
  await leaving;
  const ended = await left();
  if (ended === "still") return stranded(); // signed out here, and the server has not heard of it yet
  // Browsers may ask for the page before this worker does, with the session that has just been ended: then it is asked for anew.
  if (ending || ended === "just") return (await network(new Request(request.url, { headers: request.headers, redirect: "manual" }), 10_000)) ?? stranded();
  const may = sure || (await gate());
  const own = await mine();
  const address = addressOf(request.url);
  const kept = own ? await takenAt(own, address, form) : undefined;
  const patience = kept === undefined ? ((await standing()).locked ? 4000 : 60_000) : performance.now() - failed < 20_000 ? 700 : 4000;
  const answer = may ? await network(request, patience) : null;
  if (answer && own && kept !== undefined && answer.ok && !answer.redirected && answer.headers.get("Content-Type")?.startsWith("text/html")) {
    const copy = answer.clone();
    event.waitUntil((async () => keepPage(own, address, form, { type: "text/html; charset=utf-8", csp: copy.headers.get("Content-Security-Policy") ?? "", html: await copy.text() }))().catch(() => {}));
  }
  const busy = answer !== null && [502, 503, 504].includes(answer.status);
  if (answer && !(busy && kept !== undefined)) return answer;
  const taken = own && kept !== undefined ? await readPage(own, address, form) : null;
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => { timer = setTimeout(() => { stop.abort(); fail(new Error("late")); }, patience); });
  try {
    // A page is asked for just as the browser asked: with a signal it would be a script's request, and the server counts those as nobody's doing.
    const answer = await Promise.race([request.mode === "navigate" ? fetch(request) : fetch(request, { signal: stop.signal }), late]);
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
  const locked = (await standing()).locked || (!keys && (await count("locks").catch(() => 0)) + (await count("quick").catch(() => 0)) > 0);
  const kept = await caches.match(locked ? "/device/lock" : "/device/away", { cacheName: shelf });
  return kept ?? Response.error();
}

/**
 * One sign-out after another. Until it is done nothing else is asked for: a page that came in between would be drawn for who is leaving, and
 * stand. Every page of before is told at the end, also that whose own way out was cut off by something else that it loaded.
 */
async function leaveOnce(request: Request): Promise<Response> {
  while (leaving) await leaving;
  const going = leave(request);
  leaving = going.then(() => {}, () => {});
  try {
    return await going;
  } finally {
    await forget().catch(() => {}); // what a page of before was lent meanwhile is not taken
    leaving = null;
    const message = { do: "left", epoch: await epoch().catch(() => Infinity) };
    for (const page of await worker.clients.matchAll({ type: "window" })) page.postMessage(message);
  }
}

/** Signing out: what was lent goes back, its keys, locks and pages go, what waits stays. Without a network the server hears of it later. */
async function leave(request: Request): Promise<Response> {
  const held = keys;
  const grant = held?.grant ?? (await recallState<string>("current"));
  const joined = await gate(); // the session that ends must be that of who signs out
  await forget();
  if (grant) await wipe(grant).catch(() => {});
  if (joined) {
    await fetch("/device/return", { method: "POST", signal: AbortSignal.timeout(3000) }).catch(() => null);
    const answer = await network(request, 10_000);
    if (answer && answer.status < 500) {
      await stand({ cookie: "", holder: "", locked: false, owed: false, shut: false });
      return answer;
    }
  }
  const other = !attached(await standing()) && held; // the session is another person's
  await setState("leaving", (other ? { farewell: await farewell(held) } : {}) satisfies Leaving);
  await stand({ holder: "", locked: true });
  return stranded();
}

/** Finishes a sign-out that was made without a network. */
async function left(): Promise<"long ago" | "just" | "still"> {
  const owed = await recallState<Leaving | boolean>("leaving").catch(() => false);
  if (!owed) return "long ago";
  try {
    const note = owed === true ? undefined : owed.farewell;
    if (note) {
      // Another person's session is the browser's: it stays, locked, and only this person's grant ends.
      if (!(await standing()).owed || (await deliverLock())) {
        const answer = await ask("/device/returned", note);
        if (answer.status >= 500) return "still";
        await setState("leaving", false);
        return "just";
      }
      return "still";
    }
    await fetch("/device/return", { method: "POST", signal: AbortSignal.timeout(3000) });
    const answer = await fetch("/sign-out", { method: "POST", redirect: "manual", signal: AbortSignal.timeout(5000) });
    if (answer.status >= 500) return "still";
    await setState("leaving", false);
    await stand({ cookie: "", holder: "", locked: false, owed: false, shut: false });
    return "just";
  } catch {
    return "still";
  }
}
