/** Pictures of messages, the half that a device does not need: the reader of requests, the writer of replies. See `../message-picture.ts`. */
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { FormatError, UsageError } from "../../errors.ts";
import { MESSAGE_ID_BYTES_MAX, PICTURE_BYTES_MAX, PICTURE_WORDS_BYTES_MAX, UID_BYTES_MAX } from "../../limits.ts";
import { utf8Length } from "../../utf8.ts";
import {
  PICTURE_HEAD_BYTES,
  PICTURE_REQUEST_BYTES_MAX,
  type PicturePiece,
  type PictureRefusal,
  type PictureRequest,
  readPictureHead,
  sideOf,
  writePictureHead,
  writePictureRequest,
} from "../message-picture.ts";

/** Throws a `FormatError` that names the field and its offset. */
export function decodePictureRequest(payload: Uint8Array): PictureRequest {
  const reader = new ByteReader(payload);
  const head = readPictureHead(reader);
  const widthMax = sideOf(reader, "Width Max");
  const heightMax = sideOf(reader, "Height Max");
  const piece = reader.uint8("Piece");
  const sender = textOf(reader, reader.uint8("sender Length"), UID_BYTES_MAX, "sender");
  const id = textOf(reader, reader.remaining, MESSAGE_ID_BYTES_MAX, "id");
  return { ...head, widthMax, heightMax, piece, sender, id };
}

function textOf(reader: ByteReader, bytes: number, bytesMax: number, field: string): string {
  if (bytes === 0 || bytes > bytesMax)
    throw new FormatError(field, reader.offset, `${bytes} bytes, expected 1 to ${bytesMax}`);
  return reader.text(bytes, field);
}

export function encodePictureRequest(request: PictureRequest): Uint8Array {
  const writer = new ByteWriter(PICTURE_REQUEST_BYTES_MAX);
  writePictureRequest(writer, request);
  return writer.view();
}

/** Throws a `UsageError` where the words are too long. */
export function encodePictureReply(reply: PicturePiece | PictureRefusal): Uint8Array {
  const writer = new ByteWriter(PICTURE_HEAD_BYTES + PICTURE_BYTES_MAX);
  writePictureHead(writer, reply);
  writer.uint8(reply.piece);
  writer.uint8(reply.pieces);
  if ("words" in reply) {
    const { words } = reply;
    if (utf8Length(words) > PICTURE_WORDS_BYTES_MAX) throw new UsageError(`picture: reason too long: ${words}`);
    writer.text(words);
    return writer.view();
  }
  const { version, width, height, scale, row, blocks } = reply;
  writer.uint32(version);
  writer.uint16(width);
  writer.uint16(height);
  writer.uint8(scale);
  writer.uint16(row);
  writer.bytes(blocks);
  return writer.view();
}
