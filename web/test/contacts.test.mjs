// Talking with people: a contact begun, timed and written down in six taps on a phone, with a timer that outlives the page and the network; one
// that was not reached; and how long ago anybody was talked with, on the boards.
import assert from "node:assert/strict";
import { axe, resize, sizes, Taps } from "./lib.mjs";
import { chip, entries, file, mark, morning, night, only, save, somebody, trial, until } from "./walk.mjs";

export const before = () => night("--hours", "3");
export const after = morning;

const password = "grey herons on the long weir";
const form = (page) => page.locator("#contact");
const state = (page) => page.locator("[data-timer]").getAttribute("data-state");

/** Waits until what was begun is among the drafts. */
const drafted = (page, text) => until("the draft", () => page.evaluate(async (text) => (await (await fetch("/drafts", { headers: { Accept: "application/json" } })).text()).includes(text), text));

/** A worker with a password of their own, on a phone that has the shift. */
async function phoneWithShift({ shared, open }) {
  const { d } = shared;
  const admin = await open("administrator", "desk");
  await admin.goto(d.url + "/staff");
  await admin.goto(new URL(await admin.locator("a", { hasText: "Jo Ferrand" }).first().getAttribute("href"), d.url).href);
  await admin.locator("form[action$='/invite'] button").click();
  const welcome = (await admin.locator("main").innerHTML()).match(/\/welcome\/[\w-]+/)[0];
  const page = await open(null);
  await page.goto(d.url + welcome);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/welcome"));
  await page.goto(d.url + "/sign-out");
  await page.click("[data-sign-out] button");
  await page.waitForFunction(() => document.readyState === "complete" && !document.querySelector("[data-sign-out]"));
  await page.goto(d.url + "/sign-in");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.fill("[name=name]", "jo");
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-reader]");
  await page.goto(d.url + "/device");
  await page.locator("[data-take] button").click();
  await page.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent), null, { timeout: 30_000 });
  return page;
}

