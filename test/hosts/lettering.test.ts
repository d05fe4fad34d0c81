/** Text in the flashed faces: which characters they hold, how wide the characters are, how a line is drawn. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Face } from "../../hosts/face.ts";
import { facesFrom, Lettering, type Pen } from "../../hosts/lettering.ts";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import { clusterEnd } from "../../src/pager/screen/graphemes.ts";
import { NO_PICTURES, runHash } from "../../src/pager/screen/runs.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { asOnBoards } from "../code-point-text.ts";

function load(name: string): Face<string> {
  const { buffer, byteOffset, byteLength } = readFileSync(
    new URL(`../../hosts/moddable/faces/${name}.fnt`, import.meta.url),
  );
  return new Face(new DataView(buffer, byteOffset, byteLength), name);
}

const WHOLE = new Lettering(facesFrom(load));
/** The faces of a board with little flash. */
const LATIN = new Lettering(facesFrom((name) => (name.startsWith("latin") ? load(name) : undefined)));
const FONT_NAMES = Object.keys(FONTS) as Font[];

/** Records what is drawn. */
class Notes implements Pen<string> {
  readonly texts: [text: string, face: string, x: number, y: number][] = [];
  readonly boxes: number[][] = [];
  text(text: string, face: Face<string>, x: number, y: number): void {
    this.texts.push([String(text), face.pictures, x, y]);
  }
  picture(): void {
    throw new Error("there are no pictures");
  }
  box(...box: number[]): void {
    this.boxes.push(box);
  }
}

function drawn(lettering: Lettering<string>, font: Font, text: string): Notes {
  const notes = new Notes();
  lettering.draw(notes, { kind: "text", x: 5, y: 6, font, color: 0, text });
  return notes;
}

it("a board without the large face draws large texts with that of the body", () => {
  const small = new Lettering(facesFrom((name) => (name === "latin-28" ? undefined : load(name))));
  expect(drawn(small, "large", "Pump 3")).toEqual(drawn(small, "body", "Pump 3"));
  expect(drawn(WHOLE, "large", "Pump 3").texts.map(([, face]) => face)).toEqual(["latin-28"]);
  expect(() => facesFrom((name) => (name === "latin-20" ? undefined : load(name)))).toThrow("latin-20 is missing");
});

describe("on a board without the large face, a picture of text", () => {
  const small = new Lettering(facesFrom((name) => (/latin-28|cjk/.test(name) ? undefined : load(name))));
  const sizesOf = (lettering: Lettering<string>, font: Font, text: string) => {
    const sizes: number[] = [];
    lettering.pictures = { ...NO_PICTURES, find: (sizePixels) => void sizes.push(sizePixels) };
    drawn(lettering, font, text);
    lettering.pictures = NO_PICTURES;
    return sizes;
  };

  it("has the size of the letters around it", () => {
    for (const text of ["ไฟ", "水", "שלום", "😀"]) {
      expect(new Set(sizesOf(small, "large", text)), text).toEqual(new Set([20]));
      expect(new Set(sizesOf(small, "body", text)), text).toEqual(new Set([20]));
      expect(new Set(sizesOf(LATIN, "large", text)), text).toEqual(new Set([28]));
    }
  });

  it("is measured under the name under which it is asked for", () => {
    for (const [lettering, sizePixels] of [
      [small, 20],
      [LATIN, 28],
    ] as const) {
      const names: number[] = [];
      const pictures = { ...NO_PICTURES, advanceOf: (hash: number) => names.push(hash) };
      const widths = textWidths((font, character) => lettering.measureText(font, character), pictures);
      widths.large.entryAt("ฟ", 0, 1);
      expect(names.at(-1)).toBe(runHash(sizePixels, "ฟ", 0, 1));
    }
  });
});

/** Draws each character alone. Returns those that are drawn as a box, because no face holds them. */
function boxesIn(lettering: Lettering<string>, text: string): string[] {
  const boxes: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = clusterEnd(text, at);
    if (drawn(lettering, "small", text.slice(at, end)).boxes.length > 0) boxes.push(text.slice(at, end));
    at = end;
  }
  return boxes;
}

describe("the Latin faces hold", () => {
  it.each([
    ["German, French, Spanish", "Grüße, schön: 5 € für ÄÖÜẞ. Ça va, œuvre, garçon. ¿Mañana? ¡Sí!"],
    ["Polish, Czech, Hungarian, Turkish", "Zażółć gęślą jaźń. Příliš žluťoučký kůň. Árvíztűrő tükörfúrógép. İĞŞığş"],
    ["Nordic, Baltic, Irish, Romanian", "Æblegrød på øen, Þú. Šešių žąsų ķirbis. Ḃḃ Ṫṫ. Știință, țară"],
    ["Vietnamese", "Tôi có thể ăn thủy tinh mà không hại gì. Ắ Ệ Ỗ Ữ ỵ đ"],
    ["Greek", "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία: Ώ ΐ ΰ".replace("ὴ", "ή")],
    ["Cyrillic", "Съешь ещё этих мягких французских булок. Їжак, ґанок, Ўзбек, Әлем, Љубав, Ќе"],
    ["accents that follow their letter", "e\u0301 o\u0308 s\u030c a\u0323\u0302"],
    ["punctuation and currencies", "„A“ ‚b‘ «c» ‹d› – — … • · † ‰ ′ ″ € £ ¥ ₩ ₫ ₴ ₹ ₽ ₺ ₿"],
    ["arrows, mathematics, signs", "← ↑ → ↓ ↔ ⇒ ± × ÷ ≈ ≠ ≤ ≥ ∞ √ ∑ Ω µ ° ℃ № ™ ✓ ✗ ★ ☎ ⚠ ⚡ ♥ ■ ● ①"],
    ["what has no picture", "a\u00adb\u200bc\u200c\u200d\u2060⚠\ufe0f⚠\ufe0e"],
  ])("%s", (_name, text) => {
    expect(boxesIn(LATIN, text)).toEqual([]);
    for (const font of FONT_NAMES) expect(drawn(LATIN, font, text).boxes).toEqual([]);
  });
});

