import { pieceAt } from "./utf8.ts";

/**
 * The characters of a text that can be shown. This is the one place that decides it. Text from outside passes through here
 * before it is drawn. A second pass changes nothing.
 *
 * | in the text | becomes |
 * |---|---|
 * | CR LF, CR, U+2028, U+2029 | the end of a line |
 * | tab | a space |
 * | controls of the direction of writing, U+FEFF | nothing: they have no picture and reorder their neighbours |
 * | soft hyphen U+00AD | nothing: it would be seen inside a line |
 * | other controls (C0, DEL, C1), noncharacters, lone surrogates | U+FFFD |
 */
export function printable(text: string): string {
  const { length } = text;
  // Nearly every text stays as it is. Then there is no copy.
  let printed: string | undefined;
  for (let from = 0; from < length; ) {
    const piece = pieceAt(text, from);
    const end = piece.length;
    let start = 0;
    for (let index = 0; index < end; index += 1) {
      const unit = piece.charCodeAt(index);
      if (unit >= 0x20 && unit < 0x7f) continue;
      const code = unit < 0xd800 ? unit : (piece.codePointAt(index) as number);
      // On the boards' engine each code point is one unit.
      const units = code === unit ? 1 : 2;
      let shown = shownAs(code);
      // The LF after it ends the line.
      if (code === CR && (index + 1 < end ? piece.charCodeAt(index + 1) : text.charCodeAt(from + end)) === LF)
        shown = "";
      if (shown !== undefined) {
        printed = (printed ?? text.slice(0, from)) + piece.slice(start, index) + shown;
        start = index + units;
      }
      index += units - 1;
    }
    if (printed !== undefined) printed += piece.slice(start);
    from += end;
  }
  return printed ?? text;
}

/** The printable text on one line. */
export function printableLine(text: string): string {
  return printable(text).split("\n").join(" ");
}

const LF = 0x0a;
const CR = 0x0d;

/** Returns undefined where the character stays as it is. */
function shownAs(code: number): string | undefined {
  // These are nearly all characters of all scripts.
  if (code === 0xad) return "";
  if (code === LF || (code > 0x9f && code < 0x61c) || (code > 0x2069 && code < 0xd800)) return undefined;
  if (code > 0xffff) return (code & 0xfffe) === 0xfffe ? "\ufffd" : undefined;
  if (code === CR || code === 0x2028 || code === 0x2029) return "\n";
  if (code === 0x09) return " ";
  if (isDirection(code) || code === 0xfeff) return "";
  return isUnprintable(code) ? "\ufffd" : undefined;
}

/**
 * Whether a character may stand neither in a name nor in a text. It has no picture, or it changes how its neighbours are
 * read.
 */
export function isUnprintable(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0xd800 && code < 0xe000) ||
    (code >= 0xfdd0 && code <= 0xfdef) ||
    (code & 0xfffe) === 0xfffe ||
    code === 0x2028 ||
    code === 0x2029 ||
    isDirection(code)
  );
}

function isDirection(code: number): boolean {
  return (
    code === 0x61c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
