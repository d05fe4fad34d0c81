/** Tags of the DER elements (X.690, section 8) in certificates and keys. */
export const DER = Object.freeze({
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const);

/**
 * Reads DER elements one after the other: tag, length, content. Throws an error with its position if an element does
 * not fit into the bytes.
 */
export class DerReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** The tag of the next element. undefined at the end. */
  get nextTag(): number | undefined {
    return this.bytes[this.at];
  }

  /** Returns the content of the next element, a view. Throws if the tag is another one. */
  read(tag: number): Uint8Array {
    if (this.nextTag !== tag) throw new Error(`DER: tag ${this.nextTag} at byte ${this.at}, expected ${tag}`);
    return this.skip();
  }

  /** Returns the content of the next element if it has this tag. Otherwise reads nothing. */
  readIf(tag: number): Uint8Array | undefined {
    return this.nextTag === tag ? this.skip() : undefined;
  }

  /** Returns the content of the next element, whatever its tag is. */
  skip(): Uint8Array {
    const bytes = this.bytes;
    const first = bytes[this.at + 1] ?? 0x80;
    let from = this.at + 2;
    let length = first;
    if (first > 0x80) {
      // No element here is longer than 65,535 bytes.
      if (first > 0x82)
        throw new Error(`DER: a length of ${first - 0x80} bytes at byte ${this.at}, expected at most 2`);
      length = 0;
      for (const end = from + first - 0x80; from < end; from += 1) length = (length << 8) | (bytes[from] ?? 0);
    }
    if (first === 0x80 || from + length > bytes.length)
      throw new Error(`DER: the element at byte ${this.at} has no end`);
    this.at = from + length;
    return bytes.subarray(from, this.at);
  }
}

/** Returns a reader for the content of the sequence with which these bytes begin. */
export function derSequence(bytes: Uint8Array): DerReader {
  return new DerReader(new DerReader(bytes).read(DER.sequence));
}

/** Lower-case hexadecimal digits. Identifiers are compared in this form. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}
