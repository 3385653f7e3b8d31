// A chart read as it is on a shift: what stands in it found again by words that leave no trace in an address, an entry and back, a copy on paper
// that is read without Milieu; the board of beds, and the board on the wall.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { axe, sizes, through } from "./lib.mjs";
import { file, morning, night, somebody, trial } from "./walk.mjs";

export const before = async () => {
  const shared = await night("--hours", "3");
  shared.here = await somebody(shared, "every_15");
  await file(shared.d, "worker", [shared.here, "rounds.checked", { place: "kitchen", state: "eating", method: "seen", words: "Señora Núñez rang from the café; he laughed." }]);
  return shared;
};
export const after = morning;

const clean = async (page) => assert.deepEqual(await axe(page), []);
const narrow = async (page) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");

async function find(page, words) {
  await page.fill("#q", words);
  await Promise.all([page.waitForResponse((r) => r.request().method() === "POST" && r.url().endsWith("/find")), page.keyboard.press("Enter")]);
  await page.waitForFunction(() => !document.querySelector("#found")?.hasAttribute("aria-busy"));
}

const reading = (size) => trial(async ({ d, open, here }) => {
  const page = await open("worker", size, { acceptDownloads: true, serviceWorkers: "block" });
  await page.goto(`${d.url}/clients/${here}`);
  await clean(page);
  assert.ok(await page.locator(".client .facts").textContent().then((text) => /Every 15/.test(text) && /since/.test(text)), "how closely watched, and since when, is not on the first screen");
  assert.ok(await page.locator(".dues-short .btn").first().isVisible(), "what is due is not one tap away");

  // The head is scrolled away, and it stays clear whose page this is.
  const name = await page.locator(".client h1").textContent();
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  const bar = page.locator("#client-bar");
  assert.ok((await bar.textContent()).includes(name) && (await bar.textContent()).includes("Every 15"));
  const [top, middle] = await bar.evaluate((el) => { const r = el.getBoundingClientRect(); return [r.top, document.elementFromPoint(r.left + 20, r.top + r.height / 2)?.closest("#client-bar") !== null]; });
  assert.ok(top >= 0 && top < 120 && middle, `the bar with the name is covered or away: ${top}`);

  // A filter stands in the address; words do not.
  await page.getByRole("link", { name: "Find" }).click();
  await clean(page);
  await find(page, "NUNEZ cafe");
  assert.equal(await page.locator("#found .tl > li").count(), 1);
  assert.deepEqual(await page.locator("#found mark").allTextContents(), ["Núñez", "café"]);
  assert.ok(!/nunez/i.test(page.url()), "the words stand in the address");
  await clean(page);
  await narrow(page);

  // Into the entry and back: what was looked for is there again.
  await page.locator("#found .tl-head a").first().click();
  await page.waitForURL(/\/entries\//);
  await clean(page);
  for (const words of ["Happened", "Written", "Received"]) assert.ok(await page.getByText(words, { exact: true }).first().isVisible());
  await page.goBack();
  await page.waitForSelector("#found mark");
  assert.equal(await page.inputValue("#q"), "NUNEZ cafe");
  await find(page, "nothing like this");
  assert.ok(await page.getByText("Nothing found").isVisible());

  // A copy: to print, and as a file that asks nobody for anything.
  await page.goto(`${d.url}/clients/${here}/copy`);
  await clean(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as a file" }).click()]);
  assert.match(download.suggestedFilename(), /^chart-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.html$/);
  const path = await download.path();
  assert.ok(!/src=|href=|<script/.test(readFileSync(path, "utf8")), "the file asks for something");
  const paper = await open(null, size, { offline: true });
  await paper.setContent(readFileSync(path, "utf8"));
  assert.ok(await paper.getByText("Señora Núñez rang").isVisible());
  assert.equal(await paper.evaluate(() => getComputedStyle(document.querySelector("li")).display), "grid", "the file's own style was refused");
  await clean(paper);
  await page.getByRole("button", { name: "Show to print" }).click();
  await page.waitForSelector(".chart-paper");
  await clean(page);
  await narrow(page);
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.locator(".nav").isVisible()), "what is pressed stands on paper");
});

