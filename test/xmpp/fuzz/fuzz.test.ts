import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("reader and session live through 10,000 changed inputs", () => {
  const { violations, counts } = fuzz(1, 10_000);
  expect(violations).toEqual([]);
  // Enough stay whole to be told. Enough are broken to be refused.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(1_500);
});
