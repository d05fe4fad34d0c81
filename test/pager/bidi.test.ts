/** The order of a line against another implementation of UAX #9. */
import bidiFactory from "bidi-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directionOf, IS_REVERSED, isRightToLeft, mirrored, visualOrder } from "../../src/pager/screen/bidi.ts";

/** The types of the package take its factory for a module. */
const bidi = (bidiFactory as unknown as () => Bidi)();

interface Bidi {
  getEmbeddingLevels(
    line: string,
    direction?: "ltr" | "rtl",
  ): { readonly levels: Uint8Array; readonly paragraphs: readonly { readonly level: number }[] };
  getReorderedString(line: string, levels: ReturnType<Bidi["getEmbeddingLevels"]>): string;
  getBidiCharTypeName(character: string): string;
}

/** One part for each character. */
function ordered(line: string, base: boolean): string {
  const parts = Uint16Array.from({ length: line.length + 1 }, (_, at) => at);
  return [...visualOrder(line, parts, line.length, base)]
    .map((place) => {
      const character = line.charAt(place & ~IS_REVERSED);
      return place & IS_REVERSED ? mirrored(character) : character;
    })
    .join("");
}

function orderedByOther(line: string, base: boolean): string {
  return bidi.getReorderedString(line, bidi.getEmbeddingLevels(line, base ? "rtl" : "ltr"));
}

/** A few of each class. Marks belong to the character before them. */
const CHARACTERS = fc.constantFrom(
  ..."aZ\u00e9\u0434\u4e2d\u05d0\u05ea\u05be\u0645\u062d\u06cc019\u0660\u0669\u06f1+-#$%°,.:/\u00a0 \u2003!?&\"'()[]{}<>«»「」\u2026\u20ac\u2212→",
);

describe("the order of a line", () => {
  it.each([
    ["abc", "abc"],
    ["שלום", "םולש"],
    ["call שלום now", "call םולש now"],
    ["שלום (abc) עולם", "םלוע (abc) םולש"],
    ["מחיר 25,50 ₪!", "!₪ 25,50 ריחמ"],
    ["טלפון 03-1234567", "03-1234567 ןופלט"],
    ["المضخة 3: 92!", "!92 :3 ةخضملا"],
  ])("%s", (line, expected) => {
    expect(ordered(line, directionOf(line) ?? false)).toBe(expected);
  });

  it("is that of UAX #9 for any line", () => {
    fc.assert(
      fc.property(fc.array(CHARACTERS, { maxLength: 24 }), fc.boolean(), (characters, base) => {
        const line = characters.join("");
        expect(ordered(line, base)).toBe(orderedByOther(line, base));
      }),
      { numRuns: 3_000 },
    );
  });

  it("begins with the first letter of the paragraph", () => {
    fc.assert(
      fc.property(fc.array(CHARACTERS, { maxLength: 8 }), (characters) => {
        const line = characters.join("");
        const [paragraph] = bidi.getEmbeddingLevels(line).paragraphs;
        expect(directionOf(line) ?? false).toBe(paragraph !== undefined && paragraph.level === 1);
      }),
    );
  });

  it("knows the direction of every character", () => {
    const wrong: string[] = [];
    for (let code = 0x20; code < 0x10000; code += 1) {
      // `printable` leaves it out.
      if (code === 0x200f) continue;
      const name = bidi.getBidiCharTypeName(String.fromCodePoint(code));
      if (/^(?:L|R|AL)$/.test(name) && isRightToLeft(code) !== (name !== "L")) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it("takes as long for nested brackets as for others", () => {
    expect(ordered(`${"(".repeat(200)}א${")".repeat(200)}`, false)).toHaveLength(401);
  });
});
