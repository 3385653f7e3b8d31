// A due is shown as settled when this device wrote the entry that settles it. The device computes no rules: an element says which kinds settle
// it and how long the next intervals are (data-chart, data-settled-by="rounds.checked …", data-draws="840,900": seconds, drawn by the server;
// data-limit="900": seconds after which it is late, where that is later than the draw).
// Without further draws a settled row goes; one that has a part marked data-settled-shown stays and shows it in place of what is marked
// data-settled-gone. data-settled-about="task=…" narrows it to entries that have this field. What was settled is kept, sealed, until it has been sent, for pages opened again meanwhile.

import { hidden, sealed, unsealed, type Keys } from "./keys";
import { onArrive, within } from "./parts";
import { count, shift } from "./rows";
import { keysReady } from "./session";
import { all, drop, put, sweep } from "./store";
import { clockText, now, tick } from "./time";
import { drawn } from "./trust";
import { say } from "./words";

interface Settled { id: string; kind: string; chart: string; happened: number; fields: string[] }

const soon = 5 * 60_000;
let settled: Settled[] = [];
const before = new Map<string, [string, string][]>(); // entry → rows by id as they were, for taking it back

export function startMarks(): void {
  void keysReady.then(async (keys) => {
    if (!keys) return;
    const drawn = Number(document.documentElement.dataset.now);
    for (const one of await all("marks")) {
      const open = await unsealed(keys.pages, one);
      const mark = open ? (JSON.parse(new TextDecoder().decode(open)) as Settled & { at: number }) : null;
      if (mark && mark.at > drawn) settled.push(mark); // a page drawn later knows already
    }
    settled.sort((a, b) => a.happened - b.happened);
    onArrive((root) => settleAll(root));
    settleAll(document);
  });
}

function settleAll(root: ParentNode & Node): void {
  for (const row of within<HTMLElement>(root, "[data-settled-by]")) {
    if (row.dataset.settled) continue;
    settled.filter((one) => concerns(row, one)).forEach((one, index) => settle(row, one, index));
  }
}

const concerns = (row: HTMLElement, one: Settled) =>
  row.dataset.chart === one.chart && (row.dataset.settledBy ?? "").split(" ").includes(one.kind) &&
  (!row.dataset.settledAbout || (one.fields ?? []).includes(row.dataset.settledAbout));

/** Notes what an entry written here settles, and shows it. happened is by the server's clock as far as it is known. */
export async function mark(keys: Keys, one: Settled): Promise<void> {
  if (!one.chart || !one.happened) return;
  const rows = [...document.querySelectorAll<HTMLElement>("[data-settled-by]")].filter((row) => concerns(row, one));
  before.set(one.id, rows.map((row) => [row.id, row.outerHTML]));
  const index = settled.filter((other) => other.chart === one.chart && other.kind === one.kind).length;
  settled.push(one);
  for (const row of rows) settle(row, one, index);
  const text = new TextEncoder().encode(JSON.stringify({ ...one, at: now() }));
  await put("marks", await sealed(keys.pages, await hidden(keys.names, one.id), keys.grant, text));
}

/** Takes a settling back: the rows stand as before. */
export async function unmark(id: string): Promise<void> {
  settled = settled.filter((one) => one.id !== id);
  for (const [row, html] of before.get(id) ?? []) {
    const old = document.getElementById(row);
    const fresh = drawn(html).firstElementChild;
    if (old && fresh instanceof HTMLElement) {
      old.replaceWith(fresh);
      shift(fresh, fresh.dataset.state ?? "");
    }
  }
  before.delete(id);
  const keys = await keysReady;
  if (keys) await drop("marks", await hidden(keys.names, id));
  tick();
}

/** All is sent: the server's own rows say it from here on. */
export async function clearMarks(): Promise<void> {
  settled = [];
  before.clear();
  await sweep("marks", () => true);
}

function settle(row: HTMLElement, one: Settled, index: number): void {
  row.dataset.settled = "here";
  const draws = (row.dataset.draws ?? "").split(",").filter(Boolean).map(Number);
  const draw = draws[Math.min(index, draws.length - 1)];
  if (draw === undefined && row.querySelector("[data-settled-shown]")) {
    for (const part of row.querySelectorAll<HTMLElement>("[data-settled-shown], [data-settled-gone]")) part.hidden = part.hasAttribute("data-settled-gone");
    return;
  }
  if (draw === undefined) {
    row.remove();
    count();
    return;
  }
  const due = one.happened + draw * 1000;
  const last = row.querySelector("[data-last], .rnd-last");
  if (last) last.textContent = say("kept_last", clockText(one.happened));
  for (const timed of within<HTMLElement>(row, "[data-due-at]")) {
    const grace = row.dataset.limit
      ? Math.max(0, Number(row.dataset.limit) - draw) * 1000
      : Number(timed.dataset.lateAt ?? timed.dataset.dueAt) - Number(timed.dataset.dueAt);
    if (timed.dataset.from !== undefined) timed.dataset.from = String(one.happened);
    timed.dataset.dueAt = String(due);
    if (timed.dataset.lateAt !== undefined) timed.dataset.lateAt = String(due + grace);
    if (timed.dataset.nowAt !== undefined) timed.dataset.nowAt = String(due - soon);
  }
  if (row.dataset.order) row.dataset.order = String(due).padStart(14, "0") + row.dataset.order.slice(14);
  shift(row, due < now() ? "late" : due - soon <= now() ? "now" : "next");
  tick(row.parentElement ?? document);
}
