import FlashStorage from "embedded:storage/flash";
import { Digest } from "crypt";
import { firmwareText } from "fieldpager/firmware";
import { type Installed, parsePublicKey } from "../../../src/update/image.ts";
import type { ImageSlot } from "../../../src/update/updater.ts";
import { parseVersion } from "../../../src/update/version.ts";
import type { BoardUpdates } from "../../moddable/update/board-updates.ts";
import { BootRecord, type Partition } from "./boot-record.ts";
import { FlashSlot, sha512By } from "./flash-slot.ts";

/** The SDK's name of the slot that does not run. */
const OTHER_SLOT = "nextota";

/** The name in the partition tables. */
const BOOT_RECORD = "otadata";

const newDigest = () => new Digest("SHA512");

/** Updates on an ESP32 with two slots. */
export class Esp32Updates implements BoardUpdates {
  readonly installed: Installed;
  readonly sha512 = sha512By(newDigest);
  private readonly bootRecord: BootRecord;

  private constructor(installed: Installed, bootRecord: BootRecord) {
    this.installed = installed;
    this.bootRecord = bootRecord;
  }

  /** Returns undefined on a board whose partition table has no place for updates, and in a program that does not know its version. */
  static open(log: (line: string) => void): Esp32Updates | undefined {
    const { board, version = "", updateKey = "" } = firmwareText();
    const parsed = parseVersion(version);
    if (board === undefined || !parsed) return undefined;
    try {
      const bootRecord = new BootRecord(openPartition(BOOT_RECORD));
      return new Esp32Updates({ board, version: parsed, publicKey: parsePublicKey(updateKey) }, bootRecord);
    } catch (error) {
      log(`update: ${error}`);
      return undefined;
    }
  }

  get isOnTrial(): boolean {
    return this.bootRecord.isOnTrial;
  }

  confirm(): void {
    this.bootRecord.confirm();
  }

  openSlot(): ImageSlot {
    return new FlashSlot(openPartition(OTHER_SLOT), this.bootRecord, newDigest);
  }
}

function openPartition(path: string): Partition {
  return FlashStorage.open({ path, mode: "r+", format: "buffer" });
}
