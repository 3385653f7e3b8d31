// Forms on the floor: an intake by two people, one of them without a network; what was told before taken over; an answer that calls for help;
// and rights read and signed, by finger and by keyboard.
import assert from "node:assert/strict";
import { Taps, axe, through } from "./lib.mjs";
import { chip, dues, entries, mark, morning, night, trial, until } from "./walk.mjs";

export const before = () => night();
export const after = morning;

const password = "seven quiet lanterns by the ford";
const part = (page, code) => page.locator(`#answer-${code}`);
const item = (page, code) => page.locator(`#q-${code}`);
const savePart = (page, code) => through(page, () => part(page, code).locator("button", { hasText: "Save this part" }).click());

/** The page of a form for somebody, by the tab in their chart. */
async function open(page, d, chart, title) {
  await page.goto(`${d.url}/clients/${chart}/forms`);
  await through(page, () => page.locator(".people li", { has: page.locator(`b:text-is("${title}")`) }).locator("a.btn").first().click());
}

/** Gives a worker a password by a one-time link, and the shift on their phone. */
async function takeAlong(page, d, admin) {
  await admin.goto(d.url + "/staff");
  await through(admin, () => admin.locator("a", { hasText: "Jo Ferrand" }).first().click());
  await through(admin, () => admin.locator("form[action$='/invite'] button").click());
  await page.goto(d.url + new URL(await admin.locator("input[value*='/welcome/']").inputValue()).pathname);
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => !url.pathname.startsWith("/welcome"));
  await page.goto(d.url + "/sign-out");
  await page.click("[data-sign-out] button");
  await page.waitForSelector("[data-sign-in], [data-lock-waiting]", { state: "attached" });
  await page.goto(d.url + "/sign-in");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.fill("[name=name]", "jo");
  await page.fill("[name=password]", password);
  await page.click("button[type=submit]");
  await page.waitForSelector("[data-reader]");
  await page.goto(d.url + "/device");
  await page.locator("[data-take] button").click();
  await page.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent));
}

