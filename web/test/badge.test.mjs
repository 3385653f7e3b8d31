// A badge read on a shared tablet: its code is set and brings its owner back by the camera, from a video file that the browser takes for one, and by
// a tag, whose reader is pretended, on a locked screen too.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { detector, video } from "./bars.mjs";
import { axe, folder } from "./lib.mjs";
import { names, lock, tablet } from "./tablet.mjs";
import { signIn, until } from "./fixture.mjs";

const badge = "7KQ2M9XD";

/** Sets the badge's code by reading it, locks, and comes back by reading it again. */
async function walk(t, read, off) {
  const { page } = t;
  t.say("the badge is read where its code is set");
  await signIn(page, t.url, "ana", t.fixture.password);
  await page.goto(t.url + "/device/quick");
  await page.waitForSelector("#quick-badge + button");
  await read("#quick-badge");
  await until("the code", async () => (await page.inputValue("#quick-badge")) === badge);
  await off();
  await page.click("[data-quick=badge] button[type=submit]");
  await page.waitForSelector("[data-quick=badge] [data-quick-state]:has-text('You can come back quickly')");

  t.say("another badge brings nobody back, and the code is shown to nobody");
  await page.goto(t.url + "/");
  await lock(page);
  await page.click(".lock-badge summary");
  await page.waitForSelector("#lock-badge + button");
  assert.ok((await page.locator("#lock-badge + button").boundingBox()).height >= 47.5);
  assert.equal(await page.getAttribute("#lock-badge", "type"), "password");
  assert.deepEqual(await axe(page), []);
  assert.doesNotMatch(await page.content(), names);
  await page.fill("#lock-badge", "AAAA-BBBB");
  await page.click("[data-lock-badge] button[type=submit]");
  await page.waitForSelector("[data-lock-error]:not([hidden])");
  assert.equal((await t.session()).locked, true);

  t.say("her own does");
  await page.fill("#lock-badge", "");
  await read("#lock-badge");
  await until("the code", async () => (await page.inputValue("#lock-badge")) === badge);
  await off();
  await page.click("[data-lock-badge] button[type=submit]");
  await page.waitForSelector(".rnd");
  const session = await t.session();
  assert.equal(session.locked, false);
  assert.equal(session.quick, true);
}

async function byCamera() {
  const files = folder();
  try {
    const film = join(files.dir, "badge.y4m");
    writeFileSync(film, video(badge));
    await tablet(async (t) => {
      const { page } = t;
      await t.context.addInitScript(...detector);
      await t.context.addInitScript(() => {
        window.tracks = [];
        const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
        if (ask) navigator.mediaDevices.getUserMedia = async (wish) => { const stream = await ask(wish); window.tracks.push(...stream.getTracks()); return stream; };
      });
      await walk(t, (field) => page.click(`${field} + button`), async () => {
        assert.equal(await page.locator("video").count(), 0, "the camera's picture is gone");
        assert.deepEqual(await page.evaluate(() => window.tracks.map((track) => track.readyState)), ["ended"], "the camera is off again");
      });
    }, { flags: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${film}`] });
  } finally {
    files.remove();
  }
}

async function byTag() {
  await tablet(async (t) => {
    await t.context.addInitScript((code) => {
      delete window.BarcodeDetector;
      window.NDEFReader = class extends EventTarget {
        async scan({ signal }) {
          window.stopped = signal;
          queueMicrotask(() => setTimeout(() => {
            const tell = (recordType, text) => this.dispatchEvent(Object.assign(new Event("reading"), { message: { records: [{ recordType, data: new DataView(new TextEncoder().encode(text).buffer) }] } }));
            tell("url", "https://elsewhere.example/"); // another's tag is not taken for ours
            tell("text", code + " ");
          }));
        }
      };
    }, badge);
    await walk(t, (field) => t.page.click(`${field} + button`), async () => assert.equal(await t.page.evaluate(() => window.stopped.aborted), true, "nothing is listened for any more"));
  });
}

async function byHand() {
  await tablet(async (t) => {
    const { page } = t;
    await t.context.addInitScript(() => { delete window.BarcodeDetector; delete window.NDEFReader; });
    t.say("without camera and tag nothing is offered that cannot work, and a typed code does");
    await signIn(page, t.url, "ana", t.fixture.password);
    await page.goto(t.url + "/device/quick");
    await page.fill("#quick-badge", badge);
    assert.equal(await page.locator("#quick-badge + button").count(), 0);
    await page.click("[data-quick=badge] button[type=submit]");
    await page.waitForSelector("[data-quick=badge] [data-quick-state]:has-text('You can come back quickly')");
    await page.goto(t.url + "/");
    await lock(page);
    await page.click(".lock-badge summary");
    assert.equal(await page.locator("#lock-badge + button").count(), 0);
    await page.fill("#lock-badge", "7kq2 m9xd");
    await page.click("[data-lock-badge] button[type=submit]");
    await page.waitForSelector(".rnd");
  });
}

export default {
  "a badge is read by the camera": byCamera,
  "a badge is read as a tag": byTag,
  "a badge is typed where neither can be": byHand,
};
