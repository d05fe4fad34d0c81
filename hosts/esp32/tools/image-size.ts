/** Whether the image of a board fits into its slot, as far as that is known without ESP-IDF's compiler. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BoardSize, boardManifest } from "./boards.ts";
import { SLOT_BYTES } from "./flash.ts";

/**
 * What an image has beside the program: the C code of engine, drivers and ESP-IDF, by chip, in bytes. It was measured by compiling one
 * board with ESP-IDF 6.0: its image less what `programBytes` counts. Another board has other drivers, and differs by up to 50 KB.
 */
const NATIVE_BYTES: Readonly<Record<string, { readonly board: string; readonly bytes: number }>> = Object.freeze({
  esp32: Object.freeze({ board: "m5stack", bytes: 1_171_940 }),
  esp32c3: Object.freeze({ board: "esp32c3", bytes: 1_249_940 }),
});

export interface ImageSize {
  /** undefined: no board with this chip has been compiled. */
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
  const native = NATIVE_BYTES[size.chip];
  return {
    bytes: native && native.bytes + programBytes(size),
    isMeasured: native?.board === board,
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
