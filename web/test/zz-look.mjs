import { demo, launch, axe, listen, sizes } from "./lib.mjs";
const d = await demo(process.env.STILL ? "--still" : "--beds", process.env.STILL ? "" : "24");
const browser = await launch();
const out = "/tmp/notes-look";
const complaints = [];
const chart = d.clients[3];
async function shoot(role, size, scheme, name, path, act) {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme: scheme, reducedMotion: "reduce", serviceWorkers: "block" });
  const page = await context.newPage();
  listen(page, complaints);
  await page.goto(d.sign_in[role]);
  await page.goto(d.url + path);
  if (act) await act(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${out}/${name}-${size}-${scheme}.png` });
  console.log(name, size, scheme, await axe(page), await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
  await context.close();
}
const write = async (page) => {
  await page.fill("#part-behaviour", "Rafi came to the kitchen at 10:00. He refused to use the gas stove. He said “I refused that too”.");
  await page.fill("#part-intervention", "Offered the electric plate.");
  const cite = page.locator(".cites label").first();
  if (await cite.count()) await cite.click();
};
try {
await shoot("worker", "phone", "light", "notes", "/notes");
await shoot("worker", "desk", "light", "notes", "/notes");
await shoot("worker", "phone", "light", "compose", `/clients/${chart}/notes/new`, write);
await shoot("worker", "desk", "light", "compose", `/clients/${chart}/notes/new`, write);
await shoot("worker", "desk", "dark", "compose", `/clients/${chart}/notes/new`, write);
await shoot("worker", "narrow", "light", "compose", `/clients/${chart}/notes/new`, write);
await shoot("worker", "phone", "light", "quick", `/clients/${chart}/note`);
await shoot("nurse", "phone", "dark", "notes", "/notes");
await shoot("nurse", "desk", "light", "chart", `/clients/${chart}`);
await shoot("supervisor", "desk", "light", "rules", "/notes/rules");
await shoot("supervisor", "phone", "light", "rules", "/notes/rules");
{
  const context = await browser.newContext({ viewport: sizes.desk, serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(d.sign_in.nurse); await page.goto(d.url + "/notes");
  const href = await page.locator("#notes-cosign a").first().getAttribute("href").catch(() => null);
  console.log("cosign", href);
  await context.close();
  if (href) { await shoot("nurse", "desk", "light", "read", href); await shoot("nurse", "phone", "light", "read", href); await shoot("worker", "phone", "dark", "read", href); }
}
await shoot("worker", "phone", "light", "shift", "/");
} catch (e) { console.log(e); }
console.log("complaints", complaints);
await browser.close();
console.log("demo ended", await d.end());
