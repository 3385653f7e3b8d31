// Signing out while the server is slow and the page is not done with what it began: whatever else is loaded meanwhile, nobody's page stays.
//
//	node web/test/run.mjs signout
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browse, signIn, startFixture, takeShift, until } from "./fixture.mjs";
import { startLine } from "./line.mjs";

export async function before() {
  const fixture = await startFixture();
  return { fixture, line: await startLine(fixture.url) };
}

export async function after({ fixture, line }) {
  line.stop();
  await fixture.stop();
}

/** Ana at the question whether she wants to sign out, with answers that come only once the line lets them through. */
const asked = (trial) => async ({ fixture, line }) => {
  const profile = mkdtempSync(join(tmpdir(), "milieu-profile-"));
  const context = await browse(profile);
  const page = context.pages()[0];
  try {
    await signIn(page, line.url, "ana", fixture.password);
    await takeShift(page);
    const other = await context.newPage();
    await other.goto(line.url + "/");
    await other.waitForSelector(".rnd");
    await page.goto(line.url + "/sign-out");
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await trial({ page, other, line });
    for (const one of [page, other]) await one.waitForSelector("[data-sign-in]");
    assert.deepEqual((await context.cookies()).filter((one) => one.name === "milieu"), [], "the browser still has a session");
  } finally {
    line.set("through");
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
};

/** The page's side of pressing the button; with back, of giving its keys back once the service worker has let go of them, as it does for one that was stopped. */
const presses = async (back) => {
  document.querySelector("[data-sign-out] button").click();
  if (!back) return;
  const holds = () => new Promise((done) => {
    const line = new MessageChannel();
    line.port1.onmessage = (event) => done(event.data.keys !== null);
    navigator.serviceWorker.controller.postMessage({ do: "hello" }, [line.port2]);
  });
  while (await holds()) await new Promise((next) => setTimeout(next, 20));
  document.dispatchEvent(new Event("visibilitychange"));
  for (let i = 0; i < 3; i++) await holds(); // answered after what the page has said
  localStorage.setItem("given", "back");
};

export default {
  "the page gives its keys back meanwhile": asked(async ({ page, other, line }) => {
    line.set("late");
    await page.evaluate(`void (${presses})(true)`); // nothing more can be asked of the page until the browser has an answer
    await other.waitForFunction(() => localStorage.getItem("given") === "back");
    line.set("through");
  }),

  "the page is loaded again meanwhile": asked(async ({ page, line }) => {
    const before = line.asked("POST /device/return");
    line.set("late");
    await page.evaluate(`void (${presses})(false)`);
    await until("the server to be asked", () => line.asked("POST /device/return") > before);
    const again = page.reload().catch(() => {}); // the answer to signing out may come in its place
    line.set("through");
    await again;
  }),

  "nothing comes in between": asked(({ page }) => page.click("[data-sign-out] button")),
};
