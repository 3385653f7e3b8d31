// Passkeys in a real browser, with an authenticator that Chromium makes believe: the first one on an invitation's page, signing in without a
// name, confirming, a second one, one that was removed, and the last one, which stays.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { axe, demo, launch, through } from "./lib.mjs";
import { trial, until } from "./walk.mjs";

export async function before() {
  const d = await demo("--still");
  const browser = await launch();
  // A passkey belongs to a name; the demonstration is reached under the machine's own.
  return { d, browser, home: d.url.replace("127.0.0.1", "localhost") };
}

export async function after({ d, browser }) {
  await browser.close();
  const status = await d.end();
  assert.equal(status, 0, `the demo ended with ${status}: ${d.errors()}`);
}

/** An authenticator inside a page's browser: one that knows whose finger it is, and answers by itself. */
async function authenticator(page, options = {}) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable", { enableUI: false });
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  });
  const send = (what, more = {}) => session.send(`WebAuthn.${what}`, { authenticatorId, ...more });
  sessions.set(page, session);
  return {
    keys: async () => (await send("getCredentials")).credentials,
    put: (credential) => send("addCredential", { credential }),
    quiet: (on) => send("setAutomaticPresenceSimulation", { enabled: !on }),
    clear: () => send("clearCredentials"),
    knows: (is) => send("setUserVerified", { isUserVerified: is }),
    away: () => send("removeVirtualAuthenticator"),
  };
}

const sessions = new WeakMap();

/** Invites somebody who works here, as the administrator does, and gives the link. */
async function invite({ d, home, open }, name) {
  const page = await open("administrator", "desk");
  await page.goto(d.url + "/staff");
  await page.getByRole("link", { name }).first().click();
  await page.locator("form[action$='/invite'] button").click();
  const link = await page.locator("input[value*='/welcome/']").inputValue();
  return home + new URL(link).pathname;
}

/** What an app shows for a secret now (RFC 6238). */
function oneTimeCode(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.toUpperCase().replace(/[^A-Z2-7]/g, "")].map((one) => letters.indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((one) => parseInt(one, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const sum = createHmac("sha1", key).update(step).digest();
  const at = sum[19] & 15;
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const shows = (page, text) => page.getByText(text).first().waitFor();
const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();

/** Uses the passkey: behind the field for the name, where the make-believe browser chooses by itself, or else by the button. */
async function use(page, done) {
  await until("the passkey", async () => {
    if (await done()) return true;
    await page.getByRole("button", { name: "Use your passkey" }).click({ timeout: 300 }).catch(() => {});
    return done();
  });
}
const at = (page, address) => async () => page.url() === address;

async function well(page, where) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))); // a button changes its colour in a moment
  assert.deepEqual(await axe(page, undefined, sessions.get(page)), [], where);
}

export default {
  "a passkey is made on an invitation, opens without a name, confirms, and stays when it is the last": trial(async (shared) => {
    const { home, open, allow } = shared;
    allow((text) => / (404|409|422) /.test(text)); // what is refused is answered as refused
    const link = await invite(shared, "Ruth Amsel");
    const page = await open(null);
    await page.goto(link);
    const first = await authenticator(page);
    await well(page, "the invitation");
    await press(page, "Make a passkey");
    await page.waitForURL(home + "/");
    assert.equal((await first.keys()).length, 1);
    assert.ok((await first.keys())[0].isResidentCredential, "it needs a name to be found");
    const [kept] = await first.keys();

    // Used up: the invitation opens nothing any more.
    const late = await open(null);
    const answer = await late.goto(link);
    assert.equal(answer.status(), 404);

    // Signed out, and in again without typing anything: behind the field for the name, or by the button.
    await first.quiet(true);
    await page.goto(home + "/sign-out");
    await press(page, "Sign out");
    await page.waitForURL("**/sign-in");
    await well(page, "the door");
    await first.quiet(false);
    await use(page, at(page, home + "/"));

    // The only way in is not taken away.
    await page.goto(home + "/account");
    await page.locator("#passkeys li a").first().click();
    await shows(page, "This is your only way in");

    // Somebody whose finger the authenticator does not know is not let in.
    const stranger = await open(null);
    const other = await authenticator(stranger);
    await other.put({ ...kept, signCount: kept.signCount + 20 });
    await other.knows(false);
    await stranger.goto(home + "/sign-in");
    await press(stranger, "Use your passkey");
    await shows(stranger, "Nothing happened");
    await stranger.context().close();

    // A second one, kept elsewhere, with a name of its own.
    await first.away();
    const second = await authenticator(page);
    await page.goto(home + "/account/passkeys/new");
    await well(page, "a new one");
    await page.fill("#passkey-name", "Key on my ring");
    await press(page, "Make a passkey");
    await shows(page, "Key on my ring opens Milieu for you");
    assert.equal(await page.locator("#passkeys li").count(), 2);
    assert.equal((await second.keys())[0].userHandle, kept.userHandle, "both are the same person's");

    // The first is removed: it no longer opens anything, and the browser is told to forget it.
    await page.locator("#passkeys li a").first().click();
    await press(page, /Remove/);
    await shows(page, "no longer opens Milieu");
    const old = await open(null);
    const gone = await authenticator(old);
    await gone.put({ ...kept, signCount: kept.signCount + 30 });
    await gone.quiet(true);
    await old.goto(home + "/sign-in");
    await gone.quiet(false);
    await use(old, () => old.getByText("not known here any more").first().isVisible());
    await well(old, "refused");

    // What signs or gives access asks for a full factor once more, and leads back to where it was asked. A screen that was unlocked with one
    // of two factors is open, and not enough for that.
    await page.goto(home + "/account/password");
    await page.fill("[name=password]", "seven herons by a quiet weir");
    await through(page, () => press(page, "Keep this password"));
    await page.goto(home + "/account/codes");
    await page.fill("[name=code]", oneTimeCode(await page.locator(".secret code").innerText()));
    await page.locator("form[action='/account/codes'] button[type=submit]").click();
    await page.locator(".codes code").first().waitFor();
    await second.quiet(true);
    await page.evaluate(() => fetch("/lock", { method: "POST", headers: { Accept: "application/json" } }));
    await page.goto(home + "/account/passkeys/new");
    await page.waitForURL("**/lock?then=*");
    await page.fill("[name=password]", "seven herons by a quiet weir");
    await page.locator("form[action='/unlock'] button[type=submit]").click();
    await page.waitForURL("**/confirm?then=*");
    await well(page, "asked again");
    await second.quiet(false);
    await use(page, at(page, home + "/account/passkeys/new"));
    await shows(page, "Add a passkey");

    // Locked, and opened by the passkey alone.
    await second.quiet(true);
    await page.evaluate(() => fetch("/lock", { method: "POST", headers: { Accept: "application/json" } }));
    await page.goto(home + "/account");
    await page.waitForURL("**/lock?then=*");
    await second.quiet(false);
    await use(page, at(page, home + "/account"));
  }),

  "an address that is a number says why there are no passkeys, and where there are": trial(async ({ d, home, open }) => {
    const page = await open(null);
    await page.goto(d.url + "/sign-in");
    await shows(page, "Passkeys need a name in the address bar");
    assert.equal(await page.getByRole("button", { name: "Use your passkey" }).count(), 0);
    assert.equal(await page.getByRole("link", { name: home }).count(), 1);
  }),
};
