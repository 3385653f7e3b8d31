// The change of shifts: the outgoing at a desk and the incoming on a phone hand a unit over, person by person, item by item, also without a network.
import assert from "node:assert/strict";
import { axe, demo, launch, resize, sizes, Taps } from "./lib.mjs";
import { entries, mark, morning, trial, until } from "./walk.mjs";

/** A zone in which it is between three and four in the afternoon now: the day has just gone over into the evening. */
function afternoon(at = new Date()) {
  let ahead = 15 - at.getUTCHours();
  if (ahead > 12) ahead -= 24;
  return ahead === 0 ? "UTC" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

export const before = async () => ({ d: await demo("--still", "--zone", afternoon()), browser: await launch() });
export const after = morning;

/** The last of the list, whom nobody has taken over yet, the nth from the end. */
async function somebody(page, d, nth) {
  await page.goto(d.url + "/handover");
  const ids = await page.locator(".pick li:has([data-state=next], [data-state=now], [data-state=late], .mark-next, .mark-now, .mark-late)").evaluateAll((all) => all.map((one) => one.id.slice("hand-".length)));
  const mine = ids.filter((id) => d.clients.includes(id));
  assert.ok(mine.length > nth, `only ${mine.length} people are open`);
  return mine[mine.length - 1 - nth];
}

/** Asks for something of somebody, from their chart, and gives how many taps it took beside the words. */
async function ask(page, d, chart, what, when) {
  const taps = new Taps();
  await page.goto(`${d.url}/tasks/new?for=${chart}`);
  await page.fill("[name=what]", what);
  await taps.tap(page.locator("label.chip", { hasText: when }));
  await taps.tap(page.locator("button.when-ready"));
  await page.waitForURL((url) => url.pathname === `/clients/${chart}`);
  return taps.count;
}

const item = (page, what) => page.locator(".hand-items > li", { hasText: what });

export default {
  "outgoing and incoming: words, acceptance, passing on, taking over, each seen by the other at once": trial(async ({ d, open }) => {
    const jo = await open("worker", "desk");
    const samir = await open("nurse", "phone");
    const chart = await somebody(samir, d, 0);
    assert.ok((await ask(jo, d, chart, "Call the sleep clinic", "End of shift")) <= 2);
    await ask(jo, d, chart, "Find the blue coat", "End of shift");
    await jo.goto(`${d.url}/handover/${chart}`);
    await samir.goto(`${d.url}/handover/${chart}`);
    const was = await mark(d, chart);
    await jo.locator("summary", { hasText: "Add words" }).click();
    await jo.fill("#add-words [name=text]", "If the lamp is on after one, then knock");
    await jo.click("#add-words .when-ready");
    await until("the words on the phone", async () => (await samir.locator("#told .spoken, #ahead .spoken", { hasText: "then knock" }).count()) === 1);
    const taps = new Taps();
    await taps.tap(item(samir, "Call the sleep clinic").getByRole("button", { name: "Accept" }));
    await item(samir, "Call the sleep clinic").locator("text=Accepted by Bashir").waitFor();
    assert.equal(taps.reset(), 1);
    await until("the acceptance at the desk", async () => (await item(jo, "Call the sleep clinic").locator("text=Accepted by Bashir").count()) === 1);
    await item(samir, "Find the blue coat").locator("summary").click();
    await item(samir, "Find the blue coat").locator("[name=why]").fill("I am on the other floor");
    await item(samir, "Find the blue coat").locator("form button").click();
    await until("the passing on at the desk", async () => (await item(jo, "Find the blue coat").locator("text=Passed on by Bashir Nuri to Whoever is here").count()) === 1);
    await samir.fill("[name=synthesis]", "The clinic is mine. Lamp on after one: I knock.");
    await taps.tap(samir.locator(".take-bar .btn-main"));
    await samir.waitForURL((url) => url.pathname !== `/handover/${chart}`);
    await until("the taking over at the desk", async () => (await jo.locator("#taken", { hasText: "Taken over by Bashir Nuri" }).count()) === 1);
    const kinds = (await entries(d, chart, was)).map((e) => e.kind);
    assert.deepEqual(kinds, ["handover.words_added", "handover.accepted", "teamwork.task_taken", "handover.passed", "teamwork.task_passed", "handover.taken"]);
  }),

  "without a network: the page is on the phone, an acceptance is kept, shown, and filed once": trial(async ({ d, open, allow }) => {
    allow((text) => /ERR_INTERNET_DISCONNECTED|Failed to fetch|net::/.test(text));
    const jo = await open("worker", "desk");
    const page = await open("nurse", "phone");
    const chart = await somebody(page, d, 1);
    await ask(jo, d, chart, "Ask for the second pillow", "End of shift");
    await page.goto(d.url + "/device");
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.locator("[data-take-code] input").first().fill("grey herons on the long weir"); // who came by a link has no password to open it by
    await page.locator("[data-take] button").click();
    await page.waitForFunction(() => /is on this phone/.test(document.querySelector("[data-take-state]").textContent), null, { timeout: 60_000 });
    const was = await mark(d, chart);
    await page.context().setOffline(true);
    await page.goto(`${d.url}/handover/${chart}`);
    await item(page, "second pillow").getByRole("button", { name: "Accept" }).click();
    await item(page, "second pillow").locator("text=Kept on this device").waitFor();
    assert.equal(await item(page, "second pillow").getByRole("button", { name: "Accept" }).isVisible(), false);
    await page.reload();
    await item(page, "second pillow").locator("text=Kept on this device").waitFor();
    assert.equal((await entries(d, chart, was)).length, 0);
    await page.context().setOffline(false);
    await until("it to arrive", async () => (await entries(d, chart, was)).length >= 2, 25_000);
    await page.goto(`${d.url}/handover/${chart}`);
    await item(page, "second pillow").locator("text=Accepted by Bashir").waitFor();
    const filed = (await entries(d, chart, was)).filter((e) => e.kind === "handover.accepted");
    assert.equal(filed.length, 1);
  }),

  "a task is done at one touch, a question reaches the one who is asked": trial(async ({ d, open }) => {
    const jo = await open("worker", "phone");
    const nurse = await open("nurse", "desk");
    const chart = await somebody(nurse, d, 2);
    await ask(jo, d, chart, "Bring the radio back", "In an hour");
    const was = await mark(d, chart);
    await jo.goto(d.url + "/tasks");
    const row = jo.locator(".due", { hasText: "Bring the radio back" });
    const taps = new Taps();
    await taps.tap(row.locator(".due-act button"));
    await until("the row to go", async () => (await row.count()) === 0);
    assert.equal(taps.count, 1);
    assert.equal((await entries(d, chart, was)).at(-1).kind, "teamwork.task_done");
    await jo.goto(d.url + "/");
    const unread = async () => Number(/^\d+/.exec(await jo.locator("#news a").innerText().catch(() => "0"))[0]);
    const before = await unread();
    await nurse.goto(`${d.url}/handover/${chart}`);
    const asks = nurse.locator(".take-bar a", { hasText: "Ask Jo" });
    await asks.click();
    await nurse.fill("[name=text]", "Did the clinic call back?");
    await nurse.click(".when-ready");
    await nurse.waitForURL((url) => url.pathname === "/messages");
    await until("the open board to say so", async () => (await unread()) === before + 1);
    assert.deepEqual(await axe(jo), []);
    await taps.tap(jo.locator("#news a"));
    await jo.waitForURL((url) => url.pathname === "/messages");
    const letter = jo.locator(".letter", { hasText: "Did the clinic call back?" });
    await letter.getByRole("button", { name: "I have read it" }).click();
    await until("the receipt", async () => (await nurse.locator(".letter", { hasText: "Did the clinic call back?" }).locator("text=Read by Jo Ferrand").count()) === 1);
    await jo.goto(d.url + "/");
    assert.equal(await unread(), before);
  }),

  "a meeting's decision is a task in the chart of whom it is about": trial(async ({ d, open }) => {
    const page = await open("nurse", "phone");
    const chart = await somebody(page, d, 3);
    const was = await mark(d, chart);
    await page.goto(d.url + "/meetings/new");
    await page.locator("label.chip", { hasText: "Team meeting" }).click();
    await page.fill("[name='decisions.0.what']", "Plan a walk to the harbour");
    await page.selectOption("[name='decisions.0.until']", { index: 2 });
    await page.selectOption("[name='decisions.0.about']", chart);
    await page.click(".when-ready");
    await page.waitForURL((url) => url.pathname === "/meetings");
    await page.locator(".letter a", { hasText: "Plan a walk to the harbour" }).waitFor();
    const [task] = await entries(d, chart, was);
    assert.equal(task.kind, "teamwork.task_set");
    assert.equal(task.cites.length, 1);
  }),

  "tasks, messages and meetings are one place of the rail, which shows where somebody is however far down": trial(async ({ d, open }) => {
    const page = await open("supervisor", "desk");
    const here = page.locator("nav.nav li a[aria-current=page]");
    await page.goto(d.url + "/tasks");
    for (const name of ["Messages", "Meetings", "Tasks"]) {
      await page.locator(".tabs a", { hasText: name }).click();
      await page.waitForURL((url) => url.pathname === `/${name.toLowerCase()}`);
      assert.equal((await here.innerText()).trim(), "Team");
    }
    await page.goto(d.url + "/units");
    assert.equal((await here.innerText()).trim(), "House");
    const [place, rail] = [await here.boundingBox(), await page.locator("nav.nav ul").boundingBox()];
    assert.ok(place.y >= rail.y && place.y + place.height <= rail.y + rail.height + 1, "the place stands out of sight");
  }),

  "a time of day stands on one line, at every size": trial(async ({ d, open }) => {
    const page = await open("nurse", "phone");
    for (const path of ["/", "/tasks", `/clients/${d.clients[0]}`]) {
      await page.goto(d.url + path);
      for (const size of ["narrow", "phone", "desk"]) {
        await resize(page, sizes[size]);
        const broken = await page.locator(".due-time time").evaluateAll((all) => all.filter((one) => one.getClientRects().length && one.offsetHeight > 1.6 * parseFloat(getComputedStyle(one).lineHeight) * one.textContent.trim().split(/\s+/).length || one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent));
        assert.deepEqual(broken, [], `${path} at ${sizes[size].width}`);
      }
    }
  }),

  "nothing for axe to find on a phone, nothing wider than the screen anywhere": trial(async ({ d, open }) => {
    const page = await open("supervisor", "phone");
    const chart = await somebody(page, d, 4);
    await ask(await open("worker"), d, chart, "Look for the long blue coat with the torn left sleeve", "End of shift");
    const paths = ["/handover", `/handover/${chart}`, "/handover/brief", "/handover/print", "/handover/rules", "/tasks", "/tasks/new", "/messages", `/messages/new?for=${chart}`, "/meetings", "/meetings/new"];
    for (const path of paths) {
      await page.goto(d.url + path);
      assert.deepEqual(await axe(page), [], path);
      for (const size of ["narrow", "desk", "phone"]) {
        await resize(page, sizes[size]);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${path} is wider than ${sizes[size].width}`);
      }
    }
    await resize(page, sizes.desk);
    await page.goto(`${d.url}/handover/${chart}`);
    assert.deepEqual(await axe(page), [], "the handover at a desk");
  }),
};