describe("the face for Chinese, Japanese and Korean", () => {
  it("holds common text of each", () => {
    const text =
      "水泵三号过热，请立即检查。「温度」が上がった。ポンプを止めてください！펌프 과열, 즉시 점검하십시오. ％１２３ｱｲｳ ㎡ ㈱";
    expect(boxesIn(WHOLE, text)).toEqual([]);
    expect(boxesIn(LATIN, text).length).toBeGreaterThan(40);
  });

  it.each([
    ["gbk", 0xb0a1, 0xd7f9, 3_755],
    ["euc-kr", 0xb0a1, 0xc8fe, 2_350],
  ])("holds all characters of %s between its bounds", (encoding, first, last, count) => {
    const decoder = new TextDecoder(encoding);
    const face = load("cjk-16");
    let held = 0;
    for (let pair = first; pair <= last; pair += 1) {
      if ((pair & 0xff) < 0xa1 || (pair & 0xff) > 0xfe) continue;
      const code = decoder.decode(Uint8Array.of(pair >> 8, pair & 0xff)).codePointAt(0) as number;
      if (face.recordOf(code) > 0) held += 1;
    }
    expect(held).toBe(count);
  });

  it("has the same width for all ideographs, syllables and boxes", () => {
    for (const [lettering, boxes] of [
      [WHOLE, "龘쀓"],
      [LATIN, "一龥가힣龘쀓"],
    ] as const) {
      for (const font of FONT_NAMES) {
        const widths = new Set(
          [..."一龙温가한", ...boxes].map((character) => Math.abs(lettering.measureText(font, character))),
        );
        expect(widths.size, font).toBe(1);
      }
    }
  });
});

describe("a line of text", () => {
  it("is drawn in one piece if one face holds all of it", () => {
    expect(drawn(WHOLE, "small", "caf\u00e9 3").texts).toEqual([["caf\u00e9 3", "latin-16", 5, 6]]);
    expect(drawn(WHOLE, "small", "").texts.filter(([text]) => text !== "")).toEqual([]);
  });

  it("uses several faces, and all stand on one base line", () => {
    const width = (text: string) => [...text].reduce((sum, each) => sum + WHOLE.measureText("large", each), 0);
    const { texts, boxes } = drawn(WHOLE, "large", "T 温度 5");
    expect(boxes).toEqual([]);
    expect(texts).toEqual([
      ["T ", "latin-28", 5, 6],
      ["温度", "cjk-16", 5 + width("T "), 6 + load("latin-28").base - load("cjk-16").base],
      [" 5", "latin-28", 5 + width("T 温度"), 6],
    ]);
  });

  it("is drawn in parts around boxes, each box in its place", () => {
    const { texts, boxes } = drawn(LATIN, "small", "92 😀Cé温👩‍🚀!");
    const [latin, wide] = [
      (text: string) => [...text].reduce((sum, each) => sum + LATIN.measureText("small", each), 0),
      Math.abs(LATIN.measureText("small", "温")),
    ];
    expect(texts).toEqual([
      ["92 ", "latin-16", 5, 6],
      ["Cé", "latin-16", 5 + latin("92 ") + wide, 6],
      ["!", "latin-16", 5 + latin("92 Cé") + 3 * wide, 6],
    ]);
    expect(boxes).toHaveLength(3);
    const lefts = [5 + latin("92 "), 5 + latin("92 Cé") + wide, 5 + latin("92 Cé") + 2 * wide];
    boxes.forEach(([x = 0, y = 0, width = 0, height = 0], index) => {
      const left = lefts[index] as number;
      expect([x > left, x + width < left + wide, y >= 6, y + height <= 6 + FONTS.small.lineHeight]).toEqual([
        true,
        true,
        true,
        true,
      ]);
    });
  });

  it("is the same in an engine that counts text by code points", () => {
    const line = "92 😀Cé温👩‍🚀!";
    expect(drawn(WHOLE, "body", asOnBoards(line))).toEqual(drawn(WHOLE, "body", line));
  });

  it("has no character above or below its height", () => {
    for (const font of FONT_NAMES) expect(load(`latin-${FONTS[font].sizePixels}`).height).toBe(FONTS[font].lineHeight);
    for (const name of ["latin-16", "latin-20", "latin-28", "latin-48", "cjk-16"]) {
      const face = load(name);
      for (let code = 0; code < 0x10000; code += 1) {
        const record = face.recordOf(code);
        if (record === 0) continue;
        const top = face.file.getInt16(record + 14, true);
        const height = face.file.getUint16(record + 10, true);
        expect(top >= 0 && top + height <= face.height, `${name}: U+${code.toString(16)}`).toBe(true);
      }
    }
  });
});

it("a file that is no face is refused", () => {
  expect(() => new Face(new DataView(new ArrayBuffer(40)), undefined)).toThrow(RangeError);
});
