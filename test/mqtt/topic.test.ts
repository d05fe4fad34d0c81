import { describe, expect, it } from "vitest";
import { isTopicFilter, isTopicName } from "../../src/mqtt/topic.ts";

describe("topics", () => {
  it("refuses topics that are none", () => {
    for (const topic of ["a", "/", "a//b", "ü/中", "x".repeat(65_535)]) expect(isTopicName(topic)).toBe(true);
    for (const topic of ["", "a/+", "#", "a\0b", "x".repeat(65_536), "ü".repeat(32_768)])
      expect(isTopicName(topic)).toBe(false);
    for (const filter of ["#", "+", "a/+/b", "a/#", "+/+", "/"]) expect(isTopicFilter(filter)).toBe(true);
    for (const filter of ["", "a#", "#/a", "a/b+", "+a/b", "a\0", "x".repeat(65_536)])
      expect(isTopicFilter(filter)).toBe(false);
  });
});
