// Where the device takes over: keeping what could not be sent, and keeping drafts sealed. Without a device module drafts live in the tab's
// session and an entry that was not sent stays in its form.

/** One filled-in form on its way: what the server's one door for entries reads. */
export interface Submission {
  path: string;
  fields: [string, string][];
  from?: string; // the page that the form stands on, so that its author can be led back to it
}

export interface Drafts {
  load(name: string): Promise<[string, string][] | undefined>;
  save(name: string, fields: [string, string][]): Promise<void>;
  drop(name: string): Promise<void>;
  settle?(): Promise<void>; // what is still to go to the server goes now
  seen?(name: string, fields: [string, string][]): Promise<void>; // the words of another device were taken over, or are not wanted
}

export interface Keeper {
  /**
   * Keeps a submission that the network did not take, and returns the fragment to show for it, in the place of what asked or in a corner of
   * its own; null when it cannot keep it. words: what was chosen, as the page says it.
   */
  keep(submission: Submission, inPlace: boolean, words: string): Promise<string | null>;
  /** Whether the network failed a moment ago, so that nobody needs to wait for it again. */
  away(): boolean;
}

const session: Drafts = {
  async load(name) {
    try {
      const text = sessionStorage.getItem("draft " + name);
      return text ? (JSON.parse(text) as [string, string][]) : undefined;
    } catch {
      return undefined;
    }
  },
  async save(name, fields) {
    try {
      sessionStorage.setItem("draft " + name, JSON.stringify(fields));
    } catch {
      // A full or forbidden store: the words are still in the form.
    }
  },
  async drop(name) {
    try {
      sessionStorage.removeItem("draft " + name);
    } catch {
      // Nothing was kept.
    }
  },
};

export const hooks: { drafts: Drafts; keeper: Keeper | null; other: (name: string, fields: [string, string][]) => void } = {
  drafts: session,
  keeper: null,
  other: () => {}, // another device has other words for a draft
};
