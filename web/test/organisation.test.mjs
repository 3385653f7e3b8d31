// Signing in through an organisation: the whole way through a browser with a real provider, then what comes back changed, late, twice, from
// somebody else, or not at all.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { axe, demo, folder, launch, through } from "./lib.mjs";
import { organisation, signInThere, walkThere } from "./provider.mjs";
import { trial, until } from "./walk.mjs";

export async function before() {
  const trust = await organisation();
  const files = folder();
  writeFileSync(join(files.dir, "secret"), trust.secret + "\n", { mode: 0o600 });
  writeFileSync(join(files.dir, "organisation.json"), JSON.stringify({ name: "Northfield Trust", issuer: trust.issuer, client: "milieu", secret_file: "secret" }));
  const d = await demo("--still", "--organisation", join(files.dir, "organisation.json"));
  trust.house(d.url);
  const browser = await launch();
  return { d, browser, trust, files };
}

export async function after({ d, browser, trust, files }) {
  await browser.close();
  await trust.stop();
  files.remove();
  const status = await d.end();
  assert.equal(status, 0, `the demo ended with ${status}: ${d.errors()}`);
}

// The provider's own pages ask for a typeface from elsewhere, and for an icon that is not there; what is refused here is answered as refused.
const elsewhere = (text) => text.includes(" 404 ") || text.includes("ERR_NAME_NOT_RESOLVED") || text.includes("ERR_INTERNET_DISCONNECTED");
const refused = (text) => elsewhere(text) || / (422|503) /.test(text);
const shows = (page, text) => page.getByText(text).first().waitFor();
const out = async (page, d) => {
  await page.goto(d.url + "/sign-in");
  await page.getByRole("link", { name: "Sign in with Northfield Trust" }).click();
};
const signedIn = async (page, d) => {
  const answer = await page.request.get(d.url + "/account", { maxRedirects: 0 });
  return answer.status() === 200;
};

/** Ties an account there to who signs in here with a demonstration's link. */
async function tie({ d, open }, role, name) {
  const page = await open(role, "desk");
  await page.goto(d.url + "/account");
  await page.getByRole("link", { name: "Sign in there and tie it to me" }).click();
  await signInThere(page, name, d.url);
  await shows(page, "opens Milieu for you from now on");
  return page;
}

