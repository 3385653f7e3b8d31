// Links and forms that change a part of the page instead of all of it. Each has an ordinary address, so without this script it still works.

import { fieldsOf, send } from "./entry";
import { door, missing } from "./forms";
import { serverLocked } from "./lock";
import { setNet } from "./net";
import { apply, closeSheet, pick } from "./rows";
import { opened } from "./trust";

let latest = 0;
let typing: ReturnType<typeof setTimeout> | undefined;

export function startSwap(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const hit = event.target as Element;
    const closing = hit.closest("[data-close-sheet]");
    const carrier = hit.closest<HTMLElement>("button[data-post]");
    const link = hit.closest<HTMLAnchorElement>("a[data-swap]");
    if (closing) {
      if (closeSheet(closing)) event.preventDefault();
    } else if (carrier) {
      void send(carrier, carrier.dataset.post ?? "", [...new URLSearchParams(carrier.dataset.fields)], carrier);
    } else if (link) {
      event.preventDefault();
      if (link.hasAttribute("data-pick")) pick(link);
      void load(link.href, link.dataset.swap ?? "", link.hasAttribute("data-push"));
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const button = (event as SubmitEvent).submitter;
    if (form.dataset.entry !== undefined) {
      event.preventDefault();
      if (!(button as HTMLButtonElement | null)?.name && point(form)) return;
      void send(form, door(form), fieldsOf(form, button), button);
    } else if (form.dataset.find || (form.dataset.swap && form.method === "get")) {
      event.preventDefault();
      void search(form, fieldsOf(form, button));
    }
  });
  document.addEventListener("input", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-auto]");
    if (!form) return;
    clearTimeout(typing);
    typing = setTimeout(() => void search(form, fieldsOf(form, null)), 180);
  });
  // A link inside the page makes a popstate too; only another address is another page.
  addEventListener("popstate", () => address() === shown || location.reload());
  lookAgain();
}

let shown = address();

function address(): string {
  return location.pathname + location.search;
}

/** The path and search of an address of ours. */
function addressIn(wanted: string): string {
  const at = new URL(wanted, location.href);
  return at.pathname + at.search;
}

/** Shows the first thing that is still missing instead of sending; true when there was one. */
function point(form: HTMLFormElement): boolean {
  const [first] = missing(form);
  if (first === undefined) return false;
  const control = [...form.elements].find((element) => (element as HTMLInputElement).name === first && !element.matches(":disabled")) as HTMLElement;
  control.closest("fieldset, .field")?.scrollIntoView({ block: "nearest" });
  control.focus({ preventScroll: true });
  return true;
}

type Fields = [string, string][];

/**
 * Looks for what a search asks for. Where its words may stand in no address they are kept with this page's place in the history, for who looked
 * and for nobody else, so that going into what was found and back shows them again.
 */
function search(form: HTMLFormElement, fields: Fields): Promise<void> {
  const asked = new URLSearchParams(fields);
  const quiet = form.hasAttribute("data-auto");
  const { find, swap = "" } = form.dataset;
  if (!find) return load(form.action + "?" + asked, swap, false, quiet);
  history.replaceState({ looked: { reader: document.documentElement.dataset.reader, fields } }, "");
  return load(form.action, find, false, quiet, asked);
}

/** Fills a page's search with what was looked for before somebody went into what was found, and looks again. */
function lookAgain(): void {
  const form = document.querySelector<HTMLFormElement>("form[role=search][data-find]");
  const looked = (history.state as { looked?: { reader?: string; fields: Fields } } | null)?.looked;
  if (!form || !looked || looked.reader !== document.documentElement.dataset.reader) return;
  for (const control of form.elements) {
    const input = control as HTMLInputElement;
    const values = looked.fields.filter(([name]) => name === input.name).map(([, value]) => value);
    if (input.type === "checkbox" || input.type === "radio") input.checked = values.includes(input.value) || (input.type === "radio" && values.length === 0 && input.value === "");
    else if (input.name) input.value = values[0] ?? "";
  }
  form.dispatchEvent(new Event("milieu:changed", { bubbles: true }));
  void search(form, looked.fields);
}

/** Tells the server that a person asked, and no script by itself: that keeps the session from locking. */
const touched = (): Record<string, string> => (navigator.userActivation?.isActive ? { "Milieu-Touched": "1" } : {});

/** Fetches a part of a page. Of several asked for at once only the last one is shown. */
async function load(wanted: string, selector: string, push: boolean, quiet = false, body?: URLSearchParams): Promise<void> {
  const target = document.querySelector(selector);
  if (!target) {
    location.assign(wanted);
    return;
  }
  const mine = ++latest;
  target.setAttribute("aria-busy", "true");
  try {
    const ask = () => fetch(wanted, { method: body ? "POST" : "GET", body: body ?? null, headers: { "Milieu-Fragment": "1", Accept: "text/html", ...touched() } });
    let answer = await ask();
    if (answer.status === 423) {
      await serverLocked();
      answer = await ask();
    }
    if (mine !== latest) return;
    const next = answer.headers.get("Milieu-Location");
    if (next || answer.redirected || !answer.ok) {
      location.assign(next ?? wanted);
      return;
    }
    const text = await answer.text();
    if (mine !== latest) return;
    const focused = quiet ? (document.activeElement as HTMLElement | null) : null;
    const fresh = part(text, selector);
    if (fresh) apply(fresh, target);
    else target.replaceChildren(); // nothing is asked for any more
    (target as HTMLElement).dataset.from = addressIn(wanted);
    focused?.focus({ preventScroll: true });
    if (push) {
      history.pushState(null, "", wanted);
      shown = address();
    }
  } catch {
    setNet(navigator.onLine ? "waiting" : "off");
    if (mine === latest) location.assign(wanted); // the service worker may have the whole page
  } finally {
    target.removeAttribute("aria-busy");
  }
}

/** A route that knows no fragments answers with the whole page: the same part of that page is what was asked for. */
function part(html: string, selector: string): string {
  if (!/^\s*<!doctype/i.test(html)) return html;
  return opened(html).querySelector(selector)?.innerHTML ?? "";
}
