import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COLORS } from "../../src/pager/screen/colors.ts";
import type { DrawList, Size, TextRun } from "../../src/pager/screen/draw-list.ts";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import { rowsOn, type ScreenList } from "../../src/pager/screen/list-view.ts";
import type { ScreenMessage } from "../../src/pager/screen/message-view.ts";
import { drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
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
  { width: 128, height: 64 },
  { width: 540, height: 960 },
];
const [M5STACK, , , OLED] = SIZES as [Size, Size, Size, Size, Size];

const IDLE: ScreenModel = {
  time: "10:52",
  status: "online",
  unreadCount: 0,
  faults: "",
  view: { kind: "home", lines: ["no new messages", "20 Nov 2026"] },
  labels: ["", "", ""],
};
const MESSAGE: ScreenMessage = {
  kind: "message",
  from: "station",
  title: "Boiler room",
  text: "Pump 3 over temperature",
  time: "10:51",
  priority: 4,
  mark: "*",
  position: 2,
  count: 3,
  page: 0,
  answers: [],
};
const PAGE: ScreenModel = { ...IDLE, unreadCount: 2, view: MESSAGE, labels: ["older", "read", "newer"] };
const LIST: ScreenList = {
  kind: "list",
  title: "people",
  rows: [
    { text: "me  online", dot: 0x5fd38d },
    { text: "ann  busy: lunch", dot: 0xff8f8f, right: "5m", isStrong: true },
  ],
  chosen: 1,
  position: 2,
  count: 2,
};

function texts(drawList: DrawList): TextRun[] {
  return drawList.filter((command): command is TextRun => command.kind === "text");
}

function draw(model: ScreenModel, size = M5STACK): DrawList {
  return drawScreen(model, size, measureText).drawList;
}

/** Everything stands on the screen, and no two lines of text on each other. */
function expectInside(drawList: DrawList, size: Size): void {
  for (const command of drawList) {
    if (command.kind === "fill") {
      expect(Math.min(command.x, command.y)).toBeGreaterThanOrEqual(0);
      expect(command.x + command.width).toBeLessThanOrEqual(size.width);
      expect(command.y + command.height).toBeLessThanOrEqual(size.height);
    }
  }
  const runs = texts(drawList);
  for (const run of runs) {
    expect(Math.min(run.x, run.y)).toBeGreaterThanOrEqual(0);
    expect(run.y + FONTS[run.font].lineHeight).toBeLessThanOrEqual(size.height + 2);
    // A single character may be wider than a very small screen; nothing else is.
    if (run.text.length > 2) expect(run.x + measureText(run.font, run.text)).toBeLessThanOrEqual(size.width);
  }
  for (const [at, run] of runs.entries()) {
    for (const other of runs.slice(at + 1)) {
      if (run.y === other.y) {
        const [left, right] = run.x <= other.x ? [run, other] : [other, run];
        if (left.text.length > 2) expect(left.x + measureText(left.font, left.text)).toBeLessThanOrEqual(right.x);
      } else {
        const [upper, lower] = run.y < other.y ? [run, other] : [other, run];
        // The bar of a low screen lies 2 pixels closer.
        expect(upper.y + FONTS[upper.font].lineHeight).toBeLessThanOrEqual(lower.y + 2);
      }
    }
  }
}

