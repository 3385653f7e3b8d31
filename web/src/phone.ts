// The device's part of every page: the service worker, the person's keys, the outbox, and the few forms that belong to the device.

import { startAgain } from "./again";
import { recall, remember } from "./choices";
import { all, recallState, setState, sweep } from "./store";
import { makeKeys, wipe, wipeOver } from "./keys";
import { lock, serverLocked, startLock, wasTouched } from "./lock";
import { startMarks } from "./marks";
import { measure, startMoment } from "./moment";
import { setNet } from "./net";
import { drain, startOutbox, tellWaiting } from "./outbox";
import { addressOf, keepPage, takenAt } from "./pack";
import { startSealed } from "./sealed";
import { borrow, hasWords, keysNow, keysReady, reader, startSession, startSigningOut, tell, useWords } from "./session";
import { ask } from "./standing";
import { clockText } from "./time";
import { workerAddress } from "./trust";
import { showLook, startWaiting } from "./waiting";
import { say } from "./words";

const fresh = 15 * 60_000; // a page taken along is asked for again after this
const gone = 16 * 3_600_000; // what no shift can still need
const shortest = 10;

export function startPhone(): void {
  startLock();
  if (!("serviceWorker" in navigator) || !isSecureContext || !navigator.locks) return;
  startMoment();
  startSealed();
  startOutbox();
  startMarks();
  startAgain();
  startWaiting();
  void navigator.serviceWorker.register(workerAddress()).catch(() => {}); // a browser may forbid it: everything with a network works without
  document.addEventListener("submit", submit);
  void startSession().then(() => {
    void tellWaiting();
    void drain();
    void offerCode();
    void wipeOver().catch(() => {});
    void stillLent();
    void sweep("pages", (page) => page.at < Date.now() - gone).catch(() => {});
    const goes = document.querySelector("[data-sign-out]") !== null; // who is about to sign out takes nothing along
    if (reader() && keysNow() && !goes && recall("phone") === "yes") void takeAlong(false);
  });
  if (reader()) setInterval(() => document.hidden || void hello(), 60_000);
  document.addEventListener("milieu:back", () => void hello());
  addEventListener("online", () => void (reader() && hello()));
}

/** Says that the device is there, and hears the server's clock. */
async function hello(): Promise<void> {
  const before = Date.now();
  try {
    const answer = await fetch("/device/heard", { method: "POST", headers: { Accept: "application/json", ...(wasTouched() ? { "Milieu-Touched": "1" } : {}) }, signal: AbortSignal.timeout(8000) });
    if (answer.status === 423) return void serverLocked();
    if (!answer.ok) return;
    const told = (await answer.json()) as { now: number; look?: number };
    await measure(before, told.now);
    await showLook(told.look ?? 0);
    setNet("ok");
    void drain();
    void stillLent();
  } catch {
    setNet("off");
  }
}

/** Asks whether what was lent to this device still is: who was signed out elsewhere, or works here no more, leaves nothing behind. */
async function stillLent(): Promise<void> {
  const grants = [...new Set([...(await all("locks")), ...(await all("quick")), ...(await all("faces"))].map((one) => one.grant))];
  const ended = (await recallState<string[]>("ended")) ?? [];
  if (grants.length === 0 && ended.length === 0) return;
  const answer = await ask("/device/standing", { grants, ended }).catch(() => null);
  if (!answer?.ok) return;
  const { over } = (await answer.json()) as { over: string[] };
  if (ended.length > 0) await setState("ended", []);
  for (const grant of over) await wipe(grant);
  if (over.includes(keysNow()?.grant ?? "")) void lock();
}

function submit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const words = (name: string) => form.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.value ?? "";
  if (form.dataset.signOut !== undefined) {
    startSigningOut();
    event.submitter?.setAttribute("aria-busy", "true");
  } else if (form.dataset.signIn !== undefined) {
    event.preventDefault();
    if (form.hasAttribute("data-busy")) return;
    form.toggleAttribute("data-busy", true);
    // The words make a key before they go to the server; the page that follows borrows, and that key wraps what was borrowed.
    void tell({ do: "forget" }, 1000).then(() => useWords(words("password"))).finally(() => form.submit());
  } else if (form.dataset.unlock !== undefined && form.getAttribute("action") === "/unlock") {
    event.preventDefault();
    void useWords(words("password")).finally(() => form.submit());
  } else if (form.dataset.take !== undefined) {
    event.preventDefault();
    void take(form, words("code"));
  }
}

/** Who signed in by a link has given no words: the code for coming back without a network is asked for here. */
async function offerCode(): Promise<void> {
  const part = document.querySelector<HTMLElement>("[data-take-code]");
  if (!part) return;
  const mine = keysNow()?.grant;
  const locked = (await all("locks")).some((lock) => lock.grant === mine);
  part.hidden = hasWords() || locked;
}

async function take(form: HTMLFormElement, code: string): Promise<void> {
  const part = form.querySelector<HTMLElement>("[data-take-code]");
  const state = form.querySelector<HTMLElement>("[data-take-state]");
  if (part && !part.hidden && code.length < shortest) {
    if (state) state.textContent = say("code_short");
    return;
  }
  if (part && !part.hidden) await useWords(code);
  remember("phone", "yes");
  void navigator.storage?.persist?.();
  await takeAlong(true, state);
}

/** Takes the shift's pages along: all of them when asked, otherwise those that have grown old. */
async function takeAlong(asked: boolean, state: HTMLElement | null = null): Promise<void> {
  await keysReady;
  const lent = await borrow(true).catch(() => null);
  const keys = keysNow() ?? (lent ? await makeKeys(lent) : null);
  if (!lent || !keys) {
    if (state) state.textContent = say("take_failed");
    return;
  }
  const wanted = [...new Set(["/", "/sign-out", "/waiting", ...(lent.pages ?? [])])];
  const jobs = wanted.flatMap((address) => (["page", "part"] as const).map((form) => ({ address: addressOf(address), form })));
  let done = 0;
  let failed = 0;
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const old = asked ? undefined : await takenAt(keys, job.address, job.form);
      if (old === undefined || Date.now() - old > fresh) {
        const answer = await fetch(job.address, { headers: { Accept: "text/html", ...(job.form === "part" ? { "Milieu-Fragment": "1" } : {}), "Milieu-Pack": "1" } }).catch(() => null);
        if (answer?.ok && !answer.redirected && answer.headers.get("Content-Type")?.startsWith("text/html")) {
          await keepPage(keys, job.address, job.form, { type: "text/html; charset=utf-8", csp: answer.headers.get("Content-Security-Policy") ?? "", html: await answer.text() });
        } else {
          failed++;
        }
      }
      done++;
      if (state) state.textContent = say("taking", Math.ceil(done / 2), wanted.length);
    }
  };
  await Promise.all([work(), work(), work()]);
  await setState("taken", Date.now());
  if (state) state.textContent = failed > done / 2 ? say("take_failed") : say("taken", clockText(lent.until));
  await offerCode();
}
