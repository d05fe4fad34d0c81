/**
 * Where things are on a screen of a given size. The bar is at the top, and the foot with the button labels at the
 * bottom. The view is between them.
 */
import { printableLine } from "../../printable.ts";
import { COLORS } from "./colors.ts";
import type { DrawCommand, Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { fitLine, widthOf } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

/** Pixels left and right of the text. */
export const MARGIN = 6;

/** Screens below this height have one bar and no foot. The bar shows what the view has to say at the moment. */
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

/** Width of the screen without its margins. */
export function innerWidth({ width }: Size): number {
  return width - 2 * MARGIN;
}

/** The area between bar and foot. @param hasFaultLine a line below the bar; a low screen has no room for it */
export function viewArea(size: Size, hasFaultLine = false): Area {
  const bar = barHeight(size);
  if (isLow(size)) return { top: bar, bottom: size.height };
  return { top: bar + (hasFaultLine ? FONTS.small.lineHeight : 0), bottom: size.height - bar };
}

/** How many lines of a font fit into the area, at least 1. */
export function linesIn({ top, bottom }: Area, font: Font): number {
  return Math.max(1, Math.floor((bottom - top) / FONTS[font].lineHeight));
}

/** Makes a draw list, command by command. Every text is cut to its width. */
export class DrawListBuilder {
  readonly commands: DrawCommand[] = [];
  readonly size: Size;
  readonly widths: TextWidths;
  /** The area of the view. */
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

  /** Draws a text that is known to fit. It is made printable first. */
  fitted(x: number, y: number, font: Font, color: number, text: string): void {
    this.laidOut(x, y, font, color, printableLine(text));
  }

  /** Draws a line of a message's text. The text was made printable when the message came. */
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

  /**
   * Draws the first text on the left, the last one on the right, and a text between them in the middle. If they do not
   * fit, the first one gives way.
   */
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
      // The screen is too narrow for three. The first text, the time of day, is left out.
      this.lineBefore(rightX, y, font, color, middle);
    } else {
      this.lineBefore(leftEnd, y, font, color, left);
      if (middle !== "") this.fitted(leftEnd, y, font, color, middle);
    }
    this.fitted(rightX, y, font, color, right);
  }

  /**
   * Draws a line from the left margin that ends before `end`. If there is no room for a character, nothing is drawn.
   */
  lineBefore(end: number, y: number, font: Font, color: number, text: string): void {
    const width = end - 2 * MARGIN;
    if (width >= FONTS[font].sizePixels) this.line(MARGIN, y, font, color, text, width);
  }

  widthOf(font: Font, text: string): number {
    return widthOf(text, font, this.widths);
  }
}
