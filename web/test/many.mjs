// Measures how soon a change stands on twenty screens: from the moment at which a write is answered to the change of the page, without other
// writes and with fifty a second, all about the one unit. Not a trial: it asserts nothing. About half a minute; PAGES, SECONDS and WRITES change
// its size. Twenty devices paint with twenty processors, and one machine cannot stand for them: the pages are changed, not painted. PAINT=1
// paints them all here.
//
//	node web/test/many.mjs
import { api, demo, launch, sizes, sleep } from "./lib.mjs";
import { dues, mint } from "./walk.mjs";

const count = Number(process.env.PAGES ?? 20);
const seconds = Number(process.env.SECONDS ?? 8);
const painted = process.env.PAINT === "1";
const rate = Number(process.env.WRITES ?? 50);

const d = await demo("--still", "--beds", "24");
const browser = await launch();
try {
  const charts = (await dues(d)).filter((one) => one.rule === "rounds.check").map((one) => one.chart);
  const own = charts.slice(0, 4); // nobody else writes about these
  const pages = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const context = await browser.newContext({ viewport: sizes.phone, reducedMotion: "reduce", serviceWorkers: "block" }); // each its own connections, as its own browser has
    const page = await context.newPage();
    await page.goto(d.sign_in[["worker", "nurse", "supervisor"][i % 3]]);
    await page.goto(d.url + "/rounds");
    await page.evaluate(({ own, painted }) => {
      document.body.hidden = !painted;
      window.changes = Object.fromEntries(own.map((chart) => [chart, []]));
      const last = {};
      const read = (chart) => document.getElementById("round-" + chart)?.querySelector(".rnd-last")?.textContent.trim();
      for (const chart of own) last[chart] = read(chart);
      new MutationObserver(() => {
        for (const chart of own) {
          const text = read(chart);
          if (!text || text === last[chart]) continue;
          last[chart] = text;
          window.changes[chart].push(performance.timeOrigin + performance.now());
        }
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    }, { own, painted });
    return page;
  }));
  const write = async (chart, n) => {
    const now = new Date().toISOString();
    const content = { place: n % 2 ? "kitchen" : "hallway", state: Math.floor(n / 2) % 2 ? "pacing" : "eating", method: "seen" };
    const { body } = await api(d, "worker", "/api/entries", [{ id: mint(), chart, kind: "rounds.checked", version: 1, happened: now, written: now, body: content }]);
    if (body[0].status !== "accepted") throw new Error(JSON.stringify(body));
    return performance.timeOrigin + performance.now();
  };

  let n = 0;
  const wanted = Object.fromEntries(own.map((chart) => [chart, []])); // when each write about them was answered
  async function phase(name, others) {
    const from = Object.fromEntries(own.map((chart) => [chart, wanted[chart].length]));
    const end = performance.now() + seconds * 1000;
    let filed = 0;
    const busy = [];
    const beat = others > 0 ? setInterval(() => { filed++; busy.push(write(charts[4 + (filed % (charts.length - 4))], filed).catch((e) => { console.log(e.message); })); }, 1000 / others) : undefined;
    while (performance.now() < end) {
      const chart = own[n % own.length];
      wanted[chart].push(await write(chart, Math.floor(n++ / own.length)));
      await sleep(400);
    }
    clearInterval(beat);
    await Promise.all(busy);
    await sleep(1500);
    const took = [];
    let missing = 0;
    for (const page of pages) {
      const seen = await page.evaluate(() => window.changes);
      for (const chart of own) for (let i = from[chart]; i < wanted[chart].length; i++) {
        if (seen[chart][i] === undefined) missing++;
        else took.push(seen[chart][i] - wanted[chart][i]);
      }
    }
    took.sort((a, b) => a - b);
    const at = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))]?.toFixed(0);
    console.log(`${name}: ${count} pages${painted ? " painted" : ""}, ${took.length} changes seen, ${missing} not seen, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; ${(filed / seconds).toFixed(0)} other writes/s`);
  }
  await phase("quiet", 0);
  await phase("with writes", rate);
} finally {
  await browser.close();
  await d.end();
}
