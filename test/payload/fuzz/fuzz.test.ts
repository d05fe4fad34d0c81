import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

it("every reader and a device live through 8,000 changed payloads", () => {
  const { violations, counts } = fuzz(0, 8_000);
  expect(violations).toEqual([]);
  // The changes leave enough alive to be read, and break enough to be refused.
  expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(1_500);
});
