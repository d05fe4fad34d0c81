/**
 * These classes read and write big-endian numbers in one `Uint8Array`. They check every bound. They copy nothing that they
 * can view.
 */
import { FormatError, UsageError } from "./errors.ts";
import { decodeUtf8, utf8Length, writeUtf8 } from "./utf8.ts";

/** Reads forward. Each read names its field. A read past the end throws a `FormatError` with that name. */
export class ByteReader {
  /** The bytes that are read. A view keeps its own offset. */
  bytes: Uint8Array;
  /** Offset of the next byte. */
  offset: number;
  /** Offset after the last byte. */
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  /** Points this reader at other bytes. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
    return this;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  uint8(field: string): number {
    return this.bytes[this.take(1, field)] as number;
  }

  uint16(field: string): number {
    const at = this.take(2, field);
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  uint32(field: string): number {
    return this.uint16(field) * 0x1_0000 + this.uint16(field);
  }

  /** Reads a number of 1, 2 or 4 bytes. */
  uint(bytes: number, field: string): number {
    return bytes === 1 ? this.uint8(field) : bytes === 2 ? this.uint16(field) : this.uint32(field);
  }

  /** A view of the next `length` bytes. It is valid as long as the buffer that it views. */
  view(length: number, field: string): Uint8Array {
    const at = this.take(length, field);
    return this.bytes.subarray(at, at + length);
  }

  /** Reads the next `length` bytes as UTF-8 text. */
  text(length: number, field: string): string {
    const at = this.take(length, field);
    return decodeUtf8(this.bytes, at, at + length, field);
  }

  skip(length: number, field: string): void {
    this.take(length, field);
  }

  private take(length: number, field: string): number {
    const at = this.offset;
    if (length > this.end - at) throw new FormatError(field, at, `${length} bytes wanted, ${this.end - at} left`);
    this.offset = at + length;
    return at;
  }
}

/** A target to write to: a buffer, or a counter that measures how large the buffer has to be. */
export interface ByteSink {
  uint8(value: number): void;
  uint16(value: number): void;
  /** Writes a number of 1, 2 or 4 bytes. */
  uint(bytes: number, value: number): void;
  bytes(bytes: Uint8Array): void;
  /** Writes the text as UTF-8, without a length. */
  text(text: string): void;
  /** Writes a length of 2 bytes and then the bytes. There are at most 65,535 of them. */
  prefixedBytes(bytes: Uint8Array): void;
  /** Writes a length of 2 bytes and then the text as UTF-8. Throws a `UsageError` above 65,535 bytes. */
  prefixedText(text: string): void;
}

/** Counts the bytes that a writer would write. */
export class ByteCounter implements ByteSink {
  length = 0;

  uint8(_value: number): void {
    this.length += 1;
  }

  uint16(_value: number): void {
    this.length += 2;
  }

  uint(bytes: number, _value: number): void {
    this.length += bytes;
  }

  bytes(bytes: Uint8Array): void {
    this.length += bytes.length;
  }

  text(text: string): void {
    this.length += utf8Length(text);
  }

  prefixedBytes(bytes: Uint8Array): void {
    this.length += 2 + bytes.length;
  }

  prefixedText(text: string): void {
    this.length += 2 + utf8Length(text);
  }
}

/** Bytes of one code unit in UTF-8, at most. */
const UTF8_BYTES_MAX = 3;

/** Writes forward into a buffer of fixed size, which is allocated once. A write past the end throws a `UsageError`. */
export class ByteWriter implements ByteSink {
  private readonly buffer: Uint8Array;
  private lastView: Uint8Array;
  private written = 0;

  constructor(bytesMax: number) {
    this.buffer = new Uint8Array(bytesMax);
    this.lastView = this.buffer;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.written;
  }

  /** Bytes that still fit. */
  get free(): number {
    return this.buffer.length - this.written;
  }

  uint8(value: number): void {
    this.buffer[this.take(1)] = value;
  }

  uint16(value: number): void {
    const at = this.take(2);
    this.buffer[at] = value >> 8;
    this.buffer[at + 1] = value;
  }

  uint32(value: number): void {
    this.uint16(Math.floor(value / 0x1_0000));
    this.uint16(value % 0x1_0000);
  }

  uint(bytes: number, value: number): void {
    if (bytes === 1) this.uint8(value);
    else if (bytes === 2) this.uint16(value);
    else this.uint32(value);
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.take(bytes.length));
  }

  prefixedBytes(bytes: Uint8Array): void {
    const at = this.take(2 + bytes.length);
    this.buffer[at] = bytes.length >> 8;
    this.buffer[at + 1] = bytes.length;
    this.buffer.set(bytes, at + 2);
  }

  text(text: string): void {
    // A text that has room in any case is not measured.
    const length = UTF8_BYTES_MAX * text.length <= this.free ? 0 : utf8Length(text);
    this.written = writeUtf8(text, this.buffer, this.take(length));
  }

  /**
   * A view of the written bytes. A write after `clear` overwrites them. Two calls with the same length return the same view.
   */
  view(): Uint8Array {
    if (this.lastView.length !== this.written) this.lastView = this.buffer.subarray(0, this.written);
    return this.lastView;
  }

  prefixedText(text: string): void {
    const length = utf8Length(text);
    if (length > 0xffff) throw new UsageError(`writer: text of ${length} bytes, expected at most 65,535`);
    this.uint16(length);
    writeUtf8(text, this.buffer, this.take(length));
  }

  clear(): void {
    this.written = 0;
  }

  /** Returns the next `length` bytes. The caller fills them. */
  grow(length: number): Uint8Array {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  private take(length: number): number {
    if (length > this.free)
      throw new UsageError(`writer: ${length} bytes wanted, ${this.free} of ${this.buffer.length} free`);
    const at = this.written;
    this.written += length;
    return at;
  }
}
