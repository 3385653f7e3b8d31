// What happens to every part of the page when it arrives, with the first page or later as a fragment. Modules register here, so that the one
// that brings fragments in need not know them.

type Visit = (root: ParentNode & Node) => void;

const visits: Visit[] = [];
let draw: () => void = () => {};

export function onArrive(visit: Visit): void {
  visits.push(visit);
}

export function onTick(redraw: () => void): void {
  draw = redraw;
}

/** Brings a new part of the page to life. */
export function connect(root: ParentNode & Node): void {
  for (const visit of visits) visit(root);
}

export function tick(): void {
  draw();
}

/** The elements under root that match, root itself included. */
export function within<T extends Element>(root: ParentNode & Node, selector: string): T[] {
  const found = [...root.querySelectorAll<T>(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root as Element as T);
  return found;
}
