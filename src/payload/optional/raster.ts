/** Pictures of text, the half that a device does not need: the reader of requests, the writer of replies. See `../raster.ts`. */
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { PUBLISH_BYTES_MAX, RUN_BYTES_MAX, RUN_PIXELS_MAX, RUN_PIXELS_MIN, RUNS_ASKED_MAX } from "../../limits.ts";
import { type RasterHead, readRasterHead, type SizedRun, writeRasterHead, writeRun } from "../raster.ts";

export interface RasterRequest extends RasterHead {
  /** Widest picture, in pixels, 1 to 255. */
  readonly widthMax: number;
  /** 1 to `RUNS_ASKED_MAX`. */
  readonly runs: readonly SizedRun[];
}

/** A run as it is drawn. The pen is at the left edge of the box, and the first row of the box is its top. */
export interface DrawnRun {
  /** Width of the box, and how far the pen moves, 1 to 255 pixels. */
  readonly advance: number;
  /** The part of the box that is not empty. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** How much of each pixel of that part is covered, 0 to 15, row by row. */
  readonly levels: Uint8Array;
}

/** Throws a `FormatError` with the field and its offset. */
export function decodeRasterRequest(payload: Uint8Array): RasterRequest {
  const reader = new ByteReader(payload);
  const head = readRasterHead(reader);
  const widthMax = reader.uint8("Width Max");
  if (widthMax === 0) throw new FormatError("Width Max", reader.offset - 1, "0, expected 1 to 255");
  const runs: SizedRun[] = [];
  do {
    if (runs.length === RUNS_ASKED_MAX)
      throw new FormatError("runs", reader.offset, `more than ${RUNS_ASKED_MAX}, expected 1 to ${RUNS_ASKED_MAX}`);
    runs.push(readRun(reader));
  } while (reader.remaining > 0);
  return { ...head, widthMax, runs };
}

/** Reads the next run of a request. */
function readRun(reader: ByteReader): SizedRun {
  const at = reader.offset;
  const sizePixels = reader.uint8("run Size");
  if (sizePixels < RUN_PIXELS_MIN || sizePixels > RUN_PIXELS_MAX)
    throw new FormatError("run Size", at, `${sizePixels}, expected ${RUN_PIXELS_MIN} to ${RUN_PIXELS_MAX}`);
  const bytes = reader.uint8("run Length");
  if (bytes < 1 || bytes > RUN_BYTES_MAX)
    throw new FormatError("run Length", at + 1, `${bytes}, expected 1 to ${RUN_BYTES_MAX}`);
  return { sizePixels, text: reader.text(bytes, "run") };
}

/** Throws a `UsageError` where the runs are too long for a request. */
export function encodeRasterRequest(request: RasterRequest): Uint8Array {
  const writer = new ByteWriter(PUBLISH_BYTES_MAX);
  writeRasterHead(writer, request);
  writer.uint8(request.widthMax);
  for (const { sizePixels, text } of request.runs)
    if (!writeRun(writer, sizePixels, text)) throw new UsageError(`run of ${text.length} characters: no room for it`);
  return writer.view();
}

/**
 * The replies to a request, of at most `bytesMax` each.
 * @param pictures see `encodePicture`, in the order of the runs. undefined: the run cannot be drawn
 */
export function encodeRasterReplies(
  head: RasterHead,
  pictures: readonly (Uint8Array | undefined)[],
  bytesMax: number,
): Uint8Array[] {
  const replies: Uint8Array[] = [];
  let writer: ByteWriter | undefined;
  pictures.forEach((picture = NOTHING, index) => {
    if (writer && writer.free < 3 + picture.length) {
      replies.push(writer.view());
      writer = undefined;
    }
    if (!writer) {
      writer = new ByteWriter(bytesMax);
      writeRasterHead(writer, head);
    }
    writer.uint8(index);
    writer.prefixedBytes(picture);
  });
  if (writer) replies.push(writer.view());
  return replies;
}

const NOTHING = new Uint8Array();

/** The bytes of a picture, see the table in `src/pager/screen/run-picture.ts`. */
export function encodePicture({ advance, left, top, width, height, levels }: DrawnRun): Uint8Array {
  const nibbles: number[] = [];
  for (let at = 0; at < levels.length; ) {
    const level = levels[at] as number;
    let end = at + 1;
    if (level === 0 || level === 15) while (end < levels.length && end < at + 16 && levels[end] === level) end += 1;
    nibbles.push(level);
    if (level === 0 || level === 15) nibbles.push(end - at - 1);
    at = end;
  }
  const picture = new Uint8Array(5 + Math.ceil(nibbles.length / 2));
  picture.set([advance, left, top, width, height]);
  nibbles.forEach((nibble, index) => {
    picture[5 + (index >> 1)] = (picture[5 + (index >> 1)] as number) | (index % 2 === 0 ? nibble << 4 : nibble);
  });
  return picture;
}
