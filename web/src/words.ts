// The front end's part of the message catalogue: the server puts it in the page, so that both say a thing in the same words.

type Text = string | Record<string, string>;

let texts: Record<string, Text> = {};
let plural = new Intl.PluralRules("en");

export function readWords(): void {
  const block = document.getElementById("messages");
  if (block?.textContent) texts = JSON.parse(block.textContent) as Record<string, Text>;
  plural = new Intl.PluralRules(document.documentElement.lang || "en");
}

export function say(key: string, ...args: (string | number)[]): string {
  const text = texts[key];
  if (text === undefined) return `⟦js.${key}⟧`;
  const form = typeof text === "string" ? text : (text[plural.select(Number(args[0]))] ?? text["other"] ?? "");
  return form.replace(/\{(\d)\}/g, (place, index: string) => String(args[Number(index)] ?? place));
}
