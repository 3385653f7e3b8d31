// Runs every *.test.mjs of this folder, or those named, and ends with a line that counts their trials. Several files run side by side, each in a
// process of its own, with servers and browsers of its own; what a file says is printed once it is through, and what failed once more at the end,
// where a reader who sees only the end of a long output finds it.
//
//	node web/test/run.mjs [name …]     LANES=1 runs one after another
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildFixture } from "./fixture.mjs";
import { askServers, sleep } from "./lib.mjs";
import { afresh, remains, standing } from "./watch.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
// Who hangs is ended, and what it said till then is read: a trial, and a file.
const patience = Number(process.env.TRIAL_MINUTES ?? 6) * 60_000, limit = 20 * 60_000;
const longest = ["axe", "night", "offline", "trap", "tabletaway", "organisation", "away"]; // first, so that none of them is left alone at the end
const rank = (file) => { const at = longest.indexOf(file.split(".")[0]); return at < 0 ? longest.length : at; };
const files = readdirSync(here).filter((f) => f.endsWith(".test.mjs") && (!wanted.length || wanted.some((w) => f.startsWith(w)))).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
const lanes = Number(process.env.LANES ?? Math.max(2, Math.floor(cpus().length / 2)));

/** A trial's time is limited. One that runs out of it has its servers say what they are doing, which ends them. */
async function inTime(trial) {
  let timer;
  const late = new Promise((_, fail) => (timer = setTimeout(async () => {
    await standing();
    askServers();
    await sleep(1000); // for what they say
    fail(new Error(`not through after ${patience / 60_000} minutes`));
  }, patience)));
  try {
    return await Promise.race([trial, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The trials of one file, here. */
async function run(file) {
  let passed = 0, failed = 0, shared;
  const fail = (name, e) => {
    failed++;
    console.log(`FAIL  ${file}: ${name}\n${e.stack ?? e}\n${remains()}\n${(shared?.d?.errors?.() ?? "").replace(/^level=INFO .*\n/gm, "").slice(0, 20_000)}\n`);
  };
  afresh();
  try {
    const { default: trials, before, after } = await import(pathToFileURL(join(here, file)));
    shared = before ? await inTime(before()) : undefined;
    for (const [name, trial] of Object.entries(trials)) {
      const begun = performance.now();
      afresh();
      try {
        await inTime(trial(shared));
        passed++;
        console.log(`ok    ${file}: ${name} (${Math.round(performance.now() - begun)} ms)`);
      } catch (e) {
        fail(name, e);
      }
    }
    if (after) await inTime(after(shared));
  } catch (e) {
    fail("before or after its trials", e);
  }
  return { passed, failed };
}

/** The same in a process of its own. */
function apart(file) {
  const begun = performance.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), file], { stdio: ["ignore", "pipe", "pipe"], env: process.env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (said += part));
    const timer = setTimeout(() => { said += `FAIL  ${file}: not through after ${limit / 60_000} minutes\n`; child.kill("SIGTERM"); }, limit);
    child.on("close", () => {
      clearTimeout(timer);
      const lines = said.trimEnd().split("\n");
      for (const [at, line] of lines.entries()) if (line.startsWith("FAIL")) failures.push(...lines.slice(at, at + 12));
      const end = /^(\d+) passed, (\d+) failed$/.exec(lines.at(-1));
      if (end) lines.pop();
      console.log([...lines, `      ${file}: ${Math.round((performance.now() - begun) / 1000)} s`].join("\n"));
      done(end ? { passed: Number(end[1]), failed: Number(end[2]) } : { passed: 0, failed: 1 });
    });
  });
}

process.once("SIGTERM", () => process.exit(1)); // which ends the servers that were begun here
const sum = { passed: 0, failed: 0 };
const failures = [];
const add = (one) => { sum.passed += one.passed; sum.failed += one.failed; };
if (files.length === 1) {
  add(await run(files[0]));
} else {
  const built = await buildFixture();
  process.env.MILIEU_FIXTURE = built.program;
  const lane = async () => { for (let file = files.shift(); file; file = files.shift()) add(await apart(file)); };
  await Promise.all(Array.from({ length: lanes }, lane));
  built.remove();
}
if (failures.length) console.log(["", "What failed:", ...failures].join("\n"));
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed || !sum.passed ? 1 : 0);
