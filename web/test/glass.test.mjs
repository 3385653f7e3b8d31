// A record opened in an emergency, walked on a phone from the search for earlier records to the look at it afterwards: who opens it, who hears of it
// at once, what stays closed, and how it ends.
import assert from "node:assert/strict";
import { axe, Taps } from "./lib.mjs";
import { chip, entries, file, morning, night, trial, until } from "./walk.mjs";

const password = "a heron stands in the reeds";
const secret = "canary-of-the-hour";

/** A unit, somebody on it, what carries a label that no such opening lifts, and an invitation for a prescriber who is of no unit. */
export async function before() {
  const shared = await night();
  const { d } = shared;
  shared.chart = d.clients[4];
  const { body } = (await entries(d, shared.chart)).find((one) => one.kind === "clients.registered");
  shared.name = body.used ?? body.names?.used ?? body.name;
  shared.birth = body.birth_date ?? "";
  shared.said = body;
  await file(d, "clinician", [shared.chart, "clients.contact_set", { name: "Lou Perrin", relationship: "a friend", phone: "555 0188" }]);
  const now = new Date().toISOString();
  const res = await fetch(`${d.url}/api/entries`, { method: "POST", headers: { Authorization: `Bearer ${d.tokens.clinician}`, "Content-Type": "application/json" },
    body: JSON.stringify([{ id: crypto.randomUUID().replace(/^(.{14})./, "$17"), chart: shared.chart, kind: "clients.diagnosis_noted", version: 1, happened: now, written: now, labels: ["substance-use"], body: { text: secret, by: "Dr Imke Raad" } }]) });
  assert.equal(res.status, 200);
  const [answer] = await res.json();
  assert.equal(answer.status, "accepted", JSON.stringify(answer));
  const context = await shared.browser.newContext();
  const page = await context.newPage();
  await page.goto(d.sign_in.administrator);
  await page.goto(`${d.url}/staff`);
  await page.locator("main a", { hasText: "Amadou Keita" }).first().click();
  await page.locator("form[action$='/invite'] button").click();
  shared.invitation = new URL(await page.locator("[name=link]").inputValue()).pathname;
  await context.close();
  return shared;
}

export const after = morning;

