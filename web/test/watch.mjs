// What a trial's browsers went through, told when it fails: where they went, what they complained about, what failed, and what stood there last.
const most = 60; // lines; the end is what matters
let told = [];
let begun = performance.now();

/** A trial begins. */
export function afresh() {
  told = [];
  begun = performance.now();
}

export const remains = () => told.slice(-most).join("\n");

const tell = (text) => told.push(`      ${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}`);

/** The end of what a page shows; a page that does not answer is no reason to wait. */
async function shown(page) {
  const late = new Promise((done) => setTimeout(() => done("(it does not answer)"), 2000).unref());
  return Promise.race([page.evaluate(() => (document.body?.innerText ?? "").replace(/\s+/g, " ").slice(0, 600)).catch((e) => `(${e.message.split("\n")[0]})`), late]);
}

const open = new Map(); // contexts that are followed: what tells where their pages stand

/** Where every page stands that is open now, told as a trial's remains. */
export const standing = () => Promise.all([...open.values()].map((tellAll) => tellAll("stands")));

/** Follows a context's pages until it is closed. */
export function watch(context) {
  const names = new WeakMap();
  let count = 0;
  const follow = (page) => {
    names.set(page, `page ${++count}`);
    const say = (text) => tell(`${names.get(page)}: ${text}`);
    page.on("framenavigated", (frame) => frame === page.mainFrame() && say(`is at ${frame.url()}`));
    page.on("console", (line) => ["error", "warning"].includes(line.type()) && say(`${line.type()}: ${line.text()}`));
    page.on("pageerror", (error) => say(`error: ${error.message}`));
    page.on("requestfailed", (request) => say(`failed: ${request.method()} ${request.url()} ${request.failure()?.errorText}`));
    page.on("response", (answer) => answer.status() >= 400 && say(`${answer.status()}: ${answer.request().method()} ${answer.url()}`));
  };
  context.pages().forEach(follow);
  context.on("page", follow);
  const tellAll = (how) => Promise.all(context.pages().map(async (page) => tell(`${names.get(page)}: ${how} at ${page.url()}, showing: ${await shown(page)}`)));
  open.set(context, tellAll);
  context.on("close", () => open.delete(context));
  const close = context.close.bind(context);
  context.close = async (...how) => {
    await tellAll("closed");
    return close(...how);
  };
  return context;
}