describe("screen", () => {
  it("shows status bar, sender, title, text and labels", () => {
    expect(screenText(draw(PAGE))).toEqual([
      "10:52  online  2 unread",
      "!! station *  10:51  2/3",
      "Boiler room",
      "Pump 3 over",
      "temperature",
      "older  read  newer",
    ]);
  });

  it("shows the time when there is nothing to read, and what was refused", () => {
    expect(screenText(draw({ ...IDLE, faults: "2 bad, 1 too large, 1 old" }))).toEqual([
      "10:52  online  0 unread",
      "2 bad, 1 too large, 1 old",
      "10:52",
      "no new messages",
      "20 Nov 2026",
    ]);
  });

  it("shows rows, of which the chosen one is marked by more than its colour", () => {
    expect(screenText(draw({ ...IDLE, view: LIST, labels: ["up", "choose", "home"] })).slice(1)).toEqual([
      "people  2/2",
      "me  online",
      "> ann  busy: lunch  5m",
      "up  choose  home",
    ]);
  });

  it("asks below the text what can be answered", () => {
    const view = { ...MESSAGE, answers: ["A  yes", "B  no"] };
    expect(screenText(draw({ ...PAGE, view, labels: ["yes", "no", "back"] })).slice(-3)).toEqual([
      "A  yes",
      "B  no",
      "yes  no  back",
    ]);
  });

  it("has on a low screen one bar: who has written, or what can be chosen", () => {
    expect(screenText(draw(PAGE, OLED))).toEqual(["!! statio…  2/3", "Boiler room", "Pump 3 over"]);
    expect(
      screenText(draw({ ...PAGE, view: { ...MESSAGE, answers: ["A  yes"] }, labels: ["yes", "no", ""] }, OLED))[0],
    ).toBe("yes  no");
    expect(screenText(draw({ ...IDLE, unreadCount: 12 }, OLED))).toEqual([
      "online  12 new",
      "no new messag…",
      "20 Nov 2026",
    ]);
  });

  it("stays inside the screen, whatever the view, the text and the size", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 400 });
    const answers = fc.array(text, { maxLength: 3 });
    const rows = fc.array(fc.record({ text, right: text.map((long) => long.slice(0, 4)), dot: fc.constant(1) }), {
      maxLength: 60,
    });
    const view = fc.oneof(
      fc.record({ title: text, text, answers, from: text, page: fc.nat(3) }).map((some) => ({ ...MESSAGE, ...some })),
      rows.map((rows): ScreenList => ({ ...LIST, rows, chosen: 0 })),
      fc.array(text).map((lines) => ({ kind: "home", lines }) as const),
    );
    fc.assert(
      fc.property(view, text, text, fc.constantFrom(...SIZES), (view, faults, label, size) => {
        const cut = view.kind === "list" ? { ...view, rows: view.rows.slice(0, rowsOn(size)) } : view;
        expectInside(draw({ ...IDLE, faults, view: cut, labels: [label, label, label] }, size), size);
      }),
      { numRuns: 600 },
    );
  });

  it("takes the largest font in which a text fits", () => {
    const fontOf = (text: string) =>
      texts(draw({ ...PAGE, view: { ...MESSAGE, title: "", text } })).find((run) => run.text.startsWith("word"))?.font;
    expect([fontOf("word"), fontOf("word ".repeat(30)), fontOf("word ".repeat(60))]).toEqual([
      "large",
      "body",
      "small",
    ]);
  });

  it.each(SIZES)("shows all of a long text on its pages, at $width by $height", (size) => {
    const words = Array.from({ length: 120 }, (_, index) => `w${index}`);
    const view = { ...MESSAGE, text: words.join(" ") };
    const { pageCount } = drawScreen({ ...PAGE, view }, size, measureText);
    const seen: string[] = [];
    for (let page = 0; page < pageCount; page += 1)
      seen.push(...screenText(draw({ ...PAGE, view: { ...view, page } }, size)).flatMap((line) => line.split(" ")));
    expect(seen.filter((word) => /^w\d+$/.test(word))).toEqual(words);
    expect(pageCount > 1).toBe(size.height < 900);
  });

  it("has a contrast of 4.5:1 for every text on its ground", () => {
    for (const [text, ground] of [
      [COLORS.text, COLORS.ground],
      [COLORS.dim, COLORS.ground],
      [COLORS.fault, COLORS.ground],
      [COLORS.text, COLORS.bar],
      [COLORS.text, COLORS.alarm],
      [COLORS.text, COLORS.chosen],
      [COLORS.away, COLORS.ground],
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
