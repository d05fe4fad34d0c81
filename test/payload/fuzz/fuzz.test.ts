import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("every reader and a device survive 8,000 changed payloads", () => {
  const { violations, counts } = fuzz(0, 8_000);
  expect(violations).toEqual([]);
  // Enough changed payloads can still be read, and enough are refused.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(1_500);
});
