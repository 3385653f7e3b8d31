// The pages as they stand where people read from right to left: Arabic and Hebrew names and words, with combining marks, and words that nothing
// breaks, on the narrowest screen. Directions are checked, not words: there is no Arabic catalogue yet, so the pages' own words stay English.
//
//	node web/test/run.mjs mirror        MILIEU_SHOW_DIR=folder keeps a picture of each page
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, resize, sizes } from "./lib.mjs";
import { dues, file, morning, night, openSheet, trial } from "./walk.mjs";

const names = [
  ["سَلْمَىٰ", "عَبْدُ ٱلرَّحْمٰن"], ["يوسف", "الحدّاد"], ["שִׁירָה", "בֶּן־דָּוִד"], ["נֹעָה", "כהן"],
  ["ليلى", "المنصوري"], ["اسمطويلجدابدونايفاصلةيكسرهالسطر", "كلمةواحدةطويلةجدالاتنكسر"], ["Rafi", "Haddad"], ["مريم", "O’Brien"],
];
const flag = "تحتاج إلى هدوء بعد الزيارات، ثم ١٠ دقائق في الغرفة 4B";
const unbroken = "שלוםשלוםשלוםשלוםשלוםשלוםשלוםשלוםשלוםשלוםשלום" + "مستشفى".repeat(12);

