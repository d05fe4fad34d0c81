/** How the layout agrees with UAX #14, by Unicode's own test: what must hold holds, and what does not is listed. */
import { expect, it } from "vitest";
import { lineAt, widthOf } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { printable } from "../../src/printable.ts";
import { BETWEEN, MAY_BREAK, SAMPLES, SEQUENCES } from "../vectors/line-break.ts";

const { small } = textWidths((_font, text) => (text === "" ? 0 : 8));
const WIDTHS = { small, body: small, large: small, clock: small };

/** A line may break between these two, so it never has to break where it may not. */
const BEFORE = "水水";

/** Whether a line may break at this place of a text that does not begin with a new line. */
function mayBreak(text: string, at: number): boolean {
  const from = 1 + Math.max(text.lastIndexOf("\n", at - 1), text.lastIndexOf("\u2028", at - 1));
  if (from === at) return true;
  const head = BEFORE + text.slice(from, at);
  // A line with room for all that is before the place, and for nothing more.
  const width = widthOf(head.trimEnd(), "small", WIDTHS);
  return lineAt(BEFORE + text.slice(from), 0, small, width).next === head.length;
}

/**
 * Where the layout differs from the standard, as `MAY_BREAK`: a set bit is a difference. `.`: `printable` replaces that character.
 * A row or a digit that changes is a change of the layout: look at what it means, and then write it here.
 */
const DIFFERENCES: readonly string[] = [
  "05.5.50.0000005000000.005a000aa005f00.a000a", // AL
  "5a.5.50.0055505005550.055f500aa055f05.a555a", // B2
  "...........................................", // BA
  "00.0.50.0055000005550.000a000aa050a00.a000a", // BB
  "...........................................", // BK
  "55.5.50.0000555500000.555f500aa005f05.a555f", // CB
  "55.5.50.0000505000000.a55f500aa005f05.a5550", // CL
  "...........................................", // CR
  "55.5.50.0000505000000.055f500aa005f05.a555a", // EX
  "22.2.20.0266222206660.222a22088062a02.a222a", // GL
  "00.0.00.0500050500440.500a050ff000f00.a000a", // H2
  "00.0.00.0500050500410.500a050ff000f00.a000a", // H3
  "05.5.50.0000005000000.005a000aa005f00.a000a", // HL
  "55.5.50.0555505005550.005f500aa055f05.a555a", // HY
  "55.5.50.0000505000000.055a500aa005f05.a555a", // ID
  "55.5.50.0000505000000.055f500aa005f05.a555a", // IN
  "05.5.50.0000005000000.055f500aa005f05.a000a", // IS
  "00.0.00.0544050504140.500a050ff000f00.a000a", // JL
  "00.0.00.0500050500410.500a050ff000f00.a000a", // JT
  "00.0.00.0500050500440.500a050ff000f00.a000a", // JV
  "40.0.00.0400440400000.440a440ee000e04.a444a", // LF
  "...........................................", // NEL
  "55.5.50.0000505000000.055f500aa005f05.a555a", // NS
  "05.5.50.0000005000000.005a000aa005f00.a000a", // NU
  "aa.a.a0.0affaaaa0fff0.aaa0aa0aa0fa00a.0aaa0", // OP
  "05.5.50.0000005000000.005f500aa005f05.a000a", // PO
  "05.5.50.0055000005550.005f500aa000a05.a000a", // PR
  "00.0.00.0055000005550.00aa000aa050a0a.a000a", // QU
  "40.0.00.0400440400000.440b440ff000f04.b444b", // SP
  "55.5.50.0000005000000.055f500aa005f05.a555a", // SY
  "00.0.00.0055000005550.000a000aa050a00.a000a", // WJ
  "40.0.03.3400440430000.440b440cc000f34.b444b", // ZW
  "00.0.00.0500050500000.500f050ff040f00.a000a", // RI
  "55.5.50.0000505000000.055a500aa005a05.a555a", // EB
  "00.0.00.0500050500000.500a050ff000f00.a000a", // EM
  "05.5.50.0000005000000.a05f500aa005f05.a0000", // CP
  "aa.a.a0.0aeeaaaa0eee0.aaa0aa0aa0ea00a.0aaa0", // OP
  "...........................................", // CM1
  "50.0.00.0500450400000.450a550fe000e05.a544a", // ZWJ
  "05.5.50.0000005000000.005a000aa005f00.a000a", // AI
  "05.5.50.0000005000000.005a000aa005f00.a000a", // XX
  "05.5.50.0000005000000.005a000aa005f00.a000a", // SA
  "00.0.00.0500050500000.500f050ff000f00.a000a", // CJ
];

/**
 * Why, by the class of the second sample: how often the layout does not break where it may, and how often it breaks where it may not. No
 * text is lost by either. The table of a board knows ten kinds of characters (`text-widths.ts`), and the layout looks at one character
 * before the place, not at what stands before spaces or beneath marks.
 */
