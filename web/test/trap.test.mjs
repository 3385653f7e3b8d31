// Whatever people write stands on pages as they wrote it, and never becomes a part of the page: every field of every kind is filled with what
// would run if it were taken for markup, then every page that shows it is opened with traps laid.
import assert from "node:assert/strict";
import { api, resize, sizes } from "./lib.mjs";
import { pages, reachable } from "./crawl.mjs";
import { mint, morning, night, somebody, submit, trial } from "./walk.mjs";

const hostile = [
  `"'></title></textarea><img src=x onerror=alert(1)><svg onload=alert(2)>`,
  `</script><script>window.trapped.push("script")</script>`,
  `javascript:alert(3)//' autofocus onfocus=alert(4) x='`,
  `{{alert(5)}} \${alert(6)} <iframe srcdoc="<script>parent.alert(7)</script>">`,
];
const short = "<img src=x onerror=alert(8)>"; // for a field that is too small for the others
// Where one is, when, or whose chart it is does not consist of words; entries that move people or charts would need true ones.
const apart = /^(due|service|record)\.|\.(admitted|transferred|discharged|merged|unmerged|joined|left|returned|registered|imported|photo_\w+|house_set|unit_closed|room_closed|bed_\w+|room_coded|room_changed|house_rules_set|described)$/;

/** The body with every text that is not one of a few replaced, as deep as it goes; spared are the fields that the program named. */
function poisoned(value, schema, spared, path = "") {
  if (spared.get(path) > 1) return value;
  if (typeof value === "string") return schema?.enum || schema?.format || schema?.pattern ? value : spared.has(path) ? short : hostile[path.length % hostile.length];
  if (Array.isArray(value)) return value.map((one) => poisoned(one, schema?.items, spared, path));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one, schema?.properties?.[name] ?? schema?.additionalProperties, spared, path ? `${path}.${name}` : name)]));
  return value;
}

/** A kind's example with every further text that its schema knows. */
function filled({ example, schema }) {
  const more = {};
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    if (name in example || one.enum || one.format || one.pattern) continue;
    if (one.type === "string") more[name] = "x";
    if (one.type === "array" && one.items?.type === "string" && !one.items.format) more[name] = ["x"];
  }
  return { ...more, ...example };
}

