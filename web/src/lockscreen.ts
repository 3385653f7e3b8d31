// The locked screen: who may come back quickly, the keys for a PIN, a badge's code, and the way by the person's own words. With a network the
// server judges the code; without one it opens what lies here, or does not.

import { recall, remember } from "./choices";
import { hidden, openLock, unsealed, type Keys } from "./keys";
import { arrive, deviceKey, opened } from "./arrive";
import { endQuick, faces, openQuick, quickTries, type Way } from "./quick";
import { ask, stand, standing } from "./standing";
import { drop, get, recallState, setState } from "./store";
import { say } from "./words";

interface Person { reader: string; name: string; role: string; here: boolean }

const length = 6;
const pause = 160; // a badge reader types faster than this: six figures and then quiet are a PIN
let picked: Person | null = null;
let busy = false;
let typing: ReturnType<typeof setTimeout> | undefined;
let scanned = { text: "", at: -Infinity };

const part = <T extends HTMLElement>(name: string) => document.querySelector<T>(`[data-lock-${name}]`);

export function startLockScreen(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset.unlock === undefined || form.getAttribute("action") === "/unlock") return; // the server judges those words
    event.preventDefault();
    void openByWords(form);
  });
  if (!part("screen")) {
    void offerQuick();
    return;
  }
  void draw();
  document.addEventListener("click", click);
  document.addEventListener("keydown", scan);
  part("badge")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = part<HTMLFormElement>("badge")?.querySelector("input");
    if (field?.value.trim()) void enter("badge", field.value).then(() => (field.value = ""));
  });
  part("pin")?.addEventListener("input", (event) => typed((event.target as HTMLInputElement).value));
}

/** Signing in says where one comes back quickly, when somebody can. */
async function offerQuick(): Promise<void> {
  const way = document.querySelector<HTMLElement>("[data-quick-way]");
  if (way) way.hidden = (await people()).length === 0;
}

/** Who may come back: as the server says it, or as it is known here. */
async function people(): Promise<Person[]> {
  const answer = await fetch("/device/people", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(2500) }).catch(() => null);
  const over = (await recallState<string[]>("ended").catch(() => undefined)) ?? []; // tries ran out here, and the server has not heard of it
  if (answer?.ok) return ((await answer.json()) as { people: Person[] }).people.filter((one) => !over.includes(one.reader));
  const { cookie } = await standing();
  const here = await faces().catch(() => []);
  return here.map(({ reader, name, role }) => ({ reader, name, role, here: reader === cookie }));
}

async function draw(): Promise<void> {
  const list = part("faces");
  const row = part<HTMLTemplateElement>("face");
  if (!list || !row) return;
  const all = (await people()).filter((one) => one.name !== "");
  list.replaceChildren(...all.sort((a, b) => Number(b.here) - Number(a.here)).map((one) => {
    const made = row.content.cloneNode(true) as DocumentFragment;
    const button = made.querySelector("button");
    const write = (name: string, text: string) => { const place = made.querySelector(`[data-face-${name}]`); if (place) place.textContent = text; };
    write("initial", one.name.slice(0, 1));
    write("name", one.name);
    write("role", one.here ? say("lock_here") : one.role);
    if (button) button.dataset.pick = one.reader;
    button?.addEventListener("click", () => pick(one));
    return made;
  }));
  for (const some of document.querySelectorAll<HTMLElement>("[data-lock-some]")) some.hidden = all.length === 0;
  part<HTMLDetailsElement>("words")?.toggleAttribute("open", all.length === 0);
}

function pick(one: Person | null): void {
  picked = one;
  const choose = part("choose");
  const code = part("code");
  if (choose) choose.hidden = one !== null;
  if (code) code.hidden = one === null;
  const name = part("name");
  if (name) name.textContent = one?.name ?? "";
  write("");
  complain("");
  if (one) part("pin")?.focus();
  else part("faces")?.querySelector("button")?.focus();
}

function click(event: MouseEvent): void {
  const hit = event.target as Element;
  const key = hit.closest<HTMLElement>("[data-key]")?.dataset.key;
  if (hit.closest("[data-lock-back]")) pick(null);
  if (key === undefined) return;
  const now = part<HTMLInputElement>("pin")?.value ?? "";
  write(key === "back" ? now.slice(0, -1) : now + key);
  typed(part<HTMLInputElement>("pin")?.value ?? "");
}

function write(text: string): void {
  const field = part<HTMLInputElement>("pin");
  if (field) field.value = text;
}

