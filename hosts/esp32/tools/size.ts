/** `npm run size`: what the program takes of each board's flash. */
import { Refusal, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { BOARDS, type Board, type BoardSize, byteCodeOfFolders, engineByteCode, linkByteCode } from "./boards.ts";

const SLOT_BYTES = 16;

/** The engine must not take more of the flash. */
const ENGINE_BYTES_MAX = 32_768;

await runCommand(async (args) => {
  if (args.length) throw new Refusal("size takes no arguments");
  const sdk = findSdk();
  const sizes: [Board, BoardSize][] = [];
  for (const board of BOARDS) sizes.push([board, await linkByteCode(sdk, board, [])]);
  const rows = [["board", "ROM slots", "bytes", "byte code", "resources", "together"]];
  for (const [board, { romSlots, byteCode, resources }] of sizes) {
    const slots = romSlots * SLOT_BYTES;
    rows.push([board, ...[romSlots, slots, byteCode, resources, slots + byteCode + resources].map(grouped)]);
  }
  print(rows);
  const [board] = BOARDS;
  const folders = [...byteCodeOfFolders(board)].sort(([a], [b]) => (a < b ? -1 : 1));
  process.stdout.write(`\nbyte code of ${board}'s modules before the link, by folder\n`);
  print(folders.map(([folder, bytes]) => [folder, grouped(bytes)]));
  const engine = await engineByteCode(sdk, board);
  process.stdout.write(
    `\nbyte code of src/mqtt in flash: ${grouped(engine)} of at most ${grouped(ENGINE_BYTES_MAX)}\n`,
  );
  return engine <= ENGINE_BYTES_MAX ? 0 : 1;
});

function print(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${cells.join("  ")}\n`);
  }
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
