// What waits on a device and what was refused, as its author sees it, as the next person at the device does, and as a supervisor does.
//
//	node web/test/run.mjs waiting
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { axe } from "./lib.mjs";
import { browse, check, kept, readable, signIn, signOut, startFixture, takeShift, until, waiting } from "./fixture.mjs";
import { startLine } from "./line.mjs";

async function looking() {
  const fixture = await startFixture();
  const line = await startLine(fixture.url);
  const profile = mkdtempSync(join(tmpdir(), "milieu-profile-"));
  const filed = async () => (await fetch(fixture.url + "/filed")).json();
  const forget = async () => assert.equal((await fetch(fixture.url + "/forget", { method: "POST" })).status, 200);
  let context, page;
  let step = "";
  const say = (text) => { step = text; if (process.env.VERBOSE) console.log("·", text); };
  const here = () => page.locator("[data-here-list] > li");
  const refused = () => page.locator("[data-refused]");
  try {
    say("what waits is shown to its author, without a network, in their own words");
    context = await browse(profile);
    page = context.pages()[0];
    page.on("pageerror", (error) => console.error("  page:", error.message));
    await signIn(page, line.url, "ana", fixture.password);
    await takeShift(page);
    line.set("off");
    await check(page, "Carrow", "quillfeather one");
    await kept(page);
    await check(page, "Dunstan", "quillfeather two");
    await kept(page);
    await page.goto(line.url + "/waiting");
    await until("two rows", async () => (await here().count()) === 2);
    const first = await here().first().innerText();
    assert.match(first, /Carrow Whitlock/);
    assert.match(first, /quillfeather one/);
    assert.match(first, /\d\d:\d\d/);
    assert.match(first, /Waits for the network/);
    assert.equal(await here().first().locator("button:visible").count(), 0, "what only waits needs nothing done");

    say("signed out, nothing of it can be read; what the next person brings and the server cannot open, they are told of by number alone");
    await signOut(page, line.url);
    await page.goto(line.url + "/waiting");
    assert.doesNotMatch(await page.content(), /Carrow|Dunstan|quillfeather/);
    await context.close();
    assert.deepEqual(readable(profile), [], "readable after signing out");
    await forget();
    line.set("through");
    context = await browse(profile);
    page = context.pages()[0];
    await signIn(page, line.url, "ben", fixture.password);
    await until("the outbox to be set apart", async () => (await waiting(page)) === 0 && (await waiting(page, "apart")) === 2);
    await page.goto(line.url + "/waiting");
    await until("the number", async () => /2 more wait here, sealed/.test(await page.locator("[data-here-others]").innerText()));
    assert.equal(await here().count(), 0);
    assert.doesNotMatch(await page.content(), /Carrow|Dunstan|quillfeather/);
    assert.equal(await page.locator("#look").count(), 0);
    assert.deepEqual(await filed(), []);
    await signOut(page, line.url);

    say("its author is told, and puts it right in the form it was written in");
    await signIn(page, line.url, "ana", fixture.password);
    await page.goto(line.url + "/");
    await until("a word on her pages", async () => /2 entries of yours could not be filed/.test(await page.locator("#look").innerText()));
    await page.goto(line.url + "/waiting");
    await until("both rows", async () => (await here().count()) === 2);
    assert.match(await here().first().innerText(), /could not open it/);
    assert.deepEqual(await axe(page), []);
    await here().first().locator("[data-row-fix]").click();
    await page.waitForURL(/\/check\//);
    await until("the words", async () => (await page.inputValue("[name=note]")) === "quillfeather one");
    await page.fill("[name=note]", "quillfeather one, put right");
    await page.click("form[data-entry] button[type=submit]");
    const [right] = await until("the entry", async () => { const all = await filed(); return all.length === 1 && all; });
    assert.match(right.body, /put right/);
    assert.equal(right.author, "ana");
    await until("one left", async () => (await waiting(page, "apart")) === 1);

    say("sent again it is still closed, and stays; given to a supervisor it goes from here");
    await page.goto(line.url + "/waiting");
    await here().first().locator("[data-row-again]").click();
    await until("set apart again", async () => (await waiting(page, "apart")) === 1 && (await waiting(page)) === 0);
    await until("its row", async () => (await here().count()) === 1);
    line.set("off");
    await here().first().locator("[data-row-hand]").click();
    await until("a word that it failed", async () => /still on this device/.test(await page.locator("[data-here-state]").innerText()));
    assert.equal(await waiting(page, "apart"), 1);
    line.set("through");
    await here().first().locator("[data-row-hand]").click();
    await until("none left", async () => (await waiting(page, "apart")) === 0);
    await page.reload();
    assert.match(await refused().first().innerText(), /With a supervisor/);

    say("what arrives and is refused is shown with why, and put right under its own id");
    await page.goto(line.url + "/");
    await takeShift(page);
    line.set("off");
    await check(page, "Carrow", "");
    await kept(page);
    line.set("through");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await until("an empty outbox", async () => (await waiting(page)) === 0);
    await page.goto(line.url + "/waiting");
    const row = page.locator("[data-refused]", { hasText: "say how they were" });
    await row.waitFor();
    assert.match(await row.innerText(), /Carrow Whitlock/);
    const id = await row.getAttribute("data-refused");
    await row.locator("[data-again]").click();
    await page.waitForURL(/\/check\//);
    await page.waitForSelector("form[data-again]");
    await page.fill("[name=note]", "quillfeather three");
    await page.click("form[data-entry] button[type=submit]");
    await until("the entry under its own id", async () => (await filed()).some((one) => one.id === id && one.body.includes("three")));
    await page.goto(line.url + "/waiting");
    assert.equal(await page.locator("[data-refused]", { hasText: "say how they were" }).count(), 0);
    await signOut(page, line.url);

    say("a supervisor sees what was given to her, and of what is sealed who, when and why");
    await signIn(page, line.url, "sue", fixture.password);
    await page.goto(line.url + "/waiting/house");
    const house = await page.locator("main").textContent();
    assert.match(house, /quillfeather two/);
    assert.match(house, /Dunstan Peel/);
    assert.match(house, /keys that this house does not have/);
    assert.doesNotMatch(house, /quillfeather one/);
    assert.deepEqual(await axe(page), []);
    const given = refused().first();
    await given.locator("[name=note]").fill("told by hand");
    await given.locator("button[value=settle]").click();
    await until("it is put aside", async () => (await refused().count()) === 0);
    await context.close();
    assert.deepEqual(readable(profile), [], "readable at the end");
    context = undefined;
  } catch (error) {
    const shown = context ? await page.evaluate(() => document.body.innerText.slice(0, 800)).catch(() => "") : "";
    throw new Error(`in "${step}", at ${page?.url()}: ${error.stack}\nshowing:\n${shown}`);
  } finally {
    await context?.close().catch(() => {});
    line.stop();
    await fixture.stop();
    rmSync(profile, { recursive: true, force: true });
  }
}

export default { "what waits and what was refused": looking };