export default {
  "an intake by two people, one of them without a network": trial(async ({ d, open: browse, allow }) => {
    allow((text) => /ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch/.test(text));
    const chart = d.clients.at(-1);
    const since = await mark(d, chart);
    const [jo, admin] = [await browse(), await browse("administrator", "desk")];
    await takeAlong(jo, d, admin);
    const nurse = await browse("nurse");
    await open(nurse, d, chart, "Intake");

    await jo.context().setOffline(true);
    await open(jo, d, chart, "Intake");
    assert.equal(jo.url(), nurse.url(), "both work on one run");
    await chip(item(jo, "contacts"), "Done");
    await chip(item(jo, "depends"), "No");
    await part(jo, "people").locator("button", { hasText: "Save this part" }).click();
    await until("the part to be kept", async () => /kept on this/i.test(await jo.locator("body").innerText()));

    await chip(item(nurse, "food"), "Halal");
    await item(nurse, "faith").locator("summary").click();
    await chip(item(nurse, "faith"), "Would rather not say");
    await savePart(nurse, "daily");
    assert.match(await nurse.locator("#daily").innerText(), /Would rather not say/);
    assert.deepEqual(await axe(nurse), []);

    await jo.context().setOffline(false);
    await jo.goto(d.url + "/");
    const said = await until("both parts", async () => { const all = (await entries(d, chart, since)).filter((one) => one.kind === "forms.answered"); return all.length === 2 && all; });
    assert.equal(new Set(said.map((one) => one.body.run)).size, 1);
    assert.equal(new Set(said.map((one) => one.author)).size, 2);
    const daily = said.find((one) => one.body.section === "daily").body;
    assert.deepEqual([daily.chosen, daily.states, daily.answers], [{ food: ["halal"] }, { faith: "declined" }, undefined]);
    await nurse.reload();
    assert.match(await nurse.locator("main").innerText(), /4 of 20[\s\S]+still to be asked/);
    assert.match(await nurse.locator("#people").innerText(), /Jo Ferrand/);
  }),

  "what was told before is offered with its source and age, and taken over by one touch": trial(async ({ d, open: browse }) => {
    const chart = d.clients[0];
    const since = await mark(d, chart);
    const page = await browse("worker");
    await open(page, d, chart, "Intake");
    const offer = page.locator("#daily .notice", { hasText: "Is there food" });
    assert.match((await offer.innerText()).replace(/\s+/g, " "), /Halal Told to [A-Z][\w ]+, Intake, \d+ (min|h).* ago Still so/);
    const spoken = page.locator(".form-part .notice", { hasText: "Which language do you like to speak?" });
    assert.match((await spoken.innerText()).replace(/\s+/g, " "), /Spanish From the chart: [A-Z].+ Still so.* Change it in the chart/);
    assert.match(await spoken.locator("a").getAttribute("href"), /\/about(\/speech)?$/);
    assert.deepEqual(await axe(page), []);
    const taps = new Taps();
    await through(page, () => taps.tap(offer.locator("button")));
    assert.equal(taps.count, 1);
    assert.match(await page.locator("#daily .form-said").innerText(), /Halal[\s\S]+taken over from before/);
    assert.equal(await offer.count(), 0);
    const [entry] = await entries(d, chart, since);
    assert.deepEqual(entry.body.chosen, { food: ["halal"] });
    assert.deepEqual(entry.cites, [entry.body.taken.food]);

    await through(page, () => page.locator("#daily a", { hasText: "Correct" }).click());
    await chip(item(page, "food"), "Vegetarian");
    assert.deepEqual(await axe(page), []);
    await savePart(page, "daily");
    assert.match(await page.locator("#daily .form-said").innerText(), /Halal, Vegetarian/);
    const [correction] = await entries(d, chart, entry.seq);
    assert.deepEqual([correction.amends, correction.amendment], [entry.id, "correction"]);
  }),

  "an answer that calls for help rings at once, and stops at a licensed word": trial(async ({ d, open: browse }) => {
    const chart = d.clients[1];
    const board = await browse("nurse", "desk");
    const ringing = board.locator(".dues > li", { hasText: "An answer asks for help now" });
    const page = await browse("worker");
    await open(page, d, chart, "First questions about safety");
    const taps = new Taps();
    await taps.tap(item(page, "life_now").locator("label.chip", { hasText: "Yes" }));
    assert.match(await item(page, "life_now").locator("[role=alert]").innerText(), /Stay with the person/);
    assert.deepEqual(await axe(page), []);
    await through(page, () => taps.tap(item(page, "life_now").locator("button", { hasText: "Save now" })));
    assert.equal(taps.count, 2);
    await ringing.first().waitFor();
    assert.doesNotMatch(await ringing.first().innerText(), /life|yes/i, "no answer stands on a board");
    assert.ok((await dues(d)).some((one) => one.rule === "forms.critical" && one.chart === chart));

    await page.locator("main .notice a", { hasText: "See the answer" }).first().click();
    assert.match(await page.locator("main").innerText(), /A nurse, clinician or prescriber writes here/);
    await through(board, () => ringing.first().locator(".due-act a").click());
    await chip(board.locator("#critical"), "Stayed with them");
    await board.fill("[name=words]", "Sat together, he is watched within arm's length now");
    assert.deepEqual(await axe(board), []);
    await through(board, () => board.locator("#critical button").click());
    assert.ok(!(await dues(d)).some((one) => one.rule === "forms.critical" && one.chart === chart), "it has stopped");
  }),

  "rights read in Spanish, signed by finger and by keyboard, finished and printed": trial(async ({ d, open: browse }) => {
    const chart = d.clients[2];
    const since = await mark(d, chart);
    const page = await browse("worker");
    await open(page, d, chart, "Rights and house rules");
    for (const code of ["rights", "rules"]) {
      await chip(part(page, code), "Spanish");
      await part(page, code).locator("p[lang=es]").first().waitFor();
      assert.ok(await part(page, code).locator("p[lang=en]").first().isHidden());
      assert.match(await part(page, code).innerText(), /not checked by a translator: have an interpreter read it/);
      await through(page, () => part(page, code).locator("button", { hasText: "All of these were read" }).click());
    }
    await chip(item(page, "copy"), "Yes, in their language");
    const pad = item(page, "person").locator("[data-sign-pad]");
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    await page.mouse.move(box.x + 30, box.y + box.height / 2);
    await page.mouse.down();
    for (let i = 1; i < 12; i++) await page.mouse.move(box.x + 30 + i * 18, box.y + box.height / 2 + (i % 2 ? -18 : 18));
    await page.mouse.up();
    await item(page, "staff").locator("[name='signatures.staff.name']").fill("Jo Ferrand");
    await item(page, "staff").locator("[name='signatures.staff.typed']").focus();
    await page.keyboard.press("Space");
    await item(page, "witness").locator("summary").click();
    await chip(item(page, "witness"), "Does not apply");
    assert.deepEqual(await axe(page), []);
    await savePart(page, "signed");
    assert.equal(await page.locator("#signed .signature").count(), 2);
    await through(page, () => page.locator("#finish button").click());
    assert.match(await page.locator("main").innerText(), /Finished 0[34]:\d\d, Jo Ferrand/);
    const all = await entries(d, chart, since);
    assert.deepEqual(all.map((one) => one.kind), ["forms.answered", "forms.answered", "forms.answered", "forms.finished"]);
    assert.equal(all[0].body.language, "es");
    assert.ok(all[2].body.signatures.person.drawn.lines[0].length > 10);
    assert.equal(all[2].body.signatures.staff.typed, true);
    await through(page, () => page.locator("#signed a", { hasText: "Correct: Was a copy given?" }).click());
    assert.match(await page.locator("main").innerText(), /What was signed stays as it is[\s\S]+Jo Ferrand/);
    await chip(item(page, "copy"), "Yes, in English");
    assert.deepEqual(await axe(page), []);
    await savePart(page, "signed");
    assert.match(await page.locator("#signed").innerText(), /Yes, in English/);
    assert.equal(await page.locator("#signed .signature").count(), 2);
    assert.doesNotMatch(await page.locator("main").innerText(), /no answer any more|since a correction/);
    await through(page, () => page.locator("a", { hasText: "As paper" }).click());
    assert.match(await page.locator("article").innerText(), /Spanish[\s\S]+not checked by a translator[\s\S]+Was read[\s\S]+signed by typing/);
    assert.deepEqual(await axe(page), []);
    await page.goto(`${d.url}/clients/${chart}/forms`);
    const rights = page.locator(".people li", { hasText: "Rights and house rules" });
    assert.match(await rights.first().innerText(), /once more: one is finished/);
    assert.match(await rights.last().innerText(), /Finished 0[34]:\d\d, Jo Ferrand/);
  }),
};
