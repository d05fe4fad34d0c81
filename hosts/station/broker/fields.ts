/** Fields of a record: unsigned numbers, big-endian, and bytes with their length in front. */

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export type Field = readonly [bytes: 1 | 2 | 4 | 6, value: number] | Uint8Array | string;

/** Text and bytes have their length in front, 4 bytes. */
export function encodeFields(fields: readonly Field[]): Uint8Array {
  const parts = fields.map((field) => (typeof field === "string" ? ENCODER.encode(field) : field));
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + (part instanceof Uint8Array ? 4 + part.length : part[0]), 0),
  );
  let at = 0;
  const put = (count: number, value: number) => {
    for (let index = count - 1, rest = value; index >= 0; index -= 1, rest = Math.floor(rest / 256))
      bytes[at + index] = rest % 256;
    at += count;
  };
  for (const part of parts) {
    if (!(part instanceof Uint8Array)) {
      put(part[0], part[1]);
      continue;
    }
    put(4, part.length);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads what `encodeFields` has written. Throws where the record ends too early. */
export class FieldReader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(count: 1 | 2 | 4 | 6): number {
    let value = 0;
    for (const end = this.#move(count); this.#at < end; this.#at += 1)
      value = value * 256 + (this.#bytes[this.#at] as number);
    return value;
  }

  /** A copy. */
  bytes(): Uint8Array {
    const length = this.number(4);
    const start = this.#at;
    this.#at = this.#move(length);
    return new Uint8Array(this.#bytes.subarray(start, this.#at));
  }

  text(): string {
    return DECODER.decode(this.bytes());
  }

  #move(count: number): number {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new Error(`record of ${this.#bytes.length} bytes, expected ${end} at least`);
    return end;
  }
}
