/**
 * Finds the end of a character as a reader sees it: a letter with its marks, a flag, a family of emoji, a Hangul
 * syllable of jamo. The rules follow UAX 29, extended grapheme clusters. A character never ends where the standard does
 * not end one. In some cases more is joined than the standard joins. The marks of scripts beyond U+FFFF, such as
 * Chakma, are not known.
 */

/**
 * Longest character, in code units. Unicode's stream-safe format allows 30 marks in a row. A longer sequence is not
 * text; it is cut to limit its cost.
 */
export const CLUSTER_UNITS_MAX = 32;

const ZERO_WIDTH_JOINER = 0x200d;

/** The first emoji, ©. */
const FIRST_PICTURE = 0xa9;

/**
 * From here on a zero width joiner always joins the code point after it. The flag letters below it are no emoji; they
 * join in pairs.
 */
const EMOJI_BEGIN = 0x1f200;

/** Below this code point nothing joins the code point before it. */
const FIRST_MARK = 0x300;

/** Below this code point only marks join the code point before them. */
const FIRST_JOINING = 0x600;

/**
 * Marks of the basic multilingual plane from U+0300 on (Unicode 17, categories M, and what UAX 29 adds). Each entry is
 * one range, in base 36. The first number is the distance from the end of the range before. The number after the point
 * says how many code points follow the first.
 */
const MARKS = unpack(
  "lc.33 7o.6 7c.18 2 2.1 2.1 2 21.a 1d.k h 2u.6 3.5 3.1 2.3 10 v.q 2k.a 1n.8 a p.3 2.8 2.2 2.4 18.2 1o.8 17.n 2.w 1j.2 2.h 2.6 " +
    "b.1 u.2 1l 2.f a b.1 r.5 1l.l v.1 4 c.2 1l 2.f l.1 n.9 1l 2.p b.1 v 1o.f a 15.4 1k 2.o c.1 u.2 1l 2.o c.1 g.g 1k.1 2.f a b.1 " +
    "u.2 1z.l j.1 1q 2.7 d.7 2r 2.9 c.6 22.1 s 2 2 5.1 1e.j 2.1 6.1b a 2t.j o.3 5.2 2.2 3.6 4.3 e.b 2 b.3 jk.2 qb.3 t.2 u.1 v.1 " +
    "1t.v a 1a.2 2 3a.1 z 3b.r 64.4 1m.16 1d.2c 1c.g 13.8 d.2 v.c 1l.d 1d.j 49.2 2.k 5 7 3.2 5j.1r el 5g.w 2db.2 3y 2p.v ff.5 " +
    "2y.1 n9x.3 2.9 x.1 29.1 7l 4 5 o.4 5 2c.1 1f.h r.h e 13.7 q.c 19.3 1c.d 11 1w.d d 9.1 1a.2 1f 2.2 3.1 6.1 2 16.4 6.1 6l.7 " +
    "2.1 fn5 ki.f h.f a7.1",
);

/** Returns the first and the last code point of each range, in turn. */
function unpack(packed: string): Uint16Array {
  const ranges = packed.split(" ");
  const bounds = new Uint16Array(2 * ranges.length);
  let code = 0;
  for (let index = 0; index < ranges.length; index += 1) {
    const [distance = "", more = "0"] = (ranges[index] ?? "").split(".");
    code += Number.parseInt(distance, 36);
    bounds[2 * index] = code;
    code += Number.parseInt(more, 36);
    bounds[2 * index + 1] = code;
  }
  return bounds;
}

/** Index in `MARKS` where the search begins, by the upper byte of a code point. */
const FIRST_RANGES = firstRanges();

function firstRanges(): Uint16Array {
  const first = new Uint16Array(256);
  let at = 0;
  for (let page = 0; page < 256; page += 1) {
    while (at < MARKS.length && (MARKS[at + 1] as number) < page << 8) at += 2;
    first[page] = at;
  }
  return first;
}

