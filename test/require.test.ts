import { expect, it, vi } from "vitest";
import { requireOrSkip } from "./require.ts";

it("runs what is available, required or not", () => {
  expect(requireOrSkip("mosquitto", true, new Set())).toBe(true);
  expect(requireOrSkip("mosquitto", true, new Set(["mosquitto"]))).toBe(true);
});

it("skips what is missing with one visible line", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  expect(requireOrSkip("mosquitto", false, new Set(["chromium"]))).toBe(false);
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("skipped: mosquitto"));
  warn.mockRestore();
});

it("fails when what is missing was required", () => {
  expect(() => requireOrSkip("xsnap", false, new Set(["xsnap"]))).toThrow("xsnap is missing");
});
