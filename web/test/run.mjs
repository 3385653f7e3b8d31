// Runs every *.test.mjs of this folder, or those named, one after another, and ends with a line that counts them.
//
//	node web/test/run.mjs [name …]
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
let passed = 0, failed = 0;
for (const file of readdirSync(here).filter((f) => f.endsWith(".test.mjs")).sort()) {
  if (wanted.length && !wanted.some((w) => file.startsWith(w))) continue;
  const { default: trials, before, after } = await import(pathToFileURL(join(here, file)));
  const shared = before ? await before() : undefined;
  for (const [name, trial] of Object.entries(trials)) {
    const begun = performance.now();
    try {
      await trial(shared);
      passed++;
      console.log(`ok    ${file}: ${name} (${Math.round(performance.now() - begun)} ms)`);
    } catch (e) {
      failed++;
      console.log(`FAIL  ${file}: ${name}\n${e.stack}\n`);
    }
  }
  if (after) await after(shared);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
