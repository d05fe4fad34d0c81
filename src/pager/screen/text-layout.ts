/** Text into lines that fit: wrapping breaks Latin at spaces and CJK between characters; what does not fit ends with "…". */
import type { MeasureText } from "../../seams.ts";
import type { Font } from "./fonts.ts";

/** `text` cut to one line of at most `width` pixels. */
export function fitLine(text: string, font: Font, width: number, measureText: MeasureText): string {
  if (measureText(font, text) <= width) return text;
  return `${headThatFits(text, font, width - measureText(font, "…"), measureText).trimEnd()}…`;
}

/** `text` as at most `linesMax` lines of at most `width` pixels each; where there is more, the last one ends with "…". */
export function wrapText(
  text: string,
  font: Font,
  width: number,
  linesMax: number,
  measureText: MeasureText,
): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split(/\r\n|\r|\n/)) {
    let rest = paragraph.trimEnd();
    do {
      if (lines.length === linesMax) {
        const last = lines.length - 1;
        if (last >= 0) lines[last] = fitLine(`${lines[last]}…`, font, width, measureText);
        return lines;
      }
      const line = headThatFits(rest, font, width, measureText);
      const taken = line.length === rest.length ? line : line.slice(0, breakBefore(rest, line.length));
      lines.push(taken.trimEnd());
      rest = rest.slice(taken.length).trimStart();
    } while (rest !== "");
  }
  return lines;
}

/** The longest beginning of `text` that is at most `width` wide: at least one character, never half of a surrogate pair. */
function headThatFits(text: string, font: Font, width: number, measureText: MeasureText): string {
  if (measureText(font, text) <= width) return text;
  let fits = 0;
  let tooLong = text.length;
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (measureText(font, text.slice(0, middle)) <= width) fits = middle;
    else tooLong = middle;
  }
  const end = Math.max(fits, 1);
  return text.slice(0, isLowSurrogate(text.charCodeAt(end)) ? (end > 1 ? end - 1 : 2) : end);
}

/** Where to break a line that may hold `length` characters: behind the last space, or around a CJK character. */
function breakBefore(text: string, length: number): number {
  for (let at = length; at > 0; at -= 1) {
    if (text.charCodeAt(at) === SPACE || text.charCodeAt(at - 1) === SPACE) return at;
    if (isCjk(text.charCodeAt(at)) || isCjk(text.charCodeAt(at - 1))) return at;
  }
  return length;
}

const SPACE = 0x20;

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

/** CJK symbols, kana, ideographs, Hangul syllables, full-width forms. */
function isCjk(code: number): boolean {
  return (
    (code >= 0x2e80 && code < 0xa000) ||
    (code >= 0xac00 && code < 0xd7b0) ||
    (code >= 0xf900 && code < 0xfb00) ||
    (code >= 0xff00 && code < 0xfff0)
  );
}
