// A whole day of a unit of 24 people through the browser: a day, an evening and a night, several workers and a supervisor, on phones and at desks,
// for an hour of it without a network. Each thing told bears a word of its own, and at the end each of these words stands in one entry alone:
// nothing was told twice. Touches and letters are counted, and what they take by the keystroke-level model is printed.
//
//	node web/test/run.mjs day
import assert from "node:assert/strict";
import { axe, demo, launch, resize, Taps } from "./lib.mjs";
import { chip, entries, mark, morning, said, sheetOf, trial, until } from "./walk.mjs";

/** A zone in which it is between one and two in the afternoon now: the day shift has an hour to go. */
function noon(at = new Date()) {
  let ahead = 13 - at.getUTCHours();
  if (ahead > 12) ahead -= 24;
  return ahead === 0 ? "UTC" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/**
 * Seconds of the keystroke-level model (Card, Moran and Newell 1980): M, making up one's mind, 1.35; K, a letter, 0.28 of somebody who types as
 * people do. A touch is 0.6: from one corner of a phone to a target of 48 px are 4.2 bits, at the 6.95 bits a second of MacKenzie (2015).
 */
const model = { mind: 1.35, letter: 0.28, touch: 0.6 };

/** What one task took of somebody's hands. */
class Hand extends Taps {
  letters = 0;
  minds = 0;
  constructor(task) { super(); this.task = task; }
  async choose(locator) { this.minds++; await this.tap(locator); }
  /** Writes words with a mark of their own in them. */
  async write(locator, words) {
    this.minds++;
    this.letters += words.length;
    await locator.fill(words);
  }
  get seconds() { return this.count * model.touch + this.minds * model.mind + this.letters * model.letter; }
  toString() { return `${this.task}: ${this.count} touches, ${this.letters} letters, ${this.seconds.toFixed(1)} s`; }
}

const marks = []; // of everything told
/** Words that stand nowhere else. */
function words(text) {
  const mark = "quill" + (marks.length + 1).toString().padStart(3, "0");
  marks.push(mark);
  return `${text} ${mark}`;
}

export const before = async () => ({ d: await demo("--still", "--led", "--zone", noon()), browser: await launch() });
export const after = morning;

/** What browsers say of a network that was cut on purpose, and of streams whose session has locked itself meanwhile. */
const expected = (text) => /ERR_INTERNET_DISCONNECTED|Failed to fetch|Failed to load resource|net::|EventSource's response/.test(text);
const form = (page, kind) => page.locator(`form[data-entry="${kind}"]`);
const answer = (part, text) => part.locator("label.chip:visible", { has: part.page().locator(`span:text-is("${text}")`) }).first();
const item = (page, text) => page.locator(".hand-items > li", { hasText: text });

export default {
  "three shifts, told once": trial(async ({ d, open, allow }) => {
    allow(expected);
    const begun = new Map(await Promise.all(d.clients.map(async (chart) => [chart, await mark(d, chart)])));
    const hands = [];
    const task = (name) => { const hand = new Hand(name); hands.push(hand); return hand; };
    let now = new Date();
    /** Somebody's browser, whose clock shows what the house's does. */
    const at = async (role, size) => {
      const page = await open(null, size);
      if (Math.abs(now - Date.now()) > 60_000) await page.clock.install({ time: now });
      await page.goto(d.sign_in[role]);
      return page;
    };

    // The day. A worker on a phone. The made-up colleagues hand over too, from the top of the list: what is watched here is at its end.
    const jo = await at("worker", "phone");
    await jo.goto(d.url + "/handover");
    const [third, second, first] = (await jo.locator(".pick li[id^=hand-]").evaluateAll((all) => all.map((one) => one.id.slice("hand-".length)))).filter((id) => d.clients.includes(id)).slice(-3);
    await jo.goto(d.url + "/rounds");
    const rows = jo.locator("[data-list=rounds] > li[data-settled-by]");
    const everybody = await rows.evaluateAll((all) => all.map((one) => one.dataset.chart));
    for (const chart of everybody) { // each by themselves
      await jo.goto(`${d.url}/rounds/${chart}/check`);
      await sheetOf(jo, chart).locator(".whole button:visible").last().click();
      await until("the next sheet", async () => (await sheetOf(jo, chart).count()) === 0);
    }
    for (const chart of everybody) assert.equal((await entries(d, chart, begun.get(chart))).filter((one) => one.kind === "rounds.checked").length, 1, chart);
    assert.ok(everybody.length >= 20, `${everybody.length} people are on the unit`);

    await jo.goto(d.url + "/");
    let hand = task("safety check");
    const row = jo.locator(`.dues > li[data-chart="${first}"]`, { has: jo.locator(".due-act a", { hasText: "Check" }) }).first();
    await hand.tap(row.locator(".due-act a"));
    await hand.choose(sheetOf(jo, first).locator(".whole button:visible").last());
    await said(jo);
    assert.ok(hand.count <= 2 && hand.seconds <= 3, String(hand));

    await jo.goto(d.url + "/");
    hand = task("quick note");
    await hand.tap(jo.locator(".nav a[href='/notes']"));
    await hand.write(jo.locator("#quick-text"), words("Sang along with the radio while drying up"));
    await hand.choose(jo.locator(`button[name=chart][value="${first}"]`));
    await said(jo);
    assert.ok(hand.count <= 2, String(hand));

    hand = task("contact, one to one");
    await jo.goto(d.url + "/contacts");
    await hand.tap(jo.locator(`a.btn[href='/contacts/${first}/new']`));
    await hand.tap(jo.locator("[data-timer-start]"));
    await hand.choose(answer(jo.locator("#contact"), "A worry"));
    await hand.choose(answer(jo.locator("#contact"), "Calmer after"));
    await hand.choose(answer(jo.locator("#contact"), "Yes"));
    await hand.write(jo.locator("#contact [name=words]"), words("“The phone bill scares me.”"));
    await hand.tap(jo.locator("#contact button.when-ready"));
    await jo.waitForURL(`${d.url}/clients/${first}`);
    assert.ok(hand.count <= 6, String(hand));

    hand = task("ask a colleague for something");
    await jo.goto(`${d.url}/tasks/new?for=${first}`);
    await hand.write(jo.locator("[name=what]"), words("Ring the phone company with her"));
    const asked = marks.at(-1);
    await hand.choose(jo.locator("main label.chip:visible", { hasText: "Next shift" }));
    await hand.tap(jo.locator("button.when-ready"));
    await jo.waitForURL((url) => url.pathname === `/clients/${first}`);

    // An hour in the garden without a network.
    await jo.goto(d.url + "/device");
    await jo.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await jo.locator("[data-take-code] input").first().fill("grey herons on the long weir"); // who came by a link has no password to open it by
    await jo.locator("[data-take] button").click();
    await jo.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent));
    const away = await mark(d, second);
    await jo.context().setOffline(true);
    hand = task("quick note without a network");
    await jo.goto(d.url + "/notes");
    await hand.write(jo.locator("#quick-text"), words("Watered the tomatoes and named each of them"));
    await hand.choose(jo.locator(`button[name=chart][value="${second}"]`));
    await until("it to be kept", async () => /kept/i.test(await jo.locator("#toasts").innerText()));
    await jo.goto(`${d.url}/rounds/${second}/check`);
    await sheetOf(jo, second).locator(".whole button:visible").last().click();
    await until("it to be kept", async () => /kept/i.test(await jo.locator("#toasts, #sheet").allInnerTexts().then((all) => all.join(" "))));
    assert.deepEqual(await entries(d, second, away), []);
    await jo.context().setOffline(false);
    await jo.evaluate(() => dispatchEvent(new Event("online")));
    await until("both to arrive", async () => (await entries(d, second, away)).length === 2);

    hand = task("progress note from the shift's own entries");
    await jo.goto(d.url + "/");
    await hand.tap(jo.locator(".nav a[href='/notes']"));
    await hand.tap(jo.locator(`#progress a[href$="${first}/notes/new"]`));
    const note = jo.locator("#note");
    await hand.write(note.locator("#part-behaviour"), words("Came to the kitchen by herself and stayed for an hour"));
    await hand.write(note.locator("#part-intervention"), words("Dried up beside her and said little"));
    await hand.write(note.locator("#part-response"), words("Sang, then told of the bill, then slept in the chair"));
    await hand.choose(note.locator("label:has(input[name=cites])").first());
    await jo.locator("#note:not([data-unkept]) [data-kept]:not([hidden])").waitFor();
    await hand.tap(jo.locator("button.when-ready"));
    await jo.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
    const written = new URL(jo.url()).pathname;
    assert.ok(hand.count <= 4, String(hand));
    assert.match(await jo.locator(".note-page").innerText(), /Waits for a co-signature/);

    hand = task("words for the next shift, of one person");
    await jo.goto(`${d.url}/handover/${first}`);
    await jo.locator("summary", { hasText: "Add words" }).click();
    await hand.write(jo.locator("#add-words [name=text]"), words("If the bill comes up again, then the folder is in the office"));
    await hand.tap(jo.locator("#add-words .when-ready"));
    await jo.locator("#ahead .spoken", { hasText: marks.at(-1) }).waitFor();

    // The evening. A nurse takes over on a phone, a supervisor co-signs at a desk.
    now = await d.lead("2h10m");
    const bashir = await at("nurse", "phone");
    await bashir.goto(`${d.url}/handover/${first}`);
    const told = await bashir.locator("main").innerText();
    for (const mark of [marks[0], asked, marks.at(-1)]) assert.ok(told.includes(mark), `${mark} does not stand in the handover: ${told}`);
    hand = task("taking over one person with one thing open");
    await hand.choose(item(bashir, asked).getByRole("button", { name: "Accept" }));
    await item(bashir, asked).locator("text=Accepted by").waitFor();
    await hand.write(bashir.locator("[name=synthesis]"), words("The phone company is mine, folder in the office"));
    await hand.tap(bashir.locator(".take-bar .btn-main"));
    await bashir.waitForURL((url) => url.pathname !== `/handover/${first}`);

    const ruth = await at("supervisor", "desk");
    hand = task("co-signing a note");
    await ruth.goto(d.url + "/");
    await hand.tap(ruth.locator(".nav a[href='/notes']"));
    await hand.tap(ruth.locator(`main a[href^='${written}']`).first());
    await ruth.waitForURL(d.url + written);
    await hand.write(ruth.locator("#cosign-words"), words("Read and talked over, good work"));
    await hand.choose(form(ruth, "notes.cosigned").locator("button[type=submit]"));
    await until("the co-signature", async () => (await entries(d, first, begun.get(first))).some((one) => one.kind === "notes.cosigned"));
    await ruth.locator(".note-page", { hasText: "Co-signed by Ruth Amsel" }).waitFor();
    assert.ok(!(await ruth.locator(".note-page").innerText()).includes("Waits for a co-signature"));

    // The night. What was not done is carried on; in the morning it is done, and the day stands in the chart.
    now = await d.lead("8h");
    const night = await at("worker", "phone");
    await night.goto(`${d.url}/handover/${first}`);
    assert.match(await item(night, asked).innerText(), /Carried forward once/);
    hand = task("quick note at night");
    await night.goto(`${d.url}/clients/${third}/note`);
    await hand.write(night.locator("#quick-text"), words("Woke from a dream at one, walked the corridor, lay down again"));
    await hand.tap(night.locator("main button[type=submit]").first());
    await said(night);

    now = await d.lead("8h");
    const early = await at("worker", "phone");
    hand = task("something asked for is done");
    await early.goto(d.url + "/tasks");
    await hand.tap(early.locator(".due", { hasText: asked }).locator(".due-act button"));
    await until("it to be done", async () => (await entries(d, first, begun.get(first))).some((one) => one.kind === "teamwork.task_done"));

    const desk = await at("nurse", "desk");
    for (const [room, ...told] of [["notes", 0, 4], ["contacts", 1], ["teamwork", 2]]) {
      await desk.goto(`${d.url}/clients/${first}?of=${room}`);
      const chart = await desk.locator("main").innerText();
      for (const at of told) assert.ok(chart.includes(marks[at]), `${marks[at]} does not stand in the chart: ${chart}`);
    }
    assert.deepEqual(await axe(desk), []);
    for (const [path, size] of [["/wall", { width: 1920, height: 1080 }], ["/census", { width: 1280, height: 800 }]]) {
      await resize(desk, size);
      await desk.goto(d.url + path);
      assert.ok((await desk.locator("body").innerText()).length > 200, path);
    }

    // Each thing was told once.
    const all = (await Promise.all([...d.clients, d.unit].map((chart) => entries(d, chart, begun.get(chart) ?? 0)))).flat();
    for (const mark of marks) {
      const bearing = all.filter((one) => JSON.stringify(one.body ?? {}).includes(mark));
      assert.equal(bearing.length, 1, `${mark} stands in ${bearing.map((one) => one.kind).join(", ")}`);
    }
    assert.ok(all.every((one) => !(one.marks ?? []).includes("clock_skewed")), "a clock was taken for wrong");

    // What a day takes for one person: the checks as the unit walked them, two changes of shift at which nothing is open, and everything else once.
    const checks = (all.filter((one) => one.kind === "rounds.checked").length / d.clients.length / 18.2) * 24;
    const [check, ...others] = hands.filter((hand) => !/without a network|at night/.test(hand.task));
    const day = checks * check.seconds + others.reduce((sum, hand) => sum + hand.seconds, 0) + 2 * (model.touch + model.mind);
    for (const hand of hands) console.log(`      ${hand}`);
    console.log(`      ${checks.toFixed(1)} checks a day; ${(day / 60).toFixed(1)} minutes a day for one person`);
    assert.ok(day <= 360, `${day} s`);
  }),
};
