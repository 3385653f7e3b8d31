// A real OpenID Connect provider (oidc-provider, certified by the OpenID Foundation) on loopback, as the organisation around a house. What it says can be changed on
// its way out, with its own keys, as a provider that is broken or in other hands would:
// twist(claims, token) gives another ID token, answer(address) changes where it sends people back to.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, decodeJwt, decodeProtectedHeader } from "jose";
import { through } from "./lib.mjs";

const quietly = (what) => { // the library speaks of runtimes on standard output while it is loaded
  const { info, warn, log } = console;
  Object.assign(console, { info() {}, warn() {}, log() {} });
  return what().finally(() => Object.assign(console, { info, warn, log }));
};

const { default: Provider } = await quietly(() => import("oidc-provider"));

async function key(kid) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { jwk: { ...(await exportJWK(privateKey)), kid, use: "sig", alg: "ES256" }, privateKey, kid };
}

/** Starts an organisation. Its house is told to it later: house(address). */
export async function organisation() {
  let handle = null;
  const server = createServer((request, response) => (handle ? handle(request, response) : response.writeHead(503).end()));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const secret = "of the house and the organisation, both";
  const self = { issuer, secret, twist: null, answer: null, asked: [], keys: [await key("first")], home: "" };

  /** Makes the provider, with the keys it has now. */
  const make = () => {
    const provider = new Provider(issuer, {
      clients: [{
        client_id: "milieu", client_secret: secret, redirect_uris: [self.home + "/sign-in/organisation/back"], post_logout_redirect_uris: [self.home + "/sign-in"],
        response_types: ["code"], grant_types: ["authorization_code"], id_token_signed_response_alg: "ES256", backchannel_logout_uri: self.home + "/sign-in/organisation/ended",
      }],
      jwks: { keys: self.keys.map((one) => one.jwk) },
      cookies: { keys: ["a key of the test"] },
      pkce: { required: () => true },
      claims: { openid: ["sub", "preferred_username"] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
      findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: "subject-" + id, preferred_username: id }) }),
      fetch: (url, { dispatcher, ...options }) => fetch(url, options), // by itself it calls no house on its own machine
      ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 120, Interaction: 600, Grant: 600, Session: 600 },
      renderError: async (ctx, out) => { ctx.type = "text"; ctx.body = JSON.stringify(out); },
    });
    provider.on("backchannel.error", (ctx, error) => console.error("the house did not take what it was told:", error.message, error.cause ?? ""));
    provider.use(async (ctx, next) => {
      await next();
      if (ctx.oidc?.route === "authorization") self.asked.push(ctx.oidc.params);
      const back = ctx.response.get("location");
      if (self.answer && back?.startsWith(self.home + "/sign-in/organisation/back")) {
        const to = new URL(back);
        self.answer(to);
        ctx.set("location", to.href);
      }
      if (self.twist && ctx.oidc?.route === "token" && ctx.body?.id_token) ctx.body.id_token = await self.twist(decodeJwt(ctx.body.id_token), ctx.body.id_token);
    });
    handle = provider.callback();
  };

  /** Signs claims as the provider would, or with whatever else. */
  const sign = (claims, { privateKey, kid, alg = "ES256" } = {}) => new SignJWT(claims).setProtectedHeader({ alg, kid: kid ?? self.keys[0].kid, typ: "JWT" }).sign(privateKey ?? self.keys[0].privateKey);

  return Object.assign(self, {
    sign, key,
    house(home) { self.home = home; make(); },
    /** Its keys change: the new one signs, the old ones are published no more. */
    async rotate(kid) { self.keys = [await key(kid)]; make(); },
    header: decodeProtectedHeader,
    away(is) { const was = handle; if (is) { self.back = was; handle = null; } else handle = self.back; },
    stop: () => new Promise((done) => { server.closeAllConnections(); server.close(done); }),
  });
}

/** Fills in the provider's own pages: who one is, and that the house may know. Stops at the house. */
export async function signInThere(page, name, home) {
  await page.fill("[name=login]", name);
  await page.fill("[name=password]", "anything");
  for (let i = 0; i < 4 && !page.url().startsWith(home); i++) await through(page, () => page.locator("button[type=submit]").first().click());
}

/** The same without drawing anything: gives the answer at which it ends. */
export async function walkThere(context, name, home) {
  let answer = await context.request.get(home + "/sign-in/organisation");
  for (let i = 0; i < 4 && !answer.url().startsWith(home); i++) {
    const page = await answer.text();
    const to = new URL(/<form[^>]*action="([^"]+)"/.exec(page)[1], answer.url()).href;
    const prompt = /name="prompt" value="(\w+)"/.exec(page)[1];
    answer = await context.request.post(to, { form: prompt === "login" ? { prompt, login: name, password: "anything" } : { prompt } });
  }
  return { status: answer.status(), address: answer.url(), text: await answer.text() };
}
