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

export class PagedText {
  private readonly text: string;
  private readonly widths: TextWidths;
  private box: TextBox = { width: 0, height: 0, fonts: [] };
  private font: Font = "small";
  /** Where the pages begin that were asked for, and the one behind them. */
  private starts: number[] = [0];
  private current: TextPage | undefined;

  constructor(text: string, widths: TextWidths) {
    this.text = text;
    this.widths = widths;
  }

  /** @param index from 0 */
  page(index: number, box: TextBox): TextPage {
    if (box.width !== this.box.width || box.height !== this.box.height) this.begin(box);
    if (this.current?.index === index) return this.current;
    let at = Math.min(index, this.starts.length - 1);
    let page = this.current?.index === at ? this.current : this.layOut(at);
    while (at < index && page.to < this.text.length) {
      at += 1;
      this.starts[at] = page.to;
      page = this.layOut(at);
    }
    this.current = page;
    return page;
  }

  /** Chooses the face. */
  private begin(box: TextBox): void {
    this.box = box;
    this.starts = [0];
    this.current = undefined;
    for (const font of box.fonts.slice(0, -1)) {
      this.font = font;
      const lineCount = Math.floor(box.height / FONTS[font].lineHeight);
      if (this.isTooWide(MISJUDGED * lineCount * box.width)) continue;
      const page = this.layOut(0);
      if (page.to < this.text.length) continue;
      this.current = page;
      return;
    }
    this.font = box.fonts.at(-1) ?? "small";
  }

  /** Whether the whole text in one line is estimated to be wider, in pixels. */
  private isTooWide(width: number): boolean {
    const { text } = this;
    if (text.length * UNIT_PART * FONTS[this.font].sizePixels > width) return true;
    const sample = text.slice(0, SAMPLE_UNITS);
    return widthOf(sample, this.font, this.widths) * text.length > width * sample.length;
  }

  private layOut(index: number): TextPage {
    const { text, box } = this;
    const font = this.font;
    const from = this.starts[index] ?? 0;
    const lineCount = Math.max(1, Math.floor(box.height / FONTS[font].lineHeight));
    const lines: string[] = [];
    let to = from;
    while (to < text.length && lines.length < lineCount) {
      const line = lineAt(text, to, this.widths[font], box.width);
      lines.push(line.text);
      to = line.next;
    }
    return { font, lines, index, from, to, length: text.length };
  }
}
