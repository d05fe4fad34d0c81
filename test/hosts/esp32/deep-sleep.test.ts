/** The memory that keeps its contents in deep sleep, in C and in the simulator, has room for what the firmware keeps. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SLEEP_MEMORY_BYTES_MAX } from "../../../src/limits.ts";

const textOf = (path: string) => readFileSync(new URL(`../../../hosts/${path}`, import.meta.url), "utf8");

it.each([
  ["esp32/native/deep-sleep.c", /RETAINED_BYTES \(([\d_]+) \+ (\d+)\)/],
  ["simulator/esp32/deep-sleep.ts", /length > ([\d_]+) \+ (\d+)\)/],
])("%s: the bytes of the firmware, and the time of writing", (path, pattern) => {
  const [, bytes = "", time = ""] = pattern.exec(textOf(path)) ?? [];
  expect(Number(bytes.replace("_", ""))).toBe(SLEEP_MEMORY_BYTES_MAX);
  expect(Number(time)).toBe(Number(/TIME_BYTES = (\d+);/.exec(textOf("esp32/parts/sleep.ts"))?.[1]));
});
