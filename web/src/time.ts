// Time on the page: the clock, "9 min ago", rings, and rows that grow late. The device's clock may be wrong; what is shown goes by the
// server's, what is written down says the device's own (the server keeps both).

import { ahead, clockText, houseZone, learn, now, recallClock } from "./clock";
import { shift } from "./rows";
import { say } from "./words";

const minute = 60_000;

export { clockText, houseZone, learn, now };

export function startTime(): void {
  const drawn = Number(document.documentElement.dataset.now);
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const fromNetwork = !entry || (entry.type !== "back_forward" && !(entry.workerStart > 0 && entry.transferSize === 0));
  if (drawn && fromNetwork) learn(drawn);
  else recallClock();
  tick();
  setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
}

/** A length of time in the two units that matter; the same rules as SpanText on the server. */
export function span(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / minute);
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return say("span_none");
  if (minutes < 60) return say("span_minutes", minutes);
  if (hours < 24) return hours >= 6 || minutes % 60 === 0 ? say("span_hours", hours) : say("span_hours_minutes", hours, minutes % 60);
  return say("span_days", Math.floor(hours / 24));
}

export function relative(at: number, kind: string, moment = now()): string {
  if (kind === "ago") return moment - at < minute ? say("ago_now") : say("ago", span(moment - at));
  const left = at - moment;
  if (left < 0) return say("late", span(left));
  if (left === 0) return say(kind + "_now");
  return say(kind, span(left < 60 * minute ? Math.ceil(left / minute) * minute : left));
}

const watchers: (() => void)[] = [];

/** Registers what the whole page does each time it is drawn anew. */
export function onEveryTick(watcher: () => void): void {
  watchers.push(watcher);
}

/** Draws everything inside root that goes with time. */
export function tick(root: ParentNode = document): void {
  const moment = now();
  if (root === document) for (const watcher of watchers) watcher();
  for (const element of root.querySelectorAll<HTMLElement>("[data-clock]")) write(element, clockText(moment));
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-rel]")) {
    write(element, until(element, moment) ?? relative(Date.parse(element.dateTime), element.dataset.rel ?? "ago", moment));
  }
  for (const element of root.querySelectorAll<HTMLElement>("[data-due-at]")) {
    const due = Number(element.dataset.dueAt);
    const nowAt = element.dataset.nowAt ? Number(element.dataset.nowAt) : due;
    const state = moment > Number(element.dataset.lateAt ?? due) ? "late" : moment >= nowAt ? "now" : "next";
    if (element.hasAttribute("data-ring")) drawRing(element, due, moment, state);
    else if (element.dataset.state !== state) shift(element, state);
  }
}

/** What is asked for at one time and late from another says "now" between the two, and counts its lateness from the second. */
function until(element: HTMLTimeElement, moment: number): string | undefined {
  const late = Number(element.dataset.late);
  if (!late || moment <= Date.parse(element.dateTime)) return undefined;
  return moment <= late ? say("in_now") : relative(late, "in", moment);
}

function drawRing(ring: HTMLElement, due: number, moment: number, state: string): void {
  const from = Number(ring.dataset.from);
  const left = due - moment;
  const share = state === "late" || due <= from ? 100 : Math.max(0, Math.min(100, Math.floor((left * 100) / (due - from))));
  const arc = ring.querySelector(".left");
  const dashes = `${share} 100`;
  if (arc && arc.getAttribute("stroke-dasharray") !== dashes) arc.setAttribute("stroke-dasharray", dashes);
  if (ring.dataset.state !== state) ring.dataset.state = state;
  const limit = Number(ring.dataset.lateAt ?? due);
  if (left < 0 && moment <= limit) {
    write(ring.querySelector("b"), say("ring_now"));
    write(ring.querySelector("small"), say("ring_due"));
    return;
  }
  const late = left < 0;
  const minutes = late ? Math.floor((moment - limit) / minute) : Math.ceil(left / minute);
  const long = minutes >= 100;
  const number = (late ? "+" : "") + (long ? Math.floor(minutes / 60) + (late ? "h" : "") : minutes);
  write(ring.querySelector("b"), number);
  write(ring.querySelector("small"), say(late ? "ring_late" : long ? "ring_hours" : "ring_minutes"));
}

function write(element: Element | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

/** The hour by the house's clock. */
export function houseHour(): number {
  return new Date(now() + zoneMinutes(now()) * minute).getUTCHours();
}

/** RFC 3339 by the device's own clock and zone: what the person at the device could have read on it. */
export function deviceStamp(at = new Date()): string {
  return stamp(at.getTime(), -at.getTimezoneOffset());
}

/** RFC 3339 of a day and a time of day as read in the house. */
export function houseStamp(day: string, time: string): string {
  const wall = Date.parse(`${day}T${time}Z`);
  const guess = wall - zoneMinutes(wall) * minute;
  const minutes = zoneMinutes(guess);
  return stamp(wall - minutes * minute, minutes);
}

/**
 * A true moment as the device's own clock would have said it. The server moves an entry's times by what it finds the device's clock wrong by,
 * so a time that was typed is written in the same terms.
 */
export function byDevice(moment: string): string {
  return ahead() === 0 ? moment : deviceStamp(new Date(Date.parse(moment) - ahead()));
}

export function houseDay(at = now()): string {
  return new Date(at + zoneMinutes(at) * minute).toISOString().slice(0, 10);
}

/** How far the house's zone is ahead of UTC at a moment, in minutes. */
function zoneMinutes(at: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: houseZone(), hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return Math.round((wall - Math.floor(at / minute) * minute) / minute);
}

function stamp(at: number, zone: number): string {
  const sign = zone < 0 ? "-" : "+";
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  return new Date(at + zone * minute).toISOString().slice(0, -1) + sign + two(zone / 60) + ":" + two(zone % 60);
}
