import { describe, expect, it } from "vitest";
import { type Canvas, drawLine, measureCharacter } from "../../../hosts/moddable/lettering.ts";

const FACE = { height: 20 };
/** As wide as a box: half of the line's height. */
const BOX = 10;

/** A face that holds ASCII and é, 7 pixels each, and drops everything else, as Poco does. */
class FakeCanvas implements Canvas {
  readonly texts: [string, number][] = [];
  readonly fills: number[][] = [];
  fillRectangle(_color: number, ...rectangle: number[]): void {
    this.fills.push(rectangle);
  }
  drawText(text: string, _face: unknown, _color: number, x: number): void {
    this.texts.push([text, x]);
  }
  getTextWidth(text: string): number {
    return 7 * [...text].filter((character) => character <= "~" || character === "é").length;
  }
}

describe("a line of text", () => {
  it.each([
    ["a", 7],
    ["é", 7],
    ["°", BOX],
    ["度", BOX],
    ["😀", BOX],
    ["👩‍🚀", BOX],
    ["e\u0301", BOX],
  ])("of one character, %j, is %i pixels wide", (text, width) => {
    expect(measureCharacter(new FakeCanvas(), FACE, text)).toBe(width);
  });

  it("is drawn whole when the face holds it", () => {
    const canvas = new FakeCanvas();
    drawLine(canvas, FACE, "caf 3", 1, 5, 6);
    expect([canvas.texts, canvas.fills]).toEqual([[["caf 3", 5]], []]);
  });

  it("is drawn in parts around boxes, each within its place", () => {
    const canvas = new FakeCanvas();
    drawLine(canvas, FACE, "92 °Cé温", 1, 5, 6);
    expect(canvas.texts).toEqual([
      ["92 ", 5],
      ["Cé", 5 + 21 + BOX],
    ]);
    expect(canvas.fills).toHaveLength(8);
    for (const [at, [x = 0, y = 0, width = 0, height = 0]] of canvas.fills.entries()) {
      const left = at < 4 ? 5 + 21 : 5 + 21 + BOX + 14;
      expect([x >= left, x + width <= left + BOX, y >= 6, y + height <= 6 + FACE.height]).toEqual([
        true,
        true,
        true,
        true,
      ]);
    }
  });
});
