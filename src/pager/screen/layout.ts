/** Where things stand on a screen of a size: bar on top, foot with the labels of the buttons, between them the view. */
import type { MeasureText } from "../../seams.ts";
import { COLORS } from "./colors.ts";
import type { DrawCommand, Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { fitLine } from "./text-layout.ts";

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

/** Collects commands; everything that is drawn is cut to the width it has. */
export class ListPainter {
  readonly commands: DrawCommand[] = [];
  readonly size: Size;
  readonly measureText: MeasureText;
  /** Where the view stands. */
  readonly area: Area;

  constructor(size: Size, measureText: MeasureText, area: Area) {
    this.size = size;
    this.measureText = measureText;
    this.area = area;
    this.fill(0, 0, size.width, size.height, COLORS.ground);
  }

  get innerWidth(): number {
    return this.size.width - 2 * MARGIN;
  }

  fill(x: number, y: number, width: number, height: number, color: number): void {
    this.commands.push({ kind: "fill", x, y, width, height, color });
  }

  line(x: number, y: number, font: Font, color: number, text: string, width: number): void {
    const fitted = fitLine(text, font, width, this.measureText);
    if (fitted !== "") this.commands.push({ kind: "text", x, y, font, color, text: fitted });
  }

  centered(x: number, width: number, y: number, font: Font, color: number, text: string): void {
    const fitted = fitLine(text, font, width, this.measureText);
    this.line(x + Math.floor((width - this.measureText(font, fitted)) / 2), y, font, color, fitted, width);
  }

  /** The first text left, the last one right, one between in the middle; the first gives way when they do not fit. */
  spread(y: number, font: Font, color: number, texts: readonly string[]): void {
    const { width } = this.size;
    const right = fitLine(texts.at(-1) ?? "", font, this.innerWidth, this.measureText);
    const rightX = width - MARGIN - this.measureText(font, right);
    const left = texts[0] ?? "";
    const middle = texts.length > 2 ? (texts[1] ?? "") : "";
    const middleWidth = this.measureText(font, middle);
    const leftEnd = middle === "" ? rightX : Math.floor((width - middleWidth) / 2);
    const fits = MARGIN + this.measureText(font, left) + MARGIN <= leftEnd && leftEnd + middleWidth + MARGIN <= rightX;
    if (middle !== "" && !fits) {
      // Too narrow for three: the time of day gives way.
      this.lineBefore(rightX, y, font, color, middle);
    } else {
      this.lineBefore(leftEnd, y, font, color, left);
      if (middle !== "") this.line(leftEnd, y, font, color, middle, middleWidth);
    }
    this.line(rightX, y, font, color, right, width);
  }

  /** A line from the left margin that ends before `end`; none where there is no room for a character. */
  lineBefore(end: number, y: number, font: Font, color: number, text: string): void {
    const width = end - 2 * MARGIN;
    if (width >= FONTS[font].sizePixels) this.line(MARGIN, y, font, color, text, width);
  }
}
