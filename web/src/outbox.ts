// The sealed outbox: what the network did not take, sealed to the server before it touches the disk, and carried later by whoever is there.

import { join, seal } from "./hpke";
import { hooks, type Submission } from "./hooks";
import { hidden, idBytes, sealed, toBase64, type Keys } from "./keys";
import { refresh } from "./live";
import { serverLocked } from "./lock";
import { clearMarks, mark, unmark } from "./marks";
import { offset } from "./moment";
import { setKept, setNet } from "./net";
import { keysNow, reader } from "./session";
import { all, count, drop, move, put, type Waiting } from "./store";
import { clockText, now } from "./time";
import { say } from "./words";

const protocol = new TextEncoder().encode("milieu outbox 1");
const batch = 100;
let failed = -Infinity; // when the network last failed, by the page's own count
let going = false;

export function startOutbox(): void {
  hooks.keeper = { keep, away: () => performance.now() - failed < 20_000 };
  void tellWaiting();
  const go = () => void drain();
  addEventListener("online", () => { failed = -Infinity; go(); });
  document.addEventListener("visibilitychange", () => document.hidden || go());
  setInterval(go, 10_000);
  go();
}

/** Seals one submission and keeps it. Null when nobody's keys are here: then the words stay in their form. */
async function keep(submission: Submission, inPlace: boolean, chosen: string): Promise<string | null> {
  const keys = keysNow();
  if (!keys) return null;
  failed = performance.now();
  try {
    const copy: Copy = { ...submission, who: nameOf(submission), words: chosen };
    await put("outbox", { ...(await sealItem(keys, submission)), copy: await copied(keys, copy), by: keys.name });
  } catch {
    return null; // the device's store is full or forbidden
  }
  setNet("off");
  await tellWaiting();
  const field = (name: string) => submission.fields.find(([key]) => key === name)?.[1] ?? "";
  if (field("amendment") === "entered_in_error") await unmark(field("amends"));
  else await mark(keys, { id: field("id"), kind: submission.path.replace("/entries/", ""), chart: field("chart"), happened: Date.parse(field("happened")) + now() - Date.now(), fields: submission.fields.filter(([, value]) => value.length <= 200).map(([key, value]) => `${key}=${value}`) });
  return saidBack(submission, inPlace, chosen);
}

/** What the author's own copy holds. */
export interface Copy extends Submission { who: string; words: string }

/** The author's copy, under the keys of their drafts: they can look at what waits, whoever signs in between cannot. */
async function copied(keys: Keys, copy: Copy) {
  const id = copy.fields.find(([key]) => key === "id")?.[1] ?? "";
  return sealed(keys.drafts, await hidden(keys.titles, id), keys.grant, new TextEncoder().encode(JSON.stringify(copy)));
}

/** The name of whom an entry is about, as it stands on the page. */
function nameOf(submission: Submission): string {
  const chart = submission.fields.find(([key]) => key === "chart")?.[1] ?? "";
  return document.querySelector(`[data-chart="${CSS.escape(chart)}"] .pii`)?.textContent?.trim() ?? "";
}

async function sealItem(keys: Keys, submission: Submission): Promise<Waiting> {
  const off = await offset();
  const { path, fields, from } = submission;
  const text = new TextEncoder().encode(JSON.stringify({ path, fields, from, ...(off === null ? {} : { off }) }));
  const aad = join(protocol, idBytes(keys.grant));
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", keys.mac, join(aad, text)));
  const closed = await seal(keys.public, protocol, aad, join(mac, text));
  return { grant: keys.grant, key: keys.key, sealed: closed.buffer };
}

/** What is said back here: who, what was chosen, that it is kept, and a way to take it back, which is kept and sent like everything else. */
function saidBack(submission: Submission, inPlace: boolean, chosen: string): string {
  const field = (name: string) => submission.fields.find(([key]) => key === name)?.[1] ?? "";
  const line = document.createElement("div");
  line.className = "toast";
  line.setAttribute("role", "status");
  const words = document.createElement("p");
  const undone = field("amendment") === "entered_in_error";
  const who = nameOf(submission);
  if (who) words.append(Object.assign(document.createElement("b"), { className: "pii", textContent: who }), " ");
  words.append(undone ? say("undone") : chosen, Object.assign(document.createElement("small"), { textContent: clockText(now()) + " " + say("kept_here") }));
  line.append(words);
  if (!undone) {
    const undo = Object.assign(document.createElement("button"), { className: "btn", type: "button", textContent: say("undo") });
    undo.dataset.post = "/entries/record.withdrawn";
    undo.dataset.fields = new URLSearchParams({ chart: field("chart"), amends: field("id"), amendment: "entered_in_error", reason: say("undo_reason") }).toString();
    line.append(undo);
  }
  if (inPlace) return line.outerHTML;
  const corner = document.createElement("div");
  corner.className = "toast-fixed";
  corner.dataset.toast = "";
  corner.append(line);
  return corner.outerHTML;
}

