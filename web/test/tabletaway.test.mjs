// A tablet that several people share, without a network: each opens their own, writes under their own name, and what was lent ends in time.
//
//	node web/test/run.mjs tabletaway
import assert from "node:assert/strict";
import { check, kept, readable, signIn, takeShift, until, waiting } from "./fixture.mjs";
import { changeTo, guess, lock, names, pins, setPIN, tablet } from "./tablet.mjs";

/** Each signs in, sets a PIN, takes the shift along and locks; then the locked screen stands there. */
async function share(t, ...people) {
  for (const name of people) {
    await signIn(t.page, t.url, name, t.fixture.password);
    await setPIN(t.page, t.url, pins[name]);
    await t.page.goto(t.url + "/");
    await takeShift(t.page);
    await lock(t.page);
    await t.page.goto(t.url + "/sign-in");
  }
  await t.page.goto(t.url + "/device/lock");
}

async function offline() {
  await tablet(async (t) => {
    const { page } = t;
    t.say("three people take the shift along");
    await share(t, "ana", "ben", "sue");

    t.say("without a network each opens their own, and writes under their own name");
    t.line.set("off");
    let count = 0;
    for (const name of ["ana", "sue", "ben", "ana"]) {
      await page.goto(t.url + "/");
      await changeTo(page, name);
      await check(page, count % 2 ? "Dunstan" : "Carrow", `quillfeather ${count} of ${name}`);
      await kept(page);
      count++;
      assert.equal(await waiting(page), count);
      await page.goto(t.url + "/waiting");
      await until("their own alone", async () => (await page.locator("[data-here-list] > li").count()) === (count === 4 ? 2 : 1));
      await page.goto(t.url + "/");
      await page.waitForSelector(".rnd");
      if (count === 4) break;
      await lock(page);
      assert.doesNotMatch(await page.content(), names);
      await until("how many wait", async () => /wait/.test(await page.innerText("[data-lock-waiting]")));
      assert.match(await page.innerText("[data-lock-waiting]"), new RegExp(`${count} (entry waits|entries wait) here.* 1 of ana`));
    }
    assert.deepEqual(await t.filed(), []);

    t.say("the network is back: she goes on by herself, and all arrives under the right names");
    t.line.set("through");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    const all = await until("what waited", async () => { const list = await t.filed(); return list.length === 4 && list; });
    assert.deepEqual(all.map((one) => one.author), ["ana", "sue", "ben", "ana"]);
    await until("an empty outbox", async () => (await waiting(page)) === 0);
    await page.reload();
    await page.waitForSelector(".rnd");
    await check(page, "Dunstan", "quillfeather online");
    assert.equal((await until("the entry", async () => (await t.filed()).find((one) => one.body.includes("online")))).author, "ana");
  });
}

async function worksOn() {
  await tablet(async (t) => {
    const { page } = t;
    t.say("an hour's work without a network: the server has locked the session meanwhile, and nobody is held up");
    await signIn(page, t.url, "ana", t.fixture.password);
    await page.waitForSelector(".rnd");
    assert.equal((await fetch(t.fixture.url + "/tire", { method: "POST" })).status, 200);
    await until("the server to have locked it", async () => (await t.session()).locked);
    await check(page, "Carrow", "quillfeather after an hour");
    const one = await until("the entry", async () => (await t.filed()).find((one) => one.body.includes("after an hour")));
    assert.equal(one.author, "ana");
    assert.equal(await page.locator(".rnd").count(), 2, "her page stays");
    assert.deepEqual([(await t.session()).locked, (await t.session()).quick], [false, true]);

    t.say("signed out from elsewhere, the device forgets at the next word with the server");
    await takeShift(page);
    assert.equal((await fetch(t.fixture.url + "/forget", { method: "POST" })).status, 200);
    await page.evaluate(() => { dispatchEvent(new Event("online")); document.dispatchEvent(new Event("milieu:back")); });
    await page.waitForSelector("[data-lock-screen]");
    await until("the pack to be gone", async () => (await waiting(page, "pages")) === 0 && (await waiting(page, "locks")) === 0);
    assert.deepEqual(readable(t.profile), [], "readable after it was ended");
  });
}

async function ends() {
  await tablet(async (t) => {
    const { page } = t;
    t.say("wrong five times without a network, and it has ended there; the server hears of it");
    await share(t, "ana", "sue");
    t.line.set("off");
    await page.goto(t.url + "/");
    await guess(page, "sue");
    t.line.set("through");
    await page.goto(t.url + "/");
    await until("the server to have heard", async () => (await page.locator('[data-lock-faces] .face:has-text("sue")').count()) === 0 && (await page.locator('[data-lock-faces] .face:has-text("ana")').count()) === 1);
    t.line.set("off");

    t.say("after the shift the PIN opens nothing");
    await page.clock.install({ time: Date.now() + 15 * 3_600_000 });
    await page.goto(t.url + "/");
    await page.waitForSelector("[data-lock-screen]");
    await page.waitForTimeout(500);
    assert.equal(await page.locator("[data-lock-faces] .face").count(), 0);
    await until("the packs to be gone", async () => (await waiting(page, "pages")) === 0 && (await waiting(page, "quick")) === 0);
    assert.deepEqual(readable(t.profile), [], "readable after the shift");
  });
}

export default {
  "three people, one tablet, no network": offline,
  "who works on without a network is not held up; what was ended elsewhere is forgotten": worksOn,
  "what was lent ends with wrong codes, and with the shift": ends,
};
