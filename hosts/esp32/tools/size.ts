/**
 * `npm run size -- [board …]`: prints what the program takes of each board's flash. The exit status is 1 if slots and
 * byte code are above their limit, or if the image is larger than its slot. `npm run size -- --write` also writes the table of the README.
 */
import { Refusal, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { BOARDS, type BoardSize, boardArgument, linkByteCode } from "./boards.ts";
import { type FlashSize, SLOT_BYTES } from "./flash.ts";
import { imageSize, programBytes } from "./image-size.ts";
import { grouped, writeReadmeRows } from "./readme-table.ts";

/**
 * Largest size of slots and byte code of the whole program in flash, with the SDK's modules, in bytes. The other boards
 * have more drivers of the SDK. The rest of their program is the same.
 */
const PROGRAM_BYTES_MAX: Readonly<Record<string, number>> = Object.freeze({
  m5stack: 601_000,
  esp32c3: 601_700,
});

/** The part of `src/mqtt`, in bytes of byte code. Constants stand in it by themselves, which saves more slots than it takes bytes. */
const ENGINE_BYTES_MAX = 37_544;

await runCommand(async (args) => {
  const isToWrite = args[0] === "--write";
  if (isToWrite && args.length > 1) throw new Refusal("--write: expected no board, the table has all of them");
  const boards = args.length > 0 && !isToWrite ? args.map(boardArgument) : BOARDS;
  const sdk = findSdk();
  const sizes: [string, BoardSize][] = [];
  for (const board of boards) sizes.push([board, await linkByteCode(sdk, board, [])]);
  const tooLarge: string[] = [];
  const rows = [
    ["board", "ROM slots", "bytes", "byte code", "both", "of at most", "faces", "resources", "image", "of"],
  ];
  for (const [board, size] of sizes) {
    const { romSlots, byteCode, faces, resources } = size;
    const most = PROGRAM_BYTES_MAX[board];
    const figures = [romSlots, romSlots * SLOT_BYTES, byteCode, bytesOf(size)].map(grouped);
    const { bytes: image, slotBytes } = imageSize(board, size);
    const others = [
      most === undefined ? "" : grouped(most),
      grouped(faces),
      grouped(resources),
      imageWords(board, size),
      grouped(slotBytes),
    ];
    rows.push([board, ...figures, ...others]);
    if (image !== undefined && image > slotBytes) tooLarge.push(`${board}: its image is too large for its slot\n`);
  }
  print(rows);
  const [[board, { folders }]] = sizes as [[string, BoardSize]];
  const parts = [...folders].sort(([, a], [, b]) => bytesOf(b) - bytesOf(a));
  process.stdout.write(`\nof them on the ${board}, by folder\n`);
  print([
    ["folder", "ROM slots", "byte code", "both"],
    ...parts.map(([folder, size]) => [folder, ...[size.romSlots, size.byteCode, bytesOf(size)].map(grouped)]),
  ]);
  const engine = folders.get("src/mqtt")?.byteCode ?? 0;
  process.stdout.write(
    `\nbyte code of src/mqtt in flash: ${grouped(engine)} of at most ${grouped(ENGINE_BYTES_MAX)}\n`,
  );
  if (isToWrite)
    writeReadmeRows(
      "board | ROM slots",
      sizes.map(([board, size]) => rowOf(board, size)),
    );
  const isWithin = sizes.every(
    ([each, size]) => bytesOf(size) <= (PROGRAM_BYTES_MAX[each] ?? Number.POSITIVE_INFINITY),
  );
  process.stderr.write(tooLarge.join(""));
  return tooLarge.length === 0 && isWithin && engine <= ENGINE_BYTES_MAX ? 0 : 1;
});

function rowOf(board: string, size: BoardSize): readonly string[] {
  const { romSlots, byteCode, faces, resources } = size;
  const figures = [romSlots, romSlots * SLOT_BYTES, byteCode, resources, faces, programBytes(size)].map(grouped);
  return [`\`${board}\``, ...figures, imageWords(board, size)];
}

function imageWords(board: string, size: BoardSize): string {
  const { bytes, isMeasured } = imageSize(board, size);
  return bytes === undefined ? "?" : `${isMeasured ? "" : "about "}${grouped(bytes)}`;
}

function bytesOf({ romSlots, byteCode }: FlashSize): number {
  return romSlots * SLOT_BYTES + byteCode;
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${cells.join("  ")}\n`);
  }
}
