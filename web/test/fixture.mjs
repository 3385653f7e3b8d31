// What the trials against web/test/fixture share: the fixture itself, browsers with a profile on disk, and the few steps that each of them takes.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { devices } from "playwright-core";
import { launchKept, mind, patience } from "./lib.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const phone = { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, acceptDownloads: false };
const canaries = ["Carrow Whitlock", "Dunstan Peel", "quillfeather"];

/** Builds the fixture, or takes the one that MILIEU_FIXTURE names. */
export async function buildFixture() {
  if (process.env.MILIEU_FIXTURE) return { program: process.env.MILIEU_FIXTURE, remove() {} };
  const out = mkdtempSync(join(tmpdir(), "milieu-fixture-"));
  const program = join(out, "fixture");
  await new Promise((done, fail) => spawn("go", ["build", "-o", program, "./web/test/fixture"], { cwd: root, stdio: "inherit" }).on("exit", (code) => (code === 0 ? done() : fail(new Error("building the fixture")))));
  return { program, remove: () => rmSync(out, { recursive: true }) };
}

export async function startFixture() {
  const built = await buildFixture();
  const run = mind(spawn(built.program, { stdio: ["ignore", "pipe", "inherit"] }));
  const [line] = await new Promise((done, fail) => {
    createInterface(run.stdout).once("line", (text) => done([text]));
    run.once("exit", () => fail(new Error("the fixture ended")));
  });
  return { ...JSON.parse(line), stop: () => new Promise((done) => { run.once("exit", done); run.kill("SIGINT"); }).then(built.remove) };
}

export const browse = (profile, more = {}) => launchKept(profile, { ...phone, ...more });

export async function signIn(page, base, name, password) {
  await page.goto(base + "/sign-in");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.fill("[name=name]", name);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-reader]");
}

export async function takeShift(page) {
  await page.click("[data-take] button");
  await page.waitForFunction(() => document.querySelector("[data-take-state]").textContent.includes("is on this phone"));
}

/** Signs out, with or without a network: at the end the page is nobody's, and shows the way in or the locked screen. */
export async function signOut(page, base) {
  await page.goto(base + "/sign-out");
  await page.click("[data-sign-out] button");
  await page.waitForSelector("[data-sign-in], [data-lock-waiting]", { state: "attached" });
}

/** How many items stand in one of the device's stores. */
export const waiting = (page, store = "outbox") => page.evaluate((store) => new Promise((done, fail) => {
  const asked = indexedDB.open("milieu");
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => {
    const counting = asked.result.transaction(store).objectStore(store).count();
    counting.onsuccess = () => { asked.result.close(); done(counting.result); };
  };
}), store);

export async function check(page, name, note) {
  await page.locator(".rnd", { hasText: name }).click();
  await page.waitForSelector("#sheet form[data-entry]");
  await page.fill("#sheet [name=note]", note);
  await page.click("#sheet form[data-entry] button[type=submit]");
}

export const kept = (page) => page.waitForSelector("#sheet .toast:has-text('Kept on this phone')");

export async function until(what, test, limit = patience) {
  const end = Date.now() + limit;
  for (;;) {
    const got = await test();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Every file of a browser's profile that holds a canary, in either encoding a browser writes. */
export function readable(folder) {
  const hits = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const at = statSync(path, { throwIfNoEntry: false });
    if (at?.isDirectory()) hits.push(...readable(path));
    else if (at?.isFile()) {
      const content = readFileSync(path);
      for (const canary of canaries) if (content.includes(canary) || content.includes(Buffer.from(canary, "utf16le"))) hits.push(`${path}: ${canary}`);
    }
  }
  return hits;
}
