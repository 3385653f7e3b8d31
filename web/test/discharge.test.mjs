// A whole leaving on a phone: things taken in with signatures, the plan, a follow-up, things back, the summary, the papers, and the discharge,
// which is offered once it is said who sees the person next and what becomes of their things. And one who left without a word.
import assert from "node:assert/strict";
import { axe, resize, sizes, Taps } from "./lib.mjs";
import { chip, dues, entries, file, mark, morning, night, only, somebody, trial, until } from "./walk.mjs";

export const before = () => night("--hours", "3");
export const after = morning;

/** Draws a line in the first box to sign in that is shown. */
async function sign(page, part) {
  const pad = part.locator("[data-sign-pad]");
  await page.locator("[data-sign=on]").first().waitFor(); // before that a finger draws nothing, and drags what is under it
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  await page.mouse.move(box.x + 30, box.y + box.height / 2);
  await page.mouse.down();
  for (let i = 1; i <= 20; i++) await page.mouse.move(box.x + 30 + i * 8, box.y + box.height / 2 + 20 * Math.sin(i));
  await page.mouse.up();
}

const submit = (page, form) => page.locator(`${form} button[type=submit]:visible`).last().click();
const step = (page, name) => page.locator(`#step-${name}`);

export default {
  "somebody leaves well, from the coat to the door": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const at = `${d.url}/clients/${chart}`;
    let since = await mark(d, chart);
    const page = await open("nurse");

    await page.goto(at + "/belongings/in");
    await page.fill("[name='items.0.what']", "Coat, green");
    await chip(page.locator("fieldset", { has: page.locator("[name='items.0.what']") }).first(), "Locker");
    await page.fill("[name='items.1.what']", "Cash");
    const second = page.locator(".thing-row", { has: page.locator("[name='items.1.what']") });
    await chip(second, "Safe");
    await second.locator("summary").click();
    await page.fill("[name='items.1.value.amount']", "42,5");
    assert.deepEqual(await axe(page), []);
    await page.fill("[name='signature.name']", "A. Client");
    await sign(page, page.locator("#signature"));
    await page.locator("label.chip", { hasText: "Somebody else saw it" }).click();
    await page.fill("[name='witness.name']", "Yusuf Adeyin");
    await page.locator("#witness label.check").click();
    await page.locator("#witness [data-sign-pad]").waitFor({ state: "hidden" });
    await submit(page, "#belongings");
    await page.waitForURL(at + "/belongings");
    const taken = await only(d, chart, since, "belongings.taken_in");
    assert.deepEqual(taken.body.items, [{ what: "Coat, green", count: 1, kept: "locker" }, { what: "Cash", count: 1, kept: "safe", value: { amount: 4250, currency: "USD" } }]);
    assert.ok(taken.body.signature.drawn.lines[0].length > 20);
    assert.deepEqual(taken.body.witness, { name: "Yusuf Adeyin", typed: true });

    const coat = page.locator("#here li", { hasText: "Coat, green" });
    await coat.locator("summary").click();
    await coat.locator("[name=photo]").setInputFiles({ name: "coat.png", mimeType: "image/png", buffer: await page.screenshot() });
    await coat.locator("button[type=submit]").click();
    await coat.locator("img").waitFor();
    await until("the photo", () => coat.locator("img").evaluate((one) => one.scrollIntoView() ?? (one.complete && one.naturalWidth > 0)));

    await page.goto(at + "/discharge");
    assert.match(await step(page, "leave").innerText(), /Say first: No follow-up booked, and no reason said. Belongings/);
    await page.goto(at + "/discharge/plan");
    await page.fill("[name=plan]", "“I go to my flat.”");
    await page.fill("[name=signs]", "I stop answering the phone");
    await submit(page, "form[data-entry='discharge.planned']");
    await page.waitForURL(at + "/discharge");

    const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toLocaleDateString("en-CA", { timeZone: zone });
    const zone = await page.evaluate(() => document.documentElement.dataset.zone);
    for (const [ahead, words] of [[0, /On the day of leaving: does not count/], [7, /Within seven days/]]) {
      await page.goto(at + "/discharge/follow-up");
      await chip(page.locator("form[data-entry]"), "Therapy");
      await page.fill("[name=with]", "Harbour Clinic");
      await page.fill("[name=at_date]", day(ahead));
      await page.fill("[name=at_time]", "10:30");
      await submit(page, "form[data-entry='discharge.follow_up_booked']");
      await page.waitForURL(at + "/discharge");
      assert.match(await step(page, "follow_up").innerText(), words);
      if (ahead === 0) assert.match(await step(page, "leave").innerText(), /No follow-up booked/, "a visit on the day itself is none");
    }
    assert.match(await step(page, "leave").innerText(), /Say first: Belongings/);
    assert.deepEqual(await axe(page), []);

    await step(page, "belongings").locator("a.btn").click();
    for (const box of await page.locator("label.check", { has: page.locator("[name^='parts.']") }).all()) await box.click();
    await page.fill("[name='signature.name']", "A. Client");
    await sign(page, page.locator("#signature"));
    await submit(page, "#belongings");
    await page.waitForURL(at + "/belongings");
    assert.match(await page.locator("#gone").innerText(), /Coat, green/);

    await page.goto(at + "/discharge/summary");
    for (const part of ["why_here", "what_happened", "how_now", "what_next"]) await page.fill(`[name='parts.${part}']`, `Words on ${part}`);
    await page.locator("label.check", { hasText: "Follow-up booked" }).first().click();
    await submit(page, "form[data-entry='discharge.summary_written']");
    await page.waitForURL(at + "/discharge");
    const summary = (await entries(d, chart, since)).at(-1);
    assert.deepEqual([summary.kind, summary.cites.length], ["discharge.summary_written", 1]);

    await page.goto(at + "/discharge/papers");
    await page.emulateMedia({ media: "print" });
    const paper = await page.locator(".handout").innerText();
    assert.match(paper, /Who you will see next[\s\S]*Harbour Clinic[\s\S]*“I go to my flat.”[\s\S]*988/);
    assert.ok(await page.locator(".handout p").first().evaluate((one) => parseFloat(getComputedStyle(one).fontSize)) >= 20, "large");
    assert.equal(await page.locator("nav").first().isVisible(), false);
    await page.emulateMedia({ media: "screen" });
    await page.goto(at + "/discharge");
    await chip(step(page, "copy"), "On paper");
    await step(page, "copy").locator("button[type=submit]").click();
    await until("the copy", async () => /On paper/.test(await step(page, "copy").locator("p").first().innerText().catch(() => "")));
    await chip(step(page, "leave"), "Home");
    await submit(page, "#discharge");
    await until("the discharge", async () => (await entries(d, chart, since)).some((one) => one.kind === "clients.discharged"));
    assert.deepEqual((await dues(d)).filter((one) => one.chart === chart), [], "nothing is asked for");
  }),

  "who leaves without a word is discharged in a few touches, and what is missing is asked for": trial(async ({ d, shared, open }) => {
    const chart = await somebody(shared);
    const page = await open("nurse");
    await resize(page, sizes.narrow);
    await page.goto(`${d.url}/clients/${chart}/discharge`);
    const since = await mark(d, chart);
    const taps = new Taps();
    const touch = (part, words) => taps.tap(part.locator("label.chip:visible", { has: page.locator(`span:text-is("${words}")`) }).first());
    await taps.tap(step(page, "follow_up").locator("summary"));
    await touch(step(page, "follow_up"), "Left without telling");
    await taps.tap(step(page, "follow_up").locator("button[type=submit]"));
    if (await until("the answer", async () => (await step(page, "leave").locator("#discharge").count()) || /Belongings/.test(await step(page, "leave").innerText()) && 2) === 2) {
      await taps.tap(step(page, "belongings").locator("summary"));
      await page.fill("#left-reason", "In the store room until they call");
      await taps.tap(step(page, "belongings").locator("button[type=submit]"));
    }
    await step(page, "leave").locator("#discharge").waitFor();
    await touch(step(page, "leave"), "Not known");
    await taps.tap(page.locator("#discharge button[type=submit]"));
    await until("the discharge", async () => (await entries(d, chart, since)).some((one) => one.kind === "clients.discharged"));
    assert.ok(taps.count <= 7, `${taps.count} taps`);
    // Of one who went past this page, by whatever door, the board of the unit asks.
    const other = await somebody(shared);
    await file(d, "nurse", [other, "clients.discharged", { destination: "home" }]);
    await resize(page, sizes.phone);
    await page.goto(d.url + "/");
    const row = page.locator(`[id='due-${other}-discharge.follow_up']`);
    assert.match(await row.innerText(), /No follow-up booked, and no reason said/);
    await row.locator("a.btn").click();
    await page.waitForURL(`${d.url}/clients/${other}/discharge`);
    await step(page, "follow_up").locator("summary").click();
    await chip(step(page, "follow_up"), "Offered, and they do not want it");
    await page.fill("#none-words", "“I have had enough of offices.”");
    await step(page, "follow_up").locator("button[type=submit]").click();
    await until("the reason", async () => /declined/.test(await step(page, "follow_up").innerText()));
    await page.goto(d.url + "/");
    assert.equal(await row.count(), 0);
  }),
};