export default {
  "an account is tied once, opens from then on, and ends here when it is signed out there": trial(async (shared) => {
    const { d, open, trust, allow } = shared;
    allow(elsewhere);
    const own = await tie(shared, "supervisor", "ruth");
    assert.deepEqual(await axe(own), []);
    await own.context().close();

    const page = await open(null);
    await out(page, d);
    await signInThere(page, "ruth", d.url);
    await page.waitForURL(d.url + "/");
    const asked = trust.asked.find((one) => one.code_challenge);
    assert.equal(asked.code_challenge_method, "S256");
    assert.ok(asked.nonce && asked.state && asked.prompt === "login", "nobody was asked who they are");
    await page.goto(d.url + "/account");
    await shows(page, "ruth");
    for (const cookie of await page.context().cookies(d.url)) assert.ok(cookie.httpOnly && !cookie.name.startsWith("milieu_trip") && !cookie.value.includes("eyJ"), `a cookie ${cookie.name} stayed`);

    // Signing out there ends what it opened here, without anybody touching this browser.
    await page.goto(trust.issuer + "/session/end?client_id=milieu");
    await page.locator("button[name=logout][value=yes], button[type=submit]").first().click();
    await until("the end of the session here", async () => !(await signedIn(page, d)));
  }),

  "an account that is nobody's is tied by its owner's own way in, not by its name": trial(async (shared) => {
    const { d, open, allow } = shared;
    allow(elsewhere);
    const page = await open(null);
    await out(page, d);
    await signInThere(page, "lena", d.url); // as the administrator's sign-in name
    await shows(page, "nobody’s here yet");
    assert.equal(await signedIn(page, d), false);
    assert.deepEqual(await axe(page), []);
    await page.goto(d.sign_in.nurse); // her own way
    await page.goto(d.url + "/account");
    await page.getByRole("link", { name: "Tie the account you signed in with there" }).click();
    await shows(page, "From now on lena at Northfield Trust opens Milieu as");
    await page.getByRole("button", { name: "Yes, that is me" }).click();
    await shows(page, "opens Milieu for you from now on");
  }),

  "what comes back changed is not taken": trial(async (shared) => {
    const { d, open, trust, allow } = shared;
    allow((text) => refused(text));
    const page0 = await tie(shared, "worker", "wren");
    await page0.context().close();
    const other = await trust.key("first");
    const seconds = () => Math.floor(Date.now() / 1000);
    const twists = {
      "another nonce": (claims) => trust.sign({ ...claims, nonce: "another" }),
      "no nonce": ({ nonce, ...claims }) => trust.sign(claims),
      "over": (claims) => trust.sign({ ...claims, iat: seconds() - 400, exp: seconds() - 200 }),
      "of another organisation": (claims) => trust.sign({ ...claims, iss: "http://127.0.0.1:1" }),
      "for another house": (claims) => trust.sign({ ...claims, aud: "another" }),
      "signed by another key": (claims) => trust.sign(claims, other),
      "signed by nobody": (claims) => Buffer.from('{"alg":"none"}').toString("base64url") + "." + Buffer.from(JSON.stringify(claims)).toString("base64url") + ".",
      "signed with the shared secret": (claims) => trust.sign(claims, { alg: "HS256", privateKey: new TextEncoder().encode(trust.secret) }),
      "somebody else's body": (claims, raw) => [raw.split(".")[0], Buffer.from(JSON.stringify({ ...claims, sub: "subject-ruth" })).toString("base64url"), raw.split(".")[2]].join("."),
    };
    const page = await open(null);
    for (const [name, twist] of Object.entries(twists)) {
      trust.twist = twist;
      const { status, text } = await walkThere(page.context(), "wren", d.url);
      assert.equal(status, 422, name);
      assert.match(text, /could not be trusted/, name);
      assert.equal(await signedIn(page, d), false, name);
    }
    await page.goto(d.url + "/sign-in/organisation");
    await signInThere(page, "wren", d.url);
    await shows(page, "could not be trusted");
    assert.deepEqual(await axe(page), []);
    trust.twist = null;
    await out(page, d);
    await signInThere(page, "wren", d.url);
    await page.waitForURL(d.url + "/");
  }),

  "a trip is one browser's, once; an answer says whose it is": trial(async (shared) => {
    const { d, open, trust, allow } = shared;
    allow((text) => refused(text));
    const page = await open(null);
    const answers = [];
    page.on("request", (request) => request.url().includes("/sign-in/organisation/back") && answers.push(request.url()));
    await out(page, d);
    await signInThere(page, "wren", d.url);
    await page.waitForURL(d.url + "/");
    const thief = await open(null);
    await thief.goto(answers[0]);
    await shows(thief, "begun in another window");
    assert.equal(await signedIn(thief, d), false);
    await page.goto(d.url + "/sign-out");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign out there too" }).click(); // a tablet that goes from hand to hand
    await page.locator("button[value=yes]").click();
    await page.waitForURL(d.url + "/sign-in*");
    await page.goto(answers[0]);
    await shows(page, "begun in another window");
    assert.equal(await signedIn(page, d), false);

    // An answer that another organisation gave, and one that somebody else's trip belongs to.
    for (const change of [(u) => u.searchParams.set("iss", "http://127.0.0.1:1"), (u) => u.searchParams.delete("iss"), (u) => u.searchParams.set("code", "another")]) {
      trust.answer = change;
      const { status, text } = await walkThere(page.context(), "wren", d.url);
      assert.equal(status, 422);
      assert.match(text, /could not be trusted/);
      assert.equal(await signedIn(page, d), false);
    }
    trust.answer = null;
  }),

  "its keys change, and when it is away that is said in words": trial(async (shared) => {
    const { d, open, trust, allow } = shared;
    allow((text) => refused(text));
    const page = await open(null);
    const old = trust.keys[0];
    await trust.rotate("second");
    await out(page, d);
    await signInThere(page, "wren", d.url);
    await page.waitForURL(d.url + "/");
    await page.goto(d.url + "/sign-out");
    await through(page, () => page.getByRole("button", { name: "Sign out" }).click());
    trust.twist = (claims) => trust.sign(claims, old); // a key that was withdrawn
    await out(page, d);
    await signInThere(page, "wren", d.url);
    await shows(page, "could not be trusted");
    trust.twist = null;

    await out(page, d);
    await page.locator("[name=login]").waitFor();
    trust.answer = () => trust.away(true);
    await signInThere(page, "wren", d.url);
    await shows(page, "does not answer just now");
    assert.deepEqual(await axe(page), []);
    assert.equal(await signedIn(page, d), false);
    trust.answer = null;
    trust.away(false);
    await page.goto(d.url + "/sign-in");
    await page.fill("[name=name]", "ruth"); // everybody's own ways are there
  }),
};
