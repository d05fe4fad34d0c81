/** How much of each board's memory the program gets in the simulator. */
import { describe, expect, it } from "vitest";
import { BOARDS } from "../../hosts/esp32/tools/boards.ts";
import { allowanceOf, allowances, simulatedCreation } from "../../hosts/simulator/tools/memory.ts";

describe("the memory of boards in the simulator", () => {
  it("is stated for every board, once for all boards with the same memory", () => {
    const boards = allowances().flatMap((allowance) => allowance.boards);
    expect([...boards].sort()).toEqual([...BOARDS].sort());
    expect(allowances().length).toBeLessThan(boards.length);
  });

  it("is four fifths of chunks and slots, and three quarters of the stack", () => {
    const creation = {
      static: 0,
      stack: 512,
      chunk: { initial: 80_000, incremental: 0 },
      heap: { initial: 5_000, incremental: 0 },
    };
    const allowance = allowanceOf(creation, ["one"]);
    expect(allowance).toEqual({ boards: ["one"], chunkBytes: 64_000, slots: 4_000, stackSlots: 384 });
  });

  it("is divided between chunks and slots if a board states one total for both", () => {
    const creation = {
      static: 8_192 + 100_000,
      stack: 512,
      chunk: { initial: 32_000, incremental: 1_024 },
      heap: { initial: 1_000, incremental: 64 },
    };
    // At the start there are 48,000 bytes. Two thirds of them are chunks.
    const { chunkBytes, slots } = allowanceOf(creation, ["one"]);
    expect([chunkBytes, slots]).toEqual([53_328, 1_666]);
    expect(chunkBytes + 16 * slots).toBeLessThanOrEqual(0.8 * 100_000);
  });

  it("does not grow in the simulator", () => {
    for (const allowance of allowances()) {
      const { static: shared, chunk, heap } = simulatedCreation(allowance);
      expect([shared, chunk.incremental, heap.incremental]).toEqual([0, 0, 0]);
    }
  });
});
