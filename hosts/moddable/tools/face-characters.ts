/** Which characters the faces hold. */

/** Ranges of code points, in hexadecimal: what texts in the languages of Europe are made of. All three sizes hold it. */
const TEXT_RANGES = Object.freeze([
  // ASCII, Latin-1, Latin Extended-A; Romanian, the capital sharp s.
  "20-7e a0-17f 218-21b 1e9e",
  // Greek without the accents of ancient Greek.
  "386 388-38a 38c 38e-3a1 3a3-3ce",
  // Cyrillic of the Slavic languages.
  "401-40c 40e-44f 451-45c 45e-45f 490-491",
  // Dashes, quotation marks, general punctuation, currencies, signs made of letters, the mark of what could not be read.
  "2010-2015 2018-201a 201c-201e 2020-2022 2026 2030 2032-2033 2039-203a 20ac 20b4 20bd 2103 2116 2122 2190-2193 2212 fffd",
]);

/** Vietnamese and what few texts have. Only the smallest size holds it, and stands in for the others. */
const FURTHER_RANGES = Object.freeze([
  // Azerbaijani, Vietnamese, the tones of Pinyin, the florin sign.
  "18f 192 1a0-1a1 1af-1b0 1cd-1dc 1e6-1e7 1f8-1f9 1fa-1ff 259",
  // Irish and Welsh dots and accents, Vietnamese.
  "1e02-1e03 1e0a-1e0b 1e1e-1e1f 1e40-1e41 1e56-1e57 1e60-1e61 1e6a-1e6b 1e80-1e85 1ea0-1ef9",
  // Accents that stand alone, and those that stand on the letter before them.
  "2bb-2bc 2c6-2c7 2c9 2d8-2dd 300-304 306-30c 30f 311 31b 323-328 32d-32e 330-331",
  // Greek accents that stand alone, variants of Greek letters.
  "384-385 387 3d1 3d5-3d6",
  // Cyrillic: Macedonian, then the languages of Central Asia and the Caucasus.
  "400 40d 450 45d 492-493 496-49b 4a0-4a3 4a8-4ab 4ae-4b3 4b6-4bb 4c0 4cf 4d8-4d9 4e2-4e3 4e8-4e9 4ee-4f3",
  // Spaces of other widths, dashes, quotation marks, general punctuation.
  "2000-200a 2010-2027 202f-2034 2038-203e 2042 2044 2047-2049 204e 2052 205f",
  // Raised and lowered digits, fractions.
  "2070 2074-208e 2150-215e",
  // Currencies.
  "20a0-20bf",
  // Signs made of letters: °C, ℓ, №, ™, Ω, …
  "2103 2105 2109 2113 2116-2117 2120 2122 2126 212a-212b 212e",
  // Arrows.
  "2190-2199 21a9-21aa 21b0-21b5 21ba-21bb 21c4-21c6 21d0-21d4",
  // Mathematics.
  "2200 2202-2203 2205-2208 220b 220f 2211-2213 2215 2217-221a 221d-2220 2225 2227-222b",
  "2234-2235 223c 2248 2260-2261 2264-2265 226a-226b 2282-2283 2286-2287 2295 2297 22a5 22c5",
  // Technical signs and keys.
  "2300 2302 2318 231a-231b 2325 2326 232b 23ce 23cf 23e9-23ea 23f3",
  // Geometry.
  "25a0-25a1 25aa-25ab 25b2-25b3 25b6-25b7 25bc-25bd 25c0-25c1 25c6-25c7 25ca-25cb 25ce-25cf 25e6 25ef",
  // Weather, telephone, boxes to tick, warnings, faces, music, tools, post, ticks and crosses, hearts, circled digits.
  "2600-2606 260e-260f 2610-2612 2614 2618 261c-261f 2620 2622-2623 2639-263b 2640 2642",
  "2660-266f 267b 2690-2694 2696 2699 26a0-26a1 26bd 26d4 2702 2708-2709 270e-270f",
  "2713-2718 2726-2727 272a 2733-2734 2744 2753 2757 2763-2764",
  "27a1 2460-2473",
  // Ligatures.
  "fb00-fb04",
]);

