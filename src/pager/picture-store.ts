/**
 * Keeps the picture that was shown last on the store, piece by piece. Flash has room for no second one.
 *
 * | record | holds |
 * |---|---|
 * | `pic-<number of the piece, base 36>` | version; 16 characters, the fingerprint of its message; the reply, see `src/payload/message-picture.ts` |
 *
 * A picture is kept as far as its pieces follow one another, so a power cut costs one piece. What is damaged can be had again.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { PICTURE_PIECES_MAX } from "../limits.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";

const VERSION = 1;
const NAME_BYTES = 16;

export class PictureStore {
  /** The fingerprint of its message. Empty: there is none. */
  name = "";
  /** How many pieces are kept, from the first one on. */
  count = 0;
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
    for (let piece = 0; piece < PICTURE_PIECES_MAX; piece += 1) {
      const name = nameIn(readRecord(store, keyOf(piece)));
      if (piece === 0) this.name = name;
      if (name === "" || name !== this.name) break;
      this.count += 1;
    }
  }

  /** Returns the reply that a piece came in. undefined: it cannot be read. */
  find(piece: number): Uint8Array | undefined {
    const record = readRecord(this.store, keyOf(piece));
    return nameIn(record) === this.name ? record?.subarray(1 + NAME_BYTES) : undefined;
  }

  /** Keeps the next piece. Another picture leaves for the first one. Throws what the store throws. */
  put(name: string, reply: Uint8Array): void {
    if (name !== this.name) this.clear();
    const writer = new ByteWriter(1 + NAME_BYTES + reply.length);
    writer.uint8(VERSION);
    writer.text(name);
    writer.bytes(reply);
    this.store.write(keyOf(this.count), writer.view());
    this.name = name;
    this.count += 1;
  }

  /** Removes the picture. Returns false where there is none. */
  clear(): boolean {
    const { count } = this;
    // The last piece goes first: what a power cut leaves begins with the first one.
    while (this.count > 0) {
      this.count -= 1;
      removeRecord(this.store, keyOf(this.count));
    }
    this.name = "";
    return count > 0;
  }
}

function keyOf(piece: number): string {
  return `pic-${piece.toString(36)}`;
}

/** The fingerprint in a record. Empty for a damaged one. */
function nameIn(record: Uint8Array | undefined): string {
  try {
    return record?.[0] === VERSION ? new ByteReader(record, 1).text(NAME_BYTES, "name") : "";
  } catch {
    return "";
  }
}
