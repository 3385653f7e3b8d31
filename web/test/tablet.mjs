// What the trials of a shared tablet have in common: the fixture behind a line that can be cut, a browser of a tablet's size, and what people do
// at a locked screen.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browse, signIn, startFixture, until } from "./fixture.mjs";
import { startLine } from "./line.mjs";

export const pins = { ana: "402817", ben: "918274", sue: "660184" };
export const names = /Carrow|Dunstan|quillfeather/;

/** A browser with a profile, the fixture behind a line that can be cut, and what every trial does there. */
export async function tablet(trial, more = {}) {
  const fixture = await startFixture();
  const line = await startLine(fixture.url);
  const profile = mkdtempSync(join(tmpdir(), "milieu-profile-"));
  let context;
  let step = "";
  try {
    context = await browse(profile, { viewport: { width: 820, height: 1180 }, ...more });
    const t = {
      fixture, line, profile, context, page: context.pages()[0], url: line.url,
      say(text) { step = text; if (process.env.VERBOSE) console.log("·", Math.round(performance.now()), text); },
      filed: async () => (await fetch(fixture.url + "/filed")).json(),
      session: () => t.page.evaluate(async () => (await fetch("/session", { headers: { Accept: "application/json" } })).json()),
    };
    t.page.on("pageerror", (error) => console.error("  page:", error.message));
    await trial(t);
  } catch (error) {
    const page = context?.pages()[0];
    const shown = page ? await page.evaluate(() => document.body.innerText.slice(0, 600)).catch(() => "") : "";
    if (process.env.MILIEU_SHOW) await page?.screenshot({ path: process.env.MILIEU_SHOW }).catch(() => {});
    throw new Error(`in "${step}", at ${page?.url()}: ${error.stack}\nshowing:\n${shown}`);
  } finally {
    await context?.close().catch(() => {});
    line.stop();
    await fixture.stop();
    rmSync(profile, { recursive: true, force: true });
  }
}

export async function setPIN(page, url, pin) {
  await page.goto(url + "/device/quick");
  await page.fill("[data-quick=pin] input", pin);
  await page.click("[data-quick=pin] button[type=submit]");
  await page.waitForSelector("[data-quick=pin] [data-quick-state]:has-text('You can come back quickly')");
}

export async function lock(page) {
  await page.click("[data-lock-now]");
  await page.waitForSelector("[data-lock-screen]");
}

/** Picks a face and touches the figures; gives how many touches that took. */
async function tap(page, name, pin) {
  await page.click(`[data-lock-faces] .face:has-text("${name}")`);
  for (const figure of pin) await page.click(`[data-lock-code]:visible [data-key="${figure}"]`);
  return 1 + pin.length;
}

export async function changeTo(page, name) {
  await page.waitForSelector(`[data-lock-faces] .face:has-text("${name}")`);
  const taps = await tap(page, name, pins[name]);
  await page.waitForSelector("[data-reader]:not(.gate)");
  await page.waitForSelector(".rnd, #sheet form");
  return taps;
}

export async function somebodyElse(page, t, name) {
  await page.goto(t.url + "/sign-in");
  await signIn(page, t.url, name, t.fixture.password);
}


/** Five wrong PINs of somebody, each answered with how many tries are left. */
export async function guess(page, name) {
  await page.waitForSelector(`[data-lock-faces] .face:has-text("${name}")`);
  await page.click(`[data-lock-faces] .face:has-text("${name}")`);
  for (let left = 4; left >= 0; left--) {
    for (const figure of "135791") await page.click(`[data-key="${figure}"]`);
    await page.waitForSelector(`[data-lock-error]:has-text("${left > 0 ? left + (left > 1 ? " tries left" : " try left") : "has ended for this person"}")`);
  }
  await until("the face to go", async () => (await page.locator(`[data-lock-faces] .face:has-text("${name}")`).count()) === 0);
}
