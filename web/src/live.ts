// Rows that change while the page is open: the server sends each changed row once, rendered, to every screen that shows it.

import { setNet } from "./net";
import { connect } from "./parts";
import { apply, count, renew, whenStill } from "./rows";
import { learn } from "./time";
import { opened } from "./trust";

let source: EventSource | undefined;
let address = "";
let lastId = "";
let tries = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let silent: ReturnType<typeof setTimeout> | undefined;

export function startLive(): void {
  address = document.body.dataset.live ?? "";
  if (!address) return;
  lastId = document.body.dataset.liveAfter ?? ""; // what was filed while the page was on its way, or lay on the device
  open();
  addEventListener("online", () => { tries = 0; open(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && open());
}

/** Ends the line for good: the page is covered. */
export function closeLive(): void {
  address = "";
  clearTimeout(retry);
  clearTimeout(silent);
  source?.close();
}

function open(): void {
  clearTimeout(retry);
  if (!address) return;
  source?.close();
  source = new EventSource(lastId ? `${address}&after=${encodeURIComponent(lastId)}` : address);
  source.onopen = () => { tries = 0; setNet("ok"); };
  source.onmessage = (event: MessageEvent<string>) => {
    heard(event);
    whenStill(() => apply(event.data));
  };
  source.addEventListener("now", (event: MessageEvent<string>) => { heard(event); learn(Number(event.data)); });
  source.addEventListener("stale", () => void refresh());
  source.onerror = () => {
    setNet(navigator.onLine ? "waiting" : "off");
    if (source?.readyState === EventSource.CLOSED) again();
  };
}

function heard(event: MessageEvent<string>): void {
  if (event.lastEventId) lastId = event.lastEventId;
  setNet("ok");
  // The server says the time every twenty seconds; silence for three times that is a dead line that the browser has not noticed.
  clearTimeout(silent);
  silent = setTimeout(() => { setNet("waiting"); open(); }, 60_000);
}

/** The browser gave up (the server answered with an error): ask again, more slowly each time, until it is back. */
function again(): void {
  clearTimeout(retry);
  tries++;
  if (tries > 1) setNet("off");
  retry = setTimeout(open, Math.min(15_000, 500 * 2 ** tries) * (0.75 + Math.random() / 2));
}

let asked = 0;

/**
 * What changed does not come as rows, or was missed: ask for the page again and take its lists. What somebody is writing stays. False when there
 * was no answer.
 */
export async function refresh(): Promise<boolean> {
  const mine = ++asked;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const text = answer?.ok && !answer.redirected && (await answer.text().catch(() => ""));
  if (!text) return false;
  if (mine !== asked) return true; // asked again meanwhile: the later answer knows more
  const page = opened(text);
  whenStill(() => {
    for (const list of document.querySelectorAll<HTMLElement>("[data-list]")) {
      const fresh = page.querySelector(`[data-list="${CSS.escape(list.dataset.list ?? "")}"]`);
      if (!fresh || list.querySelector("form[data-dirty]")) continue;
      list.replaceChildren(...fresh.childNodes);
      connect(list);
    }
    for (const part of document.querySelectorAll("[data-fresh]")) {
      const fresh = part.id ? page.getElementById(part.id) : null;
      if (fresh && part instanceof HTMLElement) renew(part, fresh);
    }
    count();
  });
  return true;
}
