// Tries in a real browser what the scripts promise, against the gallery and a server of its own making: ids and times, double touches, silence,
// drafts, live rows, growing late, themes, keys.
//
//	node behave.mjs BASE
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const base = process.argv[2];
if (!base) throw new Error("node behave.mjs BASE");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

const fragment = (body, headers = {}) => ({ status: 200, contentType: "text/html; charset=utf-8", body, headers });
const choose = (page, words) => page.getByLabel(words, { exact: true }).click();
const whole = (page, words) => page.locator(".whole button", { hasText: words });

const trials = {
  async "a whole answer carries its id and times, and the answer is shown"({ page, posts }) {
    await page.goto(base + "/round");
    posts.answer = () => fragment('<form id="check2" class="sheet sheet-up" data-entry="rounds.checked" data-row="round-3"><h2>Luis</h2><div class="toast">said</div></form>' +
      '<li id="round-2" data-in="rounds" data-order="99999999999999 x"><a class="rnd" data-pick href="/round">Dariusz moved</a></li>');
    await whole(page, "Asleep").click();
    await page.waitForSelector("#check2");
    const [sent] = posts.sent;
    assert.match(sent.get("id"), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(Math.abs(parseInt(sent.get("id").replace("-", "").slice(0, 12), 16) - Date.now()) < 5000, "the id tells its time");
    assert.match(sent.get("written"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
    assert.equal(sent.get("happened"), sent.get("written"));
    assert.deepEqual([sent.get("chart"), sent.get("place"), sent.get("state"), sent.get("_set")], ["c5", "own-room", "asleep", null]);
    assert.equal(await page.locator("[data-list=rounds] > li:last-child").textContent(), "Dariusz moved");
    assert.equal(await page.locator("[data-pick][aria-current]").count(), 1);
    assert.equal(await page.locator("#round-3 [data-pick][aria-current=true]").count(), 1, "the next row is the one being worked on");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H2", "the focus is on the next sheet");
  },

  async "a double touch sends once"({ page, posts }) {
    await page.goto(base + "/round");
    posts.answer = async () => { await new Promise((done) => setTimeout(done, 1200)); return fragment("<p>done</p>"); };
    await page.evaluate(() => { const b = document.querySelector(".whole button"); b.click(); b.click(); });
    assert.equal(await page.locator(".whole button[aria-busy=true]").count(), 1);
    await page.waitForSelector("#sheet > p");
    assert.equal(posts.sent.length, 1);
  },

  async "silence keeps the words, and the same words go again with the same id and times"({ page, posts }) {
    await page.goto(base + "/round");
    posts.answer = () => null;
    await whole(page, "Asleep").click();
    await page.waitForSelector("[data-form-error]:not([hidden])");
    assert.match(await page.locator("[data-form-error]").textContent(), /Nothing you wrote is lost/);
    posts.answer = () => ({ status: 503, body: "busy" });
    await whole(page, "Asleep").click();
    await page.waitForFunction(() => !document.querySelector("[data-busy]"));
    await whole(page, "Awake").click();
    await page.waitForFunction(() => !document.querySelector("[data-busy]"));
    const [first, again, other] = posts.sent.map((form) => form.toString());
    assert.equal(again, first);
    assert.equal(new URLSearchParams(other).get("id"), new URLSearchParams(first).get("id"), "one form never makes two entries");
    assert.notEqual(other, first);
  },

  async "what the server refuses is shown with its reasons, and the next try is a new one"({ page, posts }) {
    await page.goto(base + "/form");
    posts.answer = () => ({ ...fragment('<form id="new-client" data-entry="clients.registered" action="/entries/clients.registered" data-draft="x"><div class="summary" data-focus tabindex="-1">Say a name</div><input name="name" value="R"><button>Go</button></form>'), status: 422 });
    await page.getByRole("button", { name: "Register" }).click();
    await page.waitForSelector("#new-client .summary");
    assert.equal(await page.evaluate(() => document.activeElement.className), "summary");
    posts.answer = () => ({ status: 204, headers: { "Milieu-Location": "/chart" } });
    await page.getByRole("button", { name: "Go" }).click();
    await page.waitForURL(base + "/chart");
    assert.notEqual(posts.sent[0].get("id"), posts.sent[1].get("id"));
    assert.equal(posts.sent[0].get("legal_name"), "Rafi Idris Haddad");
    assert.equal(posts.sent[0].has("name"), false, "blanks are left out");
    assert.equal(posts.sent[0].get("arrived"), "2026-11-19T15:20:00.000+01:00", "day and time are the house's, wherever the device is set");
    assert.match(posts.sent[0].get("written"), /-0[45]:00$/, "written is by the device's own clock and zone");
  },

  async "what is wrong with a field is said at the field"({ page, posts }) {
    await page.goto(base + "/form");
    posts.answer = () => ({ status: 422, contentType: "application/json", body: JSON.stringify({ text: "some answers need another look", fields: [{ name: "helps", text: "Say it in fewer words" }, { name: "arrived", text: "This is later than now" }, { name: "unit", text: "Choose a unit" }] }) });
    await page.getByRole("button", { name: "Register" }).click();
    await page.waitForSelector("[data-fault]");
    assert.equal(await page.evaluate(() => document.activeElement.id), "helps");
    assert.equal(await page.locator("#helps").getAttribute("aria-invalid"), "true");
    assert.match(await page.locator("#helps").evaluate((e) => e.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join("; ")), /visits.*fewer words/);
    assert.equal(await page.locator("[data-form-error]").textContent(), "some answers need another look. Choose a unit");
    await page.locator("#helps").fill("Quiet");
    assert.equal(await page.locator("#helps").getAttribute("aria-invalid"), null);
    assert.equal(await page.locator("[data-fault]").count(), 1);
  },

  async "a link changes its part of the page, also from a route that knows only pages"({ page }) {
    await page.goto(base + "/round");
    await page.locator("#round-4 .rnd").click();
    await page.waitForFunction(() => document.activeElement.id === "check-h");
    assert.equal(await page.locator("#round-4 [aria-current]").count(), 0, "the sheet says whose it is");
    await page.evaluate(() => { document.querySelector("#round-1 .rnd").setAttribute("data-swap", ".page-head"); document.querySelector("#round-1 .rnd").href = "/shift"; });
    await page.locator("#round-1 .rnd").click();
    await page.waitForFunction(() => document.querySelector(".page-head h1").textContent === "2 late, 4 now");
    await page.evaluate(() => { location.hash = "check"; });
    await page.goBack();
    assert.equal(await page.locator(".page-head h1").textContent(), "2 late, 4 now", "a link inside the page loads nothing");
  },

  async "questions follow the answers, and an unready form points at what is missing"({ page, posts }) {
    await page.goto(base + "/round");
    await page.getByRole("button", { name: "Choose where and how" }).click();
    assert.equal(posts.sent.length, 0);
    assert.equal(await page.evaluate(() => document.activeElement.name), "place");
    assert.equal(await page.locator("fieldset#why").isVisible(), false);
    await choose(page, "Hallway");
    await choose(page, "Pacing");
    await choose(page, "Not seen");
    assert.equal(await page.locator("fieldset#why").isVisible(), true);
    assert.equal(await page.locator("fieldset#place").isVisible(), false);
    assert.equal(await page.locator(".when-ready").isVisible(), false);
    assert.equal((await page.locator(".when-not-ready").innerText()).trim(), "Choose why");
    await choose(page, "No answer");
    assert.match((await page.locator(".when-ready").innerText()).trim(), /^Save: not seen 13:5\d$/);
    await page.locator(".when-ready").click();
    await page.waitForFunction(() => !document.querySelector("[data-busy]"));
    assert.deepEqual([posts.sent[0].get("place"), posts.sent[0].get("why"), posts.sent[0].get("seen")], [null, "No answer", "no"]);
  },

  async "a draft survives, words and all, but no answer to a check does"({ page }) {
    await page.addInitScript(() => { delete Navigator.prototype.serviceWorker; }); // nobody is signed in here: without the device's part, which seals
    await page.goto(base + "/form");
    await page.locator("#helps").fill("Quiet");
    await choose(page, "he, him");
    await page.waitForTimeout(350);
    await page.reload();
    await page.waitForFunction(() => document.querySelector("#helps").value === "Quiet");
    assert.equal(await page.locator("input[name=pronouns]:checked").getAttribute("value"), "he, him");
    assert.match(await page.locator("[data-draft-note]").textContent(), /^Kept from \d\d:\d\d$/);
    await page.goto(base + "/round");
    await choose(page, "Hallway");
    await choose(page, "Note");
    await page.locator("textarea[name=note]").fill("He asked for water");
    await page.waitForTimeout(350);
    await page.reload();
    await page.waitForFunction(() => document.querySelector("textarea[name=note]").value !== "");
    assert.equal(await page.locator("input[name=place]:checked").count(), 0);
  },

  async "the server and the scripts say times alike"({ page }) {
    const served = await (await fetch(base + "/")).text();
    await page.goto(base + "/");
    const said = await page.locator("time[data-rel]").allTextContents();
    const sent = [...served.matchAll(/data-rel="\w+">([^<]*)</g)].map((hit) => hit[1]);
    assert.deepEqual(said, sent);
    const rings = [...served.matchAll(/<b>([^<]*)<\/b><small>([^<]*)</g)].map((hit) => hit[1] + hit[2]);
    assert.deepEqual(await page.locator(".ring > span").evaluateAll((all) => all.map((one) => one.textContent)), rings);
  },

  async "rows grow late by themselves and take their place"({ page }) {
    await page.clock.install();
    await page.goto(base + "/shift");
    assert.equal(await page.locator("#dues-late .due").count(), 2);
    await page.clock.runFor(62_000);
    assert.equal(await page.locator("#due-3").getAttribute("data-state"), "late");
    assert.equal(await page.locator("[data-list=dues-late] > li:last-child").getAttribute("id"), "due-3");
    assert.equal(await page.locator("[data-count=dues-late]").textContent(), "3");
    assert.equal(await page.locator("#due-3 time[data-rel]").textContent(), "under 1 min late");
    assert.equal(await page.locator("#due-3 .is-late").isVisible(), true);
    assert.equal(await page.locator(".top-clock").textContent(), "13:53");
    await page.goto(base + "/round");
    await page.clock.runFor(65_000);
    assert.equal(await page.locator("#round-2 .ring").getAttribute("data-state"), "late");
    assert.equal(await page.locator("#round-1 .ring b").textContent(), "+4");
  },

  async "live rows replace, come, go and are counted; a finger on the glass holds them"({ page }) {
    await page.goto(base + "/shift");
    await page.evaluate(() => {
      window.sources = [];
      window.EventSource = class { static CLOSED = 2; constructor(address) { this.address = address; window.sources.push(this); this.listeners = {}; setTimeout(() => this.onopen?.()); } addEventListener(kind, f) { this.listeners[kind] = f; } close() {} };
      document.body.dataset.live = "/live?topic=unit%3A1";
    });
    await page.addScriptTag({ url: await page.locator("script[defer]").getAttribute("src") });
    const emit = (html, id) => page.evaluate(([data, lastEventId]) => window.sources.at(-1).onmessage({ data, lastEventId }), [html, id]);
    const row = (id, state, order, text) => `<li class="due" id="${id}" data-in="dues" data-state="${state}" data-order="${order}"><a href="#" data-pick>${text}</a></li>`;
    await page.locator("#due-2 .btn").focus();
    await emit(row("due-2", "now", "00", "Luis again"), "7");
    assert.equal(await page.locator("[data-list=dues-now] > li:first-child").textContent(), "Luis again");
    assert.equal(await page.locator("[data-count=dues-now]").textContent(), "5");
    await emit(row("due-99", "next", "99999999999999", "Last") + '<li id="due-3" data-remove></li>', "8");
    assert.equal(await page.locator("[data-list=dues-next] > li:last-child").textContent(), "Last");
    assert.equal(await page.locator("#due-3").count(), 0);
    await emit('<li id="due-1" data-remove></li>', "9");
    assert.equal(await page.locator("#dues-late").isVisible(), false, "an empty group is hidden");
    await page.mouse.move(600, 400);
    await page.mouse.down();
    await emit('<li id="due-4" data-remove></li>', "10");
    assert.equal(await page.locator("#due-4").count(), 1);
    await page.mouse.up();
    await page.waitForFunction(() => !document.getElementById("due-4"));
    await page.evaluate(() => { const s = window.sources.at(-1); s.readyState = 2; s.onerror(); });
    await page.waitForFunction(() => window.sources.length === 2);
    assert.match(await page.evaluate(() => window.sources[1].address), /after=10$/);
  },

  async "night and hidden names are remembered"({ page }) {
    await page.goto(base + "/shift");
    await page.locator("[data-theme-toggle]").click();
    await page.locator("[data-privacy]").click();
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    assert.equal(await page.locator("[data-privacy]").getAttribute("aria-pressed"), "true");
    assert.match(await page.locator("#due-1 .pii").evaluate((e) => getComputedStyle(e).filter), /blur/);
  },

  async "keys, dialogs, sheets and toasts"({ page }) {
    await page.goto(base + "/");
    await page.getByRole("button", { name: "Raise the level" }).click();
    assert.equal(await page.locator("#raise").evaluate((d) => d.open), true);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#raise").evaluate((d) => d.open), false);
    await page.goto(base + "/round");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#check").count(), 0);
    assert.equal(await page.locator("[data-pick][aria-current]").count(), 0);
  },

  async "no network is said, and said to be over"({ page, context }) {
    await page.goto(base + "/shift");
    await context.setOffline(true);
    await page.waitForSelector("[data-offline]:not([hidden])");
    assert.match(await page.locator("[data-offline]").textContent(), /No network since \d\d:\d\d\..*Work on as usual/s);
    assert.equal(await page.locator("[data-net]").getAttribute("data-net"), "off");
    await context.setOffline(false);
    await page.waitForSelector("[data-offline][hidden]", { state: "attached" });
  },

  async "undo posts the withdrawal it carries"({ page, posts }) {
    await page.goto(base + "/states");
    posts.answer = () => fragment('<div data-toast class="toast-fixed"><div class="toast">Withdrawn</div></div>');
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction(() => document.querySelector("#toasts").textContent === "Withdrawn");
    assert.deepEqual([posts.sent[0].get("amends"), posts.sent[0].get("amendment"), posts.sent[0].get("chart")], ["e1", "withdrawn", "c6"]);
    assert.ok(posts.sent[0].get("id"));
  },
};

let failed = 0;
for (const [name, trial] of Object.entries(trials)) {
  const context = await browser.newContext({ timezoneId: "America/New_York", reducedMotion: "reduce" });
  const page = await context.newPage();
  const posts = { sent: [], answer: () => fragment("<p>done</p>") };
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.route("**/entries/**", async (route) => {
    posts.sent.push(new URLSearchParams(route.request().postData() ?? ""));
    const answer = await posts.answer();
    await (answer ? route.fulfill(answer) : route.abort());
  });
  try {
    page.setDefaultTimeout(4000);
    await trial({ page, posts, context });
    assert.deepEqual(errors, []);
    console.log("ok   " + name);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}\n     ${error.message.split("\n").join("\n     ")}`);
  }
  await context.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