/** People as FHIR bundles, as `milieu demo --people` takes them. */
function people(dir) {
  names.forEach(([given, family], i) => {
    const patient = { resourceType: "Patient", id: `mirror-${i}`, name: [{ use: "official", given: [given], family }], gender: i % 2 ? "male" : "female", birthDate: `19${60 + i}-03-0${i + 1}` };
    writeFileSync(join(dir, `${i}.json`), JSON.stringify({ resourceType: "Bundle", type: "collection", entry: [{ fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${i}`, resource: patient }] }));
  });
}

export async function before() {
  const files = folder();
  people(files.dir);
  const shared = await night("--people", files.dir, "--beds", String(names.length));
  const { d } = shared;
  shared.files = files;
  shared.chart = (await dues(d)).find((one) => one.rule === "rounds.check").chart;
  await file(d, "nurse",
    ...d.clients.slice(0, 4).map((chart) => [chart, "clients.flag_set", { text: flag }]),
    [shared.chart, "clients.flag_set", { text: unbroken }],
    [d.unit, "rounds.hazard_reported", { what: "broken", place: "hallway", words: unbroken }]);
  return shared;
}

export async function after(shared) {
  await morning(shared);
  shared.files.remove();
}

/** Turns every page round before the browser reads it. */
async function mirror(page) {
  await page.route("**/*", async (route) => {
    if (route.request().resourceType() !== "document") return route.continue();
    const answer = await route.fetch({ maxRedirects: 0 });
    if (answer.status() >= 300) return route.fulfill({ response: answer });
    return route.fulfill({ response: answer, body: (await answer.text()).replace(/<html([^>]*) dir="ltr"/, '<html$1 dir="rtl"') });
  });
}

/** What is wrong with a page that is turned round: what sticks out, and what kept its old direction. */
const faults = (page) => page.evaluate(() => {
  const found = [];
  const root = document.documentElement;
  if (getComputedStyle(root).direction !== "rtl") found.push("is not turned round");
  if (root.scrollWidth > innerWidth) found.push(`scrolls sideways by ${root.scrollWidth - innerWidth}`);
  const shown = (one) => { const style = getComputedStyle(one); return style.visibility === "visible" && style.display !== "none" && one.getClientRects().length > 0; };
  const scrolls = (one) => { for (let up = one; up && up !== document.body; up = up.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true; return false; };
  const name = (one) => `${one.tagName.toLowerCase()}.${[...one.classList].join(".")}`;
  for (const one of document.querySelectorAll("main *:not(svg *), .nav *:not(svg *), .top *:not(svg *)")) {
    if (!shown(one)) continue;
    const at = one.getBoundingClientRect();
    if (at.width > 0 && (at.left < -1 || at.right > innerWidth + 1) && !scrolls(one) && !one.closest(".vh, .skip")) found.push(`${name(one)} sticks out: ${Math.round(at.left)} to ${Math.round(at.right)}`);
    const style = getComputedStyle(one);
    if (style.textAlign === "left" || style.float === "left") found.push(`${name(one)} keeps to the left`);
    const arabic = [...one.childNodes].some((node) => node.nodeType === 3 && /[\u0600-\u06ff]/.test(node.textContent));
    if (arabic && style.letterSpacing !== "normal" && parseFloat(style.letterSpacing) !== 0) found.push(`${name(one)} pulls Arabic letters apart or together`);
    if (arabic && !one.closest(".vh") && style.direction === "rtl" && one.scrollHeight > one.clientHeight + 2 && /hidden|clip/.test(style.overflowY)) found.push(`${name(one)} cuts marks off`);
  }
  return [...new Set(found)];
});

const looks = (shared) => ({
  worker: {
    shift: "/", round: "/rounds", people: "/clients", person: `/clients/${shared.chart}`, check: `/rounds/${shared.chart}/check`, level: `/rounds/${shared.chart}/level`,
    walk: "/rounds/environment", device: "/device", waiting: "/waiting",
  },
  supervisor: { night: "/rounds/night", orders: `/rounds/${shared.chart}/orders`, hazards: "/rounds/hazards", rota: "/rota", unit: `/units/${shared.d.unit}`, house: "/waiting/house", staff: "/staff" },
});

export default {
  "every main page stands the other way round, at 320 and 390 pixels": trial(async ({ shared, open }) => {
    const found = [];
    const out = process.env.MILIEU_SHOW_DIR;
    if (out) mkdirSync(out, { recursive: true });
    for (const [role, addresses] of Object.entries(looks(shared))) {
      const page = await open(role, "narrow", { serviceWorkers: "block" });
      await mirror(page);
      for (const [name, address] of Object.entries(addresses)) {
        for (const size of ["narrow", "phone"]) {
          await resize(page, sizes[size]);
          await page.goto(shared.d.url + address);
          found.push(...(await faults(page)).map((fault) => `${address} at ${sizes[size].width}: ${fault}`));
        }
        if (out) await page.screenshot({ path: join(out, `${name}-${role}.png`) });
      }
    }
    assert.deepEqual(found, []);
  }),

  "time runs from left to right in a strip, also here; names stand apart from the words around them": trial(async ({ shared, open }) => {
    const page = await open("supervisor", "desk", { serviceWorkers: "block" });
    await mirror(page);
    await page.goto(shared.d.url + "/rounds/night");
    for (const strip of await page.locator("svg.strip").all()) assert.equal(await strip.evaluate((one) => getComputedStyle(one).direction), "ltr");
    const hours = await page.locator("svg.strip-axis text").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    assert.deepEqual(hours, [...hours].sort((a, b) => a - b));
    const sheetPage = await open("worker", "phone", { serviceWorkers: "block" });
    await mirror(sheetPage);
    const sheet = await openSheet(sheetPage, shared.d, shared.chart);
    const head = await sheet.locator(".sheet-head h2").boundingBox();
    const close = await sheet.locator("[data-close-sheet]").boundingBox();
    assert.ok(close.x < head.x, "what closes a sheet is at its left");
  }),

  "the check fails for a page that does not turn": trial(async ({ shared, open }) => {
    const page = await open("worker", "narrow", { serviceWorkers: "block" });
    await mirror(page);
    await page.goto(shared.d.url + "/clients");
    const clean = await faults(page);
    await page.locator("main h1").evaluate((one) => { one.style.width = "120vw"; one.style.textAlign = "left"; });
    assert.ok((await faults(page)).length >= clean.length + 2);
  }),
};
