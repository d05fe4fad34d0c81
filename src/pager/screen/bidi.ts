/**
 * The order in which a line is drawn (UAX #9, the Unicode bidirectional algorithm). Characters that ask for a direction are
 * not known: `printable` leaves them out. Each line is resolved by itself, from the direction of its paragraph on.
 */

/** Classes of characters, in the order of `LETTERS`. */
const LEFT = 0;
const RIGHT = 1;
const ARABIC = 2;
const NUMBER = 3;
const SEPARATOR = 4;
const TERMINATOR = 5;
const ARABIC_NUMBER = 6;
const COMMON_SEPARATOR = 7;
const SPACE = 8;
const NEUTRAL = 9;
const LETTERS = "LRAESTNCWO";

/**
 * Where each class begins (Unicode 16), in base 36, as the distance from the place before. Marks and controls have the class of
 * what stands before them. Beyond U+08FF up to 24 letters among signs, or signs among letters, have the class of what is around them.
 * Beyond U+FFFF only the scripts from right to left, mathematical digits and emoji are known.
 */
const TABLE = unpack(
  "wW1O2T3O5S1C1S1C2EaC1O6LqO6LqOaWrC1O1T4O4L1O5T2E2O1L1O3E1L1O5LnO1LvO1LchO2L7OeL2OeL5O9L1O3lL4O2L8O1L5O2L1O1L32" +
    "O1Lb7O1L2O2T1R34N6O2A1T2A1C1A1OdA1xNaT1N2A34N1O7A4O5A2EaA5iR1iO4R2uAgR1cA1uNxLkwO6T1O1L22tW1LnxOyL16oWeL1R1OoW" +
    "7C1T5OfC1OqWhEaS2O3L1EaS2O3LhT29L1pT1L2pO3mS1T1O82L1xO4sL1lO14EkL26OlyL74OlcLe8O2bL19O9iL16W1O1rLaoO10L5i4O1sL" +
    "h3kO1jLftOyL7qT2LgdfRcS1R12AjkO1sC3L1O1C1O9T1O2S2O5T2O1L4A40L1O2T3O5S1C1S1C2EaC1O6L5bT7LiO1l3RzkA1sR80NvR4xA1s" +
    "R40L13guE1eL35sRvkA28R1sA28R4wA74R74OdiLqO1z4L",
);

function unpack(packed: string): { readonly begins: Uint32Array; readonly classes: Uint8Array } {
  const begins: number[] = [];
  const classes: number[] = [];
  let code = 0;
  let start = 0;
  for (let at = 0; at < packed.length; at += 1) {
    const found = LETTERS.indexOf(packed.charAt(at));
    if (found < 0) continue;
    code += Number.parseInt(packed.slice(start, at), 36);
    begins.push(code);
    classes.push(found);
    start = at + 1;
  }
  return { begins: Uint32Array.from(begins), classes: Uint8Array.from(classes) };
}

/** Pairs of characters that look into the other direction from right to left. The first ones are brackets. */
const MIRRORED =
  "()[]{}\u0f3a\u0f3b\u0f3c\u0f3d\u2045\u2046\u207d\u207e\u208d\u208e\u2329\u232a\u3008\u3009\u300a\u300b\u300c\u300d\u300e\u300f\u3010\u3011\uff08\uff09\uff3b\uff3d\uff5b\uff5d<>«»‹›≤≥";
const BRACKETS = MIRRORED.indexOf("<");

/** Brackets of a line that may open a pair. It limits the cost of a line of brackets. */
const PAIRS_MAX = 16;

const LAST_CODE = 0x10ffff;

/** In `visualOrder`: the part is drawn from right to left. */
export const IS_REVERSED = 0x8000;

/** Whether a code point has a direction from right to left. */
export function isRightToLeft(code: number): boolean {
  if (code < 0x590 || (code >= 0x900 && code < 0xfb1d)) return false;
  const kind = classOf(code);
  return kind === RIGHT || kind === ARABIC;
}

/** The character that stands for this one from right to left. */
export function mirrored(character: string): string {
  const at = character.length === 1 ? MIRRORED.indexOf(character) : -1;
  return at < 0 ? character : MIRRORED.charAt(at ^ 1);
}

/** So much of a text is searched for its first letter, in code units. It limits the cost of a text without letters. */
const DIRECTION_UNITS = 64;

/** Whether a paragraph runs from right to left (P2 and P3): its first letter says it. undefined: it has none. */
export function directionOf(text: string): boolean | undefined {
  const { begins, classes } = TABLE;
  const end = Math.min(text.length, DIRECTION_UNITS);
  /** The range of the character before, which has no direction. */
  let first = 0;
  let behind = 0;
  for (let at = 0; at < end; at += 1) {
    const code = text.codePointAt(at) as number;
    // The engine of the boards (XS) indexes text by code points, other engines by UTF-16 code units.
    if (text.charCodeAt(at) !== code) at += 1;
    if (code >= first && code < behind) continue;
    const range = rangeOf(code);
    const kind = range < 0 ? NEUTRAL : (classes[range] as number);
    if (kind <= ARABIC) return kind !== LEFT;
    first = code;
    behind = begins[range + 1] ?? LAST_CODE;
  }
  return undefined;
}

/**
 * Returns the parts of a line from left to right: the index of each, with `IS_REVERSED` where it is drawn from right to left.
 * @param parts the index in the line at which each part begins, and the end of the line
 * @param base whether the paragraph runs from right to left
 */