function typed(text: string): void {
  clearTimeout(typing);
  if (/^\d{6}$/.test(text)) typing = setTimeout(() => void enter("pin", text), pause);
}

/** A badge reader is a keyboard that types fast and ends with Enter. */
function scan(event: KeyboardEvent): void {
  const field = event.target as Element;
  if (field.closest("form, [data-lock-form]")) return;
  const pin = field.matches("[data-lock-pin]");
  if (event.key === "Enter") {
    const text = pin ? (field as HTMLInputElement).value : scanned.text;
    scanned = { text: "", at: -Infinity };
    if (text.length < length || (pin && text.length === length)) return;
    event.preventDefault();
    clearTimeout(typing);
    void enter("badge", text);
  } else if (!pin && event.key.length === 1) {
    scanned = { text: (event.timeStamp - scanned.at < 300 ? scanned.text : "") + event.key, at: event.timeStamp };
  }
}

async function enter(way: Way, code: string): Promise<void> {
  if (busy) return;
  busy = true;
  part("screen")?.setAttribute("aria-busy", "true");
  complain("");
  try {
    await change(picked?.reader ?? "", way, code);
  } catch {
    complain(say("lock_failed"));
  } finally {
    write("");
    busy = false;
    part("screen")?.removeAttribute("aria-busy");
  }
}

async function change(person: string, way: Way, code: string): Promise<void> {
  const answer = await ask("/device/change", { person, way, code }).catch(() => null);
  if (!answer || answer.status >= 500) return away(person, way, code);
  const said = (await answer.json()) as { reader?: string; left?: number; wait?: number };
  if (answer.ok && said.reader) {
    await stand({ cookie: said.reader, owed: false, shut: false }); // the session before was locked with it
    go(await arrive(way, code));
    return;
  }
  if (said.wait) complain(say("lock_wait", said.wait));
  else await wrong(person, said.left ?? 0);
}

/** Without a network: what lies here opens or does not. */
async function away(person: string, way: Way, code: string): Promise<void> {
  const secret = await deviceKey();
  if (!secret) return complain(say("lock_words"));
  if (person === "" && !(await mayScan())) return complain(say("lock_wait", 60));
  const tried = await openQuick(person, way, code, secret);
  if (!tried.keys) {
    if (person === "") await setState("scans", ((await recallState<number>("scans")) ?? 0) + 1);
    return wrong(person, tried.left);
  }
  await setState("scans", 0);
  await opened(tried.keys, tried.key, false);
  go(tried.keys);
}

/** A code without a name is tried on everybody's: five wrong in a row, and one is to say who one is. */
const mayScan = async () => ((await recallState<number>("scans")) ?? 0) < quickTries;

async function wrong(person: string, left: number): Promise<void> {
  if (left <= 0 && person !== "") {
    await endQuick(person);
    const ended = (await recallState<string[]>("ended")) ?? [];
    await setState("ended", [...new Set([...ended, person])]); // the server hears of it at the next contact
    pick(null);
    await draw();
    complain(say("lock_ended"));
    return;
  }
  complain(person === "" ? say("lock_unknown") : say("lock_wrong", left));
}

/** To where they were. */
async function place(keys: Keys): Promise<string> {
  const id = await hidden(keys.titles, "place");
  const kept = await get("drafts", id);
  const open = kept ? await unsealed(keys.drafts, kept) : null;
  const to = open ? new TextDecoder().decode(open) : "/";
  await drop("drafts", id);
  return to.startsWith("/") && !to.startsWith("//") && !/^\/(device\/)?lock\b/.test(to) ? to : "/";
}

function go(keys: Keys | null): void {
  if (recall("lock")) remember("lock", "");
  void (keys ? place(keys).catch(() => "/") : Promise.resolve("/")).then((to) => location.replace(to));
}

/** By the person's own words, where there is no network to ask. */
async function openByWords(form: HTMLFormElement): Promise<void> {
  if (form.hasAttribute("data-busy")) return;
  form.toggleAttribute("data-busy", true);
  const line = form.querySelector<HTMLElement>("[data-unlock-error]");
  const { keys, left } = await openLock(form.querySelector<HTMLInputElement>("input[name=password]")?.value ?? "");
  form.removeAttribute("data-busy");
  if (keys) {
    await opened(keys, null, false);
    go(keys);
  } else if (line) {
    line.textContent = left > 0 ? say("unlock_wrong", left) : say("unlock_none");
    line.hidden = false;
  }
}

function complain(text: string): void {
  const line = part("error");
  if (!line) return;
  line.textContent = text;
  line.hidden = text === "";
}
