// A shift on a phone without a network, in a real browser, against web/test/fixture: taking the shift along, writing, taking back, drafts, closing
// the browser, signing out, another person carrying, answers that never come, a clock three hours wrong, and nothing readable left behind.
//
//	node web/test/run.mjs offline
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./lib.mjs";
import { browse, check, kept, readable, signIn, signOut, startFixture, takeShift, until, waiting } from "./fixture.mjs";
import { startLine } from "./line.mjs";

async function shift() {
  const fixture = await startFixture();
  const line = await startLine(fixture.url);
  const profile = mkdtempSync(join(tmpdir(), "milieu-profile-"));
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => { void Promise.allSettled([context?.close(), fixture.stop()]).then(() => process.exit(1)); });
  const filed = async () => (await fetch(fixture.url + "/filed")).json();
  let context;
  let step = "";
  const say = (text) => { step = text; if (process.env.VERBOSE) console.log("·", text); };

  try {
    say("sign in and take the shift along");
    context = await browse(profile);
    let page = context.pages()[0] ?? (await context.newPage());
    page.on("pageerror", (error) => console.error("  page:", error.message));
    await signIn(page, line.url, "ana", fixture.password);
    await takeShift(page);

    say("without a network: the sheet opens, a check is kept and said back, the row moves");
    line.set("off");
    const row = () => page.locator("[data-list=rounds] > li", { hasText: "Carrow" });
    assert.equal(await row().locator(".ring").getAttribute("data-state"), "late");
    await check(page, "Carrow", "quillfeather one");
    await kept(page);
    await until("the ring", async () => (await row().locator(".ring").getAttribute("data-state")) === "next");
    assert.match(await row().textContent(), /kept on this phone/);
    await until("the row behind the other", async () => (await page.locator("[data-list=rounds] > li:last-child", { hasText: "Carrow" }).count()) === 1);
    assert.equal(await waiting(page), 1);
    assert.match(await page.locator("[data-offline]").textContent(), /1 entry is kept/);

    say("opened again, the page knows what was written here");
    await page.reload();
    await until("the ring", async () => (await row().locator(".ring").getAttribute("data-state")) === "next");

    say("taking back is kept too");
    await check(page, "Dunstan", "quillfeather two");
    await kept(page);
    await page.click("#sheet .toast button");
    await page.waitForSelector(".toast:has-text('Dunstan Peel Taken back')");
    await until("the row as before", async () => (await page.locator("[data-list=rounds] > li", { hasText: "Dunstan" }).locator(".ring").getAttribute("data-state")) === "late");
    assert.equal(await waiting(page), 3);

    say("a draft, and a browser that is closed");
    await page.locator(".rnd", { hasText: "Dunstan" }).click();
    await page.waitForSelector("#sheet [name=note]");
    const drafts = await waiting(page, "drafts");
    await page.fill("#sheet [name=note]", "quillfeather unfinished");
    await until("the draft to be kept", async () => (await waiting(page, "drafts")) > drafts);
    await context.close();
    assert.deepEqual(readable(profile), [], "readable after closing");

    say("come back without a network, by the password alone");
    context = await browse(profile);
    page = context.pages()[0];
    await page.goto(line.url + "/");
    await page.waitForSelector("[data-unlock]");
    assert.doesNotMatch(await page.content(), /Carrow|Dunstan|quillfeather/);
    await until("how many wait", async () => /3 entries wait/.test(await page.locator("[data-lock-waiting]").textContent()));
    await page.fill("[name=password]", "not the password");
    await page.click("[data-unlock] button");
    await page.waitForSelector("[data-unlock-error]:not([hidden])");
    await page.fill("[name=password]", fixture.password);
    await page.click("[data-unlock] button");
    await page.waitForSelector(".rnd");
    await until("the ring", async () => (await row().locator(".ring").getAttribute("data-state")) === "next");
    await page.locator(".rnd", { hasText: "Dunstan" }).click();
    await page.waitForSelector("#sheet [name=note]");
    await until("the draft", async () => (await page.inputValue("#sheet [name=note]")) === "quillfeather unfinished");
    await page.fill("#sheet [name=note]", "quillfeather three");
    await page.click("#sheet form[data-entry] button[type=submit]");
    await kept(page);
    assert.equal(await waiting(page), 4);

    say("sign out without a network: nothing can be opened, nothing is lost");
    await signOut(page, line.url);
    await page.waitForSelector("[data-lock-waiting]");
    await page.goto(line.url + "/");
    assert.doesNotMatch(await page.content(), /Carrow|Dunstan|quillfeather/);
    assert.equal(await waiting(page), 4);
    await context.close();
    assert.deepEqual(readable(profile), [], "readable after signing out");

    say("another person signs in on the same phone and carries what waits");
    line.set("through");
    context = await browse(profile);
    page = context.pages()[0];
    await page.goto(line.url + "/");
    await page.waitForSelector("[data-sign-in]");
    assert.deepEqual(await filed(), []);
    await signIn(page, line.url, "ben", fixture.password);
    const arrived = await until("what waited", async () => { const all = await filed(); return all.length === 4 && all; });
    assert.deepEqual(arrived.map((one) => one.kind), ["walk.seen", "walk.seen", "record.withdrawn", "walk.seen"]);
    for (const one of arrived) {
      assert.equal(one.author, "ana");
      assert.ok(one.marks.includes("unattended"));
    }
    assert.match(arrived[3].body, /quillfeather three/);
    await until("an empty outbox", async () => (await waiting(page)) === 0);
    assert.doesNotMatch(await page.content(), /quillfeather/);

    say("answers that never come: everything arrives once");
    await takeShift(page);
    line.set("swallow");
    await check(page, "Carrow", "quillfeather four"); // the server has it, and nobody was told
    await kept(page);
    const lost = line.lost();
    await until("the outbox to try, and not to be answered either", () => line.lost() > lost);
    line.set("through");
    await until("an empty outbox", async () => (await waiting(page)) === 0);
    assert.equal((await filed()).filter((one) => one.body.includes("quillfeather four")).length, 1);

    say("a draft written here is there on another device");
    await page.locator(".rnd", { hasText: "Carrow" }).click();
    await page.waitForSelector("#sheet form [name=note]");
    const put = line.asked("PUT /drafts");
    await page.fill("#sheet [name=note]", "quillfeather begun");
    await until("the server to have it", () => line.asked("PUT /drafts") > put);
    const desk = await launch();
    try {
      const elsewhere = await (await desk.newContext()).newPage();
      await signIn(elsewhere, line.url, "ben", fixture.password);
      await elsewhere.locator(".rnd", { hasText: "Carrow" }).click();
      await elsewhere.waitForSelector("#sheet form [name=note]");
      await until("the draft", async () => (await elsewhere.inputValue("#sheet [name=note]")) === "quillfeather begun");
      await elsewhere.click("#sheet form[data-entry] button[type=submit]"); // filed, so the draft goes
      await until("the entry", async () => (await filed()).some((one) => one.body.includes("quillfeather begun")));
    } finally {
      await desk.close();
    }

    say("a line that says nothing at all");
    line.set("silent");
    const begun = Date.now();
    await check(page, "Dunstan", "quillfeather five");
    await kept(page);
    assert.ok(Date.now() - begun < 30_000, "nobody waits as long as a silent line does");
    line.set("through");
    await until("an empty outbox", async () => (await waiting(page)) === 0);
    await signOut(page, line.url);
    await page.waitForSelector("[data-sign-in]");
    await context.close();
    assert.deepEqual(readable(profile), [], "readable after signing out");

    say("a device whose clock is three hours slow");
    const other = mkdtempSync(join(tmpdir(), "milieu-profile-"));
    try {
      context = await browse(other);
      await context.addInitScript(() => {
        const wrong = -3 * 3_600_000;
        const True = Date;
        const at = True.now.bind(True);
        globalThis.Date = class extends True {
          constructor(...args) { args.length === 0 ? super(at() + wrong) : super(...args); }
          static now() { return at() + wrong; }
        };
      });
      page = context.pages()[0];
      await signIn(page, line.url, "ana", fixture.password);
      await takeShift(page);
      line.set("off");
      await check(page, "Carrow", "quillfeather late clock");
      await kept(page);
      line.set("through");
      const one = await until("the entry", async () => (await filed()).find((entry) => entry.body.includes("late clock")));
      assert.ok(Math.abs(Date.parse(one.happened) - Date.now()) < 300_000, `happened ${one.happened}`);
      assert.ok(Math.abs(one.skew - 3 * 3600) < 60, `skew ${one.skew}`);
      await context.close();

      say("ten wrong tries");
      line.set("off");
      context = await browse(other);
      page = context.pages()[0];
      await page.goto(line.url + "/");
      await page.waitForSelector("[data-unlock]");
      for (let left = 9; left >= 0; left--) {
        await page.fill("[name=password]", "guess " + left);
        await page.click("[data-unlock] button");
        const told = left > 0 ? `left: ${left}.` : "can be opened without a network";
        await page.waitForSelector(`[data-unlock-error]:has-text("${told}")`);
      }
      await page.fill("[name=password]", fixture.password);
      await page.click("[data-unlock] button");
      await page.waitForTimeout(1500);
      assert.equal(await page.locator(".rnd").count(), 0, "opened after ten wrong tries");
      await context.close();
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
    context = undefined;
  } catch (error) {
    const page = context?.pages()[0];
    const shown = page ? await page.evaluate(() => document.body.innerText.slice(0, 600)).catch(() => "") : "";
    throw new Error(`in "${step}", at ${page?.url()}: ${error.stack}\nshowing:\n${shown}`);
  } finally {
    await context?.close().catch(() => {});
    line.stop();
    await fixture.stop();
    rmSync(profile, { recursive: true, force: true });
  }
}

export default { "a shift on a phone without a network": shift };
