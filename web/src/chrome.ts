// The page's own switches: night, hidden names, dialogs, toasts, two views of one thing, keys, and the held press.

import { recall, remember } from "./choices";
import { onArrive, within } from "./parts";
import { closeSheet } from "./rows";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const hold = 900;
const stay = 15_000;

export function startChrome(): void {
  pressed();
  dark.addEventListener("change", pressed);
  document.addEventListener("click", click);
  document.addEventListener("change", (event) => {
    const radio = event.target as HTMLInputElement;
    const views = radio.name === "view" ? radio.closest<HTMLElement>(".views") : null;
    if (views) views.dataset.view = radio.value;
  });
  document.addEventListener("keydown", key);
  onArrive((part) => {
    for (const button of within<HTMLButtonElement>(part, "[data-hold]")) holdable(button);
    for (const toast of within<HTMLElement>(part, "[data-toast]")) setTimeout(() => leave(toast), stay);
  });
}

const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

function pressed(): void {
  document.querySelector("[data-theme-toggle]")?.setAttribute("aria-pressed", String(isDark()));
  document.querySelector("[data-privacy]")?.setAttribute("aria-pressed", String(root.hasAttribute("data-private")));
}

function click(event: MouseEvent): void {
  const on = (selector: string) => (event.target as Element).closest<HTMLElement>(selector);
  let hit: HTMLElement | null;
  if (on("[data-theme-toggle]")) {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember("theme", root.dataset.theme);
    pressed();
  } else if (on("[data-privacy]")) {
    remember("private", root.toggleAttribute("data-private") ? "yes" : "no");
    pressed();
  } else if ((hit = on("[data-open]"))) {
    (document.getElementById(hit.dataset.open ?? "") as HTMLDialogElement | null)?.showModal();
  } else if ((hit = on("[data-close]"))) {
    const box = hit.closest<HTMLElement>("dialog, [data-toast], .toast");
    if (box instanceof HTMLDialogElement) box.close();
    else box?.remove();
  } else if (on("[data-print]")) {
    print();
  } else if (event.target instanceof HTMLDialogElement && event.target.classList.contains("drawer") && outside(event.target, event)) {
    event.target.close();
  }
}

/** A toast goes by itself, but not from under a finger. What it said stands in the chart, where it can be withdrawn too. */
function leave(toast: HTMLElement): void {
  if (toast.matches(":hover, :focus-within")) setTimeout(() => leave(toast), 3000);
  else toast.remove();
}

function outside(box: Element, event: MouseEvent): boolean {
  const at = box.getBoundingClientRect();
  return event.clientX < at.left || event.clientX > at.right || event.clientY < at.top || event.clientY > at.bottom;
}

/** Slash goes to the search field and Escape closes a sheet. One-key shortcuts can be turned off on a device. */
function key(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = (event.target as Element).closest("input:not([type=radio]):not([type=checkbox]), textarea, [contenteditable]");
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    const sheet = document.querySelector(".sheet-up");
    if (sheet) closeSheet(sheet);
  } else if (event.key === "/" && !typing && recall("keys") !== "off") {
    const field = document.querySelector<HTMLElement>("[data-search], input[type=search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
  }
}

/** Press and hold. A short press does nothing; the keyboard holds Space or Enter the same way. */
function holdable(button: HTMLButtonElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    button.removeAttribute("data-holding");
  };
  const start = () => {
    if (timer !== undefined) return;
    button.setAttribute("data-holding", "");
    timer = setTimeout(() => {
      stop();
      navigator.vibrate?.(200);
      button.dispatchEvent(new CustomEvent("milieu:held", { bubbles: true }));
      (document.getElementById(button.dataset.hold ?? "") as HTMLDialogElement | null)?.showModal?.();
    }, hold);
  };
  button.addEventListener("pointerdown", start);
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) button.addEventListener(end, stop);
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    start();
  });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
