/**
 * Pictures of text (wire format, pictures of text). A device asks for the runs of text that its faces cannot draw. Whoever
 * has fonts and a shaper answers. This file has what a device needs; `optional/raster.ts` has the other half.
 *
 * | bytes of a request | field |
 * |---|---|
 * | 1 | bits 7 to 4: Kind, 1 runs of text; bits 3 to 0: Depth, bits of a pixel, 1 or 4 |
 * | 2 to 3 | Number, which the replies repeat |
 * | 4 | Width Max: widest picture, in pixels, 1 to 255 |
 * | 5 … | 1 to 32 runs, each: 1 byte Size in pixels, 1 byte Length, that many bytes of text |
 *
 * | bytes of a reply | field |
 * |---|---|
 * | 1 to 3 | as in the request |
 * | 4 … | pictures, each: 1 byte Index of the run, from 0; 2 bytes Length; that many bytes of picture. 0: it cannot be drawn |
 */
import { ByteReader, type ByteWriter } from "../bytes.ts";
import { FormatError } from "../errors.ts";
import { RUN_BYTES_MAX, RUNS_ASKED_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";

const KIND_RUNS = 1;

export type Depth = 1 | 4;

/** The first bytes of a request and of a reply. */
export interface RasterHead {
  readonly depth: Depth;
  /** 0 to 65,535. */
  readonly number: number;
}

/** A run of text, and the size in which to draw it. */
export interface SizedRun {
  /** Height of the font, 8 to 64 pixels. */
  readonly sizePixels: number;
  readonly text: string;
}

export function writeRasterHead(writer: ByteWriter, { depth, number }: RasterHead): void {
  writer.uint8((KIND_RUNS << 4) | depth);
  writer.uint16(number);
}

/** Adds a run to a request. Returns false where it has no room there. */
export function writeRun(writer: ByteWriter, sizePixels: number, text: string): boolean {
  const bytes = utf8Length(text);
  if (bytes > RUN_BYTES_MAX || writer.free < 2 + bytes) return false;
  writer.uint8(sizePixels);
  writer.uint8(bytes);
  writer.text(text);
  return true;
}

/** Throws a `FormatError` where the bytes are no head. */
export function readRasterHead(reader: ByteReader): RasterHead {
  const at = reader.offset;
  const first = reader.uint8("Kind");
  const depth = first & 15;
  if (first >> 4 !== KIND_RUNS) throw new FormatError("Kind", at, `${first >> 4}, expected ${KIND_RUNS}`);
  if (depth !== 1 && depth !== 4) throw new FormatError("Depth", at, `${depth}, expected 1 or 4`);
  return { depth, number: reader.uint16("Number") };
}

/** Reads a reply, picture by picture. It makes no object for a picture, because a board has room for few. */
export class RasterReply {
  readonly head: RasterHead;
  /** The picture that was read last: of which run, and where it lies in the payload. */
  index = 0;
  start = 0;
  end = 0;
  private readonly reader: ByteReader;

  /** Throws a `FormatError` where the payload does not begin as a reply. */
  constructor(payload: Uint8Array) {
    this.reader = new ByteReader(payload);
    this.head = readRasterHead(this.reader);
  }

  /** Goes to the next picture. Returns false at the end. Throws a `FormatError` that names the field and its offset. */
  next(): boolean {
    const { reader } = this;
    if (reader.remaining === 0) return false;
    this.index = reader.uint8("Index");
    if (this.index >= RUNS_ASKED_MAX) throw new FormatError("Index", reader.offset - 1, `${this.index}`);
    const bytes = reader.uint16("picture Length");
    this.start = reader.offset;
    reader.skip(bytes, "picture");
    this.end = reader.offset;
    return true;
  }
}
