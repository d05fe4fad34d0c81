/**
 * Keeps the pictures of runs on the store. The least recently used one leaves first, and before it those that were not used since the
 * start. The order of use itself is not kept: that would wear the flash with a write for each use, and what is on the screen does not
 * leave anyway. What the layout needs of the pictures is in memory.
 *
 * | record | holds |
 * |---|---|
 * | `run-<hash of size and text, base 36>` | version; size; 1 byte length of the text; text; picture, see `screen/run-picture.ts` |
 *
 * Each record stands alone. One that is damaged, or of another version, is removed: it can be had again.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { RUN_RECORDS_BYTES_MAX, RUN_RECORDS_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { utf8Length } from "../utf8.ts";

const VERSION = 1;
const PREFIX = "run-";
const HEAD_BYTES = 3;

/** The unit in which NVS takes room, in bytes, and how many it adds to a record. */
const ROOM_UNIT_BYTES = 32;
const EXTRA_UNITS = 2;

export class RunStore {
  private readonly store: Store;
  /** By recency, the least recently used one first. The second one holds the advance, and the room of the record in its lower byte. */
  private readonly hashes = new Uint32Array(RUN_RECORDS_MAX);
  private readonly facts = new Uint16Array(RUN_RECORDS_MAX);
  private count = 0;
  /** Room of all of them, in units. */
  private room = 0;
  /** How many of the last ones are on the screen. They do not leave. */
  private onScreen = 0;

  constructor(store: Store) {
    this.store = store;
    for (const hash of recordNumbers(store, PREFIX)) {
      const record = readRecord(store, keyOf(hash));
      const advance = record?.[0] === VERSION ? record[HEAD_BYTES + (record[2] as number)] : undefined;
      if (!record || advance === undefined || !this.hasRoom(record.length)) removeRecord(store, keyOf(hash));
      else this.append(hash, (advance << 8) | roomOf(record.length));
    }
  }

  /** How many pictures are kept. */
  get length(): number {
    return this.count;
  }

  /** The width of a run's picture in pixels, or 0 where none is kept. */
  advanceOf(hash: number): number {
    const at = this.placeOf(hash);
    return at < 0 ? 0 : (this.facts[at] as number) >> 8;
  }

  /** A new screen is drawn. */
  beginScreen(): void {
    this.onScreen = 0;
  }

  /** Returns the picture of a run, which is the most recently used one then. undefined: none is kept. */
  find(hash: number, sizePixels: number, run: string): Uint8Array | undefined {
    const at = this.placeOf(hash);
    if (at < 0) return undefined;
    const record = readRecord(this.store, keyOf(hash));
    // Another text may have the same hash.
    if (!record || record[1] !== sizePixels || textOf(record) !== run) return undefined;
    this.touch(at);
    return record.subarray(HEAD_BYTES + (record[2] as number));
  }

  /**
   * Keeps a picture. Returns false where there is no room beside what is on the screen. Throws what the store throws.
   * @param picture that `checkPicture` has passed
   */
  put(hash: number, sizePixels: number, run: string, picture: Uint8Array): boolean {
    const former = this.placeOf(hash);
    if (former >= 0) this.remove(former);
    const textBytes = utf8Length(run);
    const writer = new ByteWriter(HEAD_BYTES + textBytes + picture.length);
    while (!this.hasRoom(writer.free)) if (this.count <= this.onScreen || !this.remove(0)) return false;
    writer.uint8(VERSION);
    writer.uint8(sizePixels);
    writer.uint8(textBytes);
    writer.text(run);
    writer.bytes(picture);
    this.store.write(keyOf(hash), writer.view());
    this.append(hash, ((picture[0] as number) << 8) | roomOf(writer.length));
    return true;
  }

  /** Something else needs room on the store: half of the pictures leave. Returns false where there is none. */
  makeRoom(): boolean {
    const left = this.count >> 1;
    const { count } = this;
    this.onScreen = 0;
    while (this.count > left && this.remove(0));
    return this.count < count;
  }

  private placeOf(hash: number): number {
    const at = this.hashes.indexOf(hash);
    return at < this.count ? at : -1;
  }

  /** Whether one more record of this length may be kept. */
  private hasRoom(length: number): boolean {
    const room = this.room + roomOf(length);
    return this.count < RUN_RECORDS_MAX && room * ROOM_UNIT_BYTES <= RUN_RECORDS_BYTES_MAX;
  }

  private append(hash: number, fact: number): void {
    this.hashes[this.count] = hash;
    this.facts[this.count] = fact;
    this.count += 1;
    this.room += fact & 0xff;
  }

  /** Returns false where the store refuses. */
  private remove(at: number): boolean {
    if (!removeRecord(this.store, keyOf(this.hashes[at] as number))) return false;
    this.room -= (this.facts[at] as number) & 0xff;
    if (at >= this.count - this.onScreen) this.onScreen -= 1;
    this.count -= 1;
    this.hashes.copyWithin(at, at + 1);
    this.facts.copyWithin(at, at + 1);
    return true;
  }

  private touch(at: number): void {
    if (at < this.count - this.onScreen) this.onScreen += 1;
    const hash = this.hashes[at] as number;
    const fact = this.facts[at] as number;
    this.hashes.copyWithin(at, at + 1);
    this.facts.copyWithin(at, at + 1);
    this.hashes[this.count - 1] = hash;
    this.facts[this.count - 1] = fact;
  }
}

function keyOf(hash: number): string {
  return PREFIX + hash.toString(36);
}

/** The text of a record. A damaged one has none. */
function textOf(record: Uint8Array): string | undefined {
  try {
    return new ByteReader(record, HEAD_BYTES).text(record[2] as number, "run");
  } catch {
    return undefined;
  }
}

/** Room on the store for a record of this length, in units. */
function roomOf(length: number): number {
  return EXTRA_UNITS + Math.ceil(length / ROOM_UNIT_BYTES);
}
