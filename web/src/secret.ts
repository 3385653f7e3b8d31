// A password can be looked at while it is typed: whoever types long words with one thumb needs to see them. It is hidden again when the form
// goes, so that browsers keep it as a password and nothing of it stays readable behind a form that comes back.

import { onArrive, within } from "./parts";
import { say } from "./words";

export function startSecrets(): void {
  onArrive((root) => {
    for (const input of within<HTMLInputElement>(root, "input[data-secret]")) showable(input);
  });
}

function showable(input: HTMLInputElement): void {
  const box = document.createElement("div");
  box.className = "secret-box";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-bare secret-show";
  button.setAttribute("aria-controls", input.id);
  const put = (shown: boolean) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? say("hide") : say("show");
    button.setAttribute("aria-label", shown ? say("hide_password") : say("show_password"));
  };
  put(false);
  button.addEventListener("click", () => { put(input.type === "password"); input.focus(); });
  input.form?.addEventListener("submit", () => put(false));
  input.replaceWith(box);
  box.append(input, button);
}
