import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("the broker lives through 500 changed inputs", () => {
  const { violations, counts } = fuzz(1, 500);
  expect(violations).toEqual([]);
  // Enough inputs stay whole to be answered. Enough are broken to be refused.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
});
