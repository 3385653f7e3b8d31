// A room's code read at its door: by the camera, from a video file that the browser takes for one, and from a tag, whose reader is pretended.
// What neither can show is said in docs/reliability.md: real lenses, light and tags.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { detector, video } from "./bars.mjs";
import { folder, launch } from "./lib.mjs";
import { chip, file, mark, morning, night, only, openSheet, save, said, somebody, trial, until } from "./walk.mjs";

/** A unit that takes codes, and a code on the door of one of its rooms. */
export async function before() {
  const shared = await night();
  const { d } = shared;
  await file(d, "supervisor", [d.unit, "rounds.house_rules_set", { presence: "optional" }]);
  const context = await shared.browser.newContext();
  const page = await context.newPage();
  await page.goto(d.sign_in.supervisor);
  await page.goto(`${d.url}/units/${d.unit}`);
  const rooms = page.locator(`main a[href*="/rooms/"]`);
  shared.room = (await rooms.first().innerText()).trim().split("\n")[0];
  await page.goto(new URL(await rooms.first().getAttribute("href"), d.url).href);
  await page.locator("form[action$='/code'] button").first().click();
  const pattern = /\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/;
  [shared.code] = await until("the code", async () => (await page.locator("main").innerText()).match(pattern));
  await context.close();
  shared.files = folder();
  const film = join(shared.files.dir, "card.y4m");
  writeFileSync(film, video(shared.code));
  await shared.browser.close();
  shared.browser = await launch("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`);
  return shared;
}

export async function after(shared) {
  await morning(shared);
  shared.files.remove();
}

/** Opens a sheet's field for a code, reads it, files the look, and gives the entry. */
async function look(shared, page) {
  const { d } = shared;
  const chart = await somebody(shared);
  const was = await mark(d, chart);
  const sheet = await openSheet(page, d, chart);
  await sheet.locator("label.chip", { has: page.locator("[value=code]") }).click();
  const field = sheet.locator("[data-scan]");
  await field.waitFor();
  await field.locator("xpath=following-sibling::button").click();
  await page.waitForFunction(() => document.querySelector("[data-scan]").value !== "");
  assert.equal(await field.inputValue(), shared.code);
  assert.equal(await page.locator("video").count(), 0, "the camera's picture is gone");
  await chip(sheet, "Own room");
  await sheet.locator("label.chip", { has: page.locator("[name=state][value=awake_quiet]") }).click();
  await save(sheet);
  const words = await said(page);
  const entry = await only(d, chart, was, "rounds.checked");
  assert.equal(entry.body.method, "tag_seen");
  return { entry, words };
}

export default {
  "the camera reads the code on the door": trial(async ({ shared, open }) => {
    const page = await open(undefined, "phone", { serviceWorkers: "block" });
    await page.addInitScript(...detector);
    await page.addInitScript(() => {
      window.tracks = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wish) => { const stream = await ask(wish); window.tracks.push(...stream.getTracks()); return stream; };
    });
    await page.goto(shared.d.sign_in.worker);
    const { words } = await look(shared, page);
    assert.ok(words.includes(shared.room) || words.includes("code"), words);
    assert.deepEqual(await page.evaluate(() => window.tracks.map((track) => track.readyState)), ["ended"], "the camera is off again");
  }),

  "a tag is read where the browser can": trial(async ({ shared, open }) => {
    const page = await open(undefined, "phone", { serviceWorkers: "block" });
    await page.addInitScript((code) => {
      delete window.BarcodeDetector;
      window.NDEFReader = class extends EventTarget {
        async scan({ signal }) {
          setTimeout(() => {
            if (signal.aborted) return;
            const tell = (recordType, text) => this.dispatchEvent(Object.assign(new Event("reading"), { message: { records: [{ recordType, data: new DataView(new TextEncoder().encode(text).buffer) }] } }));
            tell("url", "https://elsewhere.example/"); // another's tag is not taken for ours
            tell("text", code + " ");
          }, 200);
        }
      };
    }, shared.code);
    await page.goto(shared.d.sign_in.worker);
    await look(shared, page);
  }),

  "without camera and tag the code is typed, and nothing is offered that cannot work": trial(async ({ shared, open }) => {
    const page = await open(undefined, "phone", { serviceWorkers: "block" });
    await page.addInitScript(() => { delete window.BarcodeDetector; delete window.NDEFReader; });
    await page.goto(shared.d.sign_in.worker);
    const sheet = await openSheet(page, shared.d, await somebody(shared));
    await sheet.locator("label.chip", { has: page.locator("[value=code]") }).click();
    await sheet.locator("[data-scan]").waitFor();
    assert.equal(await sheet.locator("[data-scan] + button").count(), 0);
  }),
};
