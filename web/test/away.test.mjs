// Hours without a network, with the program itself: the shift goes to the phone, the server dies, the round goes on, the browser is closed, a
// colleague takes the phone, and everything arrives once, under the right name, in the order in which it was written.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { demo, folder, launch, launchKept, serve, sizes } from "./lib.mjs";
import { chip, entries, file, mark, nightZone, rowOf, save, sheetOf, until } from "./walk.mjs";

const password = "grey herons on the long weir";
const words = "brindlewick under the window";

/** Gives somebody a password by a one-time link, as an administrator does, and says their name. */
async function invite(browser, d, page, signIn) {
  const admin = await browser.newContext();
  const desk = await admin.newPage();
  await desk.goto(d.sign_in.administrator);
  await desk.goto(d.url + "/staff");
  const link = desk.locator("a", { hasText: signIn.person });
  await desk.goto(new URL(await link.first().getAttribute("href"), d.url).href);
  await desk.locator("form[action$='/invite'] button").click();
  const welcome = new URL(await desk.locator("input[value*='/welcome/']").inputValue()).pathname;
  await admin.close();
  await page.goto(d.url + welcome);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/welcome"));
  await signOut(page, d);
}

async function signIn(page, d, name) {
  await page.goto(d.url + "/sign-in");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.fill("[name=name]", name);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-reader]");
}

async function signOut(page, d) {
  await page.goto(d.url + "/sign-out");
  await page.click("[data-sign-out] button");
  await page.waitForSelector("[data-sign-in], [data-lock-waiting]", { state: "attached" });
}

async function unlock(page, d) {
  await page.goto(d.url + "/");
  await page.waitForSelector("[data-unlock]");
  await page.fill("[name=password]", password);
  await page.click("[data-unlock] button");
  await page.waitForSelector("[data-reader] .due, [data-reader] .rnd");
}

const waiting = (page) => page.evaluate(() => new Promise((done, fail) => {
  const asked = indexedDB.open("milieu");
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => {
    const counting = asked.result.transaction("outbox").objectStore("outbox").count();
    counting.onsuccess = () => { asked.result.close(); done(counting.result); };
  };
}));

/** Every file below a folder in which one of the texts can be read, in either encoding that a browser writes. */
function readable(dir, texts) {
  const hits = [];
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    const at = statSync(path, { throwIfNoEntry: false });
    if (at?.isDirectory()) hits.push(...readable(path, texts));
    else if (at?.isFile()) {
      const content = readFileSync(path);
      for (const text of texts) if (content.includes(text) || content.includes(Buffer.from(text, "utf16le"))) hits.push(`${path}: ${text}`);
    }
  }
  return hits;
}

const kept = async (page, count) => until(`${count} kept`, async () => (await waiting(page)) === count);