const REASONS: readonly (readonly [why: string, classes: string, missing: number, wrong: number])[] = [
  ["a skin tone joins whatever stands before it", "EM", 130, 0],
  ["a percent sign or small kana begins no line, not even behind a space", "PO CJ CL CP EX IS", 182, 0],
  ["a joiner without a letter stays with what is before it", "ZWJ", 74, 0],
  ["a slash, a word joiner and dots are letters", "SY WJ IN", 3, 215],
  [
    "behind a closing sign a line does not break before an opening one, and behind an opening one it breaks at a space",
    "OP",
    70,
    17,
  ],
  ["objects, long dashes, accents and quotation marks have no kind of their own", "CB B2 BB QU", 124, 39],
  ["a hyphen at the beginning or behind an ideograph is taken for a minus sign", "HY ID EB NS GL", 87, 86],
  ["behind closing signs and hyphens without a space a word goes on", "AL HL NU AI XX SA PR", 153, 60],
  ["jamo that make no syllable, and half of a flag, are letters", "H2 H3 JL JT JV RI", 33, 105],
];

/** Sequences that the layout breaks otherwise, by their place in the list. */
const OTHER_SEQUENCES: readonly number[] = [
  1, 4, 6, 7, 8, 11, 12, 25, 27, 42, 43, 47, 49, 51, 56, 57, 61, 62, 63, 65, 66, 69, 71, 72, 73, 75, 76, 77, 78, 79, 80,
  81, 83, 84, 85, 86, 88, 89, 100, 101, 102, 103, 104, 105, 107, 136, 137, 138, 139, 140, 141, 143, 144, 145, 146, 147,
  193, 194, 195, 197, 214, 215, 240, 242,
];

it("agrees with the standard on every pair of classes that is not listed", () => {
  const found = SAMPLES.map(([first], row) =>
    SAMPLES.map(([second], column) => {
      if (isReplaced(first) || isReplaced(second)) return ".";
      let different = 0;
      BETWEEN.forEach((between, bit) => {
        const head = String.fromCodePoint(first) + between;
        const expected = (Number.parseInt(MAY_BREAK[row]?.[column] ?? "", 16) >> bit) & 1;
        if (mayBreak(head + String.fromCodePoint(second), head.length) !== (expected === 1)) different |= 1 << bit;
      });
      return different.toString(16);
    }).join(""),
  );
  expect(found).toEqual(DIFFERENCES);
});

it("has a reason for every difference", () => {
  const counts = REASONS.map(([why, classes]) => {
    let [missing, wrong] = [0, 0];
    SAMPLES.forEach(([, name], column) => {
      if (!classes.split(" ").includes(name)) return;
      DIFFERENCES.forEach((row, at) => {
        const different = Number.parseInt(row[column] as string, 16) || 0;
        const allowed = Number.parseInt(MAY_BREAK[at]?.[column] as string, 16);
        missing += bitsOf(different & allowed);
        wrong += bitsOf(different & ~allowed);
      });
    });
    return [why, classes, missing, wrong];
  });
  expect(counts).toEqual(REASONS);
  const all = DIFFERENCES.join("").replaceAll(".", "");
  const different = [...all].reduce((sum, digit) => sum + bitsOf(Number.parseInt(digit, 16)), 0);
  expect(REASONS.reduce((sum, [, , missing, wrong]) => sum + missing + wrong, 0)).toBe(different);
  // Of 5,776 places between two classes.
  expect([BETWEEN.length * all.length, different]).toEqual([5_776, 1_378]);
});

it("breaks every sequence that is not listed as the standard does", () => {
  const others = SEQUENCES.flatMap((sequence, index) => {
    const text = textOf(sequence);
    let at = 0;
    const isSame = sequence
      .split(" ÷ ")
      .flatMap((part) => part.split(" ").map((code, place) => [code, place === 0] as const))
      .every(([code, isAllowed]) => {
        const isRight = at === 0 || mayBreak(text, at) === isAllowed;
        at += textOf(code).length;
        return isRight;
      });
    return isSame ? [] : [index];
  });
  expect(others).toEqual(OTHER_SEQUENCES);
  expect([SEQUENCES.length, others.length]).toEqual([243, 64]);
});

function isReplaced(code: number): boolean {
  const character = String.fromCodePoint(code);
  return printable(character) !== character;
}

function textOf(sequence: string): string {
  return String.fromCodePoint(
    ...sequence
      .replaceAll("÷ ", "")
      .split(" ")
      .map((code) => Number.parseInt(code, 16)),
  );
}

function bitsOf(bits: number): number {
  return [1, 2, 4, 8].filter((bit) => bits & bit).length;
}
