// A signature on the screen: lines drawn in a box of 600 by 200, kept in a field of the form as {"lines": [[x, y, x, y, …], …]}, so that they
// are part of its draft and go through the outbox with it. The box draws what the field holds: a draft put back, or a form made empty, needs
// nothing of its own.

import { onArrive, within } from "./parts";

type Line = number[];

const width = 600;
const height = 200;
const mostLines = 80;
const mostNumbers = 2400; // fewer than the server takes
const apart = 3; // points nearer than this to the last one add nothing

const read = (field: HTMLTextAreaElement): Line[] => {
  try {
    const lines = (JSON.parse(field.value) as { lines?: unknown }).lines;
    return Array.isArray(lines) ? (lines as Line[]) : [];
  } catch {
    return [];
  }
};

const path = (lines: Line[]) => lines.map((line) => {
  const points: string[] = [];
  for (let i = 0; i + 1 < line.length; i += 2) points.push(`${i === 0 ? "M" : "L"}${line[i]} ${line[i + 1]}`);
  return points.join("") + (line.length === 2 ? "h0" : "");
}).join("");

export function startSignatures(): void {
  onArrive((root) => {
    for (const part of within<HTMLElement>(root, "[data-sign]")) sign(part);
  });
  // What fills or empties a form from outside says so to the form.
  for (const kind of ["milieu:changed", "reset"]) {
    document.addEventListener(kind, (event) => {
      setTimeout(() => {
        for (const part of within<HTMLElement>(event.target as HTMLElement, "[data-sign]")) part.dispatchEvent(new Event("milieu:redraw"));
      });
    });
  }
}

function sign(part: HTMLElement): void {
  const pad = part.querySelector<HTMLElement>("[data-sign-pad]");
  const field = part.querySelector<HTMLTextAreaElement>("[data-sign-value]");
  const pen = part.querySelector<SVGPathElement>("[data-sign-pen]");
  const said = part.querySelector<HTMLElement>("[data-sign-said]");
  if (!pad || !field || !pen || part.dataset.sign === "on") return;
  part.dataset.sign = "on";
  let lines = read(field);
  let drawing: number | null = null;

  const redraw = () => {
    pen.setAttribute("d", path(lines));
    if (said && drawing === null) said.textContent = lines.length > 0 ? (said.dataset.done ?? "") : "";
  };
  const keep = () => {
    field.value = lines.length > 0 ? JSON.stringify({ lines }) : "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const add = (event: PointerEvent) => {
    const line = lines[lines.length - 1];
    const box = pad.getBoundingClientRect();
    if (!line || box.width === 0) return;
    const x = Math.round(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * width);
    const y = Math.round(Math.min(Math.max((event.clientY - box.top) / box.height, 0), 1) * height);
    const lastX = line[line.length - 2];
    const lastY = line[line.length - 1];
    if (lastX !== undefined && lastY !== undefined && Math.hypot(x - lastX, y - lastY) < apart) return;
    if (lines.reduce((sum, one) => sum + one.length, 0) < mostNumbers) line.push(x, y);
  };

  pad.addEventListener("pointerdown", (event) => {
    if (drawing !== null || !event.isPrimary || event.button !== 0 || lines.length >= mostLines) return;
    event.preventDefault(); // no text is selected under the pen
    drawing = event.pointerId;
    pad.setPointerCapture(drawing);
    lines.push([]);
    add(event);
    redraw();
  });
  pad.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length > 0 ? steps : [event]) add(step);
    redraw();
  });
  const lift = (event: PointerEvent) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    lines = lines.filter((line) => line.length > 0);
    redraw();
    keep();
  };
  pad.addEventListener("pointerup", lift);
  pad.addEventListener("pointercancel", lift);
  part.querySelector("[data-sign-clear]")?.addEventListener("click", () => {
    lines = [];
    redraw();
    keep();
  });
  part.addEventListener("milieu:redraw", () => {
    lines = read(field);
    redraw();
  });
  redraw();
}
