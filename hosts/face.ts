/** Size of a record in the table, in bytes. */
const RECORD_BYTES = 20;

/** The table is searched from the first character with the same upper byte. */
const PAGE_COUNT = 256;

/**
 * A bitmap face: which characters it holds, and how wide they are. Each host reads the table of the file that
 * `npm run faces` makes. On boards this is the file that the SDK makes of it, whose table is the same.
 *
 * The file is BMFont's, binary, version 3, or version 4 of the SDK, which has the pictures after the table. All numbers are
 * little-endian. After `BMF` and the version come blocks: type u8, length u32, content.
 *
 * | block | content |
 * |---|---|
 * | 2 | line height u16, base u16, … |
 * | 4 | 20 bytes for each character, ascending: code point u32, …, at byte 16 the advance i16, … |
 */
export class Face<Pictures = unknown> {
  /** Where a host finds the pictures of the characters. */
  readonly pictures: Pictures;
  /** Height of the line in pixels. */
  readonly height: number;
  /** From the top of the line to the line on which the letters stand, in pixels. */
  readonly base: number;
  readonly file: DataView;
  /** Offset of the first record. */
  private readonly begin: number;
  /** Index of the first record with each upper byte of a code point. */
  private readonly pages = new Uint16Array(PAGE_COUNT + 1);

  /** Throws a RangeError if the file is no face. */
  constructor(file: DataView, pictures: Pictures) {
    this.file = file;
    this.pictures = pictures;
    const common = contentOf(file, 2);
    this.height = file.getUint16(common, true);
    this.base = file.getUint16(common + 2, true);
    this.begin = contentOf(file, 4);
    const count = file.getUint32(this.begin - 4, true) / RECORD_BYTES;
    this.pages[PAGE_COUNT] = count;
    for (let page = 1; page < PAGE_COUNT; page += 1)
      this.pages[page] = this.lowerBound(page << 8, this.pages[page - 1] as number, count);
  }

  /** Returns the offset of a character's record in the file, or 0 if the face does not hold it. */
  recordOf(code: number): number {
    const { file, pages } = this;
    const page = code >> 8;
    if (page >= PAGE_COUNT) return 0;
    const end = pages[page + 1] as number;
    const index = this.lowerBound(code, pages[page] as number, end);
    const at = this.begin + index * RECORD_BYTES;
    return index < end && file.getUint32(at, true) === code ? at : 0;
  }

  /** How far a character moves the pen, in pixels. @param record see `recordOf` */
  advanceOf(record: number): number {
    return this.file.getInt16(record + 16, true);
  }

  /** Index of the first record in `[low, high)` whose code point is not below `code`. */
  private lowerBound(code: number, low: number, high: number): number {
    const { file, begin } = this;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (file.getUint32(begin + middle * RECORD_BYTES, true) < code) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Offset of the content of a block. */
function contentOf(file: DataView, type: number): number {
  let at = 4;
  while (file.getUint8(at) !== type) at += 5 + file.getUint32(at + 1, true);
  return at + 5;
}
