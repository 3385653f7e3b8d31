// Signing in by password and codes, and what a form that needs its sender confirmed lives through: a password that can be looked at, codes set
// up, a recovery code in place of the phone, a screen locked and opened by the password alone, and limits set once both were shown again.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { axe, demo, launch, listen, sizes, through } from "./lib.mjs";

const words = "seven calm herons wade";

export async function before() {
  const [d, browser] = await Promise.all([demo("--still", "--beds", "4", "--hours", "1"), launch()]);
  return { d, browser };
}

export async function after({ d, browser }) {
  await browser.close();
  const status = await d.end();
  assert.equal(status, 0, `the demo ended with ${status}: ${d.errors()}`);
}

/** What an app shows for a secret now (RFC 6238). */
function shows(secret) {
  const bits = [...secret.replaceAll(" ", "")].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0")).join("");
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const sum = createHmac("sha1", Buffer.from(bits.match(/.{8}/g).map((one) => parseInt(one, 2)))).update(step).digest();
  const at = sum[19] & 15;
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function open({ browser }, size, complaints) {
  const context = await browser.newContext({ viewport: sizes[size], serviceWorkers: "block", colorScheme: size === "phone" ? "light" : "dark" });
  const page = await context.newPage();
  listen(page, complaints, (text) => /status of (403|422)/.test(text)); // refused on purpose
  return page;
}

const press = (page, selector) => through(page, () => page.click(selector));

export default {
  "a password, codes, and what waits for them": async (shared) => {
    const { d } = shared;
    const complaints = [], found = [];
    const look = async (page) => found.push(...(await axe(page)).map((one) => `${page.url()}: ${one}`));
    const first = await open(shared, "desk", complaints);
    await first.goto(d.sign_in.administrator);
    await first.goto(d.url + "/account/password");
    await first.fill("[name=password]", "password1234567890");
    await press(first, "form[action='/account/password'] [type=submit]");
    assert.match(await first.locator(".summary").innerText(), /tried first/);
    await first.fill("[name=password]", words);
    assert.equal(await first.getAttribute("[name=password]", "type"), "password");
    await first.click(".secret-show");
    assert.equal(await first.getAttribute("[name=password]", "type"), "text");
    await look(first);
    await press(first, "form[action='/account/password'] [type=submit]");
    await first.goto(d.url + "/account/codes");
    await look(first);
    await first.fill("[name=code]", shows(await first.locator(".secret code").innerText()));
    await press(first, "form[action='/account/codes'] [type=submit]");
    const codes = await first.locator(".codes code").allInnerTexts();
    assert.equal(codes.length, 10);
    await look(first);
    await first.goto(d.url + "/account");
    await look(first);

    const page = await open(shared, "phone", complaints);
    await page.goto(d.url + "/sign-in");
    await page.fill("[name=name]", "lena");
    await page.fill("[data-sign-in] [name=password]", words);
    await press(page, "[data-sign-in] [type=submit]");
    await look(page);
    await page.fill("[name=code]", codes[0]);
    await press(page, "[data-sign-in-code] [type=submit]");
    assert.match(await page.locator("body").innerText(), /How you sign in has changed/);

    // Locked, and opened by the password alone: enough to go on, not to sign.
    await page.goto(d.url + "/sign-in/limits");
    await page.evaluate(async () => { await fetch("/lock", { method: "POST", headers: { Accept: "application/json" } }); });
    await page.goto(d.url + "/sign-in/limits");
    assert.equal(new URL(page.url()).pathname, "/lock");
    await look(page);
    await page.fill("[data-unlock] [name=password]", words);
    await press(page, "[data-unlock] [type=submit]");
    assert.equal(new URL(page.url()).pathname, "/sign-in/limits");
    await look(page);
    await page.fill("[name=idle]", "7");
    await press(page, "form[data-entry='signin.limits_set'] [type=submit]");
    assert.match(await page.locator("h1").innerText(), /still you/);
    await look(page);
    await page.fill("#confirm-form [name=password]", words);
    await page.fill("#confirm-form [name=code]", codes[0]); // used: not again
    await press(page, "#confirm-form [type=submit]");
    assert.match(await page.locator(".summary").innerText(), /used already/);
    await page.fill("#confirm-form [name=password]", words);
    await page.fill("#confirm-form [name=code]", codes[1]);
    await press(page, "#confirm-form [type=submit]");
    assert.equal(new URL(page.url()).pathname, "/sign-in/limits");
    assert.match(await page.locator(".ways").innerText(), /Locks after 7 min/);
    assert.deepEqual(complaints, []);
    assert.deepEqual(found, []);
  },
};
