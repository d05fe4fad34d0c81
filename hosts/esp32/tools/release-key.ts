/**
 * The key that signs images for updates. It is a file outside the repository. Its public half is built into every image, and a device
 * takes only updates that are signed with it.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Refusal } from "../../moddable/tools/command.ts";

export const HOW_TO_MAKE = "To make one: npm run release -- key";

/** The file that `FIELDPAGER_RELEASE_KEY` names, or one in the user's folder of settings. */
export function releaseKeyPath(env: NodeJS.ProcessEnv = process.env): string {
  const folder = env.XDG_CONFIG_HOME || join(homedir(), ".config");
  return env.FIELDPAGER_RELEASE_KEY || join(folder, "fieldpager", "release-key.pem");
}

/** Makes the key, which nobody else may read. Throws `Refusal` if there is one already. */
export function makeReleaseKey(path: string): void {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, pem, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Refusal(`${path}: there is a release key already. Devices that know it take no updates of another one`);
  }
}

/** Returns undefined if there is no key. Throws `Refusal` if the file is no key, or if others may read it. */
export function readReleaseKey(path: string): KeyObject | undefined {
  if (!existsSync(path)) return undefined;
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
    throw new Refusal(`${path}: others may read the release key. To end that: chmod 600 ${path}`);
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch {
    // OpenSSL's own words help nobody.
  }
  if (key?.asymmetricKeyType !== "ed25519") throw new Refusal(`${path}: no private key of Ed25519 in PEM`);
  return key;
}

/** Lower-case hexadecimal digits, as an image holds it. */
export function publicKeyText(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return der.subarray(-PUBLIC_KEY_BYTES).toString("hex");
}

/** They are the end of its DER (RFC 8410, section 4). */
const PUBLIC_KEY_BYTES = 32;
