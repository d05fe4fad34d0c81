/** A text, page by page. Only the page that is asked for is laid out. Of other pages only their beginnings are kept. */
import { FONTS, type Font } from "./fonts.ts";
import { lineAt, widthOf } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

/** The area of a page, in pixels. */
export interface TextBox {
  readonly width: number;
  readonly height: number;
  /** From the largest. The first font in which the text takes one page is used, otherwise the last one. */
  readonly fonts: readonly Font[];
}

export interface TextPage {
  readonly font: Font;
  readonly lines: readonly string[];
  /** From 0. It is the last page if fewer pages exist than were asked for. */
  readonly index: number;
  /** The part of the text that is on this page, in code units. */
  readonly from: number;
  readonly to: number;
  /** Length of the whole text, in code units. */
  readonly length: number;
}

/** The width of a text is estimated from so many code units at its beginning. */
const SAMPLE_UNITS = 64;

/**
 * Least width of a code unit, as a part of the font's size. With it a text of marks alone, which have no width, is not
 * tried in every font.
 */
const UNIT_WIDTH_MIN = 0.12;

/** A font is not tried if the estimated width is this many times the room. */
const ESTIMATE_TOLERANCE = 1.3;

/**
 * How much one slice lays out, in code units: at most some 220,000 of compute on XS. Each line counts as `LINE_UNITS`
 * more.
 */
const SLICE_UNITS = 600;
const LINE_UNITS = 8;

/** A page that is being laid out. */
interface Draft {
  readonly index: number;
  readonly lines: string[];
  to: number;
}

export class PagedText {
  private readonly text: string;
  private readonly widths: TextWidths;
  private box: TextBox = { width: 0, height: 0, fonts: [] };
  /** Index of the current font in the box. */
  private face = 0;
  /** Where each page begins that is known so far. The last one is the page after those that were laid out. */
  private starts: number[] = [0];
  private draft: Draft | undefined;
  private current: TextPage | undefined;

  constructor(text: string, widths: TextWidths) {
    this.text = text;
    this.widths = widths;
  }

  /**
   * Does a slice of the work. Returns the page, or undefined while there is more to lay out.
   * @param index of the page, from 0
   */
  poll(index: number, box: TextBox): TextPage | undefined {
    if (box.width !== this.box.width || box.height !== this.box.height) this.begin(box);
    for (let units = 0; units < SLICE_UNITS; ) {
      const current = this.current;
      if (current && (current.index === index || (current.index < index && current.to >= this.text.length)))
        return current;
      units += LINE_UNITS + this.addLine(Math.min(index, this.starts.length - 1));
    }
    return undefined;
  }

  private begin(box: TextBox): void {
    this.box = box;
    this.starts = [0];
    this.face = 0;
    this.draft = undefined;
    this.current = undefined;
    if (this.isTooWide()) this.takeNextFace();
  }

  private get font(): Font {
    return this.box.fonts[this.face] ?? "small";
  }

  private get isLastFace(): boolean {
    return this.face >= this.box.fonts.length - 1;
  }

  private takeNextFace(): void {
    do this.face += 1;
    while (this.isTooWide());
  }

  /**
   * Whether there is a smaller font and the text is estimated to take more than one page in this one. Only the
   * smallest font has faces for Vietnamese, Chinese, Japanese and Korean.
   */
  private isTooWide(): boolean {
    if (this.isLastFace) return false;
    const { text, box } = this;
    const font = this.font;
    const width = ESTIMATE_TOLERANCE * Math.floor(box.height / FONTS[font].lineHeight) * box.width;
    if (text.length * UNIT_WIDTH_MIN * FONTS[font].sizePixels > width) return true;
    const sample = text.slice(0, SAMPLE_UNITS);
    if (isForSmallest(sample)) return true;
    return widthOf(sample, font, this.widths) * text.length > width * sample.length;
  }

  /**
   * Adds a line to the page, and keeps the page when it is whole. Returns the length of the line in code units.
   * @param index of the page
   */
  private addLine(index: number): number {
    const { text, box } = this;
    const font = this.font;
    const lineCount = Math.max(1, Math.floor(box.height / FONTS[font].lineHeight));
    const from = this.starts[index] ?? 0;
    if (this.draft?.index !== index) this.draft = { index, lines: [], to: from };
    const draft = this.draft;
    const before = draft.to;
    if (before < text.length) {
      const line = lineAt(text, before, this.widths[font], this.box.width);
      draft.lines.push(line.text);
      draft.to = line.next;
    }
    const { lines, to } = draft;
    if (to < text.length && lines.length < lineCount) return to - before;
    this.draft = undefined;
    if (to < text.length && index === 0 && !this.isLastFace && this.starts.length === 1) this.takeNextFace();
    else {
      if (to < text.length) this.starts[index + 1] = to;
      this.current = { font, lines, index, from, to, length: text.length };
    }
    return to - before;
  }
}

/** Whether a text has Vietnamese letters, or characters of Chinese, Japanese or Korean. */
function isForSmallest(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x1ea0 && (code < 0x1f00 || (code >= 0x2e80 && code < 0xd800))) return true;
  }
  return false;
}
