/** What `npm run size` says of the whole image. */
import { describe, expect, it } from "vitest";
import { BOARDS } from "../../../hosts/esp32/tools/boards.ts";
import { imageSize, programBytes, slotBytes } from "../../../hosts/esp32/tools/image-size.ts";

const size = (chip: string, romSlots: number) => ({
  chip,
  romSlots,
  byteCode: 300_000,
  faces: 190_000,
  resources: 7_000,
  folders: new Map(),
});

describe("the image of a board", () => {
  it("has the slot of its partition table", () => {
    expect(BOARDS.map((board) => [board, slotBytes(board)])).toEqual(
      BOARDS.map((board) => [
        board,
        ["m5paper", "m5stack_core2", "m5stack_cores3"].includes(board) ? 0x3c0000 : 0x1e0000,
      ]),
    );
  });

  it("grows with the program, 16 bytes a slot", () => {
    expect(programBytes(size("esp32", 14_000))).toBe(14_000 * 16 + 300_000 + 190_000 + 7_000);
    const [smaller, larger] = [14_000, 14_001].map((slots) => imageSize("lilygo_ttgo", size("esp32", slots)).bytes);
    expect((larger ?? 0) - (smaller ?? 0)).toBe(16);
  });

  it("is measured for the boards that were compiled, about right for others like them, else unknown", () => {
    const of = (board: string, chip: string) => imageSize(board, size(chip, 1));
    expect([of("m5stack", "esp32").isMeasured, of("nodemcu", "esp32").isMeasured]).toEqual([true, true]);
    expect(of("nodemcu", "esp32").bytes).toBeLessThan(of("m5stack", "esp32").bytes ?? 0);
    const like = of("m5stack_core2", "esp32");
    expect([like.bytes, like.isMeasured]).toEqual([of("m5stack", "esp32").bytes, false]);
    expect(of("wt32_eth01", "esp32").bytes).toBeUndefined();
    expect(of("m5stack_cores3", "esp32s3").bytes).toBeUndefined();
  });
});
