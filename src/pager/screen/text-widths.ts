/** The width of each character, and where a line may break beside it. The host measures a character of a font once. */
import type { MeasureText } from "../../seams.ts";
import type { Font } from "./fonts.ts";

/** Widths are in parts of a pixel, because fonts in a browser have fractions. */
export const PARTS_A_PIXEL = 16;

/** Kinds of characters, by where a line may break beside them. The layout relies on their order. */
export const KIND = Object.freeze({
  letter: 0,
  digit: 1,
  space: 2,
  newline: 3,
  /** Joins two words to one. A line may break after it. */
  hyphen: 4,
  /** A line does not break before it. */
  closing: 5,
  /** A line does not break after it. */
  opening: 6,
  /** A line may break before and after it. */
  ideograph: 7,
  ideographicClosing: 8,
  ideographicOpening: 9,
} as const);

/**
 * The entry of a character is one number. The lower 12 bits are its width in parts of a pixel, the upper bits are its
 * kind.
 */
const KIND_SHIFT = 12;
const WIDTH_MAX = 0xfff;

const ASCII_COUNT = 128;
/**
 * How many widths of characters beyond ASCII are kept for each font. A power of two. Two characters with the same place
 * replace each other.
 */
export const OTHERS_COUNT = 64;

/** The widths of one font. */
export class FaceWidths {
  private readonly font: Font;
  private readonly measureText: MeasureText;
  /** The entry of each ASCII character. */
  readonly ascii = new Uint16Array(ASCII_COUNT);
  /** Code unit in the upper 16 bits, entry in the lower 16 bits. */
  readonly others = new Uint32Array(OTHERS_COUNT);
  /** The entry of each ideograph and of each syllable of Hangul. */
  readonly ideograph: number;

  /** The last character of several code units, and its entry. */
  private former = "";
  private formerEntry = 0;

  constructor(font: Font, measureText: MeasureText) {
    this.font = font;
    this.measureText = measureText;
    for (let code = 0x20; code < ASCII_COUNT; code += 1)
      this.ascii[code] = this.entryOf(String.fromCharCode(code), code);
    this.ideograph = this.entryOf("一", 0x4e00);
    this.ascii[0x0a] = this.ascii[0x0d] = KIND.newline << KIND_SHIFT;
  }

  /** Returns the entry of the character of `text` in `[at, end)`, as a reader sees it. */
  entryAt(text: string, at: number, end: number): number {
    const code = text.codePointAt(at) as number;
    if (end - at > 1 || code > 0xffff) {
      const character = text.slice(at, end);
      // Such characters often come several times in a row.
      if (character !== this.former) {
        this.former = character;
        this.formerEntry = this.entryOf(character, code);
      }
      return this.formerEntry;
    }
    if (code < ASCII_COUNT) return this.ascii[code] as number;
    if (isIdeograph(code)) return this.ideograph;
    const place = code & (OTHERS_COUNT - 1);
    const kept = this.others[place] as number;
    if (kept >>> 16 === code) return kept & 0xffff;
    const entry = this.entryOf(text.slice(at, end), code);
    this.others[place] = (code << 16) | entry;
    return entry;
  }

  private entryOf(character: string, code: number): number {
    const parts = Math.ceil(this.measureText(this.font, character) * PARTS_A_PIXEL);
    return (kindOf(character, code) << KIND_SHIFT) | (parts < WIDTH_MAX ? parts : WIDTH_MAX);
  }
}

/** The widths of all fonts of the layout. */
export type TextWidths = Readonly<Record<Font, FaceWidths>>;

/** Asks the host for the width of every ASCII character. */
export function textWidths(measureText: MeasureText): TextWidths {
  const of = (font: Font) => new FaceWidths(font, measureText);
  return { small: of("small"), body: of("body"), large: of("large"), clock: of("clock") };
}

const CLOSING_ASCII = "!),.:;?]}%";
const OPENING_ASCII = "([{";

/** Includes the small kana, and the signs that repeat or lengthen the character before them. */
const CLOSING =
  "»’”›…‥‰‼⁇⁈⁉℃°、。，．・：；？！）］｝〕〉》」』】〙〗〟｠ー々〻ゝゞヽヾ％" +
  "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ｡､･ｰ｣ｧｨｩｪｫｬｭｮｯ";
const OPENING = "«‘“‹‚„¡¿（［｛〔〈《「『【〘〖〝｟｢";

function kindOf(character: string, code: number): number {
  if (code < ASCII_COUNT) {
    if (code === 0x20) return KIND.space;
    if (code >= 0x30 && code <= 0x39) return KIND.digit;
    if (code === 0x2d) return KIND.hyphen;
    if (CLOSING_ASCII.includes(character)) return KIND.closing;
    return OPENING_ASCII.includes(character) ? KIND.opening : KIND.letter;
  }
  // Yi, Hangul, emoji.
  if ((code >= 0x3400 && code < 0xd800) || (code >= 0x1100 && code < 0x1200) || code > 0xffff)
    return isWide(code) ? KIND.ideograph : KIND.letter;
  if (code === 0x85 || code === 0x2028 || code === 0x2029) return KIND.newline;
  if (isBreakingSpace(code)) return KIND.space;
  if (code === 0x2010 || code === 0x2013 || code === 0x2014) return KIND.hyphen;
  const isIdeographic = isWide(code);
  const first = String.fromCodePoint(code);
  if (CLOSING.includes(first)) return isIdeographic ? KIND.ideographicClosing : KIND.closing;
  // Thai and Lao write some vowels before the consonant that is spoken first.
  const isLeadingVowel = (code >= 0xe40 && code <= 0xe44) || (code >= 0xec0 && code <= 0xec4);
  if (isLeadingVowel || OPENING.includes(first)) return isIdeographic ? KIND.ideographicOpening : KIND.opening;
  return isIdeographic ? KIND.ideograph : KIND.letter;
}

/** The spaces at which a line may break. The zero width space is one of them. */
function isBreakingSpace(code: number): boolean {
  return code === 0x3000 || code === 0x1680 || code === 0x205f || (code >= 0x2000 && code <= 0x200b && code !== 0x2007);
}

/** Most characters of long texts in Chinese, Japanese and Korean: ideographs and syllables of Hangul. */
function isIdeograph(code: number): boolean {
  return (code >= 0x3400 && code < 0x4dc0) || (code >= 0x4e00 && code < 0xa000) || (code >= 0xac00 && code < 0xd7a4);
}

/** CJK symbols, kana, ideographs, Hangul, full-width forms, emoji. */
function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code < 0x1200) ||
    (code >= 0x2e80 && code < 0xa000) ||
    (code >= 0xa960 && code < 0xa980) ||
    (code >= 0xac00 && code < 0xd800) ||
    (code >= 0xf900 && code < 0xfb00) ||
    (code >= 0xff00 && code < 0xfff0) ||
    (code >= 0x1f000 && code < 0x1fb00) ||
    (code >= 0x20000 && code < 0x40000)
  );
}
