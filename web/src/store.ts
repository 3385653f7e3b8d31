// What the device keeps: a few IndexedDB stores, shared by pages and the service worker. Everything that says something about anybody is
// sealed before it comes here.

/**
 * What waits, sealed to the server. The copy is the author's own, sealed as their drafts are: for them alone to see what waits. by: the given
 * name of its author, which the locked screen says.
 */
export interface Waiting { n?: number; grant: string; key: number; sealed: ArrayBuffer; copy?: Sealed; by?: string }
/** What the server could not open, or would not take: why, and since when. */
export interface Apart extends Waiting { at: number; why: "unread" | "large" }
export interface Lock { grant: string; until: number; salt: ArrayBuffer; rounds: number; iv: ArrayBuffer; wrapped: ArrayBuffer }
/** What was lent, sealed under a quick code and the device's secret. left: how many tries remain. */
export interface Quick { id: string; reader: string; grant: string; until: number; salt: ArrayBuffer; rounds: number; iv: ArrayBuffer; wrapped: ArrayBuffer; left: number }
/** Who may change in quickly: what the locked screen shows of them. */
export interface Face { reader: string; grant: string; until: number; name: string; role: string }
export interface Sealed { id: string; grant: string; at: number; iv: ArrayBuffer; data: ArrayBuffer }

interface Stores {
  outbox: Waiting; // by n, the order of writing
  apart: Apart; // by n: what cannot be delivered, until its author has seen to it
  locks: Lock; // by grant
  quick: Quick; // by id: whose and which code
  faces: Face; // by reader
  pages: Sealed; // by id: what makes them out is a keyed hash of their address
  marks: Sealed; // by id: which dues were settled on this device and are not sent yet
  drafts: Sealed; // by id: a keyed hash of the draft's name
  state: { name: string; value: unknown }; // by name: counters and times
}

type Name = keyof Stores;

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const asked = indexedDB.open("milieu", 3);
    asked.onupgradeneeded = () => {
      const db = asked.result;
      const make = (name: Name, options: IDBObjectStoreParameters) => db.objectStoreNames.contains(name) || db.createObjectStore(name, options);
      for (const name of ["outbox", "apart"] as const) make(name, { keyPath: "n", autoIncrement: true });
      make("locks", { keyPath: "grant" });
      make("quick", { keyPath: "id" });
      make("faces", { keyPath: "reader" });
      for (const name of ["pages", "marks", "drafts"] as const) make(name, { keyPath: "id" });
      make("state", { keyPath: "name" });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opened = undefined; };
      asked.result.onclose = () => { opened = undefined; };
      resolve(asked.result);
    };
    asked.onerror = () => { opened = undefined; reject(asked.error ?? new Error("the device's store did not open")); };
  });
  return opened;
}

/** Runs one request in a transaction of its own, and is done when that is on disk. */
async function run<R>(name: Name, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<R>): Promise<R> {
  const db = await open();
  return new Promise<R>((resolve, reject) => {
    const work = db.transaction(name, mode, { durability: "strict" });
    const asked = ask(work.objectStore(name));
    work.oncomplete = () => resolve(asked.result);
    work.onabort = work.onerror = () => reject(work.error ?? asked.error ?? new Error("the device's store refused"));
  });
}

export const get = <N extends Name>(name: N, key: IDBValidKey): Promise<Stores[N] | undefined> => run(name, "readonly", (store) => store.get(key));
export const all = <N extends Name>(name: N, count?: number): Promise<Stores[N][]> => run(name, "readonly", (store) => store.getAll(null, count));
export const count = (name: Name): Promise<number> => run(name, "readonly", (store) => store.count());
export const put = <N extends Name>(name: N, value: Stores[N]): Promise<IDBValidKey> => run(name, "readwrite", (store) => store.put(value));
export const drop = (name: Name, key: IDBValidKey): Promise<undefined> => run(name, "readwrite", (store) => store.delete(key));

export async function recallState<T>(name: string): Promise<T | undefined> {
  return (await get("state", name))?.value as T | undefined;
}

export async function setState(name: string, value: unknown): Promise<void> {
  await put("state", { name, value });
}

/** Moves one between what waits and what was set apart, in one step: a lost battery leaves it in one of them. */
export async function move<N extends "outbox" | "apart">(from: "outbox" | "apart", n: number, to: N, as: Stores[N]): Promise<void> {
  const db = await open();
  await new Promise<void>((resolve, reject) => {
    const work = db.transaction(["outbox", "apart"], "readwrite", { durability: "strict" });
    work.objectStore(from).delete(n);
    const { n: _, ...rest } = as;
    work.objectStore(to).put(rest);
    work.oncomplete = () => resolve();
    work.onabort = work.onerror = () => reject(work.error ?? new Error("the device's store refused"));
  });
}

/** Drops what a test picks out. */
export async function sweep<N extends Name>(name: N, picked: (value: Stores[N]) => boolean): Promise<void> {
  const db = await open();
  await new Promise<void>((resolve, reject) => {
    const work = db.transaction(name, "readwrite");
    const asked = work.objectStore(name).openCursor();
    asked.onsuccess = () => {
      const at = asked.result;
      if (!at) return;
      if (picked(at.value as Stores[N])) at.delete();
      at.continue();
    };
    work.oncomplete = () => resolve();
    work.onabort = work.onerror = () => reject(work.error ?? new Error("the device's store refused"));
  });
}
