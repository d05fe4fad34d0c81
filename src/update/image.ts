/**
 * A firmware image for an update: a header, then the program as it stands in its slot. Numbers are big-endian.
 *
 * | offset | bytes | content |
 * |---|---|---|
 * | 0 | 4 | `FPUI` |
 * | 4 | 1 | version of this format, 1 |
 * | 5 | 1 | 0 |
 * | 6 | 6 | version of the firmware: major, minor and patch, 2 bytes each |
 * | 12 | 4 | length of the program |
 * | 16 | 32 | name of the board in ASCII, filled up with 0 |
 * | 48 | 64 | SHA-512 of the program |
 * | 112 | 64 | signature of bytes 0 to 111, Ed25519 (RFC 8032) |
 *
 * The signature covers the program through its digest. So a device checks the header before it erases anything, and the program before
 * it starts it.
 */
import { ByteReader } from "../bytes.ts";
import { FormatError, UsageError } from "../errors.ts";
import { PUBLIC_KEY_BYTES, type Sha512, SIGNATURE_BYTES, verifyEd25519 } from "./ed25519.ts";
import { compareVersions, formatVersion, type Version } from "./version.ts";

const MAGIC = 0x46505549;
const FORMAT = 1;
const BOARD_BYTES = 32;
const DIGEST_BYTES = 64;
const SIGNED_BYTES = 112;

export const IMAGE_HEADER_BYTES = SIGNED_BYTES + SIGNATURE_BYTES;

export interface ImageHeader {
  readonly board: string;
  readonly version: Version;
  /** Length of the program in bytes. */
  readonly length: number;
  /** SHA-512 of the program. */
  readonly digest: Uint8Array;
}

/** The program that runs, and what it knows of images. */
export interface Installed {
  readonly board: string;
  readonly version: Version;
  /** The public key whose owner makes images for this device. undefined: the device takes no updates. */
  readonly publicKey: Uint8Array | undefined;
}

/** Makes the part of a header that is signed. Throws `UsageError` for a board whose name does not fit. */
export function encodeSignedPart({ board, version, length, digest }: ImageHeader): Uint8Array {
  if (!/^[a-z0-9_]{1,32}$/.test(board))
    throw new UsageError(`board ${board}: expected 1 to ${BOARD_BYTES} of a-z 0-9 _`);
  const bytes = new Uint8Array(SIGNED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint8(4, FORMAT);
  version.forEach((part, index) => view.setUint16(6 + 2 * index, part));
  view.setUint32(12, length);
  for (let at = 0; at < board.length; at += 1) bytes[16 + at] = board.charCodeAt(at);
  bytes.set(digest, 48);
  return bytes;
}

/**
 * Reads a header. Throws `FormatError` for bytes that are none.
 * @param bytes of at least `IMAGE_HEADER_BYTES`
 */
export function decodeImageHeader(bytes: Uint8Array): ImageHeader {
  const reader = new ByteReader(bytes);
  if (bytes.length < 4 || reader.uint32("image magic") !== MAGIC)
    throw new FormatError("image magic", 0, "no firmware image of Fieldpager");
  const format = reader.uint8("image format");
  if (format !== FORMAT) throw new FormatError("image format", 4, `${format}, expected ${FORMAT}`);
  const reserved = reader.uint8("image reserved");
  if (reserved !== 0) throw new FormatError("image reserved", 5, `${reserved}, expected 0`);
  const part = () => reader.uint16("image version");
  const version: Version = [part(), part(), part()];
  const length = reader.uint32("image length");
  if (length === 0) throw new FormatError("image length", 12, "0, expected at least 1");
  const name = reader.view(BOARD_BYTES, "image board");
  const end = name.indexOf(0);
  const board = String.fromCharCode(...(end < 0 ? name : name.subarray(0, end)));
  if (!/^[a-z0-9_]+$/.test(board) || name.subarray(board.length).some((byte) => byte !== 0))
    throw new FormatError("image board", 16, "no name of a board");
  const digest = reader.view(DIGEST_BYTES, "image digest").slice();
  reader.skip(SIGNATURE_BYTES, "image signature");
  return { board, version, length, digest };
}

export interface ImageCondition {
  /** Size of the slot in bytes. */
  readonly slotBytes: number;
  /** An older image, or the same once more, is taken. */
  readonly mayBeOlder: boolean;
  readonly sha512: Sha512;
}

/** Why this device must not take an image with this header, for the person who asked for it; undefined if it may. */
export function whyNotInstall(
  bytes: Uint8Array,
  installed: Installed,
  { slotBytes, mayBeOlder, sha512 }: ImageCondition,
): string | undefined {
  const { publicKey, board, version } = installed;
  if (publicKey === undefined) return "this firmware takes no updates: it was built without a release key";
  let header: ImageHeader;
  try {
    header = decodeImageHeader(bytes);
  } catch (error) {
    return (error as Error).message;
  }
  if (header.board !== board) return `the image is for ${header.board}, this is ${board}`;
  const signature = bytes.subarray(SIGNED_BYTES, IMAGE_HEADER_BYTES);
  if (!verifyEd25519(publicKey, bytes.subarray(0, SIGNED_BYTES), signature, sha512))
    return "the image is not signed with the release key of this device";
  const age = compareVersions(header.version, version);
  if (age <= 0 && !mayBeOlder)
    return `the image is ${age === 0 ? "the same version" : "older"}: ${formatVersion(header.version)}, this is ${formatVersion(version)}`;
  if (header.length > slotBytes) return `the image has ${header.length} bytes, the slot has ${slotBytes}`;
  return undefined;
}

/** Reads a public key from hexadecimal digits. undefined for any other text. */
export function parsePublicKey(text: string): Uint8Array | undefined {
  if (text.length !== 2 * PUBLIC_KEY_BYTES || !/^[0-9a-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: PUBLIC_KEY_BYTES }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}
