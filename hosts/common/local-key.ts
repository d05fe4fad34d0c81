/**
 * Lets programs on the station's own machine log in without a password of their own. The station keeps a random key in its data folder,
 * which only its user can read. On connections from this machine it accepts passwords that are derived from this key. Whoever can read
 * the key can change the station's files as well.
 */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

/** Name of the file in the station's data folder. */
export const LOCAL_KEY_FILE = "local.key";

/** The key; undefined if there is none that this user may read. */
export function readLocalKey(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The password of the device `uid`. */
export function localPassword(key: string, uid: string): string {
  return derive(key, `mqtt ${uid}`);
}

/** The token that stands for an administrator in `Authorization: Bearer …`. */
export function localToken(key: string): string {
  return derive(key, "token");
}

function derive(key: string, purpose: string): string {
  return `local-${createHmac("sha256", key).update(purpose).digest("base64url")}`;
}
