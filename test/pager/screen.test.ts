import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DrawList, Size, TextRun } from "../../src/pager/screen/draw-list.ts";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import { COLORS, drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { fitLine, wrapText } from "../../src/pager/screen/text-layout.ts";

/** Every character is half as wide as its font is high; CJK is as wide as high. */
function measureText(font: Font, text: string): number {
  let width = 0;
  for (const character of text) width += FONTS[font].sizePixels * (character >= "\u2e80" ? 1 : 0.5);
  return width;
}

const SIZES: readonly Size[] = [
  { width: 320, height: 240 },
  { width: 240, height: 320 },
  { width: 135, height: 240 },
  { width: 540, height: 960 },
];

const IDLE: ScreenModel = {
  time: "10:52",
  link: "online",
  unreadCount: 0,
  faults: "",
  message: undefined,
  labels: ["", "", ""],
};
const PAGE: ScreenModel = {
  ...IDLE,
  unreadCount: 2,
  message: {
    sender: "station",
    title: "Boiler room",
    text: "Pump 3 over temperature",
    time: "10:51",
    priority: 4,
    isRead: false,
    position: 2,
    count: 3,
  },
  labels: ["older", "read", "newer"],
};

function texts(drawList: DrawList): TextRun[] {
  return drawList.filter((command): command is TextRun => command.kind === "text");
}

describe("screen", () => {
  it("shows status bar, sender, title, text and labels", () => {
    expect(screenText(drawScreen(PAGE, { width: 320, height: 240 }, measureText))).toEqual([
      "10:52  online  2 unread",
      "!! station *  10:51  2/3",
      "Boiler room",
      "Pump 3 over",
      "temperature",
      "older  read  newer",
    ]);
  });

  it("shows the time when there is nothing to read, and what was refused", () => {
    const words = screenText(
      drawScreen({ ...IDLE, faults: "2 bad, 1 too large, 1 old" }, { width: 320, height: 240 }, measureText),
    );
    expect(words).toEqual(["10:52  online  0 unread", "2 bad, 1 too large, 1 old", "10:52", "no new messages"]);
  });

  it("stays inside the screen, whatever the text and the size", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 400 });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...SIZES), (title, body, size) => {
        const message = {
          sender: "bob",
          title,
          text: body,
          time: "",
          priority: 3,
          isRead: true,
          position: 1,
          count: 1,
        };
        for (const run of texts(drawScreen({ ...PAGE, message }, size, measureText))) {
          expect(run.x).toBeGreaterThanOrEqual(0);
          expect(run.y + FONTS[run.font].lineHeight).toBeLessThanOrEqual(size.height + 2);
          // A single character may be wider than a very small screen; nothing else is.
          if (run.text.length > 2) expect(run.x + measureText(run.font, run.text)).toBeLessThanOrEqual(size.width);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("takes the largest font in which a text fits", () => {
    const fontOf = (text: string) => {
      const message = { ...PAGE.message, title: "", text } as NonNullable<ScreenModel["message"]>;
      return texts(drawScreen({ ...PAGE, message }, { width: 320, height: 240 }, measureText)).find((run) =>
        run.text.startsWith("word"),
      )?.font;
    };
    expect([fontOf("word"), fontOf("word ".repeat(30)), fontOf("word ".repeat(60))]).toEqual([
      "large",
      "body",
      "small",
    ]);
  });

  it("has a contrast of 4.5:1 for every text on its ground", () => {
    for (const [text, ground] of [
      [COLORS.text, COLORS.ground],
      [COLORS.dim, COLORS.ground],
      [COLORS.fault, COLORS.ground],
      [COLORS.text, COLORS.bar],
      [COLORS.text, COLORS.alarm],
    ] as const)
      expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  });
});

describe("text layout", () => {
  const small = (characters: number) => characters * 8;

  it("breaks Latin at spaces, words that are too long anywhere, CJK between characters", () => {
    expect(wrapText("the quick brown fox", "small", small(10), 9, measureText)).toEqual(["the quick", "brown fox"]);
    expect(wrapText("abcdefghijklmno", "small", small(10), 9, measureText)).toEqual(["abcdefghij", "klmno"]);
    expect(wrapText("水位が上がった", "small", small(10), 9, measureText)).toEqual(["水位が上が", "った"]);
    expect(wrapText("ポンプ3 over", "small", small(10), 9, measureText)).toEqual(["ポンプ3", "over"]);
  });

  it("keeps the ends of lines that the text has", () => {
    expect(wrapText("a\n\nb\r\nc", "small", small(10), 9, measureText)).toEqual(["a", "", "b", "c"]);
  });

  it("ends with … where there is more, and never in half a character", () => {
    expect(wrapText("one two three four", "small", small(9), 2, measureText)).toEqual(["one two", "three…"]);
    expect(fitLine("abcdefgh", "small", small(5), measureText)).toBe("abcd…");
    expect(fitLine("😀😀😀😀", "small", 40, measureText)).toBe("😀😀…");
    expect(wrapText("😀😀😀", "small", 16, 9, measureText)).toEqual(["😀", "😀", "😀"]);
  });

  it("loses no character but spaces at the breaks", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.integer({ min: 8, max: 300 }), (text, width) => {
        const flat = (words: string) => words.replace(/\s/g, "");
        expect(flat(wrapText(text, "small", width, 10_000, measureText).join(""))).toBe(flat(text));
      }),
      { numRuns: 500 },
    );
  });
});

/** WCAG 2.1, relative luminance and contrast ratio. */
function contrast(a: number, b: number): number {
  const luminance = (color: number) => {
    const [r, g, bl] = [16, 8, 0].map((shift) => {
      const part = ((color >> shift) & 255) / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