export default {
  "a one-to-one is begun, timed and written down in six taps": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const since = await mark(d, chart);
    const page = await open("worker");
    await page.goto(d.url + "/contacts");
    const taps = new Taps();
    await taps.tap(page.locator(`a.btn[href='/contacts/${chart}/new']`));
    await form(page).waitFor();
    assert.deepEqual(await axe(page), []);
    await taps.tap(page.locator("[data-timer-start]"));
    assert.equal(await state(page), "runs");
    await drafted(page, "started_time");
    await page.reload();
    await until("the timer to go on", async () => (await state(page)) === "runs");
    assert.match(await page.locator("[data-timer-face]").innerText(), /Running for .* since \d\d:\d\d/);
    const answer = (words) => taps.tap(form(page).locator("label.chip:visible", { has: page.locator(`span:text-is("${words}")`) }).first());
    await answer("A worry");
    await answer("Calmer after");
    await answer("Yes");
    await taps.tap(form(page).locator("button.when-ready"));
    await page.waitForURL(`${d.url}/clients/${chart}`);
    assert.equal(taps.reset(), 6);
    const entry = await only(d, chart, since, "contacts.held");
    assert.deepEqual([entry.body.type, entry.body.mode, entry.body.purposes, entry.body.responses, entry.body.meaningful], ["one_to_one", "in_person", ["worry"], ["calmer"], "yes"]);
    assert.equal(Date.parse(entry.happened), Date.parse(entry.body.stopped), "it happened when it ended");
    assert.ok(Date.parse(entry.body.stopped) - Date.parse(entry.body.started) <= 120_000);
    assert.match(await page.locator("#last-contacts").innerText(), /a worry/);
    const desk = await open("nurse", "desk");
    await desk.goto(d.url + "/");
    assert.match(await desk.locator("#talked li", { has: desk.locator(`a[href='/clients/${chart}']`) }).innerText(), /just now|min ago/);
    await until("the draft to go", () => page.evaluate(async () => !(await (await fetch("/drafts", { headers: { Accept: "application/json" } })).text()).includes("started_time")));
    await page.goto(`${d.url}/contacts/${chart}/new`);
    assert.equal(await state(page), "none", "what was written down is begun no more");
  }),

  "what runs goes on without a network, and arrives once": trial(async ({ d, shared, open, allow }) => {
    allow((text) => /ERR_INTERNET_DISCONNECTED|Failed to load resource/.test(text));
    const chart = await somebody(shared);
    const since = await mark(d, chart);
    const page = await phoneWithShift({ shared, open });
    await page.goto(`${d.url}/contacts/${chart}/new`);
    await page.locator("[data-timer-start]").click();
    await form(page).locator("[name=words]").fill("“Come again tomorrow.”");
    await drafted(page, "Come again tomorrow");
    await page.context().setOffline(true);
    await page.goto(d.url + "/contacts");
    await page.goto(`${d.url}/contacts/${chart}/new`);
    await until("the timer to go on", async () => (await state(page)) === "runs");
    assert.equal(await form(page).locator("[name=words]").inputValue(), "“Come again tomorrow.”");
    await chip(form(page), "How today is");
    await chip(form(page), "No");
    await save(form(page));
    await until("it to be kept", async () => /kept/i.test(await page.locator("#toasts").innerText()));
    assert.deepEqual(await entries(d, chart, since), []);
    await page.context().setOffline(false);
    const arrived = await until("it to arrive", async () => (await entries(d, chart, since))[0]);
    assert.deepEqual([arrived.kind, arrived.body.words, arrived.body.meaningful], ["contacts.held", "“Come again tomorrow.”", "no"]);
    assert.equal((await entries(d, chart, since)).length, 1);
  }),

  "who was not reached, what ended earlier, and what a unit asks for": trial(async ({ d, shared, open }) => {
    const [chart, earlier] = [await somebody(shared), await somebody(shared)];
    const page = await open("worker");
    await resize(page, sizes.narrow);
    let since = await mark(d, chart);
    await page.goto(`${d.url}/contacts/${chart}/new`);
    await chip(form(page), "Tried, not reached");
    await chip(form(page), "Asleep");
    await form(page).locator("[name=next]").fill("After breakfast");
    await save(form(page));
    await page.waitForURL(`${d.url}/clients/${chart}`);
    assert.deepEqual((await only(d, chart, since, "contacts.attempted")).body, { mode: "in_person", reason: "asleep", next: "After breakfast" });

    since = await mark(d, earlier);
    await page.goto(`${d.url}/contacts/${earlier}/new`);
    await page.locator("[data-timer] summary").click();
    const zone = await page.evaluate(() => document.documentElement.dataset.zone);
    const clock = (ago) => new Date(Date.now() - ago * 60_000).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
    await page.fill("[name=started_time]", clock(60));
    await page.fill("[name=stopped_time]", clock(40));
    await chip(form(page), "I forgot to write it down");
    await chip(form(page), "A goal");
    await chip(form(page), "Yes");
    await save(form(page));
    await page.waitForURL(`${d.url}/clients/${earlier}`);
    const held = await only(d, earlier, since, "contacts.held");
    assert.equal((Date.parse(held.body.stopped) - Date.parse(held.body.started)) / 60_000, 20);
    assert.deepEqual(held.marks, ["entered_after"]);

    const desk = await open("supervisor", "desk");
    await desk.emulateMedia({ colorScheme: "dark" });
    await desk.goto(d.url + "/contacts/rules");
    assert.deepEqual(await axe(desk), []);
    await desk.locator("label.chip", { hasText: "4 h" }).click();
    await desk.locator("#contact-rules button[type=submit]").click();
    await desk.waitForURL(d.url + "/contacts");
    assert.match(await desk.locator("main").innerText(), /Asked for after 4 h/);
    await file(d, "supervisor", [d.unit, "contacts.rules_set", { hours: 24 }]);
  }),
};
