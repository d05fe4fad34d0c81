import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("decoder and session live through 20,000 changed inputs", () => {
  const { violations, counts } = fuzz(1, 20_000);
  expect(violations).toEqual([]);
  // Enough inputs stay whole to reach every packet type. Enough are broken to be refused.
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(5_000);
});
