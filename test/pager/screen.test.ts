import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureText } from "../../hosts/node/faces.ts";
import { COLORS } from "../../src/pager/screen/colors.ts";
import type { DrawList, Fill, Size, TextRun } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { rowsOn, type ScreenList } from "../../src/pager/screen/list-view.ts";
import { type ScreenMessage, splitTitle, textBox } from "../../src/pager/screen/message-view.ts";
import { PagedText } from "../../src/pager/screen/paged-text.ts";
import { drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import { widthOf } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { laidOut } from "./laid-out.ts";

const WIDTHS = textWidths(measureText);

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
const MESSAGE = {
  from: "station",
  title: "Boiler room",
  text: "Pump 3 over temperature",
  time: "10:51",
  priority: 4,
  mark: "*",
  position: 2,
  count: 3,
  answers: [] as readonly string[],
};
const READING: Omit<ScreenModel, "view"> = { ...IDLE, unreadCount: 2, labels: ["older", "read", "newer"] };
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
  return drawScreen(model, size, WIDTHS);
}

/** The view of a message, with one page of its text. */
function messageView(message: Partial<typeof MESSAGE> = {}, size = M5STACK, index = 0, faults = ""): ScreenMessage {
  const { title, text, ...rest } = { ...MESSAGE, ...message };
  const split = splitTitle(title, text, size, WIDTHS);
  const box = textBox(size, faults !== "", split.title !== "", rest.answers.length);
  return { kind: "message", ...rest, title: split.title, page: laidOut(new PagedText(split.text, WIDTHS), index, box) };
}

/** The lines of a screen that shows a message. */
function wordsOf(message: Partial<typeof MESSAGE> = {}, size = M5STACK, index = 0): string[] {
  return screenText(draw({ ...READING, view: messageView(message, size, index) }, size));
}

/** Checks that everything is on the screen and that no lines of text overlap. */
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
    // Only a single character may be wider than a very small screen.
    if (run.text.length > 2) expect(run.x + widthOf(run.text, run.font, WIDTHS)).toBeLessThanOrEqual(size.width);
  }
  for (const [at, run] of runs.entries()) {
    for (const other of runs.slice(at + 1)) {
      if (run.y === other.y) {
        const [left, right] = run.x <= other.x ? [run, other] : [other, run];
        if (left.text.length > 2) expect(left.x + widthOf(left.text, left.font, WIDTHS)).toBeLessThanOrEqual(right.x);
      } else {
        const [upper, lower] = run.y < other.y ? [run, other] : [other, run];
        // On a low screen the bar is 2 pixels closer.
        expect(upper.y + FONTS[upper.font].lineHeight).toBeLessThanOrEqual(lower.y + 2);
      }
    }
  }
}

describe("screen", () => {
  it("shows status bar, sender, title, text and labels", () => {
    expect(wordsOf()).toEqual([
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

  it("shows rows, and marks the chosen one not only by its colour", () => {
    expect(screenText(draw({ ...IDLE, view: LIST, labels: ["up", "choose", "home"] })).slice(1)).toEqual([
      "people  2/2",
      "me  online",
      "> ann  busy: lunch  5m",
      "up  choose  home",
    ]);
  });

  it("shows the possible answers below the text", () => {
    const view = messageView({ answers: ["A  yes", "B  no"] });
    expect(screenText(draw({ ...READING, view, labels: ["yes", "no", "back"] })).slice(-3)).toEqual([
      "A  yes",
      "B  no",
      "yes  no  back",
    ]);
  });

  it("has one bar on a low screen, with the sender or the choices", () => {
    expect(wordsOf({}, OLED)).toEqual(["!! station *  2/3", "Boiler room", "Pump 3 over"]);
    const view = messageView({ answers: ["A  yes"] }, OLED);
    expect(screenText(draw({ ...READING, view, labels: ["yes", "no", ""] }, OLED))[0]).toBe("yes  no");
    expect(screenText(draw({ ...IDLE, unreadCount: 12 }, OLED))).toEqual([
      "online  12 new",
      "no new mess…",
      "20 Nov 2026",
    ]);
  });

  it("shows the whole title before the text if it does not fit into its line", () => {
    expect(wordsOf({ title: "The boiler room of hall 3 is on fire" }).slice(1, -1)).toEqual([
      "!! station *  10:51  2/3",
      "The boiler room of hall",
      "3 is on fire",
      "Pump 3 over",
      "temperature",
    ]);
  });

  it("stays inside the screen, whatever the view, the text and the size", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 400 });
    const answers = fc.array(text, { maxLength: 3 });
    const rows = fc.array(fc.record({ text, right: text.map((long) => long.slice(0, 4)), dot: fc.constant(1) }), {
      maxLength: 60,
    });
    const view = fc.oneof(
      fc.record({ title: text, text, answers, from: text }).map((message) => ({ kind: "message", message }) as const),
      rows.map((rows) => ({ kind: "list", rows }) as const),
      fc.array(text).map((lines) => ({ kind: "home", lines }) as const),
    );
    fc.assert(
      fc.property(view, text, text, fc.constantFrom(...SIZES), fc.nat(3), (view, faults, label, size, index) => {
        const shown =
          view.kind === "list"
            ? { ...LIST, rows: view.rows.slice(0, rowsOn(size)), chosen: 0 }
            : view.kind === "message"
              ? messageView(view.message, size, index, faults)
              : view;
        expectInside(draw({ ...IDLE, faults, view: shown, labels: [label, label, label] }, size), size);
      }),
      { numRuns: 600 },
    );
  });

  it("takes the largest font in which a text fits", () => {
    const fontOf = (text: string) => messageView({ title: "", text }).page.font;
    expect([fontOf("word"), fontOf("word ".repeat(30)), fontOf("word ".repeat(60))]).toEqual([
      "large",
      "body",
      "small",
    ]);
  });

  it.each(SIZES)("shows all of a long text on its pages, at $width by $height", (size) => {
    const words = Array.from({ length: 700 }, (_, index) => `w${index}`);
    const seen: string[] = [];
    let isAtEnd = false;
    for (let index = 0; !isAtEnd; index += 1) {
      const view = messageView({ text: words.join(" ") }, size, index);
      seen.push(...screenText(draw({ ...READING, view }, size)).flatMap((line) => line.split(" ")));
      isAtEnd = view.page.to === view.page.length;
    }
    expect(seen.filter((word) => /^w\d+$/.test(word))).toEqual(words);
  });

  it("marks at the right edge how much text is above and below, and has no mark if all of it is on the screen", () => {
    const markOf = (index: number, text = "word ".repeat(300)) =>
      draw({ ...READING, view: messageView({ text }, M5STACK, index) }).find(
        (command): command is Fill => command.kind === "fill" && command.width === 3,
      );
    const [first, second, last] = [markOf(0), markOf(1), markOf(99)] as [Fill, Fill, Fill];
    expect(first.y).toBeLessThan(second.y);
    expect(first.y + first.height).toBeLessThanOrEqual(second.y + 1);
    expect(last.y + last.height).toBe(M5STACK.height - 24);
    expect(markOf(0, "word")).toBeUndefined();
  });

  it("has a contrast of at least 4.5:1 between every text and its background", () => {
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
