import { describe, expect, it } from "vitest";
import { Gestures } from "../../hosts/gestures.ts";
import type { Gesture } from "../../src/pager/screen/gesture.ts";

/** Samples of a finger, one each 30 ms: places, or undefined where there is none. */
function gesturesOf(...samples: readonly ([number, number] | undefined)[]): Gesture[] {
  const seen: Gesture[] = [];
  const gestures = new Gestures((gesture) => seen.push(gesture), 0);
  samples.forEach((place, index) => {
    const nowMs = 1_000 + 30 * index;
    if (place) gestures.handleTouch(...place, nowMs);
    else gestures.handleRelease(nowMs);
  });
  return seen;
}

const many = (count: number, x: number, y: number) => Array.from({ length: count }, (): [number, number] => [x, y]);

describe("a finger", () => {
  it("that touches and leaves has tapped, although it trembled", () => {
    expect(gesturesOf(undefined, [100, 50], [103, 48], undefined, undefined)).toEqual([{ kind: "tap", x: 103, y: 48 }]);
  });

  it("that stays has held", () => {
    expect(gesturesOf(...many(19, 100, 50), undefined)).toEqual([{ kind: "tap", x: 100, y: 50 }]);
    expect(gesturesOf(...many(21, 100, 50), undefined)).toEqual([{ kind: "hold", x: 100, y: 50 }]);
  });

  it.each([
    ["left", 60, 100, { kind: "swipe", isOn: true, isFlat: true }],
    ["right", 140, 110, { kind: "swipe", isOn: false, isFlat: true }],
    ["up", 110, 60, { kind: "swipe", isOn: true, isFlat: false }],
    ["down", 100, 200, { kind: "swipe", isOn: false, isFlat: false }],
  ] as const)("that moves %s has swiped", (_name, x, y, gesture) => {
    expect(gesturesOf([100, 100], [x, y], undefined)).toEqual([gesture]);
  });

  it("is told once, and again when it comes again", () => {
    expect(gesturesOf([1, 2], undefined, undefined, [3, 4], undefined)).toEqual([
      { kind: "tap", x: 1, y: 2 },
      { kind: "tap", x: 3, y: 4 },
    ]);
  });

  it("that is on the screen at the start is no gesture, however long it stays", () => {
    const seen: Gesture[] = [];
    const gestures = new Gestures((gesture) => seen.push(gesture), 1_000);
    for (let nowMs = 1_100; nowMs < 9_000; nowMs += 30) gestures.handleTouch(5, 5, nowMs);
    gestures.handleRelease(9_000);
    expect(seen).toEqual([]);
    gestures.handleTouch(5, 5, 9_100);
    gestures.handleRelease(9_130);
    expect(seen).toEqual([{ kind: "tap", x: 5, y: 5 }]);
  });
});
