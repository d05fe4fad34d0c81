/** The width of each character, and where a line may break beside it. The host measures a character of a font once. */
import type { MeasureText } from "../../seams.ts";
import { FONTS, type Font } from "./fonts.ts";
import { isIdeograph, isWordLetter, NO_PICTURES, type RunWidths, runEnd, runHash } from "./runs.ts";

/** Widths are in parts of a pixel. */
export const PARTS_A_PIXEL = 8;

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
 * The entry of a character is one number. The lower 11 bits are its width in parts of a pixel, the upper 4 bits are its
 * kind. The bit between them says that a word begins here that is one run, see `runs.ts`: then the width is that of a box. Any
 * other character that no face holds has the width of its picture, or of its box while there is none.
 */
const KIND_SHIFT = 12;
export const WIDTH_MASK = 0x7ff;
export const BEGINS_WORD = 0x800;

/** The number one. It stands for all ideographs. Their pictures are as wide as their boxes. */
const IDEOGRAPH = 0x4e00;

/** What it costs to measure a word, beside one for every second of its code units. */
const WORD_UNITS = 3;

const ASCII_COUNT = 128;
/**
 * How many widths of characters beyond ASCII are kept for each font. A power of two. Two characters with the same place
 * replace each other.
 */
export const OTHERS_COUNT = 64;

/** The same for words, and for characters of several code units, for all fonts together. */
const LONGER_COUNT = 32;

/** The widths of one font. */
export class FaceWidths {
  private readonly font: Font;
  private readonly sizePixels: number;
  private readonly measureText: MeasureText;
  private readonly pictures: RunWidths;
  /** The entry of each ASCII character. */
  readonly ascii = new Uint16Array(ASCII_COUNT);
  /** Code unit in the upper 16 bits, entry in the lower 16 bits. */
  readonly others = new Uint32Array(OTHERS_COUNT);
  /** The entry of each ideograph and of each syllable of Hangul. */
  readonly ideograph: number;

  /** Where the word ends that `wordParts` measured last. */
  end = 0;
  /** How many words it has measured so far. */
  wordCount = 0;
  /** What words and characters of several code units have cost so far beyond their length, in code units of other text. */
  extraUnits = 0;

  /** Hash and entry of characters of several code units, in turn. Words have their hash inverted, and their width. All fonts share it. */
  private readonly longer: Uint32Array;

  constructor(font: Font, measureText: MeasureText, pictures: RunWidths, longer: Uint32Array) {
    this.font = font;
    this.measureText = measureText;
    this.pictures = pictures;
    this.longer = longer;
    this.sizePixels = measureText(font, "") || FONTS[font].sizePixels;
    for (let code = 0x20; code < ASCII_COUNT; code += 1)
      this.ascii[code] = this.entryOf(String.fromCharCode(code), code);
    this.ideograph = this.entryOf(String.fromCharCode(IDEOGRAPH), IDEOGRAPH);
    this.ascii[0x0a] = this.ascii[0x0d] = KIND.newline << KIND_SHIFT;
  }

  /** Returns the entry of the character of `text` in `[at, end)`, as a reader sees it. */
  entryAt(text: string, at: number, end: number): number {
    const code = text.codePointAt(at) as number;
    if (end - at > 1 || code > 0xffff) {
      // Such a character is dear to measure, and few of them make a text.
      const { longer } = this;
      this.extraUnits += 1;
      const hash = runHash(this.sizePixels, text, at, end);
      const place = 2 * (hash & (LONGER_COUNT - 1));
      if (longer[place] !== hash) {
        longer[place] = hash;
        longer[place + 1] = this.entryOf(text.slice(at, end), code);
      }
      return longer[place + 1] as number;
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

  /** Pictures have come, or have left. */
  forget(): void {
    this.others.fill(0);
    this.longer.fill(0);
  }

  /**
   * Returns the width of the word that begins with a character that no face holds, in parts of a pixel. `end` is where it ends.
   * @param end of that character
   * @param entry of that character
   */
  wordParts(text: string, at: number, end: number, entry: number): number {
    const { longer } = this;
    const last = runEnd(text, at, end);
    this.end = last;
    this.wordCount += 1;
    this.extraUnits += WORD_UNITS + ((last - at) >> 1);
    const hash = runHash(this.sizePixels, text, at, last);
    const key = ~hash >>> 0;
    const place = 2 * (key & (LONGER_COUNT - 1));
    if (longer[place] !== key) {
      longer[place] = key;
      longer[place + 1] = this.runParts(hash, text, at, last, (entry & WIDTH_MASK) * (1 + last - end));
    }
    return longer[place + 1] as number;
  }

  /** Returns the width of the picture of a run, or of its box, in parts of a pixel. @param box that width */
  private runParts(hash: number, text: string, at: number, end: number, box: number): number {
    const advance = this.pictures.advanceOf(hash, text, at, end);
    return PARTS_A_PIXEL * advance || Math.min(box, PARTS_A_PIXEL * this.pictures.widthMax);
  }

  private entryOf(character: string, code: number): number {
    const { length } = character;
    const pixels = this.measureText(this.font, character);
    let parts = Math.ceil(Math.abs(pixels) * PARTS_A_PIXEL);
    let mark = 0;
    if (pixels < 0) {
      if (isWordLetter(code)) mark = BEGINS_WORD;
      else if (code !== IDEOGRAPH)
        parts = this.runParts(runHash(this.sizePixels, character, 0, length), character, 0, length, parts);
    }
    return (kindOf(character, code) << KIND_SHIFT) | mark | (parts < WIDTH_MASK ? parts : WIDTH_MASK);
  }
}

/** The widths of all fonts of the layout. */
export type TextWidths = Readonly<Record<Font, FaceWidths>>;

/** Asks the host for the width of every ASCII character. */
export function textWidths(measureText: MeasureText, pictures: RunWidths = NO_PICTURES): TextWidths {
  const longer = new Uint32Array(2 * LONGER_COUNT);
  const of = (font: Font) => new FaceWidths(font, measureText, pictures, longer);
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
