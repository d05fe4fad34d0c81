/** What a board supplies for updates. Types only. */
import type { UpdateHost } from "../../../src/gateway/updates.ts";
import type { Sha512 } from "../../../src/update/ed25519.ts";
import type { ImageSlot } from "../../../src/update/updater.ts";

export interface BoardUpdates extends UpdateHost {
  readonly sha512: Sha512;
  /** Opens the slot that does not run. Throws what the flash throws. */
  openSlot(): ImageSlot;
}