export function visualOrder(line: string, parts: Uint16Array, count: number, base: boolean): Uint16Array {
  const classes = new Uint8Array(count);
  for (let at = 0; at < count; at += 1) classes[at] = classOf(line.codePointAt(parts[at] as number) as number);
  let end = count;
  while (end > 0 && classes[end - 1] === SPACE) end -= 1;
  const embedding = base ? RIGHT : LEFT;
  resolveNumbers(classes, embedding);
  resolveBrackets(classes, embedding, (at) => line.charCodeAt(parts[at] as number));
  resolveNeutrals(classes, embedding);
  // I1, I2, and L1 for the spaces at the end.
  for (let at = 0; at < count; at += 1) {
    const kind = classes[at] as number;
    classes[at] = at >= end ? embedding : base ? (kind === RIGHT ? 1 : 2) : kind === LEFT ? 0 : kind === RIGHT ? 1 : 2;
  }
  return reordered(classes);
}

/** W2 to W7, and W3: afterwards there are only letters, numbers and neutrals. */
function resolveNumbers(classes: Uint8Array, embedding: number): void {
  let strong = embedding;
  const { length } = classes;
  for (let at = 0; at < length; at += 1) {
    const kind = classes[at] as number;
    if (kind <= ARABIC) strong = kind;
    else if (kind === NUMBER && strong === ARABIC) classes[at] = ARABIC_NUMBER;
  }
  for (let at = 0; at < length; at += 1) {
    const kind = classes[at] as number;
    if (kind === ARABIC) classes[at] = RIGHT;
    const before = at > 0 ? (classes[at - 1] as number) : NEUTRAL;
    const isBetween = before === classes[at + 1];
    if (kind === SEPARATOR && isBetween && before === NUMBER) classes[at] = NUMBER;
    if (kind === COMMON_SEPARATOR && isBetween && (before === NUMBER || before === ARABIC_NUMBER)) classes[at] = before;
  }
  for (let at = 0; at < length; at += 1) {
    if (classes[at] !== TERMINATOR) continue;
    let end = at;
    while (classes[end] === TERMINATOR) end += 1;
    const isByNumber = classes[end] === NUMBER || (at > 0 && classes[at - 1] === NUMBER);
    classes.fill(isByNumber ? NUMBER : NEUTRAL, at, end);
    at = end - 1;
  }
  strong = embedding;
  for (let at = 0; at < length; at += 1) {
    const kind = classes[at] as number;
    if (kind <= RIGHT) strong = kind;
    else if (kind === NUMBER && strong === LEFT) classes[at] = LEFT;
    else if (kind === SEPARATOR || kind === COMMON_SEPARATOR || kind === SPACE) classes[at] = NEUTRAL;
  }
}

/** N0: a pair of brackets has the direction of what stands in it. A pair may enclose part of another one, which BD16 does not allow. */
function resolveBrackets(classes: Uint8Array, embedding: number, codeAt: (at: number) => number): void {
  const { length } = classes;
  const placeOf = (at: number) => MIRRORED.indexOf(String.fromCharCode(codeAt(at)));
  for (let from = 0, pairs = 0; from < length && pairs < PAIRS_MAX; from += 1) {
    const place = classes[from] === NEUTRAL ? placeOf(from) : -1;
    if (place < 0 || place >= BRACKETS || place & 1) continue;
    pairs += 1;
    let to = from + 1;
    /** What stands in it: the direction of the paragraph wins. */
    let inside = NEUTRAL;
    for (let depth = 1; to < length; to += 1) {
      const strong = strongOf(classes[to] as number);
      if (strong !== NEUTRAL && inside !== embedding) inside = strong;
      if (classes[to] !== NEUTRAL) continue;
      const other = placeOf(to);
      if (other === place) depth += 1;
      else if (other === place + 1) depth -= 1;
      if (depth === 0) break;
    }
    if (to === length || inside === NEUTRAL) continue;
    let direction = embedding;
    if (inside !== embedding) {
      let at = from - 1;
      while (at >= 0 && strongOf(classes[at] as number) === NEUTRAL) at -= 1;
      if (at >= 0) direction = strongOf(classes[at] as number);
    }
    classes[from] = classes[to] = direction;
  }
}

/** N1, N2: neutrals have the direction of both sides, or that of the paragraph. */
function resolveNeutrals(classes: Uint8Array, embedding: number): void {
  const { length } = classes;
  for (let at = 0; at < length; at += 1) {
    if (classes[at] !== NEUTRAL) continue;
    let end = at;
    while (classes[end] === NEUTRAL) end += 1;
    const before = at > 0 ? strongOf(classes[at - 1] as number) : embedding;
    const after = end < length ? strongOf(classes[end] as number) : embedding;
    classes.fill(before === after ? before : embedding, at, end);
    at = end - 1;
  }
}

/** The direction of a resolved class: a number counts as from right to left. */
function strongOf(kind: number): number {
  return kind === NUMBER || kind === ARABIC_NUMBER ? RIGHT : kind;
}

/** L2: reverses each stretch of a level, from the highest level on. */
function reordered(levels: Uint8Array): Uint16Array {
  const order = new Uint16Array(levels.length);
  for (let at = 0; at < levels.length; at += 1) order[at] = at | (levels[at] === 1 ? IS_REVERSED : 0);
  for (let level = 2; level > 0; level -= 1) {
    for (let at = 0; at < levels.length; at += 1) {
      let end = at;
      while (end < levels.length && (levels[end] as number) >= level) end += 1;
      if (end > at) order.subarray(at, end).reverse();
      if (end > at) at = end;
    }
  }
  return order;
}

function classOf(code: number): number {
  const range = rangeOf(code);
  return range < 0 ? NEUTRAL : (TABLE.classes[range] as number);
}

/** Index of the range of a code point in the table, or -1 before the first one. */
function rangeOf(code: number): number {
  const { begins } = TABLE;
  let low = 0;
  let high = begins.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((begins[middle] as number) <= code) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
