import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureText } from "../../hosts/node/faces.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import { Roster } from "../../src/pager/roster.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawCommand, DrawList, Fill, Size, TextRun } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { ICONS, iconOffset } from "../../src/pager/screen/icons.ts";
import { footHeight, isLow } from "../../src/pager/screen/layout.ts";
import { type Row, rowsOn, type ScreenList } from "../../src/pager/screen/list-view.ts";
import { type ScreenMessage, splitTitle, textBox } from "../../src/pager/screen/message-view.ts";
import { PagedText } from "../../src/pager/screen/paged-text.ts";
import { drawScreen, type ScreenModel } from "../../src/pager/screen/screen.ts";
import { screenText } from "../../src/pager/screen/screen-text.ts";
import type { ScreenStatus } from "../../src/pager/screen/status-bar.ts";
import { widthOf } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import { Viewer } from "../../src/pager/viewer.ts";
import { MemoryStore } from "../memory-store.ts";
import { SCENES, SCREENS, type Screen, STATUS } from "../pictures/scenes.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { laidOut } from "./laid-out.ts";

const WIDTHS = textWidths(measureText);

const [M5STACK, , , OLED] = SCREENS as [Screen, Screen, Screen, Screen, Screen];

const IDLE: ScreenModel = {
  status: STATUS,
  faults: "",
  view: { kind: "home", date: "Fri 20 Nov", lines: ["nothing new", "21.5 °C   48 %"], isCalm: true },
  labels: ["", "", ""],
};
const MESSAGE = {
  from: "station",
  title: "Boiler room",
  text: "Pump 3 over temperature",
  time: "20 Nov 10:51",
  priority: 4,
  mark: "*",
  answers: [] as readonly string[],
};
const READING: Omit<ScreenModel, "view"> = {
  ...IDLE,
  status: { ...STATUS, unreadCount: 2 },
  labels: ["older", "read", "next"],
};
const LIST: ScreenList = {
  kind: "list",
  title: "people",
  rows: [
    { name: "me", text: "online", status: 1 },
    { name: "ann", text: "busy: lunch", status: 3, right: "5m", isStrong: true },
  ],
  chosen: 1,
  position: 2,
  count: 2,
};

function texts(drawList: DrawList): TextRun[] {
  return drawList.filter((command): command is TextRun => command.kind === "text");
}

function draw(model: ScreenModel, screen = M5STACK): DrawList {
  return drawScreen(model, screen, WIDTHS, screen.kind);
}

/** The view of a message, with one page of its text. */
function messageView(message: Partial<typeof MESSAGE> = {}, size = M5STACK, index = 0, faults = ""): ScreenMessage {
  const { title, text, ...rest } = { ...MESSAGE, ...message };
  const split = splitTitle(title, text, size, WIDTHS);
  const box = textBox(size, faults !== "", split.title.length, rest.answers.length);
  return { kind: "message", ...rest, title: split.title, page: laidOut(new PagedText(split.text, WIDTHS), index, box) };
}

