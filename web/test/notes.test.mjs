// Notes in a real browser: a few words about somebody in two touches, a progress note that cites the day and is signed in four, words that come back
// after a crash and from another device, what is too much, and the check of plain words with its own bench.
//
//	node web/test/run.mjs notes
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { axe, demo, folder, launch, resize, sizes, Taps } from "./lib.mjs";
import { startLine } from "./line.mjs";
import { entries, file, mark, morning, nightZone, said, trial, until } from "./walk.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const notes = (d, chart, after, kind = "notes.written") => entries(d, chart, after).then((all) => all.filter((one) => one.kind === kind));
const kept = (page) => page.locator("#note:not([data-unkept]) [data-kept]:not([hidden])").waitFor();
const compose = (d, chart, more = "") => `${d.url}/clients/${chart}/notes/new${more}`;

async function fill(page, parts) {
  for (const [code, text] of Object.entries(parts)) await page.fill(`#part-${code}`, text);
}

const whole = { behaviour: "Came to the kitchen at 10:00 and set the table.", intervention: "Sat with him while the soup cooked.", response: "Laughed, and ate a full bowl.", plan: "Shops on Friday." };

/** What a script of the page does, without the page: compiled as it is. */
function compiled(name) {
  const out = folder();
  try {
    execFileSync(join(web, "node_modules/.bin/tsc"), [join(web, "src", name + ".ts"), "--ignoreConfig", "--outDir", out.dir, "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--strict", "--noUncheckedIndexedAccess"], { stdio: "pipe" });
    return readFileSync(join(out.dir, name + ".js"), "utf8");
  } finally {
    out.remove();
  }
}

const load = (js) => import("data:text/javascript," + encodeURIComponent(js));
const house = JSON.parse(readFileSync(join(web, "../care/notes/data/words.en.json"), "utf8")).terms;

export async function before() {
  const d = await demo("--still", "--zone", nightZone());
  return { d, browser: await launch(), used: 0 };
}

export async function after(shared) {
  await morning(shared);
}

/** Somebody whom no other trial here has written about. */
const somebody = ({ shared, d }) => d.clients[shared.used++];