interface Answer { n: number; status: "accepted" | "duplicate" | "kept" | "unread" | "again" }

/** Carries what waits to the server, in the order of writing, in one page at a time. */
export async function drain(): Promise<void> {
  if (going || !reader() || navigator.onLine === false || (await count("outbox")) === 0) return;
  going = true;
  try {
    await navigator.locks.request("milieu outbox", { ifAvailable: true }, async (lock) => (lock ? carry() : undefined));
  } catch {
    failed = performance.now(); // still no network: what was answered for is gone from here, the rest waits
    setNet("off");
  } finally {
    going = false;
  }
}

async function carry(): Promise<void> {
  let arrived = 0;
  let look = 0;
  let size = batch;
  for (;;) {
    const items = await all("outbox", size);
    if (items.length === 0) break;
    const answers = await deliver(items);
    if (answers === "large") { // together they are too much; one that is too much alone would hold up all others
      const [first] = items;
      if (items.length === 1 && first?.n !== undefined) {
        await move("outbox", first.n, "apart", { ...first, at: now(), why: "large" });
        await tellWaiting();
      }
      size = Math.max(1, Math.floor(items.length / 2));
      continue;
    }
    if (!answers) break;
    setNet("ok");
    failed = -Infinity;
    let gone = 0;
    for (const answer of answers) {
      if (answer.status === "again") continue;
      const item = items.find((one) => one.n === answer.n);
      if (answer.status === "unread" && item) await move("outbox", answer.n, "apart", { ...item, at: now(), why: "unread" });
      else await drop("outbox", answer.n);
      gone++;
      if (answer.status === "kept" || answer.status === "unread") look++;
    }
    arrived += gone;
    await tellWaiting();
    if (gone < items.length) break; // the server is short of something: later
  }
  if (arrived === 0) return;
  await clearMarks();
  const said = document.createElement("div");
  said.className = "toast-fixed toast";
  said.append(Object.assign(document.createElement("p"), { textContent: say("arrived", arrived) + (look > 0 ? " " + say("arrived_look", look) : "") }));
  document.getElementById("toasts")?.replaceChildren(said);
  document.dispatchEvent(new Event("milieu:carried"));
  await refresh();
}

/** Null when the server asks to sign in first; "large" when it is more than the server takes at once. */
async function deliver(items: Waiting[]): Promise<Answer[] | "large" | null> {
  const body = JSON.stringify({ clock: Date.now(), items: items.map((item) => ({ n: item.n, grant: item.grant, key: item.key, sealed: toBase64(new Uint8Array(item.sealed)) })) });
  const answer = await fetch("/outbox", {
    method: "POST", body, headers: { "Content-Type": "application/json", Accept: "application/json" }, signal: AbortSignal.timeout(30_000),
  });
  if (answer.status === 423) await serverLocked();
  if (answer.status === 401 || answer.status === 423) return null;
  if (answer.status === 413) return "large";
  if (!answer.ok) throw new Error(`the outbox was answered with ${answer.status}`);
  return ((await answer.json()) as { answers: Answer[] }).answers;
}

/** Says how many wait: in the band, on the locked screen, where one signs in and out; there also whose. Never what. */
export async function tellWaiting(): Promise<void> {
  const waiting = await count("outbox");
  setKept(waiting);
  const whose = document.querySelector("[data-lock-waiting]");
  if (whose) {
    const by = new Map<string, number>();
    for (const one of waiting > 0 ? await all("outbox") : []) if (one.by) by.set(one.by, (by.get(one.by) ?? 0) + 1);
    const names = [...by].map(([name, count]) => say("lock_waiting_of", count, name));
    whose.textContent = waiting > 0 ? [say("lock_waiting", waiting), names.join(", ")].filter(Boolean).join(" ") : "";
  }
  for (const place of document.querySelectorAll("[data-outbox-waiting]")) place.textContent = waiting > 0 && !whose ? say("waiting_here", waiting) : "";
}
