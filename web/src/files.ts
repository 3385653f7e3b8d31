// Photos and files that go along with a note. Each is sent when it is chosen, and the note carries its address; the words never wait for it.

import { say } from "./words";

export function startFiles(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[data-file]");
  const list = form.querySelector<HTMLElement>("[data-file-list]");
  if (!input || !list) return;
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) await sendFile(form, input.dataset.file ?? "", file, list);
  });
  list.addEventListener("click", (event) => {
    const row = (event.target as Element).closest("[data-file-drop]")?.closest("li");
    if (!row) return;
    row.remove();
    number(list);
  });
}

function complain(form: HTMLFormElement, text: string): void {
  const place = form.querySelector<HTMLElement>("[data-file-error]");
  if (!place) return;
  place.textContent = text;
  place.hidden = text === "";
}

async function sendFile(form: HTMLFormElement, to: string, file: File, list: HTMLElement): Promise<void> {
  complain(form, "");
  const body = new FormData();
  body.append("file", file);
  list.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(to, { method: "POST", body, headers: { "Milieu-Fragment": "1", Accept: "text/html" } });
    if (!answer.ok) {
      const kind = answer.headers.get("Content-Type") ?? "";
      const text = kind.startsWith("application/json") ? ((await answer.json()) as { text: string }).text : (await answer.text()).trim();
      return complain(form, text || say("note_file_failed"));
    }
    list.append(row((await answer.json()) as Sent));
    number(list);
  } catch {
    complain(form, say("note_file_off"));
  } finally {
    list.removeAttribute("aria-busy");
  }
}

interface Sent { blob: string; name?: string; form: string; size?: number }

function row(sent: Sent): HTMLElement {
  const out = document.createElement("li");
  Object.assign(out.dataset, { blob: sent.blob, form: sent.form, size: String(sent.size ?? 0), ...(sent.name ? { name: sent.name } : {}) });
  const name = document.createElement("bdi");
  name.className = "pii";
  name.textContent = sent.name || sent.form;
  const size = Object.assign(document.createElement("small"), { className: "quiet num", textContent: say("note_file_size", Math.max(1, Math.round((sent.size ?? 0) / 1024))) });
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-bare", textContent: say("note_file_drop") });
  drop.dataset.fileDrop = "";
  drop.setAttribute("aria-label", say("note_file_drop") + ": " + name.textContent);
  out.append(name, size, drop);
  return out;
}

/** The fields that the note carries of its files, numbered as they stand. */
function number(list: HTMLElement): void {
  const before = list.closest("form")?.querySelectorAll('input[name^="files."][name$=".blob"]').length ?? 0;
  for (const old of list.querySelectorAll("input")) old.remove();
  const base = Math.max(0, before - list.querySelectorAll("li").length);
  [...list.querySelectorAll<HTMLElement>("li")].forEach((row, i) => {
    for (const part of ["blob", "name", "form", "size"] as const) {
      const value = row.dataset[part];
      if (value) row.append(Object.assign(document.createElement("input"), { type: "hidden", name: `files.${base + i}.${part}`, value }));
    }
  });
}
