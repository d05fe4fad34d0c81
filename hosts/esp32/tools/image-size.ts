/** Whether the image of a board fits into its slot, as far as that is known without ESP-IDF's compiler. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BoardSize, boardManifest } from "./boards.ts";
import { SLOT_BYTES } from "./flash.ts";

/**
 * What the image of a board has beside the program: the C code of engine, drivers and ESP-IDF, in bytes. It was measured by compiling the
 * board with ESP-IDF 6.0: its image less what `programBytes` counts.
 */
const NATIVE_BYTES: Readonly<Record<string, number>> = Object.freeze({
  esp32c3: 1_257_152,
  lilygo_ttgo: 1_110_147,
  m5stack: 1_182_651,
  nodemcu: 1_098_072,
});

/** The board that stands for others with its chip, which differ from it in their drivers. */
const STAND_INS: Readonly<Record<string, string>> = Object.freeze({ esp32: "m5stack", esp32c3: "esp32c3" });

/** It has Bluetooth and Ethernet in the place of Wi-Fi and a screen: no board stands for it. */
const UNLIKE_OTHERS: readonly string[] = Object.freeze(["wt32_eth01"]);

export interface ImageSize {
  /** undefined: neither this board nor one like it has been compiled. */
  readonly bytes: number | undefined;
  /** Whether it is this board that was compiled. */
  readonly isMeasured: boolean;
  readonly slotBytes: number;
}

/** What this repository and the SDK's JavaScript take of an image, in bytes. */
export function programBytes({ romSlots, byteCode, faces, resources }: BoardSize): number {
  return romSlots * SLOT_BYTES + byteCode + faces + resources;
}

export function imageSize(board: string, size: BoardSize): ImageSize {
  const measured = NATIVE_BYTES[board];
  const like = UNLIKE_OTHERS.includes(board) ? undefined : STAND_INS[size.chip];
  const native = measured ?? NATIVE_BYTES[like ?? ""];
  return {
    bytes: native && native + programBytes(size),
    isMeasured: measured !== undefined,
    slotBytes: slotBytes(board),
  };
}

/** Size of the slots for the program in a board's partition table. */
export function slotBytes(board: string): number {
  const manifest = boardManifest(board);
  const { build } = JSON.parse(readFileSync(manifest, "utf8")) as { build: { PARTITIONS_FILE: string } };
  const table = readFileSync(join(dirname(manifest), build.PARTITIONS_FILE), "utf8");
  const [, size] = /^ota_0,\s*app,\s*ota_0,\s*\w+,\s*(\w+)/m.exec(table) ?? [];
  if (size === undefined) throw new Error(`${build.PARTITIONS_FILE}: no partition ota_0`);
  return Number(size);
}
