// What waits on this device and what was set apart, for its author to look at: each in their own words, from the copy that only their keys
// open. Of what others wrote here no more is said than how many there are.

import { forgetApart, openForm } from "./again";
import { unsealed, type Keys } from "./keys";
import { drain, tellWaiting, type Copy } from "./outbox";
import { keysReady, reader } from "./session";
import { all, drop, move, recallState, setState, type Apart, type Waiting } from "./store";
import { clockText, now } from "./time";
import { say } from "./words";

interface Look { reader: string; count: number }

export function startWaiting(): void {
  const again = async () => {
    if (!reader()) return;
    const told = await recallState<Look>("look").catch(() => undefined);
    drawLook((told?.reader === reader() ? told.count : 0) + (await mineApart()));
    await draw();
  };
  void keysReady.then(again);
  document.addEventListener("milieu:carried", () => void again());
  document.querySelector("[data-here-send]")?.addEventListener("click", () => void drain().then(draw));
}

/** Says on every page of its author that something of theirs was refused: how many the server has, and how many this device. */
export async function showLook(count: number): Promise<void> {
  if (!reader()) return;
  await setState("look", { reader: reader(), count } satisfies Look).catch(() => {});
  drawLook(count + (await mineApart()));
}

async function mineApart(): Promise<number> {
  const keys = await keysReady;
  if (!keys) return 0; // nothing on this device can be this person's without keys
  let mine = 0;
  for (const one of await all("apart")) if (await read(keys, one)) mine++;
  return mine;
}

function drawLook(count: number): void {
  document.getElementById("look")?.remove();
  const band = document.querySelector("[data-offline]");
  if (count === 0 || !band || document.querySelector("[data-waiting-here]")) return;
  const line = Object.assign(document.createElement("p"), { id: "look", className: "notice notice-now notice-band" });
  line.append(Object.assign(document.createElement("span"), { textContent: say("look", count) + " " }));
  line.append(Object.assign(document.createElement("a"), { href: "/waiting", textContent: say("look_link") }));
  band.after(line);
}

/** Null when the copy is another person's, or there is none. */
async function read(keys: Keys, one: Waiting): Promise<Copy | null> {
  const open = one.copy ? await unsealed(keys.drafts, one.copy) : null;
  return open ? (JSON.parse(new TextDecoder().decode(open)) as Copy) : null;
}

async function draw(): Promise<void> {
  const place = document.querySelector<HTMLElement>("[data-waiting-here]");
  if (!place) return;
  const keys = await keysReady;
  const list = place.querySelector<HTMLElement>("[data-here-list]");
  const pattern = place.querySelector<HTMLTemplateElement>("[data-here-row]");
  if (!list || !pattern) return;
  const [waiting, apart] = await Promise.all([all("outbox"), all("apart")]);
  const rows: Node[] = [];
  let others = 0;
  for (const one of [...apart, ...waiting]) {
    const copy = keys ? await read(keys, one) : null;
    if (copy) rows.push(row(pattern, copy, "at" in one ? (one as Apart) : null));
    else others++;
  }
  list.replaceChildren(...rows);
  const show = (selector: string, on: boolean) => { const part = place.querySelector<HTMLElement>(selector); if (part) part.hidden = !on; return part; };
  show("[data-here-none]", rows.length === 0);
  show("[data-here-send]", waiting.length > 0);
  const more = show("[data-here-others]", others > 0);
  if (more) more.textContent = others > 0 ? say("here_others", others) : "";
}

function row(pattern: HTMLTemplateElement, copy: Copy, apart: Apart | null): Node {
  const made = pattern.content.cloneNode(true) as DocumentFragment;
  const write = (selector: string, text: string) => { const part = made.querySelector(selector); if (part) part.textContent = text; };
  const field = (name: string) => copy.fields.find(([key]) => key === name)?.[1] ?? "";
  write("[data-row-who]", copy.who || say("here_somebody"));
  write("[data-row-when]", clockText(Date.parse(field("happened")) + now() - Date.now()));
  write("[data-row-what]", said(copy));
  write("[data-row-why]", apart === null ? say("here_waits") : apart.why === "large" ? say("here_large") : say("here_apart", clockText(apart.at)));
  const acts = made.querySelector<HTMLElement>("[data-row-acts]");
  if (!apart || !acts) return made;
  acts.hidden = false;
  const press = (selector: string, act: () => Promise<void>) => acts.querySelector(selector)?.addEventListener("click", (event) => {
    event.preventDefault();
    void act().catch(() => state(say("here_failed"))).then(draw);
  });
  press("[data-row-again]", () => again(apart));
  press("[data-row-hand]", () => hand(copy, apart));
  const fix = acts.querySelector<HTMLAnchorElement>("[data-row-fix]");
  if (fix && copy.from) {
    fix.href = copy.from;
    press("[data-row-fix]", () => openForm(field("id"), copy.from ?? "/", correction(copy)));
  } else {
    fix?.remove();
  }
  return made;
}

/** What was said: what was chosen, in the page's words, and what was written. */
function said(copy: Copy): string {
  const codes = /^[a-z0-9_.-]*$|^\d{4}-\d\d-\d\dT/;
  const skip = new Set(["id", "chart", "written", "happened"]);
  const written = copy.fields.filter(([name, value]) => !skip.has(name) && !codes.test(value)).map(([, value]) => value);
  return [copy.words, ...written].filter(Boolean).join(". ");
}

function correction(copy: Copy): [string, string][] {
  return [["_kind", copy.path.replace("/entries/", "")], ...copy.fields
    .filter(([name]) => name !== "written")
    .map(([name, value]): [string, string] => [name, name === "happened" ? trueTime(value) : value])];
}

/** A moment by this device's clock, as the server's would have said it. */
const trueTime = (stamp: string) => new Date(Date.parse(stamp) + now() - Date.now()).toISOString();

function state(text: string): void {
  const place = document.querySelector("[data-here-state]");
  if (place) place.textContent = text;
}

async function again(one: Apart): Promise<void> {
  const { grant, key, sealed, copy } = one;
  if (one.n === undefined) return;
  await move("apart", one.n, "outbox", { grant, key, sealed, ...(copy ? { copy } : {}) });
  await tellWaiting();
  await drain();
}

/** Gives what only this device can read to a supervisor, over the session: the server keeps it, and only then it goes from here. */
async function hand(copy: Copy, one: Apart): Promise<void> {
  const { path, from } = copy;
  const fields = copy.fields.map(([name, value]): [string, string] => [name, name === "happened" || name === "written" ? trueTime(value) : value]);
  const answer = await fetch("/waiting/note", {
    method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ path, fields, from }), signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new Error(`the note was answered with ${answer.status}`);
  if (one.n !== undefined) await drop("apart", one.n);
  await forgetApart(fields.find(([name]) => name === "id")?.[1] ?? "");
  state(say("here_noted"));
}
