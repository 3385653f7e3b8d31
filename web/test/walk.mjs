// What the trials of a night have in common: people who sign in and are watched for complaints, the record read back by token, and sheets
// filled in by the words that stand on them.
import assert from "node:assert/strict";
import { api, demo, launch, listen, patience, sizes, sleep } from "./lib.mjs";

/** A zone in which it is between three and four in the morning now: what the house offers depends on the hour. */
export function nightZone(at = new Date()) {
  let ahead = 3 - at.getUTCHours();
  if (ahead < -12) ahead += 24;
  return ahead === 0 ? "UTC" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

/** A unit at night in which nobody walks by themselves, and a browser. */
export async function night(...flags) {
  const d = await demo("--still", "--zone", nightZone(), ...flags);
  const browser = await launch();
  return { d, browser, pool: null };
}

export async function morning({ d, browser }) {
  await browser.close();
  const status = await d.end();
  assert.equal(status, 0, `the demo ended with ${status}: ${d.errors()}`);
}

/** A trial whose people's browsers are closed afterwards, and that fails for whatever their pages complained about. */
export const trial = (walk) => async (shared) => {
  const contexts = [];
  const complaints = [];
  let allowed = () => false;
  const open = async (role, size = "phone", options = {}) => {
    const context = await shared.browser.newContext({ viewport: typeof size === "string" ? sizes[size] : size, reducedMotion: "reduce", ...options });
    contexts.push(context);
    const page = await context.newPage();
    listen(page, complaints, (text) => allowed(text));
    if (role) await page.goto(shared.d.sign_in[role]);
    return page;
  };
  try {
    await walk({ ...shared, shared, open, allow: (test) => (allowed = test) });
    assert.deepEqual(complaints, []);
  } catch (e) {
    const page = contexts.at(-1)?.pages()[0];
    if (page && process.env.MILIEU_SHOW) await page.screenshot({ path: process.env.MILIEU_SHOW, fullPage: true }).catch(() => {});
    throw e;
  } finally {
    for (const context of contexts) await context.close();
  }
};

export async function until(what, test, limit = patience) {
  const end = performance.now() + limit;
  for (;;) {
    const got = await test();
    if (got) return got;
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(60);
  }
}

/** The entries of a chart, those after a place in the log. */
export async function entries(d, chart, after = 0, role = "nurse") {
  const all = [];
  for (;;) {
    const { status, body } = await api(d, role, `/api/charts/${chart}/entries?after=${all.at(-1)?.seq ?? after}`);
    assert.equal(status, 200, JSON.stringify(body));
    all.push(...body);
    if (body.length < 1000) return all;
  }
}

/** Where a chart's log stands, to ask later for what came after. */
export const mark = async (d, chart) => (await entries(d, chart)).at(-1)?.seq ?? 0;

export async function dues(d, role = "nurse") {
  const { status, body } = await api(d, role, `/api/dues?unit=${d.unit}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Takes somebody whom no other trial has touched, at the first of these levels that anybody is left at. */
export async function somebody(shared, ...levels) {
  shared.pool ??= (await dues(shared.d)).filter((one) => one.rule === "rounds.check" && one.chart !== shared.d.clients.at(-1));
  for (const level of levels.length ? levels : ["every_30", "general", "every_15"]) {
    const at = shared.pool.findIndex((one) => one.data.level === level);
    if (at >= 0) return shared.pool.splice(at, 1)[0].chart;
  }
  throw new Error(`nobody is left at ${levels.join(", ") || "any level"}`);
}

let minted = 0;
/** A UUIDv7 of now. */
export function mint(at = Date.now()) {
  const hex = at.toString(16).padStart(12, "0");
  const rest = (++minted).toString(16).padStart(3, "0") + [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${rest.slice(0, 3)}-8${rest.slice(3, 6)}-${rest.slice(6, 18)}`;
}

/** Files entries by token: each a [chart, kind, body]. */
export async function file(d, role, ...list) {
  const now = new Date().toISOString();
  const { status, body } = await api(d, role, "/api/entries", list.map(([chart, kind, content]) => ({ id: mint(), chart, kind, version: 1, happened: now, written: now, body: content })));
  assert.equal(status, 200, JSON.stringify(body));
  for (const one of body) assert.equal(one.status, "accepted", JSON.stringify(one));
  return body;
}

/** Sends a form as the page of somebody signed in does, and gives where the server then leads. */
export async function submit(page, d, path, fields) {
  const now = new Date().toISOString();
  const answer = await page.context().request.post(d.url + path, { form: { id: mint(), happened: now, written: now, ...fields }, headers: { "Milieu-Fragment": "1", Origin: d.url }, maxRedirects: 0 });
  assert.ok(answer.status() < 400, `${path} answers ${answer.status()}: ${await answer.text()}`);
  return answer.headers()["milieu-location"] ?? answer.headers().location ?? "";
}

/** Who a role's person is, as the record names them. */
export async function personOf(shared, role) {
  shared.people ??= {};
  if (!shared.people[role]) {
    const chart = shared.d.clients.at(-1);
    const [{ id }] = await file(shared.d, role, [chart, "rounds.checked", { place: "own_room", state: "awake_quiet", method: "seen" }]);
    shared.people[role] = (await entries(shared.d, chart)).find((one) => one.id === id).author;
  }
  return shared.people[role];
}

export const sheetOf = (page, chart) => page.locator(`#sheet form[data-row="round-${chart}"]`);
export const rowOf = (page, chart) => page.locator(`#round-${chart}`);

/** Opens one of a person's sheets by its address. */
export async function openSheet(page, d, chart, which = "check") {
  await page.goto(`${d.url}/rounds/${chart}/${which}`);
  await sheetOf(page, chart).waitFor();
  return sheetOf(page, chart);
}

/** Touches a chip by its words. */
export const chip = (sheet, words) => sheet.locator("label.chip:visible", { has: sheet.page().locator(`span:text-is("${words}")`) }).first().click();

/** Touches the button that saves, once everything needed is there. */
export const save = (sheet) => sheet.locator("button.when-ready:visible").click();

/** What was said back last, wherever it stands. */
export async function said(page) {
  const toast = page.locator("#toasts .toast, #sheet .toast").last();
  await toast.waitFor();
  return (await toast.innerText()).replace(/\s+/g, " ").trim();
}

/** The one entry that a chart has had since. */
export async function only(d, chart, after, kind) {
  const fresh = await entries(d, chart, after);
  assert.deepEqual(fresh.map((one) => one.kind), [kind]);
  return fresh[0];
}
