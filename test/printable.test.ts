import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUnprintable, printable } from "../src/printable.ts";
import { asOnBoards } from "./code-point-text.ts";

/** Written independently of the code under test, with Unicode properties. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}\u2028\u2029\ufeff]/u;

describe("what can be shown of a text", () => {
  it("is the same in an engine that counts text by code points", () => {
    const text = "😀\u0007a\u{1fffe}b😀\rc";
    expect(String(printable(asOnBoards(text)))).toBe(printable(text));
  });

  it.each([
    ["as it is", "Füllstand 水位 😀 🇩🇪 👩‍👧\n2", "Füllstand 水位 😀 🇩🇪 👩‍👧\n2"],
    ["ends of lines", "a\r\nb\rc\n\rd\u2028e\u2029f\r\n\ng\r", "a\nb\nc\n\nd\ne\nf\n\ng\n"],
    ["a tab", "a\tb", "a b"],
    ["controls", "a\0b\u001b[31m\u007f\u0085\u009fc", "a\ufffdb\ufffd[31m\ufffd\ufffd\ufffdc"],
    ["turned around", "\u202eevil\u202c \u2066a\u2069\u200f\u061c.", "evil a."],
    ["noncharacters", "a\ufdd0\ufdef\uffff\u{1fffe}\u{10ffff}b", "a\ufffd\ufffd\ufffd\ufffd\ufffdb"],
    ["halves of pairs", "\udc00a\ud800b\ud83d", "\ufffda\ufffdb\ufffd"],
    ["a byte order mark", "\ufeffa\ufeff", "a"],
    ["a soft hyphen", "Pumpen\u00adhaus", "Pumpenhaus"],
    ["a CR before NUL", "\r\0", "\n\ufffd"],
    ["nothing", "", ""],
  ])("%s", (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it("contains nothing that cannot be shown, and stays the same when it is filtered again", () => {
    const odd = fc.constantFrom(
      ..."\r\n\0\t\u009f\u202e\u2066\ud83d\ude00\ufffe\ufeff\u2028a水".split(""),
      "\u{1ffff}",
    );
    const padding = fc.nat(130).map((length) => "x".repeat(length));
    fc.assert(
      fc.property(fc.tuple(padding, fc.array(odd, { maxLength: 6 }), padding), ([before, middle, after]) => {
        const text = before + middle.join("") + after;
        const printed = printable(text);
        expect(printed.replaceAll("\n", "")).not.toMatch(UNPRINTABLE);
        expect(printable(printed)).toBe(printed);
        expect(printed.startsWith(before)).toBe(true);
        expect(printed.endsWith(after)).toBe(true);
        expect(printed.split("\n").length).toBe(text.split(/\r\n|[\r\n\u2028\u2029]/).length);
      }),
      { numRuns: 5_000 },
    );
  });

  it("knows every character that Unicode calls unprintable", () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const isOdd = code !== 0xfeff && UNPRINTABLE.test(String.fromCodePoint(code));
      if (isUnprintable(code) !== isOdd) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});