/** The lines of a screen that shows a message. */
function wordsOf(message: Partial<typeof MESSAGE> = {}, size = M5STACK, index = 0): string[] {
  return screenText(draw({ ...READING, view: messageView(message, size, index) }, size));
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * What a command paints. The line of a text has 2 free pixels below and above its letters. The corner of one that runs from right
 * to left is on the right.
 */
function boxOf(command: DrawCommand): Box {
  const { x, y } = command;
  if (command.kind !== "text") return { left: x, top: y, right: x + command.width, bottom: y + command.height };
  const width = widthOf(command.text, command.font, WIDTHS) + (command.isBold ? 1 : 0);
  const left = command.isRightToLeft ? x - width : x;
  return { left, top: y + 2, right: left + width, bottom: y + FONTS[command.font].lineHeight - 2 };
}

/** Everything stands on the screen, and no text and no icon stands on another. */
function expectInside(drawList: DrawList, { width, height }: Size): void {
  const inks: Box[] = [];
  for (const command of drawList) {
    const box = boxOf(command);
    expect(Math.min(box.left, box.top), JSON.stringify(command)).toBeGreaterThanOrEqual(0);
    expect(box.bottom, JSON.stringify(command)).toBeLessThanOrEqual(height);
    // A single character may be wider than its place; nothing else is.
    if (command.kind === "text" && command.text.length <= 2) continue;
    expect(box.right, JSON.stringify(command)).toBeLessThanOrEqual(width);
    if (command.kind === "fill") continue;
    for (const other of inks) {
      const isApart =
        box.left >= other.right || other.left >= box.right || box.top >= other.bottom || other.top >= box.bottom;
      expect(isApart, `${JSON.stringify(command)} stands on another`).toBe(true);
    }
    inks.push(box);
  }
}

describe("screen", () => {
  it("shows status bar, sender, title, text and labels", () => {
    expect(wordsOf()).toEqual([
      "10:52  online  2 unread",
      "!  *  station  20 Nov 10:51",
      "Boiler room",
      "Pump 3 over",
      "temperature",
      "older  read  next",
    ]);
  });

  it("has an icon and words for every state of the device", () => {
    const of = (status: Partial<ScreenStatus>) => screenText(draw({ ...IDLE, status: { ...STATUS, ...status } }))[0];
    expect(of({ trouble: "no Wi-Fi" })).toBe("10:52  no Wi-Fi");
    expect(of({ trouble: "no broker", isBrokerAway: true })).toBe("10:52  no broker");
    expect(of({ isQuiet: true, presence: 3, presenceWords: "busy: quiet hours" })).toBe(
      "10:52  busy: quiet hours  quiet",
    );
    expect(of({ battery: "80%", unreadCount: 123 })).toBe("10:52  online  80%  123 unread");
    const pictures = [
      {},
      { trouble: "x" },
      { trouble: "x", isBrokerAway: true },
      { bars: 1 },
      { presence: 4 },
      { isQuiet: true },
    ].map((status) => JSON.stringify(draw({ ...IDLE, status: { ...STATUS, ...status } })));
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  it("shows the time when there is nothing to read, and what was refused", () => {
    expect(screenText(draw({ ...IDLE, faults: "2 bad, 1 too large, 1 old" }))).toEqual([
      "10:52  online",
      "2 bad, 1 too large, 1 old",
      "10:52",
      "Fri 20 Nov",
      "nothing new",
      "21.5 °C   48 %",
    ]);
  });

  it("shows rows, of which the chosen one is told by words too", () => {
    expect(screenText(draw({ ...IDLE, view: LIST, labels: ["up", "pick", "home"] })).slice(1)).toEqual([
      "people  2/2",
      "me  online",
      ">  ann  busy: lunch  5m",
      "up  pick  home",
    ]);
  });

  it("has a row bold while it is unread, and tells urgent ones by a shape", () => {
    const view: ScreenList = {
      ...LIST,
      rows: [
        { name: "ann", text: "hi", isStrong: true, priority: 5 },
        { name: "bob", text: "ho", priority: 4 },
      ],
      chosen: 1,
    };
    const drawList = draw({ ...IDLE, view });
    expect(screenText(drawList).slice(2, 4)).toEqual(["!!  * ann  hi", ">  !  bob  ho"]);
    expect(texts(drawList).flatMap(({ text, isBold }) => (isBold ? [text] : []))).toEqual(["ann"]);
  });

  it("asks below the text what can be answered", () => {
    const view = messageView({ answers: ["A  yes", "B  no"] });
    expect(screenText(draw({ ...READING, view, labels: ["yes", "no", "back"] })).slice(-3)).toEqual([
      "A  yes",
      "B  no",
      "yes  no  back",
    ]);
  });

  it("draws no label where a press does nothing, and no caret", () => {
    const caretsOf = (labels: ScreenModel["labels"]) =>
      draw({ ...IDLE, labels }).filter(
        (command) => command.kind === "bitmap" && command.offset === iconOffset(ICONS.caret),
      ).length;
    expect([caretsOf(["a", "b", "c"]), caretsOf(["", "b", ""]), caretsOf(["", "", ""])]).toEqual([3, 1, 0]);
  });

  it("is tested with the screen of every board", () => {
    const readme = readFileSync(new URL("../../hosts/esp32/README.md", import.meta.url), "utf8");
    const sizes = [...readme.matchAll(/^\| `\w+` \| (\d+) × (\d+)/gm)].map(([, width, height]) => `${width} ${height}`);
    expect(sizes.length).toBeGreaterThan(6);
    const tested = SCREENS.map(({ width, height }) => `${width} ${height}`);
    expect(sizes.filter((size) => !tested.includes(size))).toEqual([]);
  });

  it("has whole labels that do not touch, in every view of the device and on every screen", () => {
    const sets = labelSets();
    expect(sets.length).toBeGreaterThan(25);
    for (const screen of SCREENS)
      for (const { labels, isList } of sets) {
        // A low screen has no labels in other views.
        if (isLow(screen) && !isList) continue;
        const drawList = draw({ ...IDLE, view: LIST, labels }, screen);
        const shown = labels.filter((label) => label !== "");
        expect(screenText(drawList).at(isLow(screen) ? 0 : -1) ?? "").toBe(shown.join("  "));
        expectApart(drawList, screen);
        const foot = footOf(drawList, screen).map(({ text }) => text);
        expect(foot.filter((text) => text.includes("…"))).toEqual([]);
        // Where there is room, they are words.
        if (screen.width >= 240) expect(foot).toEqual(shown);
      }
  });

  it("has the letters of replies as labels where their words have no room", () => {
    const answers = ["A  I take the late shift", "B  Ask somebody else"];
    const labels = ["I take the late shift", "Ask somebody else", "back"] as const;
    const of = (screen: Screen) => {
      const view = messageView({ answers: [...answers] }, screen);
      const drawList = draw({ ...READING, view, labels }, screen);
      return footOf(drawList, screen).map(({ text }) => text);
    };
    expect(of(SCREENS[2] as Screen)).toEqual(["A", "B", "←"]);
    expect(of(M5STACK)).toEqual(["A", "B", "←"]);
    expect(of(SCREENS[4] as Screen)).toEqual([...labels]);
    // There is no list of replies.
    expect(of(OLED)).toEqual(["I tak…", "Ask…", "←"]);
  });

  it("has on a low screen one bar: who has written, or what can be chosen", () => {
    expect(wordsOf({}, OLED)).toEqual(["!  *  sta…  10:51", "Boiler room", "Pump 3 over"]);
    const view = messageView({ answers: ["A  yes"] }, OLED);
    expect(screenText(draw({ ...READING, view, labels: ["yes", "no", ""] }, OLED))[0]).toBe("yes  no");
    expect(screenText(draw(IDLE, OLED))).toEqual(["Fri 20 Nov  online", "10:52"]);
    const news = {
      kind: "home",
      date: "Fri 20 Nov",
      lines: ["2 to read: ann", "to bob: shown"],
      isCalm: false,
    } as const;
    expect(screenText(draw({ ...READING, view: news }, OLED)).slice(1)).toEqual(["2 to read: ann", "to bob: shown"]);
  });

  it("wraps a title that does not fit into one line, and puts a longer one before the text, so that nothing of it is lost", () => {
    const words = wordsOf({ title: "The boiler room of hall 3 is on fire" });
    expect(words.slice(1, 5)).toEqual([
      "!  *  station  20 Nov 10:51",
      "The boiler room of hall 3 is on",
      "fire",
      "Pump 3 over",
    ]);
    const long = wordsOf({
      title: "The boiler room of hall 3 is on fire, and so is the one of hall 4, and the one of hall 5",
    });
    expect(long.join(" ")).toContain(
      "The boiler room of hall 3 is on fire, and so is the one of hall 4, and the one of hall 5 Pump",
    );
  });

  it("stays inside the screen, whatever the view, the text and the size", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 400 });
    const answers = fc.array(text, { maxLength: 3 });
    const row = fc.record({
      name: text,
      text,
      right: text.map((long) => long.slice(0, 4)),
      isStrong: fc.boolean(),
      status: fc.option(fc.nat(15), { nil: undefined }),
      priority: fc.nat(5),
    }) as fc.Arbitrary<Row>;
    const view = fc.oneof(
      fc
        .record({ title: text, text, answers, from: text, priority: fc.integer({ min: 1, max: 5 }) })
        .map((message) => ({ kind: "message", message }) as const),
      fc.array(row, { maxLength: 60 }).map((rows) => ({ kind: "list", rows }) as const),
      fc.record({
        kind: fc.constant("home" as const),
        date: fc.constant("Fri 20 Nov"),
        lines: fc.array(text),
        isCalm: fc.boolean(),
      }),
    );
    const status = fc.record({
      time: fc.constantFrom("", "10:52"),
      trouble: fc.constantFrom("", "no Wi-Fi"),
      isBrokerAway: fc.boolean(),
      bars: fc.integer({ min: 1, max: 4 }),
      presence: fc.nat(15),
      presenceWords: text,
      isQuiet: fc.boolean(),
      battery: fc.oneof(
        fc.constant(""),
        fc.nat(100).map((percent) => `+${percent}%`),
      ),
      unreadCount: fc.nat(200),
    });
    fc.assert(
      fc.property(
        view,
        status,
        text,
        fc.tuple(text, text, text),
        fc.constantFrom(...SCREENS),
        fc.nat(3),
        (view, status, faults, labels, screen, index) => {
          const shown =
            view.kind === "list"
              ? { ...LIST, rows: view.rows.slice(0, rowsOn(screen)), chosen: 0, position: 1, count: view.rows.length }
              : view.kind === "message"
                ? messageView(view.message, screen, index, faults)
                : view;
          expectInside(draw({ ...IDLE, status, faults, view: shown, labels }, screen), screen);
        },
      ),
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

  it.each(SCREENS)("shows all of a long text on its pages, at $width by $height", (size) => {
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
    expect(last.y + last.height).toBe(M5STACK.height - footHeight(M5STACK));
    expect(markOf(0, "word")).toBeUndefined();
  });

  it("has a contrast of 4.5:1 for every text and every icon on its ground, in each view, theme and phase", () => {
    const blinking = { ...messageView({ priority: 5 }), isBlink: true };
    const lists = [
      ...SCENES.map(({ draw }) => draw(WIDTHS)),
      ...SCREENS.map((screen) => draw({ ...IDLE, view: LIST }, screen)),
      draw({ ...READING, view: blinking }),
      ...[0, 1, 2, 3, 4].map((presence) => draw({ ...IDLE, status: { ...STATUS, presence, battery: "5%" } })),
    ];
    const pairs = new Set<string>();
    for (const drawList of lists)
      for (const [at, command] of drawList.entries()) {
        if (command.kind !== "text" && command.kind !== "bitmap") continue;
        const { left, right, top, bottom } = boxOf(command);
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        const ground = drawList
          .slice(0, at)
          .findLast(
            (fill) =>
              fill.kind === "fill" && fill.x <= x && x < fill.x + fill.width && fill.y <= y && y < fill.y + fill.height,
          ) as Fill;
        pairs.add(`${command.color} ${ground.color}`);
      }
    expect(pairs.size).toBeGreaterThan(10);
    for (const pair of pairs) {
      const [ink = 0, ground = 0] = pair.split(" ").map(Number);
      expect(contrast(ink, ground), pair).toBeGreaterThanOrEqual(4.5);
    }
  });
});

/** The labels of a screen's buttons, from the left. */
function footOf(drawList: DrawList, screen: Size): TextRun[] {
  const top = isLow(screen) ? 0 : screen.height - footHeight(screen);
  return texts(drawList).filter(({ y }) => y === top);
}

/** Between two labels there is more than a space. */
function expectApart(drawList: DrawList, screen: Size): void {
  const foot = footOf(drawList, screen);
  for (const [index, label] of foot.entries()) {
    const before = foot[index - 1];
    if (before) expect(label.x - boxOf(before).right).toBeGreaterThan(widthOf(" ", label.font, WIDTHS));
  }
}

/** All labels that the viewer has, on a walk through its views. Those of replies are left out, which senders choose. */
function labelSets(): { readonly labels: ScreenModel["labels"]; readonly isList: boolean }[] {
  const random = seededRandom(1);
  const inbox = new Inbox(new MemoryStore());
  const roster = new Roster(["ann", "bob"]);
  const viewer = new Viewer(inbox, roster, { dwellMs: 0, textCount: 2, presenceCount: 3, figureCount: 3 });
  const sets = new Map<string, ReturnType<typeof labelSets>[number]>();
  for (let step = 0; step < 20_000; step += 1) {
    const nowMs = step * 1_000;
    if (inbox.length < 3 && random() < 0.02) {
      const priority = integerBetween(random, 1, 5);
      const choices = random() < 0.3 ? { choices: ["yes"] } : {};
      const fingerprint = `${step}`.padStart(16, "a");
      inbox.insert({ fingerprint, sender: "bob", text: "x", priority, timestampSeconds: 0, ...choices }, 0);
    }
    viewer.update(nowMs);
    if (viewer.current !== undefined) inbox.markShown(viewer.current);
    viewer.hasFurtherPage = random() < 0.5;
    const labels = viewer.labels();
    const { kind } = viewer.view;
    const isList = kind !== "home" && kind !== "message";
    if (kind !== "reply") sets.set(`${labels} ${isList}`, { labels, isList });
    viewer.press("abc"[integerBetween(random, 0, 2)] as Button, nowMs);
  }
  return [...sets.values()];
}

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
