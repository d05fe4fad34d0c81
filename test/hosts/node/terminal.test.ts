import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { columnsOf } from "../../../hosts/common/columns.ts";
import { parseFlags } from "../../../hosts/common/flags.ts";
import { measureText } from "../../../hosts/node/faces.ts";
import { frameOf, terminalLog, terminalScreen } from "../../../hosts/node/terminal.ts";
import type { DrawList } from "../../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../../src/pager/screen/fonts.ts";

const screen = (...texts: string[]): DrawList =>
  texts.map((text, index) => ({ kind: "text", x: 0, y: index * 20, font: "body", color: 0xffffff, text }));

describe("the frame", () => {
  it("has straight edges, also around wide characters", () => {
    const frame = frameOf("pager-1", screen("Pump 3", "温度が高い", ""));
    const widths = new Set(frame?.split("\n").map(columnsOf));
    expect(widths.size).toBe(1);
    expect(frame).toContain("│ 温度が高い");
  });

  it("lets no control character through to the terminal", () => {
    const frame = frameOf("p\u001b]0;x", screen("a\u001b[2Jb\u0007\u009bc\u202ed"));
    expect(frame).toContain("a·[2Jb··c·d");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters.
    expect(frame?.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  it("is printed only when it changed", () => {
    const output = new PassThrough({ encoding: "utf8" });
    const paint = terminalScreen("pager-1", output);
    paint(screen("one"));
    paint(screen("one"));
    paint(screen("two"));
    expect(String(output.read()).match(/┌/g)).toHaveLength(2);
  });
});

describe("the log", () => {
  it("lets no control character of a broker's reason through to the terminal, and keeps it on one line", () => {
    const output = new PassThrough({ encoding: "utf8" });
    terminalLog("p1", output)("disconnected: \u001b[2Jquota\np1: connected");
    expect(output.read()).toBe("p1: disconnected: ·[2Jquota·p1: connected\n");
  });
});

describe("text width", () => {
  it("grows with the text and the font", () => {
    expect(measureText("body", "")).toBe(FONTS.body.sizePixels);
    expect(measureText("body", "i")).toBeLessThan(measureText("body", "W"));
    expect(measureText("small", "P")).toBeLessThan(measureText("large", "P"));
    // Ideographs exist only in the face of the small font.
    expect(measureText("body", "温")).toBe(16);
  });

  it("counts columns", () => {
    expect(columnsOf("abc")).toBe(3);
    expect(columnsOf("温度")).toBe(4);
    expect(columnsOf("e\u0301")).toBe(1);
  });
});

describe("flags", () => {
  const parse = (...args: string[]) => parseFlags(args, ["uid", "data"], ["help"]);

  it("are read in both forms, with words and switches", () => {
    expect(parse("--uid", "p", "--data=x=y", "word", "--help")).toEqual({
      values: { uid: "p", data: "x=y", help: "true" },
      lists: {},
      words: ["word"],
      errors: [],
    });
    const { lists, errors } = parseFlags(["--choice", "a", "--choice=b", "--choice"], [], [], ["choice"]);
    expect([lists, errors]).toEqual([{ choice: ["a", "b"] }, ["flag --choice needs a value"]]);
    expect(parse("--", "--uid").words).toEqual(["--uid"]);
  });

  it.each([
    [["--nope", "1"], "flag --nope: there is no such flag"],
    [["--uid"], "flag --uid needs a value"],
    [["--uid", "--data", "x"], "flag --uid needs a value"],
    [["--uid", "a", "--uid", "b"], "flag --uid is given twice"],
    [["--help=yes"], "flag --help takes no value"],
    [["--toString", "1"], "flag --toString: there is no such flag"],
  ])("refuses %j", (args, problem) => {
    expect(parse(...args).errors).toContain(problem);
    expect(parse(...args).words).toEqual([]);
  });
});
