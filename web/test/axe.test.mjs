// Every page that a person of four roles can reach: named, in one language, readable by machines that read aloud, in both themes, from a
// narrow phone to a desk, without a complaint of the browser, and light to load.
import assert from "node:assert/strict";
import { axe, resize, sizes, sleep } from "./lib.mjs";
import { pages, reachable } from "./crawl.mjs";
import { file, mint, morning, night, personOf, somebody, submit, trial, until } from "./walk.mjs";

export async function before() {
  const shared = await night();
  shared.routes = await pages(shared.d);
  shared.reached = new Set();
  shared.looked = new Set();
  // A help called, a search begun and somebody not yet admitted have pages of their own.
  const { d } = shared;
  const [help, lost] = [await somebody(shared), await somebody(shared)];
  await file(d, "nurse", [help, "rounds.checked", { place: "own_room", state: "breathing_not_seen", method: "seen" }], [lost, "rounds.not_seen", { reason: "absent" }]);
  const seen = await somebody(shared);
  await file(d, "worker", [seen, "rounds.checked", { place: "kitchen", state: "eating", method: "seen" }]);
  const context = await shared.browser.newContext();
  const page = await context.newPage();
  await page.goto(d.sign_in.supervisor);
  shared.begin = [await submit(page, d, "/clients/register", { used: "Ilse Ranke", legal: "Ilse Ranke", birth_date: "1988-04-02", unit: d.unit })];
  // One's own entry can be moved out of the wrong chart, one's own note corrected; which entry a crawl opens is chance.
  await page.goto(d.url + `/clients/${seen}`);
  const own = await page.locator(".tl-head a").first().getAttribute("href");
  const [note] = await file(d, "supervisor", [seen, "notes.written", { format: "free", version: 1, from: new Date(Date.now() - 3_600_000).toISOString(), parts: { text: "Slept until six, then tea in the kitchen." } }]);
  await file(d, "worker", [seen, "belongings.taken_in", { items: [{ what: "Coat, green", count: 1, kept: "locker" }], unsigned: "did not want to" }],
    [seen, "forms.answered", { run: mint(), form: "risk_screen", version: 1, section: "now", answers: { life_now: "yes" } }]);
  shared.begin.push(own + "/move", `/clients/${seen}/notes/${note.id}`, `/clients/${seen}/belongings`, await fromElsewhere(shared, page));
  await context.close();
  return shared;
}
export const after = morning;

/** Somebody who came from another unit: the address of the entry that moved them, which leads to what their new unit needs to know. */
async function fromElsewhere(shared, page) {
  const { d } = shared;
  const context = await shared.browser.newContext();
  const admin = await context.newPage();
  await admin.goto(d.sign_in.administrator);
  const birch = (await submit(admin, d, "/units", { name: "Birch", type: "ward" })).split("/")[2];
  await submit(admin, d, "/entries/staff.assigned", { chart: await personOf(shared, "supervisor"), unit: birch });
  await context.close();
  const chart = (await submit(page, d, "/clients/register", { used: "Tomas Weil", legal: "Tomas Weil", birth_date: "1979-11-20", unit: birch })).split("/")[2];
  await file(d, "supervisor", [chart, "clients.admitted", { unit: birch, from: "home" }]);
  const [moved] = await file(d, "supervisor", [chart, "clients.transferred", { unit: d.unit, reason: "A quieter corridor" }]);
  return `/clients/${chart}/entries/${moved.id}`;
}

// Both sizes and both themes; the long trials try each with each.
const views = process.env.MILIEU_TRIALS ? [["phone", "light"], ["phone", "dark"], ["desk", "dark"], ["desk", "light"]] : [["phone", "light"], ["desk", "dark"]];

/** The same elements in the same classes need not be looked at twice. */
const shape = (page) => page.evaluate(() => location.pathname.replace(/[0-9a-f-]{36}/g, "…") + [...new Set([...document.querySelectorAll("main *")].map((one) => `${one.tagName}.${one.className?.baseVal ?? one.className}${one.getAttributeNames().join()}`))].sort().join());

