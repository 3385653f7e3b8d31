// What one person writes stands on everybody's screen, and comes back after the server was gone.
import assert from "node:assert/strict";
import { demo, folder, launch, serve, sizes } from "./lib.mjs";
import { dues, entries, file, nightZone } from "./walk.mjs";

const screens = process.env.MILIEU_TRIALS ? 20 : 5;
const rounds = 10;

/** Opens the round on many screens, each in a session of its own, that note when they saw which look at whom. */
async function watching(browser, d) {
  const pages = [];
  for (let i = 0; i < screens; i++) {
    const context = await browser.newContext({ viewport: sizes.phone, reducedMotion: "reduce", serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(d.sign_in[["worker", "nurse", "supervisor"][i % 3]]);
    await page.goto(d.url + "/rounds");
    await page.evaluate(() => {
      window.saw = {};
      new MutationObserver(() => {
        for (const row of document.querySelectorAll("[data-list=rounds] > li")) {
          const text = row.querySelector(".rnd-last")?.textContent.trim();
          if (text) window.saw[`${row.id} ${text}`] ??= performance.timeOrigin + performance.now();
        }
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    pages.push(page);
  }
  return pages;
}

/** Waits until every screen has seen the look, and gives how long after `begun` each did. */
const seenBy = (pages, chart, words, begun) => Promise.all(pages.map(async (page) => {
  const at = await page.waitForFunction(([id, text]) => Object.entries(window.saw).find(([key]) => key.startsWith(id) && key.includes(text))?.[1], [`round-${chart}`, words], { polling: 100 });
  return (await at.jsonValue()) - begun;
}));

const once = async (pages, chart) => { for (const page of pages) assert.equal(await page.locator(`[id="round-${chart}"]`).count(), 1); };

export default {
  async "a look filed by one is on every screen, also after the server was killed"() {
    const data = folder();
    const browser = await launch();
    const d = await demo("--still", "--zone", nightZone(), "--data", data.dir, "--beds", "12");
    let server = d;
    try {
      const charts = (await dues(d)).filter((one) => one.rule === "rounds.check").map((one) => one.chart);
      const pages = await watching(browser, d);
      const took = [];
      const states = { pacing: "pacing", eating: "eating", crying: "crying", talking: "talking" };
      for (let i = 0; i < rounds; i++) {
        const [state, words] = Object.entries(states)[i % 4];
        const chart = charts[i % charts.length];
        const place = i % 8 < 4 ? ["kitchen", "kitchen"] : ["hallway", "hallway"];
        const begun = Date.now();
        await file(d, "worker", [chart, "rounds.checked", { place: place[0], state, method: "seen" }]);
        took.push(...await seenBy(pages, chart, `${place[1]}, ${words}`, begun));
        await once(pages, chart);
      }
      took.sort((a, b) => a - b);
      const at = (part) => Math.round(took[Math.min(took.length - 1, Math.floor(took.length * part))]);
      console.log(`      ${screens} screens, ${rounds} looks, seen after: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);

      await d.end("SIGKILL");
      server = await serve(data.dir, new URL(d.url).host);
      const up = Date.now();
      const chart = charts.at(-1);
      const [{ id }] = await file(d, "worker", [chart, "rounds.checked", { place: "outside", state: "keeping_apart", method: "seen" }]);
      const again = await seenBy(pages, chart, "outside, keeping apart", up);
      console.log(`      after the server was killed and came back: ${Math.round(Math.max(...again))} ms at the slowest screen`);
      await once(pages, chart);
      assert.equal((await entries(d, chart)).filter((one) => one.id === id).length, 1);
      for (const page of pages) await page.locator("[data-net=ok]").first().waitFor({ state: "attached" });
    } finally {
      await browser.close();
      await server.end();
      data.remove();
    }
  },

  async "a chart and the list of people follow, and leave what somebody is writing alone"() {
    const browser = await launch();
    const d = await demo("--still");
    try {
      const tab = async (role, path) => {
        const page = await (await browser.newContext({ viewport: sizes.phone, reducedMotion: "reduce", serviceWorkers: "block" })).newPage();
        await page.goto(d.sign_in[role]);
        await page.goto(d.url + path);
        return page;
      };
      const people = await tab("worker", "/clients?show=here");
      const chart = (await people.locator("[data-list=people] > li").first().getAttribute("id")).replace("client-", "");
      const before = await people.locator("[data-list=people] > li").count();
      const [seen, legal] = [await tab("worker", `/clients/${chart}`), await tab("nurse", `/clients/${chart}/legal`)];
      await legal.locator("textarea[name=words], input[name=words]").first().fill("seventy-two hours");
      await file(d, "nurse", [chart, "clients.flag_set", { text: "Lanterns on the stairs" }], [chart, "clients.left", { away: "leave" }]);
      for (const page of [seen, legal]) await page.locator("#client-head", { hasText: "Lanterns on the stairs" }).waitFor();
      await seen.locator("#client-body .tl", { hasText: "Lanterns on the stairs" }).waitFor();
      assert.equal(await legal.locator("[name=words]").first().inputValue(), "seventy-two hours");
      await people.locator(`#client-${chart}`).waitFor({ state: "detached" });
      assert.equal(await people.locator("[data-list=people] > li").count(), before - 1);
      assert.match(await people.locator("#people-count").innerText(), new RegExp(`^${before - 1} `));
      await seen.locator(".acts button[type=submit]").click(); // is back: the button that the fresh page brought works
      await people.locator(`[data-list=people] > #client-${chart}`).waitFor();
      assert.equal(await people.locator("[data-list=people] > li").first().getAttribute("id"), `client-${chart}`);
    } finally {
      await browser.close();
      await d.end();
    }
  },
};
