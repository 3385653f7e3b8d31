// Looks at pages as people will: takes a picture of each at phone, desk and wall size, by day and by night, and lets axe-core judge it.
//
//	node look.mjs BASE OUT [/path ...]
//
// Leaves with 1 when axe finds something, a page logs an error, or a page scrolls sideways at 320 px.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, out, ...paths] = process.argv.slice(2);
if (!base || !out || paths.length === 0) throw new Error("node look.mjs BASE OUT /path ...");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sizes = { phone: [390, 844], desk: [1280, 800], wide: [1920, 1080], narrow: [320, 640] };
mkdirSync(out, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
let faults = 0;
const fault = (text) => { faults++; console.log(text); };

for (const scheme of ["light", "dark"]) {
  for (const [size, [width, height]] of Object.entries(sizes)) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", bypassCSP: false });
    const page = await context.newPage();
    let where = "";
    page.on("console", (message) => message.type() === "error" && fault(`${where}: ${message.text()}`));
    page.on("pageerror", (error) => fault(`${where}: ${error.message}`));
    for (const path of paths) {
      where = `${path} ${size} ${scheme}`;
      await page.goto(base + path, { waitUntil: "load" });
      await page.waitForTimeout(150);
      const name = (path === "/" ? "kit" : path.slice(1).replaceAll(/\W+/g, "-")) + `-${size}-${scheme}`;
      if (size === "narrow") {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (wide > 0) fault(`${where}: scrolls ${wide} px sideways`);
      } else {
        await page.screenshot({ path: join(out, name + ".png"), fullPage: path === "/" });
      }
      if (size === "wide") continue;
      const world = await context.newCDPSession(page);
      const { frameTree } = await world.send("Page.getFrameTree");
      const { executionContextId } = await world.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
      await world.send("Runtime.evaluate", { contextId: executionContextId, expression: axe });
      const { result } = await world.send("Runtime.evaluate", {
        contextId: executionContextId, awaitPromise: true, returnByValue: true,
        expression: `axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target + " " + (n.any[0]?.message ?? n.all[0]?.message ?? "")).join(" | "))))`,
      });
      for (const found of JSON.parse(result.value ?? '["axe did not run"]')) fault(`${where}: ${found}`);
    }
    await context.close();
  }
}
await browser.close();
console.log(faults === 0 ? "nothing found" : `${faults} found`);
process.exit(faults === 0 ? 0 : 1);
