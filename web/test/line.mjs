// A line to a server that can be cut: refuses, swallows answers, keeps them for later, or lets through. The browser's own offline switch is not enough: it says that
// it is offline, and a bad house network does not.
import net from "node:net";

export async function startLine(target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  const heard = []; // the first lines of what was asked
  const late = []; // what was answered and is still to come
  let lost = 0;
  let mode = "through";
  const server = net.createServer((client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => {});
    if (mode === "off") return void client.destroy();
    if (mode === "silent") return;
    const far = net.connect(Number(port), hostname);
    open.add(far);
    far.on("close", () => { open.delete(far); client.destroy(); });
    far.on("error", () => client.destroy());
    client.on("close", () => far.destroy());
    client.on("data", (part) => heard.push(part.toString("latin1").split("\r\n", 1)[0]));
    client.pipe(far);
    far.on("data", (part) => {
      if (mode === "swallow") { // the server has it, and its answer never comes
        lost++;
        client.destroy();
      } else if (mode === "late") {
        late.push([client, part]);
      } else {
        client.write(part);
      }
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    set(next) {
      mode = next;
      if (mode !== "late") for (const [client, part] of late.splice(0)) if (!client.destroyed) client.write(part);
      if (mode === "off" || mode === "silent") for (const socket of open) socket.destroy();
    },
    /** How often something was asked, by the beginning of its first line. */
    asked: (what) => heard.filter((line) => line.startsWith(what)).length,
    /** How many answers were swallowed. */
    lost: () => lost,
    stop() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