export default {
  "from the search to the review": trial(async ({ shared, open, allow }) => {
    const { d, chart, name } = shared;
    const boss = await open("supervisor", "phone", { serviceWorkers: "block" });
    const nurse = await open("nurse", "phone", { serviceWorkers: "block" });
    for (const page of [boss, nurse]) await page.goto(`${d.url}/`);
    const held = (page) => page.locator(".due", { hasText: "opened in an emergency" });
    assert.equal(await held(boss).count(), 0);

    const page = await open(undefined, "phone", { serviceWorkers: "block" });
    await page.goto(d.url + shared.invitation);
    await page.fill("[name=password]", password);
    await page.locator("[data-sign-in-new] button[type=submit]").click();
    await page.waitForURL((at) => !at.pathname.startsWith("/welcome"));

    // An address alone opens nothing; the search gives the person to whoever knows them.
    assert.equal((await page.request.get(`${d.url}/clients/${chart}`)).status(), 404);
    assert.equal((await page.request.get(`${d.url}/access/break/${chart}`)).status(), 404);
    const taps = new Taps();
    await page.goto(`${d.url}/clients/new`);
    await page.fill("#look-name", name);
    if (shared.birth) await page.fill("#look-birth", shared.birth);
    await taps.tap(page.locator("main form[action='/clients/new'] button[type=submit]"));
    const way = page.locator(`form[action="/access/break/${chart}/told"] button`);
    await way.waitFor();
    assert.equal(page.url(), `${d.url}/clients/new`, "the name that is looked for stands in the address");
    const box = await way.boundingBox();
    assert.ok(box.height >= 48, `the way in is ${box.height} px high`);
    assert.deepEqual(await axe(page), []);
    await taps.tap(way);
    await page.locator("h1", { hasText: `Open the record of ${name} in an emergency` }).waitFor();
    assert.equal(new URL(page.url()).search, "", "what was told stands in the address");
    await page.goBack(); // what was looked for is there again, and the way in
    await way.waitFor();
    assert.equal(await page.inputValue("#look-name"), name);
    await way.click();
    await page.locator("h1", { hasText: `Open the record of ${name} in an emergency` }).waitFor();
    assert.deepEqual(await axe(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it is wider than the phone");
    const form = page.locator("form[action^='/access/break/']");
    for (const one of await form.locator("label.chip:visible").all()) assert.ok((await one.boundingBox()).height >= 47.5);
    await chip(form, "The person has come here");
    await form.locator("[name=words]").fill("He stands at our door and is shaking");
    await chip(form, "30 min");
    await taps.tap(form.locator("button[type=submit]:visible"));
    await page.waitForURL(`**/clients/${chart}`);
    assert.ok(taps.reset() <= 3, "more than three touches beside the reason and the time");

    // Open: it says so on every page of the chart, and what is closed for good is not there, nor any trace of it.
    await page.locator(".notice", { hasText: "Opened in an emergency." }).waitFor();
    assert.deepEqual(await axe(page), []);
    for (const part of ["", "/people", "/health", "/let-in", "/history"]) {
      const answer = await page.request.get(`${d.url}/clients/${chart}${part}`);
      if (answer.status() === 404) continue; // no page of that name
      const text = await answer.text();
      assert.match(text, /Opened in an emergency\./, `at ${part}`);
      assert.ok(!text.includes(secret), `what stays closed is at ${part}`);
    }
    shared.sees = await page.request.get(`${d.url}/clients/${chart}`).then((a) => a.text());
    assert.ok(shared.sees.includes("Lou Perrin") || (await (await page.request.get(`${d.url}/clients/${chart}/people`)).text()).includes("Lou Perrin"), "what is not kept back is not there either");
    assert.equal((await page.request.get(`${d.url}/clients/${d.clients[6]}`)).status(), 404, "another's chart has opened with it");

    // The supervisor's open board has it at once, with the way to the review; the unit's has nothing.
    await held(boss).waitFor();
    assert.match(await held(boss).innerText(), new RegExp(name.split(" ")[0]));
    assert.deepEqual(await axe(boss), []);
    await nurse.reload();
    assert.equal(await held(nurse).count(), 0, "the whole unit is shown it");

    // What is done under it is marked.
    await page.goto(`${d.url}/clients/${chart}`);
    const now = new Date().toISOString();
    const noted = await page.context().request.post(`${d.url}/entries/clients.allergy_noted`, { headers: { "Milieu-Fragment": "1", Origin: d.url }, maxRedirects: 0,
      form: { id: crypto.randomUUID().replace(/^(.{14})./, "$17"), happened: now, written: now, chart, substance: "Wasp stings", category: "environment", severity: "severe" } });
    assert.ok(noted.status() < 400, await noted.text());
    const marked = (await entries(d, chart)).find((one) => one.kind === "clients.allergy_noted" && one.body.substance === "Wasp stings");
    assert.ok(marked.marks?.includes("glass") || JSON.stringify(marked).includes("glass"), JSON.stringify(marked));

    // It is given back, and is closed from then on: to the page as well, which may ask for itself once more.
    allow((text) => text.includes("status of 404"));
    await page.locator(".notice", { hasText: "Opened in an emergency." }).locator("button[type=submit]").click();
    await page.waitForURL((at) => at.pathname === "/");
    await until("the chart to be closed", async () => (await page.request.get(`${d.url}/clients/${chart}`)).status() === 404);
    allow(() => false);

    // The review: what was said, looked at and written; and what is due goes from the board of whoever has it open.
    const other = await open("supervisor", "desk", { serviceWorkers: "block" });
    await other.goto(`${d.url}/`);
    await held(other).waitFor();
    await held(boss).locator("a", { hasText: "Look at it" }).click();
    await boss.locator("h1", { hasText: name.split(" ")[0] }).waitFor();
    const shown = await boss.locator("main").innerText();
    for (const want of ["Amadou Keita", "He stands at our door and is shaking", "/clients/{chart}", "Wasp stings"]) assert.ok(shown.includes(want), `the review lacks ${want}:\n${shown}`);
    assert.deepEqual(await axe(boss), []);
    assert.ok(await boss.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the review is wider than the phone");
    if (process.env.MILIEU_PICTURES) await boss.screenshot({ path: `${process.env.MILIEU_PICTURES}/review.png`, fullPage: true });
    const review = boss.locator("form[action$='access.glass_reviewed']");
    await chip(review, "It was right");
    await review.locator("button[type=submit]:visible").click();
    await boss.waitForURL((at) => at.pathname === "/access/glass");
    await boss.locator("#done", { hasText: name.split(" ")[0] }).waitFor();
    await until("the due to go from the other board", async () => (await held(other).count()) === 0);
  }),

  "the house sets its limits, and they hold at the form": trial(async ({ shared, open }) => {
    const { d, name } = shared;
    const page = await open("coordinator", "phone", { serviceWorkers: "block" });
    await page.goto(`${d.url}/access/limits`);
    await page.locator("main", { hasText: "240 min at most" }).waitFor();
    assert.deepEqual(await axe(page), []);
    await page.fill("[name=most]", "45");
    await page.fill("[name=review]", "8");
    await page.locator("form[action$='access.glass_limits_set'] button[type=submit]:visible").click();
    await page.locator("main", { hasText: "45 min at most" }).waitFor();
    if (process.env.MILIEU_PICTURES) await page.screenshot({ path: `${process.env.MILIEU_PICTURES}/limits.png`, fullPage: true });
    assert.ok(name);
  }),
};
