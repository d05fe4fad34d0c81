/**
 * The partition `setup`. `npm run deploy` writes settings into it, as a copy of `KeptSettings`. So no secret is part of the image. The
 * board takes them into its own flash and erases them here.
 */
import FlashStorage, { type Flash } from "embedded:storage/flash";
import { decodeCopy, type KeptSettings } from "../../src/gateway/kept-settings.ts";

/** Its name in `partitions.csv`. */
const NAME = "setup";

/**
 * Before the copy stands its length in bytes, big-endian in 16 bits. Flash that is erased reads as 0xFFFF.
 */
const LENGTH_BYTES = 2;

/** Adds the settings of the partition to those that are kept. It does not throw. */
export function takeSetup(kept: KeptSettings, log: (line: string) => void): void {
  try {
    const flash = FlashStorage.open({ path: NAME });
    const copy = decodeCopy(readCopy(flash));
    if (copy.state !== "whole") return;
    const known = kept.read();
    kept.write({ ...(known.state === "whole" ? known.values : {}), ...copy.values });
    // After a power cut here the same settings are taken again.
    flash.eraseBlock(0, flash.status().blocks);
    log("settings: taken from the partition setup");
  } catch (error) {
    log(`settings: the partition setup is not used: ${error}`);
  }
}

function readCopy(flash: Flash): Uint8Array | undefined {
  const head = new Uint8Array(flash.read(LENGTH_BYTES, 0));
  const length = ((head[0] as number) << 8) | (head[1] as number);
  const { blocks, blockLength } = flash.status();
  return length <= blocks * blockLength - LENGTH_BYTES ? new Uint8Array(flash.read(length, LENGTH_BYTES)) : undefined;
}
