// Locking: after nobody has touched the page for as long as the house allows, or by a button. What was on the screen leaves the page at once,
// what was begun is kept sealed, open lines end, and every other tab locks too.

import { recall, remember } from "./choices";
import { keepDrafts } from "./drafts";
import { hidden, sealed } from "./keys";
import { closeLive } from "./live";
import { keysNow, letGo, reader, signingOut, tell } from "./session";
import { deliverLock } from "./standing";
import { put } from "./store";
import { say } from "./words";

export const lockPage = "/lock";

const warning = 60_000;
const told = new Set(["pointerdown", "keydown", "wheel", "touchmove", "input"]);
const apart = 5000; // other tabs hear of it at most this often

let idle = 0; // ms; 0: this page does not lock by itself
let last = { steady: 0, wall: 0 };
let sent = -Infinity;
let touched = false;
let locking = false;
let warned: HTMLElement | null = null;
let channel: BroadcastChannel | undefined;

export function startLock(): void {
  addEventListener("pageshow", (event) => {
    if (!event.persisted || !reader()) return;
    document.body.replaceChildren(); // a page from before is drawn anew: whose turn it is may have changed
    location.reload();
  });
  void owed();
  if (!reader()) return;
  idle = Number(document.body.dataset.idle ?? 0) * 1000;
  channel = new BroadcastChannel("milieu");
  channel.onmessage = (event: MessageEvent<string>) => (event.data === "lock" ? void lock() : noted());
  navigator.serviceWorker?.addEventListener("message", (event: MessageEvent<{ do?: string }>) => event.data.do === "locked" && void lock());
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-lock-now]")) return;
    event.preventDefault();
    void lock();
  });
  if (idle === 0) return;
  noted();
  for (const kind of told) document.addEventListener(kind, (event) => event.isTrusted && touch(), { capture: true, passive: true });
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}

/** Whether a person has done something since the last time this was asked: the server is told, and nothing else keeps a session open. */
export function wasTouched(): boolean {
  const was = touched;
  touched = false;
  return was;
}

function noted(): void {
  last = { steady: performance.now(), wall: Date.now() };
  warned?.remove();
  warned = null;
}

function touch(): void {
  const quiet = performance.now() - last.steady;
  touched = true;
  noted();
  if (quiet > idle / 2) document.dispatchEvent(new Event("milieu:back")); // the server is told at once: it counts too
  if (performance.now() - sent < apart) return;
  sent = performance.now();
  channel?.postMessage("here");
}

/**
 * The time that counts is the browser's own count, which no clock moves. A device that slept did not count: then its clock tells, and one put
 * forward only locks sooner.
 */
function look(): void {
  const quiet = Math.max(performance.now() - last.steady, Date.now() - last.wall);
  if (quiet >= idle) void lock();
  else if (quiet >= idle - warning) warn(Math.ceil((idle - quiet) / 1000));
}

function warn(seconds: number): void {
  if (!warned) {
    warned = document.createElement("div");
    warned.className = "idle";
    warned.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.append(Object.assign(document.createElement("b"), { textContent: say("idle") }), Object.assign(document.createElement("span"), { ariaHidden: "true" }));
    const stay = Object.assign(document.createElement("button"), { className: "btn btn-main", type: "button", textContent: say("idle_stay") });
    stay.addEventListener("click", () => touch());
    warned.append(words, stay);
    document.body.append(warned);
  }
  const count = warned.querySelector("span");
  if (count) count.textContent = say("idle_left", seconds);
}

/**
 * The server holds the session for locked. Somebody who worked on without a network is there all the same: the service worker goes on for them
 * by what they were lent. Else this page is behind, and locks too.
 */
export async function serverLocked(): Promise<void> {
  const there = idle > 0 && performance.now() - last.steady < idle;
  const { resumed } = there && keysNow() ? ((await tell<{ resumed?: boolean }>({ do: "shut" }, 8000)) ?? {}) : {};
  if (!resumed) await lock();
}

export async function lock(): Promise<void> {
  if (locking || signingOut()) return;
  locking = true;
  const here = location.pathname + location.search;
  const steered = Boolean(navigator.serviceWorker?.controller);
  if (!steered) remember("lock", "owed");
  channel?.postMessage("lock");
  const kept = Promise.all([keepDrafts(), keepPlace()]); // reads what is in the forms before they go
  cover();
  await Promise.race([kept.catch(() => {}), new Promise((late) => setTimeout(late, 1500))]);
  await letGo();
  if (!steered && (await deliverLock().catch(() => false))) remember("lock", "");
  location.replace(lockPage + "?then=" + encodeURIComponent(here));
}

/** Takes everything off the page. What it was called may name somebody too. */
function cover(): void {
  closeLive();
  document.title = say("locked");
  document.body.removeAttribute("data-live");
  document.body.className = "gate";
  const main = Object.assign(document.createElement("main"), { className: "gate-in" });
  main.append(Object.assign(document.createElement("h1"), { textContent: say("locked") }));
  document.body.replaceChildren(main);
}

/** Where they were: sealed to them, so that they come back to it. */
async function keepPlace(): Promise<void> {
  const keys = keysNow();
  if (!keys) return;
  const place = new TextEncoder().encode(location.pathname + location.search);
  await put("drafts", await sealed(keys.drafts, await hidden(keys.titles, "place"), keys.grant, place));
}

/** A browser without a service worker was locked while the network was away: the server hears of it before anything is shown. */
async function owed(): Promise<void> {
  if (recall("lock") !== "owed") return;
  if (reader()) cover();
  while (!(await deliverLock().catch(() => false))) await new Promise((next) => setTimeout(next, 2000));
  remember("lock", "");
  if (reader()) location.replace(lockPage);
}