export default {
  async "a shift without a server: nothing is lost, nothing shows, all arrives once"() {
    const [data, profile] = [folder(), folder()];
    const browser = await launch();
    const d = await demo("--still", "--zone", nightZone(), "--data", data.dir);
    let server = d;
    let phone;
    const errors = [];
    const take = async () => {
      phone = await launchKept(profile.dir, { viewport: sizes.phone, reducedMotion: "reduce" });
      const page = phone.pages()[0] ?? (await phone.newPage());
      page.on("pageerror", (e) => errors.push(e.message));
      return page;
    };
    try {
      let page = await take();
      await invite(browser, d, page, { person: "Jo Ferrand" });
      await invite(browser, d, page, { person: "Bashir Nuri" });
      await signIn(page, d, "jo");
      await page.goto(d.url + "/device");
      await page.locator("[data-take] button").click();
      await page.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent));
      await page.goto(d.url + "/rounds");
      const people = await page.locator("[data-list=rounds] > li[data-settled-by]").evaluateAll((all) => all.map((one) => ({ chart: one.dataset.chart, name: one.querySelector(".pii").textContent.trim() })));
      const since = new Map(await Promise.all(people.map(async ({ chart }) => [chart, await mark(d, chart)])));

      await d.end("SIGKILL");
      const begun = Date.now();
      let count = 0;
      for (const { chart } of people.slice(0, 8)) {
        await rowOf(page, chart).locator("a").click();
        await sheetOf(page, chart).locator(".whole button:visible").first().click();
        await kept(page, ++count);
      }
      await page.reload(); // the round screen is on the phone
      await rowOf(page, people[8].chart).waitFor();
      assert.match(await page.locator("[data-offline]").innerText(), /8 entries are kept/);
      await page.goto(d.url + "/clients"); // and so are the people, each with the first facts
      await page.locator("[data-list=people] a", { hasText: people[8].name }).click();
      await page.waitForURL((url) => url.pathname === `/clients/${people[8].chart}`);
      assert.equal(await page.locator("h1").innerText(), people[8].name);
      assert.match(await page.locator("main").innerText(), /Allergies[\s\S]+Contacts[\s\S]+The rest of the chart needs the network/);
      await page.goto(d.url + "/rounds");
      await rowOf(page, people[8].chart).waitFor();
      for (const { chart } of people.slice(8, 11)) {
        await rowOf(page, chart).locator("a").click();
        await sheetOf(page, chart).locator(".whole button:visible").first().click();
        await kept(page, ++count);
      }
      // The twelfth with a hazard and own words; and a level raised for the first.
      const last = people[11].chart;
      await rowOf(page, last).locator("a").click();
      let sheet = sheetOf(page, last);
      await chip(sheet, "Hazard");
      await chip(sheet, "Something broken");
      await chip(sheet, "Note");
      await sheet.locator("textarea[name=words]").fill(words);
      await chip(sheet, "Day room");
      await chip(sheet, "Crying");
      await save(sheet);
      await kept(page, ++count);
      const calm = people.at(-1).chart;
      await page.goto(`${d.url}/rounds/${calm}/level`);
      sheet = sheetOf(page, calm);
      await sheet.locator("input[name=level]").last().evaluate((input) => input.click());
      await sheet.locator("textarea[name=reason]").fill(words);
      await save(sheet);
      await kept(page, ++count);

      // The battery dies; the browser comes back without a network, and asks for the words.
      await phone.close();
      page = await take();
      await page.goto(d.url + "/");
      await page.waitForSelector("[data-unlock]");
      const secrets = [words, ...people.map((one) => one.name)];
      const shows = async () => { const html = await page.content(); return secrets.filter((text) => html.includes(text)); };
      assert.deepEqual(await shows(), []);
      await unlock(page, d);
      await page.goto(d.url + "/rounds");
      await rowOf(page, people[0].chart).waitFor();
      assert.equal(await waiting(page), count);

      // Signing out leaves nothing that another person at this phone could open or read.
      await signOut(page, d);
      await page.goto(d.url + "/");
      assert.deepEqual(await shows(), []);
      assert.equal(await waiting(page), count);
      await phone.close();
      assert.deepEqual(readable(profile.dir, secrets), []);

      // The server comes back; a colleague signs in on the same phone and carries what waits.
      server = await serve(data.dir, new URL(d.url).host);
      page = await take();
      await signIn(page, d, "bashir");
      await kept(page, 0);
      const arrived = (await Promise.all([...people.map(({ chart }) => chart)].map((chart) => entries(d, chart, since.get(chart))))).flat().filter((one) => /^rounds\.(checked|level_raised)$/.test(one.kind)).sort((a, b) => a.seq - b.seq);
      assert.equal(arrived.length, 13);
      assert.deepEqual(arrived.map((one) => one.chart), [...people.slice(0, 12).map((one) => one.chart), calm]);
      assert.equal(new Set(arrived.map((one) => one.id)).size, 13);
      assert.equal(new Set(arrived.map((one) => one.author)).size, 1);
      const [{ id }] = await file(d, "worker", [people[0].chart, "rounds.checked", { place: "hallway", state: "talking", method: "seen" }]);
      assert.equal(arrived[0].author, (await entries(d, people[0].chart)).find((one) => one.id === id).author, "it is hers who wrote it, not his who carried it");
      for (const one of arrived) {
        assert.ok(one.marks.includes("unattended"), "carried by another person's session");
        assert.ok(Date.parse(one.written) >= begun - 2000 && Date.parse(one.written) <= Date.parse(one.received));
        assert.equal(one.happened, one.written);
        if (Date.parse(one.received) - Date.parse(one.written) > 5 * 60_000) assert.ok(one.marks.includes("received_late"));
      }
      for (let i = 1; i < arrived.length; i++) assert.ok(arrived[i].written > arrived[i - 1].written);
      assert.equal(arrived[11].body.words, words);
      const tasks = (await entries(d, d.unit)).filter((one) => one.kind === "rounds.hazard_reported" && one.cites?.includes(arrived[11].id));
      assert.equal(tasks.length, 1);
      assert.deepEqual(errors, []);
    } catch (e) {
      if (process.env.MILIEU_SHOW) await phone?.pages()[0]?.screenshot({ path: process.env.MILIEU_SHOW }).catch(() => {});
      throw e;
    } finally {
      await phone?.close().catch(() => {});
      await browser.close();
      await server.end();
      data.remove();
      profile.remove();
    }
  },
};
