// Pictures of the main pages for the eye, light and dark, in screens/ (not kept), and the one for the README in docs/picture.png.
//
//	node web/test/screens.mjs [picture | size-name …]
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizes } from "./lib.mjs";
import { chip, file, morning, night, openSheet, rowOf, said, save, sheetOf, somebody } from "./walk.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "screens");
const wanted = process.argv.slice(2);
if (wanted.length === 0) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const shared = await night("--hours", "9");
const { d, browser } = shared;
const [here, lost, helped] = [await somebody(shared, "every_15"), await somebody(shared, "general"), await somebody(shared, "every_30")];

const told = d.clients[0]; // of whom the day has most to tell

const plain = (path) => async (page) => { await page.goto(d.url + path); };

const intake = () => async (page) => {
  await page.goto(`${d.url}/clients/${told}/forms`);
  await page.locator(".people li", { has: page.locator('b:text-is("Intake")') }).locator("a.btn").first().click();
  await page.waitForURL(/forms\/intake/);
};

/** Three of them side by side, as the README shows them. */
async function picture() {
  const shot = async (role, size, show) => {
    const context = await browser.newContext({ viewport: size, colorScheme: "light", reducedMotion: "reduce", serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(d.sign_in[role]);
    await show(page);
    await page.waitForTimeout(200);
    const png = await page.screenshot();
    await context.close();
    return `data:image/png;base64,${png.toString("base64")}`;
  };
  const phone = await shot("worker", { width: 390, height: 760 }, (page) => openSheet(page, d, here));
  const desk = await shot("supervisor", { width: 1024, height: 760 }, plain("/"));
  const strip = await shot("supervisor", { width: 1024, height: 760 }, plain("/rounds/night"));
  const page = await (await browser.newContext({ viewport: { width: 1906, height: 616 } })).newPage();
  await page.setContent(`<style>body{margin:0;background:#e9e4df;display:flex;gap:24px;align-items:flex-start;padding:28px}img{border-radius:12px;box-shadow:0 6px 24px #0003;height:560px}</style>
    <img src="${phone}" alt=""><img src="${desk}" alt=""><img src="${strip}" alt="">`);
  await page.waitForTimeout(300);
  writeFileSync(join(root, "docs/picture.png"), await page.screenshot());
}
if (wanted.length === 0 || wanted.includes("picture")) await picture(); // before anything goes wrong on the unit

/** The states that a night has. */
await file(d, "nurse",
  [d.unit, "rounds.hazard_reported", { what: "broken", place: "hallway", words: "The rail by the stairs is loose" }],
  [lost, "rounds.not_seen", { reason: "not_in_room" }],
  [here, "clients.flag_set", { text: "Knock, wait, say your name" }]);

const looks = {
  worker: {
    phone: {
      shift: plain("/"), mine: plain("/?whose=mine"), round: plain("/rounds"), people: plain("/clients"), person: plain(`/clients/${here}`),
      check: (page) => openSheet(page, d, here),
      level: (page) => openSheet(page, d, here, "level"),
      "not-seen": async (page) => { const sheet = await openSheet(page, d, here); await chip(sheet, "Not seen"); },
      "said-back": async (page) => {
        await page.goto(d.url + "/rounds");
        const chart = await page.locator("[data-list=rounds] > li:has(a[href$='/check'])").first().getAttribute("data-chart");
        await rowOf(page, chart).locator("a").click();
        await sheetOf(page, chart).locator(".whole button:visible").first().click();
        await said(page);
      },
      help: async (page) => {
        const sheet = await openSheet(page, d, helped);
        await chip(sheet, "Own room");
        await chip(sheet, "Breathing not seen");
        await save(sheet);
        await said(page);
      },
      search: (page) => openSheet(page, d, lost, "search"), walk: plain("/rounds/environment"), device: plain("/device"), more: async (page) => { await page.goto(d.url); await page.locator("[data-open=more]").click(); },
      note: plain(`/clients/${told}/note`), compose: plain(`/clients/${told}/notes/new`), contact: plain(`/contacts/${told}/new`), forms: plain(`/clients/${told}/forms`), intake: intake(),
      handover: plain("/handover"), tasks: plain("/tasks"), messages: plain("/messages"), belongings: plain(`/clients/${told}/belongings/in`), discharge: plain(`/clients/${told}/discharge`), find: plain(`/clients/${told}/find?q=kitchen`),
      error: plain("/nowhere"),
      offline: async (page) => {
        await page.goto(d.url + "/rounds");
        await page.context().setOffline(true);
        await page.waitForSelector("[data-offline]:not([hidden])");
      },
    },
    desk: { round: (page) => openSheet(page, d, here), compose: plain(`/clients/${told}/notes/new`), intake: intake() },
  },
  supervisor: {
    desk: {
      shift: plain("/"), night: plain("/rounds/night"), "night-table": async (page) => { await page.goto(d.url + "/rounds/night"); await page.locator("input[name=view][value=table]").check(); },
      people: plain("/clients"), "no-people": async (page) => { await plain("/clients")(page); await page.fill("#q", "zzzz"); await page.keyboard.press("Enter"); await page.locator("#found .empty").waitFor(); }, person: plain(`/clients/${here}`), health: plain(`/clients/${here}/health`), orders: plain(`/rounds/${here}/orders`),
      hazards: plain("/rounds/hazards"), rules: plain("/rounds/rules"), rota: plain("/rota"), staff: plain("/staff"), unit: plain(`/units/${d.unit}`), new: plain("/clients/new"), walk: plain("/rounds/environment"),
      told: plain(`/clients/${told}`), notes: plain("/notes"), contacts: plain("/contacts"), handover: plain("/handover"), meetings: plain("/meetings"), census: plain("/census"), discharge: plain(`/clients/${told}/discharge`), belongings: plain(`/clients/${told}/belongings`), copy: plain(`/clients/${told}/copy`),
    },
    phone: { night: plain("/rounds/night"), shift: plain("/"), handover: plain("/handover"), census: plain("/census") },
    wall: { wall: plain("/wall") },
  },
  administrator: { desk: { first: plain("/"), house: plain("/house") } },
};

let taken = 0;
for (const [role, bySize] of Object.entries(looks)) {
  for (const [size, pages] of Object.entries(bySize)) {
    for (const theme of ["light", "dark"]) {
      for (const [name, show] of Object.entries(pages)) {
        if (wanted.length && !wanted.some((one) => `${size}-${name}`.startsWith(one))) continue;
        const context = await browser.newContext({ viewport: sizes[size], colorScheme: theme, reducedMotion: "reduce", serviceWorkers: name === "offline" ? "allow" : "block" });
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        await page.goto(d.sign_in[role]);
        try {
          await show(page);
          await page.waitForTimeout(150);
        } catch (e) {
          console.log(`${role} ${size} ${name}: ${e.message.split("\n")[0]}`);
        }
        await page.screenshot({ path: join(out, `${size}-${name}-${role}-${theme}.png`) });
        taken++;
        await context.close();
      }
    }
  }
}
console.log(`${taken} pictures in screens/`);

await morning(shared);
