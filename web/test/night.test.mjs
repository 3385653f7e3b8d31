// A night on the floor: what a worker's thumb does, what the record then holds, and what the colleagues see.
import assert from "node:assert/strict";
import { Taps, sleep } from "./lib.mjs";
import { chip, dues, entries, mark, morning, night, only, openSheet, personOf, rowOf, said, save, sheetOf, somebody, trial, until } from "./walk.mjs";

export const before = () => night();
export const after = morning;

const whole = (sheet, words = "Asleep") => sheet.locator(".whole button:visible", { hasText: words });
const close = (a, b, ms = 60_000) => assert.ok(Math.abs(Date.parse(a) - b) < ms, `${a} is not about ${new Date(b).toISOString()}`);

export default {
  "from the shift board, one check is two taps, said back in words": trial(async ({ d, shared, open }) => {
    const jo = await personOf(shared, "worker");
    const page = await open("worker");
    const taps = new Taps();
    const row = page.locator(".dues > li[data-chart]", { has: page.locator(".due-act a", { hasText: "Check" }) }).first();
    const chart = await row.getAttribute("data-chart");
    const name = (await row.locator(".pii").innerText()).trim();
    const was = await mark(d, chart);
    const begun = Date.now();
    await taps.tap(row.locator(".due-act a"));
    await taps.tap(whole(sheetOf(page, chart)));
    const words = await said(page);
    assert.ok(taps.count <= 2, `${taps.count} taps`);
    assert.match(words, new RegExp(`^${name} seen 0[34]:\\d\\d, own room, asleep, breathing seen.* Undo$`));
    const entry = await only(d, chart, was, "rounds.checked");
    assert.equal(entry.author, jo);
    assert.equal(entry.role, "worker");
    assert.ok(entry.device, "the device is named");
    assert.deepEqual({ place: entry.body.place, state: entry.body.state, method: entry.body.method }, { place: "own_room", state: "asleep_breathing", method: "seen" });
    assert.equal(entry.happened, entry.written);
    close(entry.written, begun);
    close(entry.received, begun);
    assert.ok(Date.parse(entry.received) >= Date.parse(entry.written) - 2000);
    assert.deepEqual(entry.marks ?? [], []);
  }),

  "a round of twelve people is at most 26 taps, each confirmed by themselves": trial(async ({ d, open }) => {
    const page = await open("worker");
    const taps = new Taps();
    const since = new Map(await Promise.all(d.clients.map(async (chart) => [chart, await mark(d, chart)])));
    const seen = [];
    const begun = performance.now();
    await taps.tap(page.locator(".dues > li[data-chart] .due-act a", { hasText: "Check" }).first());
    while (seen.length < 12) {
      const sheet = page.locator("#sheet form[data-entry]");
      if ((await sheet.count()) === 0) { // nobody is due soon: the next one is chosen from the list
        const rows = page.locator("[data-list=rounds] > li[data-settled-by]");
        const charts = await rows.evaluateAll((all) => all.map((one) => one.dataset.chart));
        await taps.tap(rows.nth(charts.findIndex((chart) => !seen.includes(chart))));
        await sheet.waitFor();
      }
      const chart = (await sheet.getAttribute("data-row")).slice("round-".length);
      assert.ok(!seen.includes(chart), "nobody is offered twice");
      await taps.tap(whole(sheet, seen.length % 3 ? "Asleep" : "Awake"));
      seen.push(chart);
      await until("the next sheet", async () => (await sheetOf(page, chart).count()) === 0);
    }
    assert.ok(taps.count <= 26, `${taps.count} taps`);
    console.log(`      twelve people: ${taps.count} taps, ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    for (const [index, chart] of seen.entries()) {
      const entry = await only(d, chart, since.get(chart), "rounds.checked");
      assert.equal(entry.body.state, index % 3 ? "asleep_breathing" : "awake_quiet");
    }
    for (const chart of d.clients) if (!seen.includes(chart)) assert.deepEqual(await entries(d, chart, since.get(chart)), [], "nobody else was ticked");
  }),

  "from tap to said-back line": trial(async ({ d, shared, open }) => {
    const page = await open("worker");
    const chart = await somebody(shared);
    await openSheet(page, d, chart);
    const took = [];
    for (let i = 0; i < 21; i++) {
      took.push(await page.evaluate(() => new Promise((done) => {
        const button = [...document.querySelectorAll("#sheet .whole button")].find((one) => one.checkVisibility());
        const begun = performance.now();
        new MutationObserver((_, watch) => {
          if (document.querySelector("#sheet .toast, #toasts .toast") === null) return;
          watch.disconnect();
          requestAnimationFrame(() => done(performance.now() - begun));
        }).observe(document.body, { childList: true, subtree: true });
        button.click();
      })));
      await openSheet(page, d, chart);
    }
    const [, ...warm] = took.map(Math.round);
    warm.sort((a, b) => a - b);
    console.log(`      tap to said-back line: p50 ${warm[10]} ms, p95 ${warm[18]} ms, longest ${warm[19]} ms of 20`);
  }),

  "nothing is chosen beforehand, and answers are where they were": trial(async ({ d, shared, open }) => {
    const page = await open("worker");
    const places = [];
    for (const level of ["general", "every_15"]) {
      const sheet = await openSheet(page, d, await somebody(shared, level, "every_30"));
      assert.equal(await sheet.locator("input:checked").count(), 0);
      assert.equal(await sheet.locator(".when-ready").isVisible(), false);
      places.push(await sheet.locator("label.chip").evaluateAll((all) => all.map((one) => one.textContent.trim()).join("|")));
    }
    assert.equal(places[0], places[1]);
  }),

  "where and how by chips, with a note in one's own words": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const was = await mark(d, chart);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await chip(sheet, "Kitchen");
    await chip(sheet, "Eating");
    await chip(sheet, "Note");
    await sheet.locator("textarea[name=words]").fill("Made toast for everybody");
    await save(sheet);
    assert.match(await said(page), /seen 0[34]:\d\d, kitchen, eating/);
    const { body } = await only(d, chart, was, "rounds.checked");
    assert.deepEqual([body.place, body.state, body.words], ["kitchen", "eating", "Made toast for everybody"]);
  }),

  "undo is an honest withdrawal, and the row stands as before": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared, "every_15", "every_30");
    const was = await mark(d, chart);
    const page = await open("worker");
    await page.goto(d.url + "/rounds");
    const look = () => rowOf(page, chart).evaluate((row) => [row.dataset.order, row.querySelector(".ring").dataset.dueAt, row.querySelector(".rnd-last").textContent.trim()]);
    const first = await look();
    await rowOf(page, chart).locator("a").click();
    await whole(sheetOf(page, chart), "Awake").click();
    await said(page);
    await until("the row as seen now", async () => (await look())[1] !== first[1]);
    const entry = await only(d, chart, was, "rounds.checked");
    await page.locator("#toasts .toast button, #sheet .toast button").last().click();
    await until("the row as before", async () => JSON.stringify(await look()) === JSON.stringify(first));
    const [, back] = await entries(d, chart, was);
    assert.deepEqual([back.kind, back.amends, back.amendment], ["record.withdrawn", entry.id, "entered_in_error"]);
    assert.ok(back.body.reason);
    assert.equal((await entries(d, chart, was)).length, 2, "what was withdrawn stays readable");
  }),

  "not seen, with each reason that has somebody else answer or that asks again": trial(async ({ d, shared, open }) => {
    const page = await open("worker");
    const reasons = { "Out with staff": "off_unit_with_staff", "On leave": "leave", "In the bathroom, answered": "bathroom_answered", "I was called away": "called_away", "In hospital": "hospital", "Answered, asked not to be looked in on": "declined_answered" };
    const chart = await somebody(shared);
    for (const [words, code] of Object.entries(reasons)) {
      const was = await mark(d, chart);
      const sheet = await openSheet(page, d, chart);
      await chip(sheet, "Not seen");
      assert.equal(await whole(sheet).count(), 0, "no whole answer beside it");
      await chip(sheet, words);
      await save(sheet);
      assert.match((await said(page)).toLowerCase(), new RegExp(`not seen 0[34]:\\d\\d: ${words.toLowerCase()}`));
      const entry = await only(d, chart, was, "rounds.not_seen");
      assert.equal(entry.body.reason, code);
      assert.equal((await dues(d)).filter((one) => one.chart === chart && one.rule === "rounds.search").length, 0);
    }
  }),

  "who is not found is searched for at once, on the supervisor's board too, without a reload": trial(async ({ d, shared, open }) => {
    const desk = await open("supervisor", "desk");
    const page = await open("worker");
    for (const words of ["Not in the room", "No answer", "Away without leave"]) {
      const chart = await somebody(shared);
      const sheet = await openSheet(page, d, chart);
      await chip(sheet, "Not seen");
      await chip(sheet, words);
      await save(sheet);
      assert.match(await said(page), /A search begins/);
      const row = desk.locator(`#due-${chart}-rounds\\.search`);
      await row.waitFor();
      assert.match(await row.innerText(), /Not found: search/);
      assert.match(await row.getAttribute("data-state"), /^(now|late)$/);
      assert.ok((await dues(d)).some((one) => one.chart === chart && one.rule === "rounds.search"));
      if (words !== "Away without leave") continue;
      await page.goto(d.url + "/rounds");
      await rowOf(page, chart).locator("a").click();
      const search = sheetOf(page, chart);
      await chip(search, "Found, well");
      await save(search);
      await row.waitFor({ state: "detached" });
    }
  }),

  "breathing not seen calls help at once and says who hears it": trial(async ({ d, shared, open }) => {
    const desk = await open("supervisor", "desk");
    const chart = await somebody(shared);
    const was = await mark(d, chart);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await chip(sheet, "Own room");
    await chip(sheet, "Breathing not seen");
    assert.match(await sheet.innerText(), /Help is called the moment you save/);
    await save(sheet);
    assert.match(await said(page), /breathing not seen 0[34]:\d\d\. Help is called/);
    assert.match(await page.locator("#sheet").innerText(), /It stands on every screen of this unit/);
    const row = desk.locator(`[id^="due-${chart}-rounds.help"]`);
    await row.waitFor();
    assert.equal(await row.getAttribute("data-state"), "late");
    assert.deepEqual((await entries(d, chart, was)).map((one) => one.kind).filter((kind) => kind.startsWith("rounds.")), ["rounds.checked", "rounds.help_called"]);
    const answer = sheetOf(page, chart);
    await chip(answer, "Breathing and well");
    await save(answer);
    await row.waitFor({ state: "detached" });
  }),

  "a hazard found on the way is a task of the unit, and the check is saved with it": trial(async ({ d, shared, open }) => {
    const desk = await open("supervisor", "desk");
    const [chart, was] = [await somebody(shared), await mark(d, d.unit)];
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await chip(sheet, "Hazard");
    await chip(sheet, "Something broken");
    await sheet.locator("[name='hazard.words']").fill("Lamp by the window");
    await whole(sheet).click();
    assert.match(await said(page), /The hazard is a task of the unit now/);
    const [task] = await entries(d, d.unit, was);
    assert.deepEqual([task.kind, task.body.what, task.body.words], ["rounds.hazard_reported", "broken", "Lamp by the window"]);
    await desk.locator(".due", { hasText: "Hazard: something broken" }).waitFor();
  }),

  "a level is raised by a worker at once, in mid-interval; lowering is a nurse's": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared, "general");
    const was = await mark(d, chart);
    const page = await open("worker");
    await page.goto(d.url + "/rounds");
    const due = () => rowOf(page, chart).locator(".ring").getAttribute("data-due-at").then(Number);
    const first = await due();
    await rowOf(page, chart).locator("a").click();
    await sheetOf(page, chart).getByRole("link", { name: "Level", exact: true }).click();
    const sheet = page.locator("#sheet form[data-entry='rounds.level_raised']");
    await sheet.waitFor();
    assert.deepEqual(await sheet.locator("input[name=level]").evaluateAll((all) => all.map((one) => one.value)), ["every_30", "every_15", "line_of_sight", "arms_length"]);
    assert.match(await sheet.innerText(), /Watching less closely needs a nurse/);
    await chip(sheet, "Every 15 minutes, at irregular times");
    await sheet.locator("textarea[name=reason]").fill("Says the night is very hard");
    await save(sheet);
    await until("an earlier due", async () => (await due()) < first);
    assert.match(await rowOf(page, chart).innerText(), /Every 15/);
    assert.ok((await due()) <= Date.now() + 15 * 60_000);
    assert.equal((await only(d, chart, was, "rounds.level_raised")).body.level, "every_15");

    const nurse = await open("nurse");
    const lower = await openSheet(nurse, d, chart, "level");
    await chip(lower, "Every 30 minutes");
    await lower.locator("textarea[name=reason]").fill("Settled, agreed with him");
    await save(lower);
    await until("the level on the worker's screen", async () => /Every 30/.test(await rowOf(page, chart).innerText()));
    assert.deepEqual((await entries(d, chart, was)).map((one) => one.kind), ["rounds.level_raised", "rounds.level_lowered"]);
  }),

  "a wish is written down as a wish": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const was = await mark(d, chart);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await chip(sheet, "They asked for");
    await chip(sheet, "Asked for no light");
    await whole(sheet, "Awake").click();
    assert.match(await said(page), /asked for no light/i);
    assert.equal((await only(d, chart, was, "rounds.checked")).body.declined, "no_light");
  }),

  "entered afterwards needs its reason, and stays marked": trial(async ({ d, shared, open, allow }) => {
    allow((text) => /422/.test(text)); // the browser's own line about the refused try
    const chart = await somebody(shared);
    const was = await mark(d, chart);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    const earlier = new Date(Date.now() - 25 * 60_000);
    await chip(sheet, "It was earlier");
    await chip(sheet, "Hallway");
    await chip(sheet, "Pacing");
    const zone = await page.evaluate(() => document.documentElement.dataset.zone);
    const part = (options) => new Intl.DateTimeFormat("sv", { timeZone: zone, ...options }).format(earlier);
    await sheet.locator("[name=happened_date]").fill(part({ dateStyle: "short" }));
    await sheet.locator("[name=happened_time]").fill(part({ timeStyle: "short" }));
    await save(sheet);
    await page.locator("#sheet [data-fault], #sheet .form-error:visible").first().waitFor();
    assert.deepEqual(await entries(d, chart, was), []);
    assert.equal(await sheet.locator("input[name=place]:checked").getAttribute("value"), "hallway", "what was chosen is still there");
    await chip(sheet, "I was needed elsewhere first");
    await save(sheet);
    assert.match(await said(page), /Entered afterwards/);
    const entry = await only(d, chart, was, "rounds.checked");
    assert.ok(entry.marks.includes("entered_after"));
    assert.equal(entry.body.after, "I was needed elsewhere first");
    close(entry.happened, earlier.getTime(), 61_000);
    close(entry.written, Date.now());
  }),

  "whoever takes over a one-to-one says so": trial(async ({ d, shared, open }) => {
    const jo = await personOf(shared, "worker");
    const chart = (await dues(d)).find((one) => one.rule === "rounds.relief").chart;
    const was = await mark(d, chart);
    const page = await open("worker");
    let sheet = await openSheet(page, d, chart, "relief");
    if ((await sheet.locator("[name=accepted]").count()) === 0) { // this person has the watch already: a colleague takes it first
      const nurse = await open("nurse");
      const other = await openSheet(nurse, d, chart, "relief");
      await other.locator("[name=accepted]").check();
      await save(other);
      await said(nurse);
      sheet = await openSheet(page, d, chart, "relief");
    }
    assert.equal(await sheet.locator(".when-ready").isVisible(), false);
    await sheet.locator("[name=accepted]").check();
    await chip(sheet, "Awake and quiet");
    await save(sheet);
    await said(page);
    const taken = (await entries(d, chart, was)).at(-1);
    assert.deepEqual([taken.kind, taken.body.to, taken.body.accepted, taken.body.state], ["rounds.relieved", jo, true, "awake_quiet"]);
    await until("who has the watch", async () => /Jo Ferrand since/.test(await rowOf(page, chart).innerText()));
  }),

  "a double tap makes one entry": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const was = await mark(d, chart);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await whole(sheet).evaluate((button) => { button.click(); button.click(); setTimeout(() => button.click(), 5); });
    await said(page);
    await sleep(400);
    await only(d, chart, was, "rounds.checked");
  }),

  "a whole check with the keyboard alone": trial(async ({ d, shared, open }) => {
    const page = await open("worker", "desk");
    const press = page.keyboard;
    const at = () => page.evaluate(() => { const e = document.activeElement; return { text: e.textContent.trim().replace(/\s+/g, " "), id: e.id, name: e.name ?? "", outline: getComputedStyle(e).outlineStyle }; });
    const tabTo = async (test, patience = 60) => {
      for (let i = 0; i < patience; i++) {
        await press.press("Tab");
        const now = await at();
        if (test(now)) return now;
      }
      throw new Error(`the keyboard does not get there; it is at ${JSON.stringify(await at())}`);
    };
    await press.press("Tab");
    assert.equal((await at()).text, "Skip to content");
    await press.press("Enter");
    const link = await tabTo((now) => /^Check ?: /.test(now.text));
    assert.notEqual(link.outline, "none", "the focus is seen");
    const chart = (await page.evaluate(() => document.activeElement.getAttribute("href"))).split("/")[2];
    const was = await mark(d, chart);
    await press.press("Enter");
    await sheetOf(page, chart).waitFor();
    await page.evaluate(() => document.getElementById("check-h").focus()); // a reader jumps by headings
    await tabTo((now) => now.name === "place");
    for (let i = 0; i < 3; i++) await press.press("ArrowRight");
    await tabTo((now) => now.name === "state");
    await press.press("ArrowDown");
    await tabTo((now) => /^Save: seen/.test(now.text));
    await press.press("Enter");
    await said(page);
    const { body } = await only(d, chart, was, "rounds.checked");
    assert.deepEqual([body.place, body.state], ["hallway", "awake_quiet"]);
  }),

  "names are hidden with one touch, the night has its colours, and both stay": trial(async ({ d, open }) => {
    const page = await open("worker");
    await page.locator("[data-privacy]").click();
    await page.locator("[data-theme-toggle]").click();
    for (const path of ["/", "/rounds"]) {
      await page.goto(d.url + path);
      assert.match(await page.locator(".pii").first().evaluate((e) => getComputedStyle(e).filter), /blur/);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number));
      assert.ok(Math.max(...ground.slice(0, 3)) < 80, `the ground is ${ground}`);
    }
  }),

  "a check can be made at 320 pixels and at four times the size": trial(async ({ d, shared, open }) => {
    for (const [size, options] of [["narrow", {}], [{ width: 320, height: 200 }, { deviceScaleFactor: 4 }]]) {
      const chart = await somebody(shared);
      const was = await mark(d, chart);
      const page = await open("worker", size, options);
      const fits = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${page.url()} scrolls sideways`);
      await fits();
      await page.goto(d.url + "/rounds");
      await fits();
      await rowOf(page, chart).locator("a").click();
      const sheet = sheetOf(page, chart);
      await sheet.waitFor();
      await fits();
      await chip(sheet, "Quiet room");
      await chip(sheet, "Keeping apart");
      await save(sheet);
      await said(page);
      assert.equal((await only(d, chart, was, "rounds.checked")).body.place, "quiet_room");
    }
  }),

  "what a thumb touches on the round is at least 48 pixels high and in reach": trial(async ({ d, shared, open }) => {
    const page = await open("worker");
    const sheet = await openSheet(page, d, await somebody(shared));
    const low = await sheet.evaluate((form) => [...form.querySelectorAll("button, label.chip, a.btn")].filter((one) => one.checkVisibility()).map((one) => [one.textContent.trim(), one.getBoundingClientRect()]).filter(([, box]) => box.height < 47.5 || box.width < 47.5).map(([text, box]) => `${text}: ${box.width} × ${box.height}`));
    assert.deepEqual(low, []);
    const main = await sheet.locator(".sheet-foot button:visible").boundingBox();
    assert.ok(main.y > 844 / 2, "the button that saves is in the thumb's half");
  }),

  "at the desk: the strip of the night with its table, for the eye and on paper": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const page = await open("worker");
    await whole(await openSheet(page, d, chart), "Awake").click();
    await said(page);
    const desk = await open("supervisor", "desk");
    await desk.goto(d.url + `/clients/${chart}`);
    const name = (await desk.locator("h1").first().textContent()).trim();
    await desk.goto(d.url + "/rounds/night");
    assert.ok(await desk.locator(".strip").count() >= d.clients.length - 3, "a strip for everybody here");
    await desk.locator("input[name=view][value=table]").check();
    await desk.locator(".view-b table", { hasText: name }).waitFor();
    await desk.emulateMedia({ media: "print" });
    for (const away of [".nav", ".top button", ".no-print"]) assert.equal(await desk.locator(`${away}:visible`).count(), 0, `${away} is not for paper`);
    const paper = await desk.pdf({ format: "A4" });
    assert.equal(paper.subarray(0, 5).toString(), "%PDF-");
    await desk.emulateMedia({ media: "screen" });
    await desk.goto(d.url + "/rounds/paper");
    assert.match(await desk.locator("main").innerText(), new RegExp(name));
  }),

  "the board on the wall shows a look at once, and no diagnosis": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const wall = await open("supervisor", "wall");
    await wall.goto(d.url + "/wall");
    const text = await wall.locator("main, body").first().innerText();
    assert.doesNotMatch(text, /disorder|depress|schizo|suicid/i);
    const page = await open("worker");
    const sheet = await openSheet(page, d, chart);
    await chip(sheet, "Outside");
    await chip(sheet, "Talking");
    await save(sheet);
    await until("the look on the wall", async () => (await wall.locator(".wall-row", { hasText: "Outside" }).count()) > 0);
  }),
};
