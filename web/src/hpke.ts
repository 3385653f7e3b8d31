// Sealing to a public key: HPKE of RFC 9180, base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-GCM. Only sealing is here;
// nothing on a device can open what was sealed.

export type Bytes = Uint8Array<ArrayBuffer>;

const curve = { name: "ECDH", namedCurve: "P-256" };
const text = new TextEncoder();
const none = new Uint8Array(0);

export function join(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const two = (n: number): Bytes => Uint8Array.of(n >> 8, n & 255);

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  // An empty key and one of zeros are the same to HMAC; browsers refuse the empty one.
  const secret = await crypto.subtle.importKey("raw", key.length > 0 ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", secret, message));
}

/** LabeledExtract and LabeledExpand of the RFC, section 4, for one suite. Nothing longer than one hash is asked for. */
function labeled(suite: Bytes) {
  const label = (name: string) => join(text.encode("HPKE-v1"), suite, text.encode(name));
  return {
    extract: (salt: Bytes, name: string, material: Bytes) => hmac(salt, join(label(name), material)),
    expand: async (key: Bytes, name: string, info: Bytes, length: number) =>
      (await hmac(key, join(two(length), label(name), info, Uint8Array.of(1)))).slice(0, length),
  };
}

/**
 * Seals a message to a public key (an uncompressed point). The answer is the encapsulated key, 65 bytes, and behind it the ciphertext.
 * ephemeral and cipher (1: AES-128-GCM, 2: AES-256-GCM) are for the RFC's own test vectors.
 */
export async function seal(publicKey: Bytes, info: Bytes, aad: Bytes, message: Bytes, ephemeral?: CryptoKeyPair, cipher: 1 | 2 = 2): Promise<Bytes> {
  const theirs = await crypto.subtle.importKey("raw", publicKey, curve, false, []);
  const mine = ephemeral ?? (await crypto.subtle.generateKey(curve, false, ["deriveBits"]));
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", mine.publicKey));
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256));

  const kem = labeled(join(text.encode("KEM"), two(0x0010)));
  const secret = await kem.expand(await kem.extract(none, "eae_prk", shared), "shared_secret", join(enc, publicKey), 32);

  const suite = labeled(join(text.encode("HPKE"), two(0x0010), two(0x0001), two(cipher)));
  const context = join(Uint8Array.of(0), await suite.extract(none, "psk_id_hash", none), await suite.extract(none, "info_hash", info));
  const root = await suite.extract(secret, "secret", none);
  const key = await crypto.subtle.importKey("raw", await suite.expand(root, "key", context, cipher * 16), "AES-GCM", false, ["encrypt"]);
  const nonce = await suite.expand(root, "base_nonce", context, 12);
  return join(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: aad }, key, message)));
}