export default {
  "a few words about somebody: two touches, said back by name, taken back": trial(async ({ shared, d, open }) => {
    const page = await open("worker", "phone", { serviceWorkers: "block" });
    const chart = somebody({ shared, d });
    const since = await mark(d, chart);
    const taps = new Taps();
    await taps.tap(page.locator(".nav a[href='/notes']"));
    await page.locator("#quick-text:focus").waitFor();
    await page.keyboard.type("Asked for a walk. “The garden helps.”");
    const button = page.locator(`button[name=chart][value="${chart}"]`);
    const name = (await button.locator(".pii").innerText()).trim();
    await taps.tap(button);
    assert.match(await said(page), new RegExp(name));
    assert.equal(taps.reset(), 2);
    const [note] = await notes(d, chart, since, "notes.noted");
    assert.equal(note.body.text, "Asked for a walk. “The garden helps.”");
    assert.equal(await page.inputValue("#quick-text"), "");
    await page.locator("#toasts .toast button", { hasText: "Undo" }).click();
    await until("the withdrawal", async () => (await entries(d, chart, since)).some((one) => one.amends === note.id));
    for (const size of ["narrow", "phone", "desk"]) {
      await resize(page, sizes[size]);
      await page.goto(d.url + "/notes");
      assert.deepEqual(await axe(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `/notes scrolls sideways at ${sizes[size].width}`);
    }
  }),

  "a progress note that cites the day: four touches and words, needed parts told beforehand, then locked": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const [{ id: fact }] = await file(d, "worker", [chart, "rounds.checked", { place: "kitchen", state: "eating", method: "seen" }]);
    const since = await mark(d, chart);
    for (const size of ["phone", "desk"]) {
      const page = await open("worker", size);
      const taps = new Taps();
      await taps.tap(page.locator(".nav a[href='/notes']"));
      await taps.tap(page.locator(`#progress a[href$="${chart}/notes/new"]`));
      await page.locator("#part-behaviour:focus").waitFor();
      await page.keyboard.type(whole.behaviour);
      assert.match(await page.locator("[data-missing]").innerText(), /Intervention, Response/);
      for (const part of ["intervention", "response"]) {
        await page.keyboard.press("Tab");
        await page.keyboard.type(whole[part]);
      }
      await taps.tap(page.locator(`label:has(input[value="${fact}"])`));
      assert.match(await page.locator("[data-cited]").innerText(), /kitchen, eating/);
      assert.match(await page.locator("[data-cite-count]").innerText(), /^1 of/);
      assert.deepEqual(await axe(page), []);
      await kept(page);
      await taps.tap(page.locator("button.when-ready"));
      await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
      assert.ok(taps.reset() <= 4);
      const read = await page.locator(".note-page").innerText();
      for (const text of [whole.behaviour, whole.response, "kitchen, eating"]) assert.ok(read.includes(text), text);
      assert.deepEqual(await axe(page), []);
      await page.goto(compose(d, chart));
      assert.equal(await page.inputValue("#part-behaviour"), "", "a signed note leaves no draft and fills nothing in");
    }
    const written = await notes(d, chart, since);
    assert.equal(written.length, 2);
    assert.deepEqual(written[0].cites, [fact]);
  }),

  "words that read as blame: another is offered, quotations are left alone, and what was kept stays kept": trial(async ({ shared, d, open }) => {
    const page = await open("worker", "phone");
    const chart = somebody({ shared, d });
    await page.goto(compose(d, chart));
    await page.fill("#part-behaviour", "He refused the soup. He said “I refused it”. She claims to be well.");
    const offers = page.locator(".note-part").first().locator(".word");
    await offers.first().waitFor();
    assert.equal(await offers.count(), 2);
    await offers.first().locator("button", { hasText: "Use “declined”" }).click();
    assert.equal(await page.inputValue("#part-behaviour"), "He declined the soup. He said “I refused it”. She claims to be well.");
    assert.equal(await offers.count(), 1);
    await offers.first().locator("button", { hasText: "it is a quotation" }).click();
    assert.equal(await offers.count(), 0);
    await kept(page);
    await page.reload();
    await until("the draft", async () => (await page.inputValue("#part-behaviour")).startsWith("He declined"));
    await page.locator("#part-behaviour").press("End");
    await page.keyboard.type(" He was manipulative.");
    await offers.first().waitFor();
    assert.equal(await offers.count(), 1, "what was said to be a quotation is remembered");
    assert.match(await offers.innerText(), /motive/);
  }),

  "much like the last note: fresh words are asked for, and signing goes on": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const since = await mark(d, chart);
    const page = await open("worker", "desk", { serviceWorkers: "block" });
    for (const round of [0, 1]) {
      await page.goto(compose(d, chart));
      await fill(page, whole);
      if (round) {
        await page.locator("[data-ask-fresh]:not([hidden])").waitFor();
        assert.match(await page.locator("[data-likeness-words]").innerText(), /^100 %/);
      }
      await page.locator("button.when-ready").click();
      await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
    }
    const [, second] = await notes(d, chart, since);
    assert.equal(second.body.likeness, 100);
  }),

  "200 kB pasted: told as it stands there, kept, and not sent; other scripts come through byte for byte": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const since = await mark(d, chart);
    const page = await open("worker", "phone", { serviceWorkers: "block" });
    await page.goto(compose(d, chart, "?format=free"));
    const large = "שלום ".repeat(25_000);
    await page.fill("#part-text", large);
    await page.locator("[data-room-words].error").waitFor();
    assert.match(await page.locator("[data-room-words]").innerText(), /kB/);
    await page.locator("button.when-ready").click();
    await page.locator("#note [data-form-error]:not([hidden])").waitFor();
    assert.equal(await page.inputValue("#part-text"), large);
    assert.equal((await notes(d, chart, since)).length, 0);
    const text = "سَلْمَىٰ: שָׁלוֹם, cafe\u0301 👩‍👩‍👧 \u202eend";
    await page.fill("#part-text", text);
    await until("room again", async () => page.locator("#note [data-form-error]").isHidden());
    await page.locator("button.when-ready").click();
    await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
    const [note] = await notes(d, chart, since);
    assert.equal(note.body.parts.text, text);
    assert.ok((await page.locator(".said-words").first().innerText()).includes("سَلْمَىٰ"));
  }),

  "left for later, and finished: the words and the citations come back": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const [{ id: fact }] = await file(d, "worker", [chart, "rounds.checked", { place: "hallway", state: "pacing", method: "seen" }]);
    const since = await mark(d, chart);
    const page = await open("worker", "phone");
    await page.goto(compose(d, chart));
    await page.fill("#part-behaviour", whole.behaviour);
    await page.locator(`label:has(input[value="${fact}"])`).click();
    await kept(page);
    await page.locator("button[form=note-later]").click();
    await page.waitForURL(/\/notes$/);
    const mine = page.locator(`#notes-mine a[href*="${chart}"]`);
    await mine.click();
    await until("the words", async () => (await page.inputValue("#part-behaviour")) === whole.behaviour);
    assert.ok(await page.locator(`input[value="${fact}"]`).isChecked());
    await page.locator(".cite-time").first().click(); // to the entry and back
    await page.goBack();
    await until("the words again", async () => (await page.inputValue("#part-behaviour")) === whole.behaviour);
    await fill(page, whole);
    await page.locator("button.when-ready").click();
    await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
    const [begun] = await notes(d, chart, since, "notes.begun");
    const [note] = await notes(d, chart, since);
    assert.equal(note.body.begun, begun.id);
    assert.deepEqual(note.cites, [fact]);
    await page.goto(d.url + "/notes");
    assert.equal(await page.locator(`#notes-mine a[href*="${chart}"]`).count(), 0);
  }),

  "one note on two devices: both texts are kept, and put together by hand": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const phone = await open("worker", "phone");
    const desk = await open("worker", "desk");
    const put = (page) => page.waitForResponse((answer) => answer.request().method() === "PUT" && answer.url().includes("/drafts/"), { timeout: 15_000 });
    await phone.goto(compose(d, chart, "?format=free"));
    await desk.goto(compose(d, chart, "?format=free"));
    const first = put(phone);
    await phone.fill("#part-text", "On the phone.");
    await first;
    const second = put(desk);
    await desk.fill("#part-text", "At the desk.");
    assert.equal((await second).status(), 200);
    await desk.locator(".draft-other").waitFor();
    assert.match(await desk.locator(".draft-other").innerText(), /On the phone\./);
    await desk.locator(".draft-other button").first().click();
    assert.equal(await desk.inputValue("#part-text"), "At the desk.\nOn the phone.");
    assert.deepEqual(await axe(desk), []);
  }),

  "a photo goes along; without a network the words stay": trial(async ({ shared, d, open, allow }) => {
    const chart = somebody({ shared, d });
    const since = await mark(d, chart);
    const page = await open("worker", "phone", { serviceWorkers: "block" });
    allow((text) => /Failed to load resource/.test(text));
    await page.goto(compose(d, chart, "?format=free"));
    await page.fill("#part-text", "See the photo.");
    const photo = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
    await page.setInputFiles("input[data-file]", { name: "bruise.png", mimeType: "image/png", buffer: photo });
    await page.locator("[data-file-list] li").waitFor();
    await page.setInputFiles("input[data-file]", { name: "page.html", mimeType: "text/html", buffer: Buffer.from("<!doctype html><script>1</script>") });
    await page.locator("[data-file-error]:not([hidden])").waitFor();
    await page.context().setOffline(true);
    await page.setInputFiles("input[data-file]", { name: "two.png", mimeType: "image/png", buffer: photo });
    await until("the words about the network", async () => /network/.test(await page.locator("[data-file-error]").innerText()));
    await page.context().setOffline(false);
    await page.locator("button.when-ready").click();
    await page.waitForURL(/\/notes\/[0-9a-f-]{36}$/);
    const [note] = await notes(d, chart, since);
    assert.equal(note.body.files.length, 1);
    await until("the picture", () => page.locator("img.note-photo").evaluate((one) => one.complete && one.naturalWidth > 0));
  }),

  "a co-signature adds its own words": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    await file(d, "supervisor", [d.unit, "notes.rules_set", { cosign_roles: ["worker"], cosign_hours: 24 }]);
    const [{ id }] = await file(d, "worker", [chart, "notes.written", { format: "birp", version: 1, from: new Date(Date.now() - 3_600_000).toISOString(), parts: whole }]);
    const page = await open("nurse", "phone", { serviceWorkers: "block" });
    await page.goto(d.url + "/notes");
    await page.locator(`#notes-cosign a[href*="${id}"]`).click();
    assert.match(await page.locator(".note-page").innerText(), /Waits for a co-signature/);
    await page.fill("#cosign-words", "Read together with Jo.");
    await page.locator("#cosign button[type=submit]").click();
    await until("the co-signature", async () => /Co-signed by Bashir Nuri/.test(await page.locator(".note-page").innerText()));
    const text = await page.locator(".note-page").innerText();
    assert.match(text, /Read together with Jo\./);
    assert.ok(text.includes(whole.behaviour));
    assert.doesNotMatch(text, /Waits for/);
  }),

  "dictation only where the device understands it itself, and the house offers it": trial(async ({ shared, d, open }) => {
    const chart = somebody({ shared, d });
    const fake = (answer, local) => `globalThis.SpeechRecognition = class extends EventTarget { ${local ? "get processLocally() { return true } set processLocally(on) {}" : ""}
      start() { globalThis.spoken = this } stop() { this.dispatchEvent(new Event("end")) } static async available() { return ${JSON.stringify(answer)} } };`;
    for (const [offered, script, shown] of [[false, fake("available", true), 0], [true, fake("downloadable", true), 0], [true, fake("available", false), 0], [true, "delete globalThis.SpeechRecognition", 0], [true, fake("available", true), 4]]) {
      await file(d, "supervisor", [d.unit, "notes.rules_set", { dictation: offered || undefined, late_hours: 24 }]);
      const page = await open("worker", "phone", { serviceWorkers: "block" });
      await page.addInitScript(script);
      await page.goto(compose(d, chart));
      await page.locator("[data-missing]", { hasText: "Behaviour" }).waitFor();
      await page.evaluate(() => Promise.resolve());
      if (shown) await page.locator(".dictate").first().waitFor();
      assert.equal(await page.locator(".dictate").count(), shown, script);
      if (!shown) continue;
      await page.locator(".dictate").first().click();
      await page.evaluate(() => globalThis.spoken.dispatchEvent(Object.assign(new Event("result"), { resultIndex: 0, results: [Object.assign([{ transcript: "he slept well" }], { isFinal: true })] })));
      assert.equal(await page.inputValue("#part-behaviour"), "he slept well");
    }
  }),

  async "without a network: a quick note from the pack, delivered later"(shared) {
    const { d } = shared;
    const line = await startLine(d.url);
    const context = await shared.browser.newContext({ viewport: sizes.phone, reducedMotion: "reduce" });
    try {
      const chart = somebody({ shared, d });
      const since = await mark(d, chart);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(d.sign_in.worker.replace(d.url, line.url));
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      await page.goto(line.url + "/device");
      await page.fill("[data-take] input[name=code]", "grey herons on the weir");
      await page.locator("[data-take] button").click();
      await page.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent), null, { timeout: 60_000 });
      line.set("off");
      const taps = new Taps();
      await page.goto(line.url + "/");
      await taps.tap(page.locator(".nav a[href='/notes']"));
      await page.locator("#quick-text").fill("Written in the garden.");
      await taps.tap(page.locator(`button[name=chart][value="${chart}"]`));
      await page.locator(".toast", { hasText: "kept" }).or(page.locator("#toasts .toast")).first().waitFor();
      assert.equal(taps.reset(), 2);
      await page.goto(`${line.url}/clients/${chart}/notes/new`);
      await fill(page, whole);
      await page.locator("button.when-ready").click();
      await page.locator("#toasts .toast").first().waitFor();
      line.set("through");
      await page.evaluate(() => dispatchEvent(new Event("online")));
      await until("both notes", async () => (await entries(d, chart, since)).filter((one) => one.kind.startsWith("notes.")).length === 2, 30_000);
      const [quick, progress] = (await entries(d, chart, since)).filter((one) => one.kind.startsWith("notes."));
      assert.equal(quick.body.text, "Written in the garden.");
      assert.deepEqual(progress.body.parts, whole);
    } finally {
      await context.close();
      line.stop();
    }
  },

  async "plain words: what is found and what is left alone; and how long 5,000 words take"({ browser }) {
    const js = compiled("plain");
    const { finder, find, quotations, schoolYear, threes, likeness } = await load(js);
    const where = finder(house);
    const texts = (text, kept) => find(where, text, kept).map((one) => one.text + (one.use ? ">" + one.use : ""));
    for (const [text, want] of [
      ["He refused lunch.", ["refused>declined"]], ["Refused lunch.", ["Refused>Declined"]], ["He said “I refused”.", []], ["He said \"I refused\" and refused.", ["refused>declined"]],
      ["«refused» and „refused“ and „refused”", []], ["“refused\nrefused", ["refused>declined"]], ["5\" tall, refused", ["refused>declined"]], ["non-compliant, Non compliant, noncompliant", ["non-compliant", "Non compliant", "noncompliant"]],
      ["unrefused refusedly", []], ["She committed suicide.", ["committed suicide>died by suicide"]], ["a failed suicide attempt", ["failed suicide attempt>suicide attempt"]], ["clean kitchen, clean urine", ["clean urine>negative test"]],
      ["is a borderline today", ["a borderline>a person living with borderline personality disorder"]], ["הוא אמר refused שלום", ["refused>declined"]], ["won't engage; won’t engage", ["won't engage", "won’t engage"]], ["", []],
    ]) assert.deepEqual(texts(text), want, text);
    const [first] = find(where, "He refused it. He refused again.");
    assert.deepEqual(texts("He refused it. He refused again.", new Set([first.passage])), ["refused>declined"]);
    assert.deepEqual(texts("He refused it all. He refused again.", new Set([first.passage])).length, 2, "another sentence is another passage");
    assert.deepEqual(quotations("a “b” c \"d\" e"), [[2, 4], [8, 10]]);
    assert.equal(schoolYear("Too short."), null);
    assert.ok(schoolYear("He ate. He sat. She came. They went out. It was fine. The sun was up. ".repeat(4)) <= 2);
    assert.ok(schoolYear("Notwithstanding considerable interdisciplinary encouragement, participation throughout therapeutic programming remained characteristically inconsistent, necessitating comprehensive reconsideration. ".repeat(4)) > 14);
    assert.equal(likeness("one two three four", threes("one two three four")), 100);
    assert.equal(likeness("One, two three. Four", threes("one two three five")), 50);
    assert.equal(likeness("", threes("one two three")), 0);
    const page = await browser.newPage();
    try {
      const took = await page.evaluate(({ js, house }) => {
        const module = new Function(js.replace(/^export /gm, "") + "; return { finder, find };")();
        const where = module.finder(house);
        const base = "He came to the kitchen at ten and refused the soup while she said “I refused that too” and walked slowly along the hallway to rest ".split(" ");
        const text = Array.from({ length: 5000 }, (_, i) => base[i % base.length] + (i % 17 ? "" : ".")).join(" ");
        const times = [];
        for (let run = 0; run < 220; run++) {
          const begun = performance.now();
          module.find(where, text);
          if (run >= 20) times.push(performance.now() - begun);
        }
        times.sort((a, b) => a - b);
        return { found: module.find(where, text).length, median: times[times.length >> 1], p95: times[Math.floor(times.length * 0.95)] };
      }, { js, house });
      assert.ok(took.found > 100);
      console.log(`      plain words in 5,000 words: ${took.median.toFixed(1)} ms at the median, ${took.p95.toFixed(1)} ms at the 95th of a hundred, 200 runs`);
    } finally {
      await page.close();
    }
  },
};
