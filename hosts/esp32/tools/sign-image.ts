import { createHash, type KeyObject, sign } from "node:crypto";
import { encodeSignedPart } from "../../../src/update/image.ts";
import type { Version } from "../../../src/update/version.ts";
import { Refusal } from "../../moddable/tools/command.ts";

/** The first byte of every program for an ESP32. */
const PROGRAM_MAGIC = 0xe9;

/** Returns the image of a program: header, signature, program. Throws `Refusal` for bytes that are no program. */
export function signImage(program: Uint8Array, board: string, version: Version, key: KeyObject): Uint8Array {
  if (program[0] !== PROGRAM_MAGIC) throw new Refusal(`${board}: no program for an ESP32, which begins with 0xE9`);
  const digest = createHash("sha512").update(program).digest();
  const signed = encodeSignedPart({ board, version, length: program.length, digest });
  return Buffer.concat([signed, sign(null, signed, key), program]);
}
