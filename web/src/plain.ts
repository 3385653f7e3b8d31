// Plain words: finds in what somebody writes the words that a note is better without. What stands within quotation marks is left alone: a
// person's own words are a fact. It suggests and never stops anybody. Everything here is free of the page.

export interface Term { code: string; forms: Record<string, string>; write: string; why: string }

/** A word found: where it stands, what stands as well in its place, and the sentence around it, by which a kept passage is known again. */
export interface Found { at: number; end: number; text: string; use: string; term: Term; passage: string }

type Node = { next: Map<string, Node>; term?: Term; use?: string };
export interface Finder { root: Node }

/** Terms by their words, one word behind another: every word of a text is then looked up once. */
export function finder(terms: Term[]): Finder {
  const root: Node = { next: new Map() };
  for (const term of terms) {
    for (const [form, use] of Object.entries(term.forms)) {
      let at = root;
      for (const word of wordsOf(form)) {
        const known = at.next.get(word.key) ?? { next: new Map<string, Node>() };
        at.next.set(word.key, known);
        at = known;
      }
      if (at !== root) Object.assign(at, { term, use });
    }
  }
  return { root };
}

interface Word { key: string; at: number; end: number }

const letters = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;

/** The words of a text. A hyphen parts two: "non-compliant" and "non compliant" are found alike. */
function wordsOf(text: string): Word[] {
  const out: Word[] = [];
  letters.lastIndex = 0;
  for (let hit = letters.exec(text); hit; hit = letters.exec(text)) out.push({ key: hit[0].toLowerCase().replace("’", "'"), at: hit.index, end: letters.lastIndex });
  return out;
}

const pairs: Record<string, string> = { "“": "”", "„": "“", "«": "»", "‹": "›", "\"": "\"" };

/** The stretches within quotation marks. One that is never closed ends with its paragraph. */
export function quotations(text: string): [number, number][] {
  const out: [number, number][] = [];
  for (let at = 0; at < text.length; at++) {
    const open = text[at]!;
    const close = pairs[open];
    if (!close) continue;
    const line = text.indexOf("\n", at + 1);
    const limit = line < 0 ? text.length : line;
    let end = text.indexOf(close, at + 1);
    if (open === "„" && (end < 0 || end > limit)) end = text.indexOf("”", at + 1);
    if (end < 0 || end > limit) {
      if (open !== "\"") out.push([at, limit]); // a lone straight mark may be an inch
      continue;
    }
    out.push([at, end]);
    at = end;
  }
  return out;
}

/** Every word of the terms in a text, in its order, outside quotation marks and what was kept. */
export function find(where: Finder, text: string, kept: ReadonlySet<string> = new Set()): Found[] {
  const words = wordsOf(text);
  const quoted = quotations(text);
  const out: Found[] = [];
  let quote = 0;
  for (let i = 0; i < words.length; i++) {
    const first = words[i]!;
    let node = where.root.next.get(first.key);
    if (!node) continue;
    let best: { node: Node; last: number } | undefined;
    for (let last = i; ; ) {
      if (node.term) best = { node, last };
      const next = words[last + 1];
      if (!next || !joined(text, words[last]!.end, next.at)) break;
      node = node.next.get(next.key);
      if (!node) break;
      last++;
    }
    if (!best?.node.term) continue;
    while (quote < quoted.length && quoted[quote]![1] < first.at) quote++;
    if (quote < quoted.length && quoted[quote]![0] < first.at) continue;
    const end = words[best.last]!.end;
    const found = text.slice(first.at, end);
    const passage = best.node.term.code + " " + sentence(text, first.at, end);
    i = best.last;
    if (!kept.has(passage)) out.push({ at: first.at, end, text: found, use: alike(found, best.node.use ?? ""), term: best.node.term, passage });
  }
  return out;
}

/** Between two words of one term stands a space or a hyphen. */
function joined(text: string, from: number, to: number): boolean {
  return to - from === 1 && /[\s\-‐‑]/.test(text[from]!);
}

function sentence(text: string, at: number, end: number): string {
  let from = at;
  while (from > 0 && at - from < 120 && !/[.!?\n]/.test(text[from - 1]!)) from--;
  let to = end;
  while (to < text.length && to - end < 120 && !/[.!?\n]/.test(text[to]!)) to++;
  return text.slice(from, to).trim();
}

/** A word that begins with a capital gives its place to one that does. */
function alike(found: string, use: string): string {
  const first = found[0] ?? "";
  return use && first !== first.toLowerCase() ? use[0]!.toUpperCase() + use.slice(1) : use;
}

/**
 * How many years of school a text asks for: the Automated Readability Index (Smith and Senter 1967), 4.71 letters a word + 0.5 words a sentence -
 * 21.43. Made for English; under thirty words it says nothing.
 */
export function schoolYear(text: string): number | null {
  const words = text.match(letters) ?? [];
  if (words.length < 30) return null;
  const sentences = Math.max(1, (text.match(/[.!?]+(?=\s|$)|\n+/g) ?? []).length + (/[.!?\n]\s*$/.test(text) ? 0 : 1));
  const count = words.reduce((sum, word) => sum + word.length, 0);
  return Math.max(1, Math.round((4.71 * count) / words.length + (0.5 * words.length) / sentences - 21.43));
}

/** The threes of words behind one another in a text. */
export function threes(text: string): Set<string> {
  const words = (text.toLowerCase().match(letters) ?? []) as string[];
  const out = new Set<string>();
  for (let i = 2; i < words.length; i++) out.add(words[i - 2] + " " + words[i - 1] + " " + words[i]);
  return out;
}

/** How much of a text stands in another, in percent: of its threes of words, those that the other has too. */
export function likeness(text: string, other: ReadonlySet<string>): number {
  const own = threes(text);
  if (own.size === 0) return 0;
  let shared = 0;
  for (const three of own) if (other.has(three)) shared++;
  return Math.round((100 * shared) / own.size);
}
