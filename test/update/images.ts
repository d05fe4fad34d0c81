/** Makes signed images for tests. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Sha512 } from "../../src/update/ed25519.ts";
import { encodeSignedPart, type Installed } from "../../src/update/image.ts";
import type { Version } from "../../src/update/version.ts";

export const sha512: Sha512 = (parts) => {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

export class ReleaseKey {
  readonly publicKey: Uint8Array;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    this.publicKey = Uint8Array.from(publicKey.export({ type: "spki", format: "der" }).subarray(-32));
    this.#privateKey = privateKey;
  }

  /** Returns header and program. */
  image(program: Uint8Array, version: Version, board = "m5stack"): Uint8Array {
    const head = encodeSignedPart({ board, version, length: program.length, digest: sha512([program]) });
    return Uint8Array.of(...head, ...sign(null, head, this.#privateKey), ...program);
  }
}

export function installed(key: ReleaseKey, version: Version = [1, 2, 0]): Installed {
  return { board: "m5stack", version, publicKey: key.publicKey };
}

/** A program of this length. Its bytes differ from place to place. */
export function programOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * seed) & 0xff);
}
