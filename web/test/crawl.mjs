// The pages of the program, and which of them links lead to.
import assert from "node:assert/strict";

// What is no page: files, streams, fragments and doors that machines use.
const noPages = new Set(["/static/", "/healthz", "/live", "/sw.js", "/drafts", "/device/phones", "/device/people", "/session", "/clients/{chart}/photo.jpg", "/welcome/{token}",
  "/staff/{chart}/certificates/{credential}/evidence/{file}", "/clients/{chart}/belongings/photos/{blob}", "/clients/{chart}/notes/{note}/files/{file}",
  // Steps of a ceremony, which no link leads to; signin, passkey and tablet walk through them.
  "/lock", "/confirm", "/account/passkeys/new", "/account/passkeys/{key}",
  // For what the demonstration's day does not hold: somebody found elsewhere in an emergency, an author who has left.
  "/access/break/{chart}", "/staff/{chart}/custodian"]);

/** The program's pages, each with a test for its addresses. */
export async function pages(d) {
  const all = await d.routes();
  return all.filter((one) => one.method === "GET" && !one.path.startsWith("/api/") && !noPages.has(one.path)).map((one) => ({ ...one, test: new RegExp("^" + one.path.replace("{$}", "").replace(/\{[^}]+\}/g, "[^/]+") + "$") }))
    .sort((a, b) => a.path.split("{").length - b.path.split("{").length); // an address that is spelled out comes before one with a place in it
}

/** One address of each page that links lead to, from where somebody begins, and from further addresses, or from those first. */
export async function reachable(shared, page, begin = [], first = false) {
  const found = new Map();
  const queue = [...(first ? begin : []), new URL(page.url()).pathname, "/account", ...begin, "/sign-out"];
  while (queue.length > 0) {
    const address = queue.shift();
    const url = new URL(address, shared.d.url);
    const route = shared.routes.find((one) => one.test.test(url.pathname));
    if (!route) continue;
    const key = [route.path, ...[...url.searchParams.keys()].sort()].join(" ");
    if (found.has(key)) continue;
    const answer = await page.context().request.get(url.href, { maxRedirects: 0, headers: { Accept: "text/html" } });
    assert.ok(answer.status() < 400, `a link leads to ${address}, which answers ${answer.status()}`);
    if (answer.status() >= 300) {
      queue.push(answer.headers().location);
      continue;
    }
    const text = await answer.text();
    if (!/^\s*<!doctype html>/i.test(text)) continue;
    found.set(key, url.pathname + url.search);
    shared.reached?.add(route.path);
    for (const [, href] of text.matchAll(/<a\b[^>]*\shref="([^"#]+)/g)) {
      const next = new URL(href.replaceAll("&amp;", "&"), url);
      if (next.origin === url.origin) queue.push(next.pathname + next.search);
    }
  }
  return [...found.values()];
}
