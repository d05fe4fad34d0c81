import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import { CLUSTER_UNITS_MAX, clusterEnd } from "../../src/pager/screen/graphemes.ts";
import { PagedText, type TextBox } from "../../src/pager/screen/paged-text.ts";
import { fitLine, lineAt, widthOf, wrapText } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { asOnBoards } from "../code-point-text.ts";
import { laidOut } from "./laid-out.ts";

/** The width depends on the first code point: half of the face's height, or all of it for CJK and emoji. */
function measureText(font: Font, text: string): number {
  return FONTS[font].sizePixels * (text >= "\u2e80" ? 1 : 0.5);
}

const WIDTHS = textWidths(measureText);
const small = (characters: number) => characters * 8;
const wrap = (text: string, characters: number) => wrapText(text, "small", small(characters), 10_000, WIDTHS);

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Where a character may end, by Node's implementation of the standard. */
function boundariesOf(text: string): Set<number> {
  return new Set([...segmenter.segment(text)].map(({ index }) => index).concat(text.length));
}

function clustersOf(text: string): string[] {
  const clusters: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = clusterEnd(text, at);
    clusters.push(text.slice(at, end));
    at = end;
  }
  return clusters;
}

/** Marks of rare scripts beyond the first plane are left out, because the layout does not know them. */
const character = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 1 })
  .filter((text) => [...text].every((part) => part < "\u{10000}" || part >= "\u{1f000}"));

/** Characters that join with others, of every kind, and some that do not. */
const JOINED = [
  ..."aé 1\u0301\u0308\u200d\u200c\ufe0f👩🚀👨🏽❤️🇩🇪🇫🏳🏴\u{e0067}\u{e007f}",
  ..."가각\u1100\u1161\u11a8\u1112\ua960\ud7b0ก็ำิ่เแคຳ",
  ..."क्षिर\u094d\u093cনি\u09cd\u0d4d\u0d2e\u0bcd\u0b95\u0600\u06dd1ا\u064b水が\u3099ｶﾞ",
];

/**
 * What holds of UAX #14, rule by rule: `|` is where a line may break. Each part is found where
 * only it has room, and in wider lines no other break is. Scripts without spaces (LB1, class SA) break between characters, as there is no dictionary.
 */
const BREAKS: readonly (readonly [rule: string, text: string])[] = [
  ["LB5, the end of a line", "ab\n|cd"],
  ["LB7, spaces stay at the end", "ab  |cd"],
  ["LB8, zero width space", "ab\u200b|cd"],
  ["LB9, marks stay with their letter", "水\u0301|水"],
  ["LB12, no-break space", "92\u00a0°C |hot"],
  ["LB12, narrow no-break space", "1\u202f234 |km"],
  ["LB13, before closing signs", "ab, |cd! |水。|水"],
  ["LB13, a closing sign after a space, as in French", "oui ! |non"],
  ["LB14, after opening signs", "a |(b |c) |「水」|水"],
  ["LB20a and LB21, after a hyphen", "over-|heated |-5"],
  ["LB21, after dashes", "ab–|cd—|ef"],
  ["LB21, no-break hyphen", "ab\u2011cd |ef"],
  ["LB23 and LB25, numbers with letters, signs and units", "€5 |5€ |$5.20 |1,234.5 |+49 |−12 |80% |3kg |COVID-19"],
  ["LB26, jamo of one syllable", "\u1112\u1161\u11ab|\u1100\u1161"],
  ["LB30a, flags", "🇩🇪|🇫🇷"],
  ["LB30b, emoji with modifiers", "👍🏽|👩‍🚀|❤️"],
  ["LB31, ideographs, kana, Hangul", "水|泵|ポ|ン|펌|프"],
  ["small kana and repetition marks (CJ, NS)", "ちょっ|と|人々"],
  ["Latin words beside ideographs", "Pump|水|泵|OK"],
];

describe("a line breaks as UAX #14 says", () => {
  it.each(BREAKS)("%s: %s", (_, marked) => {
    const text = marked.replaceAll("|", "");
    const parts = marked.split("|");
    const widthsOfParts = parts.map((part) => widthOf(part.trimEnd(), "small", WIDTHS));
    const allowed = [0];
    for (const [index, part] of parts.entries()) {
      const start = allowed.at(-1) as number;
      // A line that has room for this part only.
      expect(lineAt(text, start, WIDTHS.small, widthsOfParts[index] as number).next).toBe(start + part.length);
      allowed.push(start + part.length);
    }
    const found: number[] = [];
    for (let width = Math.max(...widthsOfParts); width <= widthOf(text, "small", WIDTHS); width += 1)
      for (let at = 0; at < text.length; found.push(at)) at = lineAt(text, at, WIDTHS.small, width).next;
    expect(found.filter((at) => !allowed.includes(at))).toEqual([]);
  });
});