/**
 * Characters that have no picture: the soft hyphen, zero width space, joiners, the choice between a picture in colour
 * and one in black. A face holds them with the width 0, so that they are no box.
 */
export const INVISIBLE: readonly number[] = Object.freeze([0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfe0e, 0xfe0f]);

/** Chinese, Japanese and Korean signs beside the characters themselves. */
const CJK_RANGES = Object.freeze([
  // Punctuation, kana, letters of Hangul, Bopomofo.
  "3000-3020 3030 3036 303b-303c 3041-3096 3099-30ff 3105-312f 3131-3163",
  // Signs in circles and brackets, units.
  "3200-321e 3220-3243 3251-325f 3280-32bf 337b-33df",
  // Full-width ASCII, half-width kana, full-width signs.
  "fe30-fe31 fe33-fe44 ff01-ff60 ff61-ff9f ffe0-ffe6",
]);

/** A part of a national standard. The WHATWG Encoding Standard says which character each pair of bytes is. */
interface Rows {
  /** Name of the encoding for `TextDecoder`. */
  readonly encoding: string;
  /** First and last pair of bytes. The second byte of each row runs from A1 to FE. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** The 3,755 most common Chinese characters: GB 2312-1980, level 1. */
const GB_2312_LEVEL_1: Rows = { encoding: "gbk", first: 0xb0a1, last: 0xd7f9, count: 3_755 };
/** The 2,965 most common Japanese ones: JIS X 0208, level 1. */
const JIS_X_0208_LEVEL_1: Rows = { encoding: "euc-jp", first: 0xb0a1, last: 0xcfd3, count: 2_965 };
/** The 2,350 syllables of Hangul in KS X 1001. */
const KS_X_1001_HANGUL: Rows = { encoding: "euc-kr", first: 0xb0a1, last: 0xc8fe, count: 2_350 };

/** The code points of the face for the time of day, ascending: the digits and the colon. */
export function clockCharacters(): readonly number[] {
  return rangesOf(["30-3a"]);
}

/** The code points of the Latin faces in the larger sizes, ascending. */
export function textCharacters(): readonly number[] {
  return ascending([...rangesOf(TEXT_RANGES), ...INVISIBLE]);
}

/** The code points of the Latin face in the smallest size, ascending. */
export function latinCharacters(): readonly number[] {
  return ascending([...rangesOf(TEXT_RANGES), ...rangesOf(FURTHER_RANGES), ...INVISIBLE]);
}

/** The code points of the face for Chinese, Japanese and Korean, ascending. */
export function cjkCharacters(): readonly number[] {
  const rows = [GB_2312_LEVEL_1, JIS_X_0208_LEVEL_1, KS_X_1001_HANGUL].flatMap(charactersOf);
  return ascending([...rangesOf(CJK_RANGES), ...rows]);
}

/** Chinese characters whose usual form is that of China, not that of Japan. */
export function chineseCharacters(): ReadonlySet<number> {
  return new Set(charactersOf(GB_2312_LEVEL_1));
}

function ascending(codes: readonly number[]): readonly number[] {
  return [...new Set(codes)].sort((a, b) => a - b);
}

function rangesOf(groups: readonly string[]): number[] {
  return groups
    .join(" ")
    .split(" ")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map((code) => Number.parseInt(code, 16));
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function charactersOf({ encoding, first, last, count }: Rows): number[] {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const codes: number[] = [];
  for (let pair = first; pair <= last; pair += 1) {
    const low = pair & 0xff;
    if (low < 0xa1 || low > 0xfe) continue;
    codes.push(decoder.decode(Uint8Array.of(pair >> 8, low)).codePointAt(0) as number);
  }
  if (codes.length !== count) throw new Error(`${encoding}: ${codes.length} characters, expected ${count}`);
  return codes;
}