/** Files a kind's example with as many hostile fields as its rules let through, and says how many those are. */
async function plant(d, kind, chart) {
  const spared = new Map(); // how often a field was refused
  for (let tries = 0; tries < 20; tries++) {
    const now = new Date().toISOString();
    const content = poisoned(filled(kind), kind.schema, spared);
    for (const [name, times] of spared) if (times > 1 && !(name in kind.example)) delete content[name]; // what the example does without
    const entry = { id: mint(), chart, kind: kind.kind, version: kind.version, happened: now, written: now, body: content };
    let last;
    for (const role of ["nurse", "supervisor", "worker"]) {
      const { status, body } = await api(d, role, "/api/entries", [{ ...entry, id: mint() }]);
      assert.equal(status, 200, `${kind.kind}: ${JSON.stringify(body)}`);
      if (body[0].status === "accepted") return JSON.stringify(content).split("alert").length - 1 + JSON.stringify(content).split("trapped").length - 1;
      last = body[0].error;
      if (last.kind === "invalid") break;
    }
    const named = (last.fields ?? []).map((one) => one.name.replace(/[.[]\d.*$/, "")).filter((name) => (spared.get(name) ?? 0) < 2);
    if (named.length === 0) return 0;
    for (const name of new Set(named)) spared.set(name, (spared.get(name) ?? 0) + 1);
  }
  return 0;
}

export async function before() {
  const shared = await night("--beds", "8");
  const { d, browser } = shared;
  shared.routes = await pages(d);
  const chart = (shared.chart = await somebody(shared, "every_15", "every_30", "general"));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(d.sign_in.administrator);
  await submit(page, d, "/staff", { name: hostile[0], role: "worker", pronouns: hostile[1].slice(0, 40), phone: hostile[2].slice(0, 40) });
  await context.close();
  const { body: kinds } = await api(d, "nurse", "/api/kinds");
  shared.planted = new Map();
  const described = kinds.find((one) => one.kind === "clients.described");
  const parts = {
    birth: ["gender"], numbers: ["record_number", "heritage"], speech: ["language", "languages", "reads", "interpreter_mode"],
    needs: ["culture", "faith", "food", "care", "senses", "own_words"], reach: ["phone", "email", "address", "safe"],
    names: ["used", "script", "pronouns", "legal", "given", "family", "previous"],
  };
  for (const [part, names] of Object.entries(parts)) {
    const properties = Object.fromEntries(names.map((name) => [name, described.schema.properties[name]]));
    shared.planted.set(`described: ${part}`, await plant(d, { ...described, example: { part }, schema: { properties: { ...properties, part: { enum: [part] } } } }, chart));
  }
  for (const kind of kinds) {
    if (apart.test(kind.kind) || kind.kind.startsWith("staff.")) continue;
    const unit = /^places\.|hazard|environment/.test(kind.kind);
    shared.planted.set(kind.kind, await plant(d, kind, unit ? d.unit : chart));
  }
  return shared;
}
export const after = morning;

export default {
  "hostile words are taken in as words": trial(async ({ shared }) => {
    const sum = [...shared.planted.values()].reduce((all, one) => all + one, 0);
    console.log(`      ${[...shared.planted.values()].filter(Boolean).length} kinds with hostile words; without: ${[...shared.planted].filter(([, n]) => n === 0).map(([name]) => name).join(", ")}`);
    assert.ok(sum >= 25, `only ${sum} fields`);
  }),

  "no page runs what people wrote": trial(async ({ d, shared, open }) => {
    let shown = 0;
    for (const role of ["supervisor", "worker", "administrator"]) {
      const page = await open(null, "desk", { serviceWorkers: "block" });
      await page.addInitScript(() => {
        window.trapped = [];
        for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (what) => window.trapped.push(`${name} ${what}`);
        addEventListener("securitypolicyviolation", (event) => window.trapped.push(`${event.violatedDirective}: ${event.sample}`));
      });
      await page.goto(d.sign_in[role]);
      const begin = role === "administrator" ? [] : [`/clients/${shared.chart}`, `/rounds/${shared.chart}/check`, `/rounds/${shared.chart}/level`, "/rounds", "/rounds/hazards", `/units/${d.unit}`, "/staff"];
      for (const address of await reachable(shared, page, begin, true)) {
        await page.goto(d.url + address);
        await resize(page, sizes.phone);
        const [trapped, foreign, seen] = await page.evaluate(() => [
          window.trapped,
          [...document.querySelectorAll("iframe, img[src='x'], svg[onload], [onerror], [onload], [onfocus], a[href^='javascript:' i]")].map((one) => one.outerHTML.slice(0, 120)),
          /onerror=alert|trapped\.push|srcdoc=|onfocus=alert/.test(document.body.innerText),
        ]);
        assert.deepEqual([...trapped, ...foreign], [], `${role}: ${address}`);
        if (seen) shown++;
      }
    }
    console.log(`      the words stood on ${shown} pages`);
    assert.ok(shown >= 8, `the words stood on ${shown} pages only`);
  }),

  "nor does a row that comes while the page is open": trial(async ({ d, shared, open }) => {
    const page = await open(null, "phone");
    await page.addInitScript(() => { window.trapped = []; window.alert = (what) => window.trapped.push(what); addEventListener("securitypolicyviolation", (event) => window.trapped.push(event.violatedDirective)); });
    await page.goto(d.sign_in.worker);
    const other = await somebody(shared);
    const now = new Date().toISOString();
    const { body } = await api(d, "nurse", "/api/entries", [{ id: mint(), chart: d.unit, kind: "rounds.hazard_reported", version: 1, happened: now, written: now, body: { what: "broken", words: hostile[0] + " in the hall" } },
      { id: mint(), chart: other, kind: "rounds.level_raised", version: 1, happened: now, written: now, body: { level: "line_of_sight", reason: hostile[0] } }]);
    assert.deepEqual(body.map((one) => one.status), ["accepted", "accepted"]);
    await page.locator(".due", { hasText: "in the hall" }).waitFor();
    assert.deepEqual(await page.evaluate(() => window.trapped), []);
  }),
};
