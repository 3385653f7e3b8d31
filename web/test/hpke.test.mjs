// Checks the device's HPKE against RFC 9180, appendix A.3.1, and keeps an item that Go opens (kit/device/testdata/sealed.json).
//
//	node web/test/run.mjs hpke             compare with the kept item
//	UPDATE=1 node web/test/run.mjs hpke    write it afresh
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join as path } from "node:path";
import { fileURLToPath } from "node:url";

const web = path(dirname(fileURLToPath(import.meta.url)), "..");
const kept = path(web, "../kit/device/testdata/sealed.json");
const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const utf8 = (text) => new TextEncoder().encode(text);

async function pair(secret, point) {
  const part = (from, to) => Buffer.from(point.slice(from, to), "hex").toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x: part(2, 66), y: part(66, 130) };
  const curve = { name: "ECDH", namedCurve: "P-256" };
  return {
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: Buffer.from(secret, "hex").toString("base64url") }, curve, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []),
  };
}

const rfc = {
  info: "4f6465206f6e2061204772656369616e2055726e",
  skE: "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
  pkE: "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
  skR: "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
  pkR: "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
  aad: "436f756e742d30",
  pt: "4265617574792069732074727574682c20747275746820626561757479",
  ct: "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
};

async function sealing() {
  const out = mkdtempSync(path(tmpdir(), "hpke-"));
  try {
    execFileSync(path(web, "node_modules/.bin/tsc"), ["--outDir", out, "--noEmit", "false", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--ignoreConfig", path(web, "src/hpke.ts")], { stdio: "inherit" });
    writeFileSync(path(out, "package.json"), '{"type":"module"}');
    const { seal } = await import(path(out, "hpke.js"));
    const ephemeral = await pair(rfc.skE, rfc.pkE);

    const got = Buffer.from(await seal(hex(rfc.pkR), hex(rfc.info), hex(rfc.aad), hex(rfc.pt), ephemeral, 1)).toString("hex");
    if (got !== rfc.pkE + rfc.ct) throw new Error(`RFC 9180 A.3.1: sealed\n${got}\nwant\n${rfc.pkE + rfc.ct}`);

    // The same key pairs with the suite in use, in the form of an item: MAC and text as kit/device reads them.
    const grant = "0192f0c1000070008000000000000001";
    const secret = new Uint8Array(32).fill(7);
    const item = JSON.stringify({ path: "/entries/walk.seen", fields: [["note", "möglich — 日本"]], off: 1500 });
    const aad = Buffer.concat([utf8("milieu outbox 1"), hex(grant)]);
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
    const mac = await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8("milieu mac") }, base, 256);
    const key = await crypto.subtle.importKey("raw", mac, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const tag = await crypto.subtle.sign("HMAC", key, Buffer.concat([aad, utf8(item)]));
    const sealed = await seal(hex(rfc.pkR), utf8("milieu outbox 1"), aad, Buffer.concat([Buffer.from(tag), utf8(item)]), ephemeral);
    const text = JSON.stringify({ private: rfc.skR, grant, secret: Buffer.from(secret).toString("hex"), item, sealed: Buffer.from(sealed).toString("hex") }, null, 1) + "\n";
    if (process.env.UPDATE) {
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, text);
    } else if (readFileSync(kept, "utf8") !== text) {
      throw new Error("kit/device/testdata/sealed.json is not what the device seals: run with UPDATE=1 and see whether Go still opens it");
    }
  } finally {
    rmSync(out, { recursive: true });
  }
}

export default { "sealing is RFC 9180's, and Go opens it": sealing };
