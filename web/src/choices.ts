// Small choices that belong to the device, not to the record: the theme and whether names are hidden. A browser may refuse to keep them.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem("milieu." + name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem("milieu." + name, value);
  } catch {
    // A browser in private mode keeps nothing; the choice then lasts for the page.
  }
}
