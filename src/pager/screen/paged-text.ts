/** A text page by page. Only the page that is asked for is laid out; of the others it is kept where they begin. */
import { FONTS, type Font } from "./fonts.ts";
import { lineAt, widthOf } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

/** Where a page stands, in pixels. */
export interface TextBox {
  readonly width: number;
  readonly height: number;
  /** From the largest: the first in which the text is one page, else the last. */
  readonly fonts: readonly Font[];
}

export interface TextPage {
  readonly font: Font;
  readonly lines: readonly string[];
  /** From 0; the last one where so many were not there. */
  readonly index: number;
  /** The part of the text that is on this page, in code units. */
  readonly from: number;
  readonly to: number;
  /** Of the whole text, in code units. */
  readonly length: number;
}

/** From so many code units at its beginning the width of a text is estimated. */
const SAMPLE_UNITS = 64;

/** No text has less of a line for a code unit, in parts of the face's size; one of marks alone is not tried in every face. */
const UNIT_PART = 0.12;

/** A text that is estimated this much wider than the room for it is not tried in a face. */
const MISJUDGED = 1.3;

/** What one slice of the work lays out, in code units: on XS at most some 220,000 of compute. A line counts as so many more. */
const SLICE_UNITS = 320;
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
  /** Place of the face in those of the box. */
  private face = 0;
  /** Where the pages begin that were asked for, and the one behind them. */
  private starts: number[] = [0];
  private draft: Draft | undefined;
  private current: TextPage | undefined;

  constructor(text: string, widths: TextWidths) {
    this.text = text;
    this.widths = widths;
  }

  /**
   * The page, or undefined while more is to be laid out. Each call does a slice of the work.
   * @param index from 0
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

  /** Whether this face is not the last one, and the text is estimated to be more than a page in it. */
  private isTooWide(): boolean {
    if (this.isLastFace) return false;
    const { text, box } = this;
    const font = this.font;
    const width = MISJUDGED * Math.floor(box.height / FONTS[font].lineHeight) * box.width;
    if (text.length * UNIT_PART * FONTS[font].sizePixels > width) return true;
    const sample = text.slice(0, SAMPLE_UNITS);
    return widthOf(sample, font, this.widths) * text.length > width * sample.length;
  }

  /** Adds a line to the page of that index, and keeps the page when it is whole. Returns how long the line is, in code units. */
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
