/**
 * Where things are on a screen of a given size, on a grid of 4 pixels. The bar is at the top, and the foot with the button
 * labels at the bottom. The view is between them.
 */
import { printableLine } from "../../printable.ts";
import { directionOf } from "./bidi.ts";
import type { DrawCommand, Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { ICON_BITS, type Icon, iconHeight, iconOffset, iconWidth } from "./icons.ts";
import { LEFT_TO_RIGHT, RIGHT_TO_LEFT } from "./paged-text.ts";
import { fitLine, widthOf } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";
import type { Theme } from "./theme.ts";

/** Pixels left and right of the text. */
export const MARGIN = 8;

/** Between two things in a line. */
export const GAP = 4;

/** Screens below this height have one bar and no foot. The bar shows what the view has to say at the moment. */
const LOW_PIXELS = 100;

/** Screens below this height leave out what can be seen elsewhere: titles of lists, replies that labels say. */
const COMPACT_PIXELS = 160;

/** Screens of at least this width are read from nearer, and have finer pixels. All but the text of a message is larger there. */
const WIDE_PIXELS = 480;

/** On screens below this width the date of a message has a line of its own. */
const NARROW_PIXELS = 200;

export interface Area {
  readonly top: number;
  readonly bottom: number;
}

export function isLow({ height }: Size): boolean {
  return height < LOW_PIXELS;
}

export function isCompact({ height }: Size): boolean {
  return height < COMPACT_PIXELS;
}

export function isNarrow({ width }: Size): boolean {
  return width < NARROW_PIXELS;
}

function isWide({ width }: Size): boolean {
  return width >= WIDE_PIXELS;
}

/** The font of all that is not a message's text. */
export function baseFont(size: Size): Font {
  return isWide(size) ? "body" : "small";
}

/** Height of a row of a list, and of the head of a message. */
export function rowHeight(size: Size): number {
  return isWide(size) ? 40 : isLow(size) ? FONTS.small.lineHeight : 24;
}

export function barHeight(size: Size): number {
  return isWide(size) ? 32 : isLow(size) ? 20 : 24;
}

/** Room for the labels, and below each for a caret that shows to its button. 0 on a screen without a foot. */
export function footHeight(size: Size): number {
  return isWide(size) ? 36 : isLow(size) ? 0 : 28;
}

/** Width of the screen without its margins. */
export function innerWidth({ width }: Size): number {
  return width - 2 * MARGIN;
}

/** The area between bar and foot. @param hasFaultLine a line below the bar; a low screen has no room for it */
export function viewArea(size: Size, hasFaultLine = false): Area {
  const bar = barHeight(size);
  return { top: bar + (hasFaultLine && !isLow(size) ? rowHeight(size) : 0), bottom: size.height - footHeight(size) };
}

/** Makes a draw list, command by command. Every text is cut to its width. */
export class DrawListBuilder {
  readonly commands: DrawCommand[] = [];
  readonly size: Size;
  readonly widths: TextWidths;
  readonly theme: Theme;
  /** The area of the view. */
  readonly area: Area;
  /** The font of all that is not a message's text, and the height of a row of it. */
  readonly font: Font;
  readonly row: number;

  constructor(size: Size, widths: TextWidths, theme: Theme, area: Area) {
    this.size = size;
    this.widths = widths;
    this.theme = theme;
    this.area = area;
    this.font = baseFont(size);
    this.row = rowHeight(size);
    this.fill(0, 0, size.width, size.height, theme.ground);
  }

  fill(x: number, y: number, width: number, height: number, color: number, words?: string): void {
    this.commands.push({ kind: "fill", x, y, width, height, color, ...(words !== undefined && { words }) });
  }

  /** Fills a rectangle. On paper it is an outline. @param color of the fill @param line thickness of the outline */
  panel(x: number, y: number, width: number, height: number, color: number, line: number, words?: string): void {
    const { isPaper, text, ground } = this.theme;
    this.fill(x, y, width, height, isPaper ? text : color, words);
    if (isPaper) this.fill(x + line, y + line, width - 2 * line, height - 2 * line, ground);
  }

  /** Where a line of text begins that stands in the middle of a row of this height. */
  textTop(top: number, height: number): number {
    return top + Math.max(0, (height - FONTS[this.font].lineHeight) >> 1);
  }

  /** Draws an icon in the middle of a line of this height. */
  icon(icon: Icon, x: number, top: number, lineHeight: number, color: number, words = ""): void {
    const [width, height, offset] = [iconWidth(icon), iconHeight(icon), iconOffset(icon)];
    const y = top + ((lineHeight - height) >> 1);
    this.commands.push({ kind: "bitmap", x, y, width, height, color, bits: ICON_BITS, offset, words });
  }

  /** Draws a text that is known to fit. It is made printable first. @param words what the text copy says */
  fitted(x: number, y: number, font: Font, color: number, text: string, words = text): void {
    const shown = printableLine(text);
    if (words === text) this.push(x, y, font, color, shown);
    else this.commands.push({ kind: "text", x, y, font, color, text: shown, words: printableLine(words) });
  }

  /** Draws a line of a message's text, see `TextPage`. The text was made printable when the message came. */
  laidOut(y: number, font: Font, color: number, line: string): void {
    const isRightToLeft = line.startsWith(RIGHT_TO_LEFT);
    if (!isRightToLeft && !line.startsWith(LEFT_TO_RIGHT)) this.push(MARGIN, y, font, color, line);
    else {
      const text = line.slice(1);
      const x = isRightToLeft ? this.size.width - MARGIN : MARGIN;
      this.commands.push({ kind: "text", x, y, font, color, text, isRightToLeft });
    }
  }

  private push(x: number, y: number, font: Font, color: number, text: string): void {
    if (text !== "") this.commands.push({ kind: "text", x, y, font, color, text });
  }

  /** Returns what is drawn. */
  line(x: number, y: number, font: Font, color: number, text: string, width: number): string {
    const fitted = this.cut(text, font, width);
    this.fitted(x, y, font, color, fitted);
    return fitted;
  }

  /** Draws a line of a text of its own. It ends at the right of its room where it runs from right to left. */
  directed(x: number, y: number, font: Font, color: number, text: string, width: number): void {
    if (!directionOf(text)) this.line(x, y, font, color, text, width);
    else this.backward(x + width, y, font, color, this.cut(text, font, width));
  }

  /** Draws a line from right to left, from `x` on. */
  private backward(x: number, y: number, font: Font, color: number, text: string, isBold = false): void {
    if (text === "") return;
    const isRightToLeft = true;
    this.commands.push({
      kind: "text",
      x,
      y,
      font,
      color,
      text: printableLine(text),
      isRightToLeft,
      ...(isBold && { isBold }),
    });
  }

  /** Draws a text in bold, which takes a pixel more. Returns what is drawn. @param words what the text copy says, if not the text */
  bold(x: number, y: number, font: Font, color: number, text: string, width: number, words?: string): string {
    const fitted = printableLine(this.cut(text, font, width - 1));
    if (fitted === "") return fitted;
    this.commands.push({ kind: "text", x, y, font, color, text: fitted, isBold: true, ...(words && { words }) });
    return fitted;
  }

  /** Draws the lines of a title between the margins, in bold. It begins at the right where it runs from right to left. */
  title(top: number, lines: readonly string[]): void {
    const { theme, size } = this;
    const isRightToLeft = directionOf(lines.join(" "));
    const width = innerWidth(size);
    let y = top;
    for (const line of lines) {
      if (isRightToLeft)
        this.backward(MARGIN + width - 1, y, "body", theme.text, this.cut(line, "body", width - 1), true);
      else this.bold(MARGIN, y, "body", theme.text, line, width);
      y += FONTS.body.lineHeight;
    }
  }

  centered(x: number, width: number, y: number, font: Font, color: number, text: string): void {
    const fitted = this.cut(text, font, width);
    this.fitted(x + Math.floor((width - this.widthOf(font, fitted)) / 2), y, font, color, fitted);
  }

  /** Draws a line that ends at the right margin. Returns where it begins, or the margin if there is no line. */
  right(y: number, font: Font, color: number, text: string, width: number): number {
    const fitted = this.cut(text, font, width);
    const x = this.size.width - MARGIN - this.widthOf(font, fitted);
    this.fitted(x, y, font, color, fitted);
    return x;
  }

  /** Draws a mark at the right edge: which part of a whole is in this area. Draws nothing where all of it is. */
  scrollMark({ top, bottom }: Area, from: number, to: number, length: number): void {
    if (from === 0 && to >= length) return;
    const pixels = bottom - top;
    const height = Math.max(MARK_PIXELS_MIN, Math.round((pixels * (to - from)) / length));
    const y = Math.min(top + Math.floor((pixels * from) / length), bottom - height);
    this.fill(this.size.width - MARK_WIDTH, y, MARK_WIDTH, height, this.theme.dim);
  }

  /** Cuts a text to a line of this width. Where there is no room for its first character, nothing is left. */
  private cut(text: string, font: Font, width: number): string {
    const fitted = fitLine(text, font, width, this.widths);
    return fitted === text || this.widthOf(font, fitted) <= width ? fitted : "";
  }

  widthOf(font: Font, text: string): number {
    return widthOf(text, font, this.widths);
  }
}

const MARK_WIDTH = 3;
const MARK_PIXELS_MIN = 4;