describe("a character", () => {
  it.each([
    ["e\u0301", 1],
    ["👩‍👩‍👧‍👦", 1],
    ["🇩🇪🇫🇷", 2],
    ["🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", 1],
    ["❤️", 1],
    ["👍🏽", 1],
    ["\u1112\u1161\u11ab", 1],
    ["각", 1],
    ["ที่นี่", 2],
    ["กำ", 1],
    ["क्षि", 1],
    ["が", 1],
    ["か\u3099", 1],
    ["水位", 2],
    ["ab", 2],
  ])("%j is %i", (text, count) => {
    expect(clustersOf(text)).toHaveLength(count);
  });

  it("ends only where the standard allows it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...JOINED), character), {
          maxLength: 12,
        }),
        (parts) => {
          const text = parts.join("");
          const allowed = boundariesOf(text);
          let at = 0;
          for (const cluster of clustersOf(text)) {
            at += cluster.length;
            expect(allowed.has(at), `${JSON.stringify(text)} at ${at}`).toBe(true);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("with more marks than any script uses is split, but never inside a surrogate pair", () => {
    expect(clustersOf(`e${"\u0301".repeat(200)}`).map(({ length }) => length)).toContain(CLUSTER_UNITS_MAX);
    // `encodeURIComponent` throws on half of a surrogate pair.
    for (const cluster of clustersOf(`👩${"\u{e0067}".repeat(100)}`)) expect(encodeURIComponent(cluster)).not.toBe("");
  });
});

describe("text layout", () => {
  it("breaks Latin at spaces, too long words anywhere, and CJK between characters", () => {
    expect(wrap("the quick brown fox", 10)).toEqual(["the quick", "brown fox"]);
    expect(wrap("abcdefghijklmno", 10)).toEqual(["abcdefghij", "klmno"]);
    expect(wrap("水位が上がった", 10)).toEqual(["水位が上", "がった"]);
    expect(wrap("ポンプ3 over", 10)).toEqual(["ポンプ3", "over"]);
  });

  it("breaks after a hyphen between words, but not after a minus sign, in a range of numbers or in a date", () => {
    expect(wrap("a well-known fault", 8)).toEqual(["a well-", "known", "fault"]);
    expect(wrap("it is -12 degrees", 8)).toEqual(["it is", "-12", "degrees"]);
    expect(wrap("on 2026-11-26", 12)).toEqual(["on", "2026-11-26"]);
    expect(wrap("option --force now", 10)).toEqual(["option", "--force", "now"]);
  });

  it("begins no line with a closing sign, and ends none with an opening sign", () => {
    expect(wrap("水位が上が。った", 10)).toEqual(["水位が上", "が。った"]);
    expect(wrap("水位は「高い」です", 8)).toEqual(["水位は", "「高い」", "です"]);
    expect(wrap("abcdefghij, and", 10)).toEqual(["abcdefghi", "j, and"]);
    expect(wrap("c'est fini !", 10)).toEqual(["c'est", "fini !"]);
    expect(wrap("see this (or that)", 10)).toEqual(["see this", "(or that)"]);
    expect(wrap("!!!!!!", 4)).toEqual(["!!!!", "!!"]);
    expect(wrap("ラッシュ", 4)).toEqual(["ラッ", "シュ"]);
  });

  it("never splits a character, whatever the width", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...JOINED), { maxLength: 60 }),
        fc.integer({ min: 8, max: 90 }),
        (parts, width) => {
          const text = parts.join("");
          const allowed = boundariesOf(text);
          for (let at = 0; at < text.length; ) {
            const { next } = lineAt(text, at, WIDTHS.small, width);
            expect(next).toBeGreaterThan(at);
            expect(allowed.has(next), `${JSON.stringify(text)} at ${next}`).toBe(true);
            at = next;
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("keeps the line breaks of the text", () => {
    expect(wrap("a\n\nb\r\nc\rd\u2028e", 10)).toEqual(["a", "", "b", "c", "d", "e"]);
    expect(wrap("\n\n", 10)).toEqual(["", ""]);
    expect(wrap("", 10)).toEqual([]);
  });

  it("ends with … if there is more text, and never inside a character", () => {
    expect(wrapText("one two three four", "small", small(9), 2, WIDTHS)).toEqual(["one two", "three…"]);
    expect(fitLine("abcdefgh", "small", small(5), WIDTHS)).toBe("abcd…");
    expect(fitLine("one\ntwo", "small", small(5), WIDTHS)).toBe("one…");
    expect(fitLine("😀😀😀😀", "small", 40, WIDTHS)).toBe("😀😀…");
    expect(fitLine("🇩🇪🇫🇷🇮🇹", "small", 24, WIDTHS)).toBe("🇩🇪…");
    expect(wrap("😀😀😀", 2)).toEqual(["😀", "😀", "😀"]);
    expect(widthOf("ab水", "small", WIDTHS)).toBe(32);
  });

  it("loses no characters except spaces at line breaks", () => {
    const flat = (words: string) => words.replace(/\s|\u200b/g, "");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "grapheme", maxLength: 200 }),
          fc
            .array(fc.constantFrom(...JOINED, "\n", " ", "-", ",", "「", "。"), { maxLength: 200 })
            .map((parts) => parts.join("")),
        ),
        fc.integer({ min: 8, max: 300 }),
        (text, width) => {
          expect(flat(wrapText(text, "small", width, 10_000, WIDTHS).join(""))).toBe(flat(text));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("asks the host for the width of each ASCII character once, and never for more than one character at a time", () => {
    const asked: string[] = [];
    const widths = textWidths((font, text) => {
      asked.push(text);
      return measureText(font, text);
    });
    const before = asked.length;
    for (let at = 0; at < 3; at += 1) wrapText("the quick brown fox ".repeat(20), "small", 100, 100, widths);
    expect(asked.length).toBe(before);
    wrapText("温度温度👩‍🚀e\u0301", "small", 100, 100, widths);
    // All ideographs share one width, which is known already.
    expect(asked.slice(before)).toEqual(["👩‍🚀", "e\u0301"]);
  });

  it("adds fractions of a pixel and rounds only the sum", () => {
    const widths = textWidths(() => 8.25);
    expect(widthOf("abcd", "small", widths)).toBe(33);
  });
});

describe("in an engine that counts text by code points, like that of the boards", () => {
  const onBoards = textWidths((font, text) => measureText(font, String(text)));

  it("characters end at the same places", () => {
    const text = "👩‍🚀 The 🇩🇪🇫🇷 e\u0301😀";
    const counts = clustersOf(text).map((cluster) => [...cluster].length);
    const found: number[] = [];
    const board = asOnBoards(text);
    for (let at = 0; at < board.length; ) {
      const end = clusterEnd(board, at);
      found.push(end - at);
      at = end;
    }
    expect(found).toEqual(counts);
  });

  it("lines are the same", () => {
    const text = "👩‍🚀 The 🇩🇪🇫🇷 pump 😀😀😀 is 👍🏽 too hot ".repeat(4);
    const lines: string[] = [];
    const board = asOnBoards(text);
    for (let at = 0; at < board.length; ) {
      const line = lineAt(board, at, onBoards.small, small(12));
      lines.push(String(line.text));
      at = line.next;
    }
    expect(lines).toEqual(wrap(text, 12));
  });
});

describe("a paged text", () => {
  const BOX: TextBox = { width: small(20), height: 3 * FONTS.small.lineHeight, fonts: ["small"] };
  const words = Array.from({ length: 300 }, (_, index) => `w${index}`).join(" ");

  it("lays out only the requested page", () => {
    let count = 0;
    const text = new PagedText(
      words,
      textWidths((font, part) => measureText(font, part)),
    );
    const counted = new Proxy(WIDTHS.small.ascii, {
      get(table, key) {
        if (typeof key === "string") count += 1;
        return Reflect.get(table, key);
      },
    });
    const watched = new PagedText(words, {
      ...WIDTHS,
      small: Object.assign(Object.create(WIDTHS.small), { ascii: counted }),
    });
    const costOf = (index: number) => {
      const former = count;
      expect(laidOut(watched, index, BOX).lines).toEqual(laidOut(text, index, BOX).lines);
      return count - former;
    };
    const [first, again, second, back] = [costOf(0), costOf(0), costOf(1), costOf(0)];
    expect(first).toBeGreaterThan(0);
    expect(again).toBe(0);
    // The layout of a line looks a little beyond its end, at the word that does not fit.
    expect(Math.max(first, second, back)).toBeLessThanOrEqual(3 * (20 + 5));
  });

  it("begins each page exactly where the one before ends", () => {
    const text = new PagedText(words, WIDTHS);
    let end = 0;
    let index = 0;
    do {
      const page = laidOut(text, index, BOX);
      expect([page.from, page.index]).toEqual([end, index]);
      end = page.to;
      index += 1;
    } while (end < words.length);
    expect(laidOut(text, index + 7, BOX).to).toBe(words.length);
    expect(laidOut(text, 3, { ...BOX, height: BOX.height / 3 }).lines).toHaveLength(1);
  });

  it("does only a slice of the work at once, and gets the same page", () => {
    const high: TextBox = { width: small(60), height: 60 * FONTS.small.lineHeight, fonts: ["large", "body", "small"] };
    const text = new PagedText(words, WIDTHS);
    let sliceCount = 1;
    let page = text.poll(0, high);
    for (; page === undefined; sliceCount += 1) page = text.poll(0, high);
    expect(sliceCount).toBeGreaterThan(4);
    expect(page.lines).toEqual(wrapText(words, page.font, high.width, page.lines.length, WIDTHS));
    expect(page.to).toBe(words.length);
    expect(text.poll(0, high)).toBe(page);
  });

  it("is one empty page if there is no text", () => {
    expect(new PagedText("", WIDTHS).poll(0, BOX)).toEqual({
      font: "small",
      lines: [],
      index: 0,
      from: 0,
      to: 0,
      length: 0,
    });
  });
});