/** Returns the index after the character that begins at `at`: at least one code unit, at most `CLUSTER_UNITS_MAX`. */
export function clusterEnd(text: string, at: number): number {
  let before = text.codePointAt(at) as number;
  // The engine of the boards (XS) indexes text by code points, other engines by UTF-16 code units.
  let end = text.charCodeAt(at) === before ? at + 1 : at + 2;
  let flagCount = before > 0xffff && isFlagLetter(before) ? 1 : 0;
  let isConjunct = false;
  while (end < text.length) {
    let after = text.charCodeAt(end);
    let next = end + 1;
    if (after >= 0xd800) {
      const unit = after;
      after = text.codePointAt(end) as number;
      if (after !== unit) next += 1;
    }
    if (next - at > CLUSTER_UNITS_MAX) break;
    if (after === ZERO_WIDTH_JOINER || (after >= FIRST_MARK && isMark(after))) {
      // A virama joins two consonants even if more marks are between them.
      if (after >= 0x900 && ((after & 0x7f) === 0x4d || after >= 0x1000) && isVirama(after)) isConjunct = true;
    } else if (before !== ZERO_WIDTH_JOINER || after < EMOJI_BEGIN) {
      if (after > 0xffff && isFlagLetter(after) && (isFlagLetter(before) ? flagCount === 1 : isJoined(before, after)))
        flagCount += 1;
      else if (!isJoined(before, after) && !(isConjunct && isBrahmic(after))) break;
      isConjunct = false;
    }
    before = after;
    end = next;
  }
  return end;
}

/** Whether this code point changes or adds to the letter before it. @param code at least `FIRST_MARK` */
function isMark(code: number): boolean {
  if (code < 0x370) return true;
  // Chinese and Japanese texts are long and have few marks. Jamo have none.
  if ((code >= 0x3100 && code < 0xa66f) || (code >= 0x1100 && code < 0x1200)) return false;
  if (code > 0xffff) return (code >= 0x1f3fb && code <= 0x1f3ff) || (code >= 0xe0000 && code < 0xe1000);
  let at = FIRST_RANGES[code >> 8] as number;
  while (code > (MARKS[at + 1] as number)) at += 2;
  return code >= (MARKS[at] as number);
}

/** Whether the second code point belongs to the first although it is no mark. */
function isJoined(before: number, after: number): boolean {
  if (before < FIRST_JOINING || before > 0xffff) return false;
  if (before < 0x1100) return isNumberSign(before);
  // The usual jamo: vowels and closing consonants come after the leading ones.
  if (before >= 0x1100 && after >= 0x1100 && before < 0x1200 && after < 0x1200)
    return before < 0x1160 || after >= 0x1160;
  if (before === ZERO_WIDTH_JOINER) return after >= FIRST_PICTURE;
  if (isLeadingJamo(before)) return isLeadingJamo(after) || isFollowingJamo(after) || isHangulSyllable(after);
  return (isFollowingJamo(before) || isHangulSyllable(before)) && isFollowingJamo(after);
}

function isFlagLetter(code: number): boolean {
  return code >= 0x1f1e6 && code <= 0x1f1ff;
}

function isLeadingJamo(code: number): boolean {
  return (code >= 0x1100 && code < 0x1160) || (code >= 0xa960 && code < 0xa980);
}

/** A vowel or a closing consonant. */
function isFollowingJamo(code: number): boolean {
  return (code >= 0x1160 && code < 0x1200) || (code >= 0xd7b0 && code < 0xd800);
}

function isHangulSyllable(code: number): boolean {
  return code >= 0xac00 && code <= 0xd7a3;
}

/** The scripts of India and those that come from them. */
function isBrahmic(code: number): boolean {
  return (code >= 0x900 && code < 0x2000) || (code >= 0xa800 && code < 0xac00);
}

/**
 * The sign that joins the consonants beside it. In the scripts of India it has the same place in each of their blocks.
 */
function isVirama(code: number): boolean {
  if (code < 0x1000) return code >= 0x900 && (code & 0x7f) === 0x4d;
  return code < 0xac00 && FURTHER_VIRAMAS.includes(String.fromCharCode(code));
}

/** The viramas of Burmese, Khmer, Tai Tham, Balinese, Sundanese, Javanese and Meitei. */
const FURTHER_VIRAMAS = "\u1039\u17d2\u1a60\u1b44\u1bab\ua9c0\uaaf6";

/** Arabic and other signs that are drawn around the digits after them. */
function isNumberSign(code: number): boolean {
  if (code > 0x8e2) return code === 0xd4e;
  return (
    (code >= 0x600 && code <= 0x605) ||
    code === 0x6dd ||
    code === 0x70f ||
    code === 0x890 ||
    code === 0x891 ||
    code === 0x8e2
  );
}
