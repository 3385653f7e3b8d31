// What the browser tests share: a demo of our own to work in, browsers of three sizes, and taps that are counted.
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { watch } from "./watch.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const program = process.env.MILIEU_PROGRAM ?? join(root, process.platform === "win32" ? "milieu.exe" : "milieu");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const patience = 60_000; // ms for anything to come: a busy machine is slow, and a limit costs nothing where it is not reached
export const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 }, wall: { width: 1920, height: 1080 }, narrow: { width: 320, height: 640 } };

/** Starts `milieu demo` and gives what it prints; end() stops it and says with which status it ended. */
export async function demo(...flags) {
  if (!existsSync(program)) throw new Error("build the program first: make build");
  const child = start("demo", "--json", ...flags);
  let errors = "";
  child.stderr.on("data", (part) => (errors += part));
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  const lines = createInterface(child.stdout);
  const next = () => Promise.race([
    new Promise((done) => lines.once("line", done)),
    ended.then((code) => { throw new Error(`the demo ended with ${code}: ${errors}`); }),
  ]);
  const line = await next();
  const end = async (signal = "SIGTERM") => { child.kill(signal); return ended; };
  /** With --led: lets the unit live through a time ("8h") at once, and gives what its clock shows then. */
  const lead = async (time) => {
    const told = next();
    child.stdin.write(time + "\n");
    const now = new Date(JSON.parse(await told));
    if (Number.isNaN(now.getTime())) throw new Error(`the unit could not live through ${time}`);
    return now;
  };
  const routes = () => new Promise((done, fail) => execFile(program, ["routes", "--json"], { maxBuffer: 1 << 24 }, (e, out) => (e ? fail(e) : done(JSON.parse(out)))));
  return { ...JSON.parse(line), end, lead, routes, errors: () => errors, pid: child.pid };
}

/** Serves a data folder as it is, at an address. */
export async function serve(data, addr) {
  const child = start("serve", "--data", data, "--addr", addr);
  let errors = "";
  child.stderr.on("data", (part) => (errors += part));
  const ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
  await Promise.race([
    new Promise((done) => createInterface(child.stdout).once("line", done)),
    ended.then((code) => { throw new Error(`serve ended with ${code}: ${errors}`); }),
  ]);
  return { pid: child.pid, end: async (signal = "SIGTERM") => { child.kill(signal); return ended; }, errors: () => errors };
}

export function folder() {
  const dir = mkdtempSync(join(tmpdir(), "milieu-test-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

const running = new Set();
process.on("exit", () => { for (const child of running) child.kill("SIGTERM"); }); // a trial that fails leaves nothing behind

/** Has the servers begun here print what each of their routines is doing; it ends them, and stands in their errors. */
export const askServers = () => { for (const child of running) child.kill("SIGQUIT"); };

/** Has a process that was begun here ended with this one. */
export function mind(child) {
  running.add(child);
  child.on("exit", () => running.delete(child));
  return child;
}

const start = (...words) => mind(spawn(program, words, { stdio: [words.includes("--led") ? "pipe" : "ignore", "pipe", "pipe"] }));

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Gives a context the patience of all trials, and has it watched. */
function ours(context) {
  context.setDefaultTimeout(patience);
  return watch(context);
}

export async function launch(...more) {
  const browser = await chromium.launch({ executablePath, args: [...flags, ...more] });
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => ours(await open(options));
  return browser;
}

/** A browser with a profile on disk, that can be closed and opened again. */
export const launchKept = async (dir, { flags: more = [], ...options } = {}) => ours(await chromium.launchPersistentContext(dir, { executablePath, args: [...flags, ...more], ...options }));

/** Fails the test for anything that a page complains about. */
export function listen(page, complaints, allow = () => false) {
  page.on("console", (m) => { if (m.type() === "error" && !allow(m.text())) complaints.push(`${page.url()}: ${m.text()}`); });
  page.on("pageerror", (e) => complaints.push(`${page.url()}: ${e.message}`));
}

/** What axe-core finds, by WCAG 2.2 AA and best practice, or by the rules named. Runs past the page's policy, which rightly refuses injected scripts. */
export async function axe(page, rules, own) {
  const session = own ?? (await page.context().newCDPSession(page));
  await session.send("Page.setBypassCSP", { enabled: true });
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  // Style sheets are read once a document: they do not change with its size or colours.
  const look = () => page.evaluate(async (rules) => (await window.axe.run(document, { preload: !window.axeRead && (window.axeRead = true), resultTypes: ["violations"], runOnly: rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })).violations
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 4).join(", ")}`), rules);
  const half = /^target-size: ([^,]+)/; // what a bar at the foot half covers is no fault: it is looked at where it can be scrolled to
  let found = await look();
  for (let left = 5; left > 0 && found.length > 0 && found.every((one) => half.test(one)); left--) {
    await page.locator(half.exec(found[0])[1]).first().evaluate((one) => one.scrollIntoView({ block: "center" }));
    found = await look();
  }
  await session.send("Page.setBypassCSP", { enabled: false });
  if (!own) await session.detach(); // which takes a page's make-believe authenticators along
  return found;
}

/** Does what brings another document, and waits until that is there. A click alone returns when it pleases. */
export async function through(page, act) {
  await page.evaluate(() => { window.before = true; });
  await act();
  await page.waitForFunction(() => !window.before && document.readyState === "complete");
}

/** Gives a page another size, and waits until it is drawn in it: measured at once, one page in fifty had columns of the new size and letters of the old. */
export async function resize(page, size) {
  await page.setViewportSize(size);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** Counts what the person does. */
export class Taps {
  count = 0;
  async tap(locator) { this.count++; await locator.click(); }
  reset() { const n = this.count; this.count = 0; return n; }
}

export const api = async (d, role, path, body) => {
  const res = await fetch(d.url + path, { method: body ? "POST" : "GET", headers: { Authorization: `Bearer ${d.tokens[role]}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
  return { status: res.status, body: await res.json() };
};

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
