// The one door by which text becomes a part of the page. Browsers that know trusted types refuse every other (require-trusted-types-for): a
// slip anywhere else cannot turn what people wrote into markup. What passes here was drawn by the server, which escapes, or was on the page before.

interface Policy { createHTML(text: string): string; createScriptURL(address: string): string }

const worker = "/sw.js";
const rules: Policy = {
  createHTML: (text) => text,
  createScriptURL: (address) => {
    if (address !== worker) throw new TypeError("no script of ours");
    return address;
  },
};
const browser = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const policy: Policy = browser?.createPolicy("milieu", rules) ?? rules;

/** Markup as a template's content: nothing in it runs or loads before it stands in the page. */
export function drawn(html: string): DocumentFragment {
  const parsed = document.createElement("template");
  parsed.innerHTML = policy.createHTML(html);
  return parsed.content;
}

/** A whole page as a document of its own. */
export function opened(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html), "text/html");
}

/** The address of the service worker. */
export function workerAddress(): string {
  return policy.createScriptURL(worker);
}
