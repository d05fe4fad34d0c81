import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("the broker lives through 500 changed inputs", () => {
  const { violations, counts } = fuzz(1, 500);
  expect(violations).toEqual([]);
  // Enough inputs stay whole to be answered. Enough are broken to be refused.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(20);
});

it("and through one that asks for version 9, which is answered as version 5 has it", () => {
  expect(fuzz(832_027, 1).violations).toEqual([]);
});
