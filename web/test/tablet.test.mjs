// A tablet that several people share: it locks by itself and at a touch, in every tab, and people change quickly by PIN.
//
//	node web/test/run.mjs tablet
import assert from "node:assert/strict";
import { axe } from "./lib.mjs";
import { check, readable, signIn, until } from "./fixture.mjs";
import { changeTo, guess, lock, names, pins, setPIN, somebodyElse, tablet } from "./tablet.mjs";

async function locksByItself() {
  await tablet(async (t) => {
    const { page } = t;
    t.say("a minute before, it says so, and whoever touches it stays");
    await page.clock.install();
    await signIn(page, t.url, "ana", t.fixture.password);
    await page.waitForSelector(".rnd");
    await page.locator(".rnd", { hasText: "Dunstan" }).click();
    await page.fill("#sheet [name=note]", "quillfeather begun");
    const other = await t.context.newPage();
    await other.goto(t.url + "/");
    await other.waitForSelector(".rnd");
    await other.goto(t.url + "/check/" + t.fixture.clients["Carrow Whitlock"]);
    await other.waitForSelector("#sheet form");
    await page.clock.runFor(2000);
    await page.clock.fastForward("14:20");
    await page.waitForSelector(".idle[role=alert]");
    assert.match(await page.innerText(".idle"), /It locks in \d+ second/);
    assert.deepEqual((await axe(page)).filter((one) => !one.startsWith("page-has-heading-one")), []);
    await page.click(".idle button");
    assert.equal(await page.locator(".idle").count(), 0);

    t.say("a clock put back does not make it wait longer");
    await page.clock.runFor(1000);
    await page.clock.setSystemTime(Date.now() - 3 * 3_600_000);
    await page.clock.fastForward("15:05");
    await page.waitForSelector("[data-lock-screen]");
    assert.equal(new URL(page.url()).pathname, "/lock");
    assert.doesNotMatch(await page.content(), names);
    assert.equal((await t.session()).locked, true);
    assert.deepEqual(await axe(page), []);

    t.say("the other tab is locked with it; going back, opening anew and another tab show nothing");
    await other.waitForSelector("[data-lock-screen]");
    assert.doesNotMatch(await other.content(), names);
    await other.goBack();
    await other.waitForSelector("[data-lock-screen]");
    assert.doesNotMatch(await other.content(), names);
    await page.goto(t.url + "/");
    assert.doesNotMatch(await page.content(), names);
    const third = await t.context.newPage();
    await third.goto(t.url + "/");
    assert.doesNotMatch(await third.content(), names);
    await third.close();
    await other.close();
    assert.deepEqual(readable(t.profile), [], "readable while it is locked");

    t.say("the password opens it, and what was begun is there");
    await page.goto(t.url + "/");
    await page.fill("[data-unlock] [name=password]", t.fixture.password);
    await page.click("[data-unlock] button[type=submit]");
    await page.waitForSelector(".rnd");
    await page.locator(".rnd", { hasText: "Dunstan" }).click();
    await until("the draft", async () => (await page.inputValue("#sheet [name=note]")) === "quillfeather begun");
  });
}

async function quickly() {
  await tablet(async (t) => {
    const { page } = t;
    t.say("Ana and Ben set a PIN each, beside one another's locked screens");
    await signIn(page, t.url, "ana", t.fixture.password);
    await page.goto(t.url + "/device/quick");
    await page.fill("[data-quick=pin] input", "123456");
    await page.click("[data-quick=pin] button[type=submit]");
    await page.waitForSelector("[data-quick=pin] [data-quick-state]:has-text('tried first')");
    await setPIN(page, t.url, pins.ana);
    await page.goto(t.url + "/check/" + t.fixture.clients["Carrow Whitlock"]);
    await page.fill("#sheet [name=note]", "quillfeather by ana");
    await lock(page);
    await somebodyElse(page, t, "ben");
    await setPIN(page, t.url, pins.ben);
    await page.goto(t.url + "/");
    await lock(page);
    assert.doesNotMatch(await page.content(), names);
    await page.waitForSelector("[data-lock-faces] .face >> nth=1");
    assert.deepEqual(await page.locator("[data-face-name]").allInnerTexts(), ["ben", "ana"], "who was here stands first");
    assert.deepEqual(await axe(page), []);
    await page.click('[data-lock-faces] .face:has-text("ana")');
    assert.deepEqual(await axe(page), []);
    await page.click("[data-lock-back]");

    t.say("Ana is back in eight touches or fewer, where she was, with what she had begun");
    const taps = await changeTo(page, "ana");
    assert.ok(taps <= 8, `${taps} touches`);
    assert.equal(new URL(page.url()).pathname, "/check/" + t.fixture.clients["Carrow Whitlock"]);
    await until("her draft", async () => (await page.inputValue("#sheet [name=note]")) === "quillfeather by ana");
    assert.equal((await t.session()).quick, true);
    await page.click("#sheet form[data-entry] button[type=submit]");
    await until("her entry", async () => (await t.filed()).some((one) => one.author === "ana" && one.body.includes("by ana")));

    t.say("what gives access asks for more than a PIN");
    await page.goto(t.url + "/device/quick");
    assert.equal(new URL(page.url()).pathname, "/confirm");

    t.say("another tab that is still Ben's files nothing under her name");
    await page.goto(t.url + "/");
    await page.evaluate(() => { document.documentElement.dataset.reader = "0198c3d0-0000-7000-8000-000000000000"; });
    await check(page, "Dunstan", "quillfeather of somebody else").catch(() => {});
    await page.waitForTimeout(500);
    assert.ok(!(await t.filed()).some((one) => one.body.includes("somebody else") && one.author !== "ana"), "filed under another's name");

    t.say("five wrong codes end it for Ben here, and for nobody else");
    await page.goto(t.url + "/");
    await lock(page);
    await guess(page, "ben");
    await changeTo(page, "ana");
  });
}

export default {
  "it locks by itself, and stays locked": locksByItself,
  "people change quickly": quickly,
};
