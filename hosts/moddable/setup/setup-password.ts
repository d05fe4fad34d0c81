import type { Random, Store } from "../../../src/seams.ts";

const KEY = "setup-password";

/** Letters and digits that nobody confuses. */
const CHARACTERS = "23456789abcdefghjkmnpqrstuvwxyz";

/** 31 to the power of 12 are 59 bits. WPA2 wants at least 8 characters. */
const LENGTH = 12;

/**
 * The password of the device's access point. It is made once and kept, so that it is another one on each device. Where the store
 * refuses, it is another one at each start.
 */
export function setupPassword(store: Store, random: Random): string {
  const kept = store.read(KEY);
  if (kept?.length === LENGTH) return String.fromCharCode(...kept);
  const password = Array.from({ length: LENGTH }, () => CHARACTERS[Math.floor(random() * CHARACTERS.length)]).join("");
  try {
    store.write(
      KEY,
      Uint8Array.from(password, (character) => character.charCodeAt(0)),
    );
  } catch {
    // See above.
  }
  return password;
}