async function look(shared, page, address) {
  const at = (text) => `${address}: ${text}`;
  await resize(page, sizes.narrow);
  await page.goto(shared.d.url + address);
  const faults = await page.evaluate(() => ({ lang: document.documentElement.lang, title: document.title, h1: document.querySelectorAll("h1").length, wide: document.documentElement.scrollWidth - innerWidth }));
  assert.ok(faults.lang, at("has no language"));
  assert.match(faults.title, /\S+ · Milieu$/, at(`its title is ${faults.title}`));
  assert.equal(faults.h1, 1, at(`${faults.h1} first headings`));
  assert.ok(faults.wide <= 0, at(`scrolls sideways by ${faults.wide} at 320 pixels`));
  const same = await shape(page);
  if (shared.looked.has(same)) return [];
  shared.looked.add(same);
  const found = [];
  for (const [size, theme] of views) {
    await resize(page, sizes[size]);
    await page.emulateMedia({ colorScheme: theme });
    let faults = await axe(page);
    for (let again = 0; faults.length > 0 && again < 3; again++) { // a colour that is still changing over is no fault
      await page.evaluate(async () => {
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
        await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})));
      });
      faults = await axe(page);
    }
    found.push(...faults.map((one) => at(`${size}, ${theme}: ${one}`)));
  }
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

const role = (name, begin = () => []) => trial(async ({ shared, open }) => {
  const page = await open(name, "phone", { serviceWorkers: "block" });
  const addresses = await reachable(shared, page, begin(shared));
  const found = [];
  for (const address of addresses) if (!address.startsWith("/sign-out")) found.push(...await look(shared, page, address).catch((e) => [e.message]));
  console.log(`      ${name}: ${addresses.length} pages`);
  assert.deepEqual(found, []);
});

/** What a cold browser is sent for a page, in bytes as they went over the line. */
async function weight(page, address) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const kinds = new Map();
  let sum = 0;
  const parts = {};
  session.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const type = kinds.get(requestId);
    sum += encodedDataLength;
    parts[type] = (parts[type] ?? 0) + encodedDataLength;
  });
  await page.goto(address);
  await until("every part to have come", () => parts.Document && parts.Stylesheet && parts.Script);
  await sleep(300); // and what else may come
  await session.detach();
  return { sum, parts };
}

export default {
  "worker: every page": role("worker"),
  "nurse: every page": role("nurse"),
  "supervisor: every page": role("supervisor", (shared) => shared.begin),
  "administrator: every page": role("administrator", ({ d }) => [`/units/${d.unit}`]), // which has rooms
  "screen: every page": role("screen"),
  "client: every page": role("client"),

  "coordinator: what the house has decided about looks": trial(async ({ shared, open }) => {
    const page = await open("coordinator", "phone", { serviceWorkers: "block" });
    assert.deepEqual(await look(shared, page, "/views/house"), []);
    shared.reached.add("/views/house");
  }),

  "what is open to everybody: signing in, the locked screen, an address that leads nowhere": trial(async ({ shared, open, allow }) => {
    allow((text) => /404/.test(text));
    const page = await open();
    const found = [];
    for (const address of ["/sign-in", "/device/lock", "/device/away"]) {
      found.push(...await look(shared, page, address));
      shared.reached.add(address);
    }
    const inside = await open("worker");
    found.push(...await look(shared, inside, "/nowhere"));
    await inside.goto(shared.d.url + "/sign-out");
    found.push(...await look(shared, inside, "/sign-out"));
    assert.deepEqual(found, []);
  }),

  "no page is left that no link leads to": trial(async ({ shared }) => {
    assert.deepEqual(shared.routes.map((one) => one.path).filter((path) => !shared.reached.has(path)), []);
  }),

  "the first screen weighs less than 60 kB": trial(async ({ d, open }) => {
    const page = await open("worker", "phone", { serviceWorkers: "block" });
    for (const address of ["/", "/rounds"]) {
      const { sum, parts } = await weight(page, d.url + address);
      console.log(`      ${address}: ${(sum / 1000).toFixed(1)} kB: ${Object.entries(parts).map(([type, bytes]) => `${type} ${(bytes / 1000).toFixed(1)}`).join(", ")}`);
      assert.ok(parts.Document && parts.Stylesheet && parts.Script, "all parts were seen");
      assert.ok(sum < 60_000, `${address} weighs ${sum} bytes`);
    }
  }),
};
