/** A text, page by page. Only the page that is asked for is laid out. Of other pages only their beginnings are kept. */
import { directionOf } from "./bidi.ts";
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

/** A line of a paragraph that runs from right to left begins with this mark. No other text has it, see `printable`. */
export const RIGHT_TO_LEFT = "\u200f";

/** A line that does not, although its first letter does, begins with this mark. */
export const LEFT_TO_RIGHT = "\u200e";

export interface TextPage {
  readonly font: Font;
  /** Each may begin with one of the two marks. */
  readonly lines: readonly string[];
  /** From 0. It is the last page if fewer pages exist than were asked for. */
  readonly index: number;
  /** The part of the text that is on this page, in code units. */
  readonly from: number;
  readonly to: number;
  /** Length of the whole text, in code units. */
  readonly length: number;
}

/** The width and the direction of a text are those of so many code units at its beginning. */
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
const SLICE_UNITS = 580;
const LINE_UNITS = 8;

/** A page that is being laid out. */
interface Draft {
  readonly index: number;
  readonly lines: string[];
  to: number;
  /** Whether the paragraph runs from right to left. undefined: that is not known yet. */
  isRightToLeft: boolean | undefined;
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
    let units = 0;
    if (box.width !== this.box.width || box.height !== this.box.height) {
      this.begin(box);
      units = SAMPLE_UNITS * (1 + this.face);
    }
    while (units < SLICE_UNITS) {
      const current = this.current;
      if (current && (current.index === index || (current.index < index && current.to >= this.text.length)))
        return current;
      units += LINE_UNITS + this.addLine(Math.min(index, this.starts.length - 1));
    }
    return undefined;
  }

  /** The widths have changed. The page on the screen and those behind it are laid out again, from where it begins. */
  refresh(): void {
    this.starts.length = 1 + (this.draft ?? this.current ?? { index: 0 }).index;
    this.draft = undefined;
    this.current = undefined;
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
   * Adds the mark for the direction of its paragraph to a line. Letters from right to left are in no face, so where no words were
   * measured there are none of them.
   */
  private marked(line: string, hasWords: boolean, draft: Draft): string {
    if (line === "") return line;
    const isKnown = draft.isRightToLeft !== undefined;
    if (!isKnown && (hasWords || draft.lines.length === 0))
      draft.isRightToLeft = isParagraphRightToLeft(this.text, draft.to);
    if (draft.isRightToLeft) return RIGHT_TO_LEFT + line;
    return hasWords && directionOf(line) ? LEFT_TO_RIGHT + line : line;
  }

  /**
   * Adds a line to the page, and keeps the page when it is whole. Returns what it cost, in code units.
   * @param index of the page
   */
  private addLine(index: number): number {
    const { text, box } = this;
    const font = this.font;
    const lineCount = Math.max(1, Math.floor(box.height / FONTS[font].lineHeight));
    const from = this.starts[index] ?? 0;
    if (this.draft?.index !== index) this.draft = { index, lines: [], to: from, isRightToLeft: undefined };
    const draft = this.draft;
    const before = draft.to;
    let units = 0;
    if (before < text.length) {
      const widths = this.widths[font];
      const { wordCount, extraUnits } = widths;
      const line = lineAt(text, before, widths, this.box.width);
      units = line.next - before + widths.extraUnits - extraUnits;
      draft.lines.push(this.marked(line.text, widths.wordCount > wordCount, draft));
      draft.to = line.next;
      if (text.slice(line.next - 1, line.next) === "\n") draft.isRightToLeft = undefined;
    }
    const { lines, to } = draft;
    if (to < text.length && lines.length < lineCount) return units;
    this.draft = undefined;
    if (to < text.length && index === 0 && !this.isLastFace && this.starts.length === 1) this.takeNextFace();
    else {
      if (to < text.length) this.starts[index + 1] = to;
      this.current = { font, lines, index, from, to, length: text.length };
    }
    return units;
  }
}

/** Whether the paragraph with this index of the text runs from right to left. */
function isParagraphRightToLeft(text: string, at: number): boolean {
  const start = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  const piece = text.slice(start, start + SAMPLE_UNITS);
  const end = piece.indexOf("\n");
  return directionOf(end < 0 ? piece : piece.slice(0, end)) ?? false;
}

/** Whether a text has Vietnamese letters, or characters of Chinese, Japanese or Korean. */
function isForSmallest(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x1ea0 && (code < 0x1f00 || (code >= 0x2e80 && code < 0xd800))) return true;
  }
  return false;
}
