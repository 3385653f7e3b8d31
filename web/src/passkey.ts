// Passkeys: asks the server what the authenticator is to sign, lets the browser ask the person, and sends what it signed with the form that the
// page made for it. Everything that a page needs stands on that form: where to ask (data-ask), which of the two acts it is (data-passkey="use"
// or "make"), the words for what can go wrong, and fields for the ticket and the answer. Whatever fails, the other ways stand beside it.

import { onArrive, within } from "./parts";

interface Asked { ticket: string; publicKey: Record<string, any> }

const renew = 8 * 60_000; // the server forgets a ceremony after ten minutes: a page left open begins anew before that
let quiet: AbortController | null = null; // the ceremony behind the name field, which waits until it is used

export function startPasskeys(): void {
  onArrive((root) => {
    for (const gone of within<HTMLElement>(root, "[data-passkey-gone]")) void forget(gone);
    for (const form of within<HTMLFormElement>(root, "form[data-passkey]")) bring(form);
  });
}

function bring(form: HTMLFormElement): void {
  if (!window.PublicKeyCredential || !navigator.credentials) return; // the form stays hidden; the page has another way
  form.hidden = false;
  for (const other of document.querySelectorAll<HTMLElement>("[data-passkey-less]")) other.hidden = true;
  form.addEventListener("submit", (event) => {
    if (field(form, "credential").value !== "") return; // signed: off it goes
    event.preventDefault();
    void act(form, event.submitter as HTMLButtonElement | null);
  });
  if (form.dataset.autofill !== undefined) void behindTheName(form);
  addEventListener("pageshow", (event) => event.persisted && (field(form, "credential").value = "")); // come back to: what was signed is spent
}

/** The browser offers passkeys where the name is typed; choosing one there is all there is to do. */
async function behindTheName(form: HTMLFormElement): Promise<void> {
  const able = PublicKeyCredential as unknown as { isConditionalMediationAvailable?: () => Promise<boolean> };
  if (!(await able.isConditionalMediationAvailable?.().catch(() => false))) return;
  const mine = (quiet = new AbortController());
  const again = setTimeout(() => mine.abort("renew"), renew);
  try {
    const asked = await ask(form);
    const got = await navigator.credentials.get({ publicKey: forUse(asked), mediation: "conditional", signal: mine.signal } as CredentialRequestOptions);
    if (got) send(form, asked, got as PublicKeyCredential);
  } catch {
    if (mine.signal.reason === "renew") void behindTheName(form);
    // whatever else goes wrong behind a field that nobody touched is nobody's trouble
  } finally {
    clearTimeout(again);
  }
}

async function act(form: HTMLFormElement, button: HTMLButtonElement | null): Promise<void> {
  quiet?.abort("used"); // a browser runs one ceremony at a time
  if (button) button.disabled = true;
  say(form, "");
  try {
    const asked = await ask(form);
    const got = form.dataset.passkey === "make"
      ? await navigator.credentials.create({ publicKey: forMaking(asked) })
      : await navigator.credentials.get({ publicKey: forUse(asked) });
    if (got) send(form, asked, got as PublicKeyCredential);
  } catch (error) {
    say(form, words(form, error));
    if (form.dataset.autofill !== undefined) void behindTheName(form);
  } finally {
    if (button) button.disabled = false;
  }
}

/** What the server did not want to ask for, in its words. */
class Refused extends Error {}

async function ask(form: HTMLFormElement): Promise<Asked> {
  const got = await fetch(form.dataset.ask ?? "", { method: "POST", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
  const read = (await got.json()) as Asked & { error?: { text?: string } };
  if (!got.ok) throw new Refused(read.error?.text ?? "");
  return read;
}

function send(form: HTMLFormElement, asked: Asked, got: PublicKeyCredential): void {
  field(form, "ticket").value = asked.ticket;
  field(form, "credential").value = JSON.stringify(plain(got));
  form.requestSubmit();
}

const field = (form: HTMLFormElement, name: string) => form.elements.namedItem(name) as HTMLInputElement;

/** Tells whatever keeps a key that the house no longer knows it, so that it is not offered again. */
async function forget(told: HTMLElement): Promise<void> {
  const able = window.PublicKeyCredential as unknown as { signalUnknownCredential?: (what: object) => Promise<void> } | undefined;
  await able?.signalUnknownCredential?.({ rpId: told.dataset.domain, credentialId: told.dataset.passkeyGone }).catch(() => {});
}

function words(form: HTMLFormElement, error: unknown): string {
  if (error instanceof Refused && error.message) return error.message;
  const name = error instanceof DOMException ? error.name : "";
  const { off = "", held = "", failed = "" } = form.dataset;
  if (name === "NotAllowedError" || name === "AbortError") return off;
  if (name === "InvalidStateError") return held;
  return failed;
}

function say(form: HTMLFormElement, text: string): void {
  const place = form.querySelector<HTMLElement>("[data-passkey-say]");
  if (!place) return;
  place.textContent = text;
  place.hidden = text === "";
}

// The server writes bytes as base64url; browsers of 2022 want bytes.

function bytes(text: string): ArrayBuffer {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0)).buffer;
}

function base64url(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const named = (list: { id: string }[] | undefined) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) })) as PublicKeyCredentialDescriptor[];

function forUse({ publicKey: p }: Asked): PublicKeyCredentialRequestOptions {
  return { ...p, challenge: bytes(p.challenge), allowCredentials: named(p.allowCredentials) };
}

function forMaking({ publicKey: p }: Asked): PublicKeyCredentialCreationOptions {
  return { ...p, challenge: bytes(p.challenge), user: { ...p.user, id: bytes(p.user.id) }, excludeCredentials: named(p.excludeCredentials) } as PublicKeyCredentialCreationOptions;
}

function plain(got: PublicKeyCredential): object {
  const response: Record<string, unknown> = { clientDataJSON: base64url(got.response.clientDataJSON) };
  if (got.response instanceof AuthenticatorAttestationResponse) {
    response.attestationObject = base64url(got.response.attestationObject);
    response.transports = got.response.getTransports?.() ?? [];
  } else if (got.response instanceof AuthenticatorAssertionResponse) {
    response.authenticatorData = base64url(got.response.authenticatorData);
    response.signature = base64url(got.response.signature);
    if (got.response.userHandle) response.userHandle = base64url(got.response.userHandle);
  }
  return { id: got.id, rawId: base64url(got.rawId), type: got.type, response, clientExtensionResults: got.getClientExtensionResults(), authenticatorAttachment: got.authenticatorAttachment ?? undefined };
}
