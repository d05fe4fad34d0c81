/** Where things stand on a screen of a size: bar on top, foot with the labels of the buttons, between them the view. */
import { printableLine } from "../../printable.ts";
import { COLORS } from "./colors.ts";
import type { DrawCommand, Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { fitLine, widthOf } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

/** Pixels left and right of the text. */
export const MARGIN = 6;

/** Lower screens have one bar and no foot: what stands there is what the view has to say at the moment. */
const LOW_PIXELS = 100;

export interface Area {
  readonly top: number;
  readonly bottom: number;
}

export function isLow({ height }: Size): boolean {
  return height < LOW_PIXELS;
}

export function barHeight(size: Size): number {
  return isLow(size) ? FONTS.small.lineHeight - 2 : FONTS.small.lineHeight + 2;
}

/** Width of a screen without its margins. */
export function innerWidth({ width }: Size): number {
  return width - 2 * MARGIN;
}

/** Between bar and foot. @param hasFaultLine below the bar; a low screen has no room for it */
export function viewArea(size: Size, hasFaultLine = false): Area {
  const bar = barHeight(size);
  if (isLow(size)) return { top: bar, bottom: size.height };
  return { top: bar + (hasFaultLine ? FONTS.small.lineHeight : 0), bottom: size.height - bar };
}

/** Lines of a font that fit between two heights. */
export function linesIn({ top, bottom }: Area, font: Font): number {
  return Math.max(1, Math.floor((bottom - top) / FONTS[font].lineHeight));
}

/** Makes a draw list, command by command; every text is cut to the width that it has. */
export class DrawListBuilder {
  readonly commands: DrawCommand[] = [];
  readonly size: Size;
  readonly widths: TextWidths;
  /** Where the view stands. */
  readonly area: Area;

  constructor(size: Size, widths: TextWidths, area: Area) {
    this.size = size;
    this.widths = widths;
    this.area = area;
    this.fill(0, 0, size.width, size.height, COLORS.ground);
  }

  fill(x: number, y: number, width: number, height: number, color: number): void {
    this.commands.push({ kind: "fill", x, y, width, height, color });
  }

  /** A text that is known to fit. It is not drawn as it came. */
  fitted(x: number, y: number, font: Font, color: number, text: string): void {
    this.laidOut(x, y, font, color, printableLine(text));
  }

  /** A line of the text of a message, which was made printable when the message came. */
  laidOut(x: number, y: number, font: Font, color: number, text: string): void {
    if (text !== "") this.commands.push({ kind: "text", x, y, font, color, text });
  }

  line(x: number, y: number, font: Font, color: number, text: string, width: number): void {
    this.fitted(x, y, font, color, fitLine(text, font, width, this.widths));
  }

  centered(x: number, width: number, y: number, font: Font, color: number, text: string): void {
    const fitted = fitLine(text, font, width, this.widths);
    this.fitted(x + Math.floor((width - this.widthOf(font, fitted)) / 2), y, font, color, fitted);
  }

  /** The first text left, the last one right, one between in the middle; the first gives way when they do not fit. */
  spread(y: number, font: Font, color: number, texts: readonly string[]): void {
    const { size } = this;
    const right = fitLine(texts.at(-1) ?? "", font, innerWidth(size), this.widths);
    const rightX = size.width - MARGIN - this.widthOf(font, right);
    const left = texts[0] ?? "";
    const middle = texts.length > 2 ? (texts[1] ?? "") : "";
    const middleWidth = this.widthOf(font, middle);
    const leftEnd = middle === "" ? rightX : Math.floor((size.width - middleWidth) / 2);
    const fits = MARGIN + this.widthOf(font, left) + MARGIN <= leftEnd && leftEnd + middleWidth + MARGIN <= rightX;
    if (middle !== "" && !fits) {
      // Too narrow for three: the time of day gives way.
      this.lineBefore(rightX, y, font, color, middle);
    } else {
      this.lineBefore(leftEnd, y, font, color, left);
      if (middle !== "") this.fitted(leftEnd, y, font, color, middle);
    }
    this.fitted(rightX, y, font, color, right);
  }

  /** A line from the left margin that ends before `end`; none where there is no room for a character. */
  lineBefore(end: number, y: number, font: Font, color: number, text: string): void {
    const width = end - 2 * MARGIN;
    if (width >= FONTS[font].sizePixels) this.line(MARGIN, y, font, color, text, width);
  }

  widthOf(font: Font, text: string): number {
    return widthOf(text, font, this.widths);
  }
}