export default {
  "a chart on a phone: found, read, copied": reading("phone"),
  "a chart at a desk: found, read, copied": reading("desk"),

  "people are found by their names, which leave no trace, and are found again on the way back": trial(async ({ d, open, here }) => {
    const pictures = async (page, name) => process.env.MILIEU_PICTURES && page.screenshot({ path: `${process.env.MILIEU_PICTURES}/${name}.png`, fullPage: true });
    for (const size of ["phone", "desk"]) {
      const page = await open("nurse", size, { serviceWorkers: "block" });
      const asked = [];
      page.on("request", (r) => asked.push(decodeURIComponent(r.url())));
      await page.goto(`${d.url}/clients/${here}`);
      const name = (await page.locator(".client h1").textContent()).trim();
      await page.goto(`${d.url}/clients?show=here`);
      await page.fill("#q", name);
      await page.keyboard.press("Enter");
      const hit = page.locator("#found a", { hasText: name });
      await hit.waitFor();
      assert.ok(!(await page.locator("[data-list=people]").isVisible()), "the whole unit stands below who was found");
      await clean(page);
      await narrow(page);
      await pictures(page, `people-${size}`);
      await hit.click();
      await page.waitForURL(`**/clients/${here}`);
      await page.goBack();
      await hit.waitFor();
      assert.equal(await page.inputValue("#q"), name);
      await page.fill("#q", "");
      await page.keyboard.press("Enter");
      await page.locator("[data-list=people]").waitFor(); // everybody is there again

      await page.goto(`${d.url}/clients/new`);
      await page.fill("#look-name", name);
      await page.keyboard.press("Enter");
      await page.locator("#alike td", { hasText: "Told just now" }).waitFor();
      assert.equal(await page.inputValue("#register [name=used]"), name);
      await clean(page);
      await narrow(page);
      await pictures(page, `new-${size}`);
      assert.deepEqual(asked.filter((url) => url.includes(name) || url.includes(name.replaceAll(" ", "+"))), []);
    }
    // Without a script the same forms are sent as they are.
    const plain = await open(null, "phone", { javaScriptEnabled: false });
    await plain.goto(d.sign_in.nurse);
    await plain.goto(`${d.url}/clients`);
    await plain.fill("#q", "zzzz");
    await plain.keyboard.press("Enter");
    await plain.locator("#found", { hasText: "zzzz" }).waitFor();
    assert.equal(plain.url(), `${d.url}/clients`);
    assert.equal(await plain.inputValue("#q"), "zzzz");
    await pictures(plain, "people-plain");
    await plain.goto(`${d.url}/clients/new`);
    await plain.fill("#look-name", "Zora Zett");
    await plain.keyboard.press("Enter");
    await plain.locator("#register").waitFor();
    assert.equal(plain.url(), `${d.url}/clients/new`);
  }),

  "the board of beds": trial(async ({ d, open }) => {
    for (const [role, size] of [["worker", "narrow"], ["coordinator", "desk"]]) {
      const page = await open(role, size);
      await page.goto(d.url + "/census");
      await clean(page);
      await narrow(page);
      assert.match(await page.locator(".lede").textContent(), /\d+ people, \d+ beds, \d+ free/);
      if (role === "coordinator" && (await page.getByRole("link", { name: "Cedar" }).count())) await page.getByRole("link", { name: "Cedar" }).first().click();
      await page.getByRole("link", { name: "Person" }).click();
      const names = await page.locator("tbody td a").allTextContents();
      assert.ok(names.length > 5);
      assert.deepEqual(names, [...names].sort((a, b) => (a < b ? -1 : 1)));
      await clean(page);
    }
  }),

  "the wall hides names at a touch, and says when it is old": trial(async ({ d, open, allow }) => {
    const page = await open("supervisor", sizes.wall, { serviceWorkers: "block" });
    await page.clock.install();
    await page.goto(d.url + "/wall");
    await clean(page);
    const rows = await page.locator(".wall-row").count();
    const fits = () => page.evaluate(() => document.documentElement.scrollHeight <= innerHeight && [...document.querySelectorAll(".wall-side li")].every((li) => li.getBoundingClientRect().bottom <= innerHeight));
    assert.ok(rows >= 20 && (await fits()), "the wall does not show everybody and who is on shift");
    const names = await page.locator(".wall-full").allTextContents();
    await page.locator("[data-privacy]").click();
    assert.ok(!(await page.locator(".wall-full").first().isVisible()) && (await page.locator(".wall-short").first().isVisible()));
    assert.ok((await page.locator(".wall-short").allTextContents()).every((short) => names.every((name) => name.length < 5 || !short.includes(name.split(" ")[0]))));
    // While the network is away it says since when; once back, it does not.
    allow((text) => /ERR_INTERNET_DISCONNECTED|Failed to fetch|net::/.test(text));
    await page.context().setOffline(true);
    await page.clock.runFor(130_000);
    await page.waitForSelector("[data-stale]:not([hidden])");
    await page.context().setOffline(false);
    await page.clock.runFor(61_000);
    await page.waitForSelector("[data-stale][hidden]", { state: "attached" });
    assert.equal(await page.locator(".wall-row").count(), rows);
  }),

  "a screen with an account of its own shows the wall board of its unit, and nothing else": trial(async ({ d, open, allow }) => {
    const page = await open("screen", sizes.wall);
    await page.waitForURL(d.url + "/wall");
    assert.ok((await page.locator(".wall-row").count()) >= 20);
    await page.goto(d.url + "/");
    await page.waitForURL(d.url + "/wall");
    allow((text) => /403|404/.test(text));
    for (const path of ["/clients", `/clients/${d.clients[0]}`, "/rounds", "/handover", "/messages", "/staff"]) {
      const answer = await page.goto(d.url + path);
      assert.ok([403, 404].includes(answer.status()), `${path} answers ${answer.status()}`);
    }
    assert.deepEqual(await page.locator("nav ul li a").evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute("href")))]), ["/wall"]);

    // An administrator makes another, puts it on the unit, and it comes in by its invitation.
    const admin = await open("administrator", "desk");
    await admin.goto(d.url + "/staff");
    await admin.locator("a", { hasText: "Add a colleague" }).click();
    await admin.fill("[name=name]", "Wall in the kitchen");
    await admin.locator("label.chip", { hasText: "Screen on a wall" }).click();
    await admin.fill("[name=sign_in]", "kitchenwall");
    await through(admin, () => admin.locator("form[data-entry='staff.joined'] button[type=submit]").click());
    const team = admin.locator("form[data-entry='staff.assigned']");
    await team.locator("label.chip", { hasText: "Cedar" }).click();
    await through(admin, () => team.locator("button[type=submit]").click());
    await through(admin, () => admin.locator("form[action$='/invite'] button").click());
    const link = new URL(await admin.locator("input[value*='/welcome/']").inputValue());
    const kitchen = await open(null, sizes.wall);
    await kitchen.goto(d.url + link.pathname);
    await kitchen.fill("[name=password]", "six grey herons on the weir");
    await kitchen.click("button[type=submit]");
    await kitchen.waitForURL(d.url + "/wall");
    assert.ok((await kitchen.locator(".wall-row").count()) >= 20);
  }),
};
