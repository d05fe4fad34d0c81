/**
 * The names of messages that have left. Duplicates are recognised as far back as these go.
 *
 * | record | holds |
 * |---|---|
 * | `k-<number>` | version, then names (`wholeName`), each after a byte with its length, oldest first; the highest number is the newest |
 *
 * The records are small because each added name writes the newest record again. Memory holds only the fingerprints.
 * Older firmware kept only fingerprints: 8 bytes each in records `n-<number>`. Still older firmware kept 16 digits each
 * in the record `names`.
 */
import { DUPLICATE_WINDOW_MAX, NAME_WINDOW_BYTES_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { fingerprintOfWords, fingerprintWords, messageFingerprint, type Named, wholeName } from "./message-name.ts";

const VERSION = 1;
const PREFIX = "k-";
const RECORD_BYTES_MAX = 512;
const NAMES_A_RECORD = 32;
const RECORDS_MAX = NAME_WINDOW_BYTES_MAX / RECORD_BYTES_MAX;
const NAMES_MAX = DUPLICATE_WINDOW_MAX + NAMES_A_RECORD;

const OLD_PREFIX = "n-";
const OLDEST_KEY = "names";
const NO_BYTES: Uint8Array = new Uint8Array(0);

interface NameRecord {
  readonly number: number;
  count: number;
}

export class NameWindow {
  private readonly store: Store;
  /** All records, oldest first, and how many names each has. */
  private readonly records: NameRecord[] = [];
  /** Two words for each name, oldest first. */
  private readonly words = new Uint32Array(2 * NAMES_MAX);
  private count = 0;

  constructor(store: Store) {
    this.store = store;
    for (const number of recordNumbers(store, PREFIX)) {
      const record: NameRecord = { number, count: 0 };
      this.records.push(record);
      for (const name of namesOf(readRecord(store, keyOf(number)))) this.remember(record, name);
      this.forgetOld();
    }
    this.migrate();
  }

  has(named: Named): boolean {
    if (named.fingerprint === undefined) return false;
    const [high, low] = fingerprintWords(fingerprintOf(wholeName(named)));
    const { words } = this;
    for (let at = 0; at < this.count; at += 1)
      if (words[2 * at] === high && words[2 * at + 1] === low && this.isNameAt(at, named)) return true;
    return false;
  }

  /** Adds a name. Throws what the store throws; the name is then not in the window. */
  add(named: Named): void {
    if (named.fingerprint !== undefined) this.append(wholeName(named));
  }

  /**
   * Whether this place holds the whole name. Older firmware left only fingerprints; for those the fingerprint decides.
   */
  private isNameAt(at: number, named: Named): boolean {
    let first = 0;
    for (const { number, count } of this.records) {
      if (at < first + count) {
        const name = namesOf(readRecord(this.store, keyOf(number)))[at - first];
        return name === wholeName(named) || name === oldName(named.fingerprint as string);
      }
      first += count;
    }
    return false;
  }

  private append(name: string): void {
    const bytes = encodeUtf8(name);
    let newest = this.records.at(-1);
    const former = newest && newest.count < NAMES_A_RECORD ? readRecord(this.store, keyOf(newest.number)) : undefined;
    const isFull =
      !former || namesOf(former).length !== newest?.count || former.length + 1 + bytes.length > RECORD_BYTES_MAX;
    const head = isFull ? Uint8Array.of(VERSION) : former;
    const record = new Uint8Array(head.length + 1 + bytes.length);
    record.set(head);
    record[head.length] = bytes.length;
    record.set(bytes, head.length + 1);
    const isNew = !newest || isFull;
    if (!newest || isFull) newest = { number: (newest?.number ?? 0) + 1, count: 0 };
    this.store.write(keyOf(newest.number), record);
    if (isNew) this.records.push(newest);
    this.remember(newest, name);
    this.forgetOld();
  }

  private remember(record: NameRecord, name: string): void {
    const [high, low] = fingerprintWords(fingerprintOf(name));
    this.words[2 * this.count] = high;
    this.words[2 * this.count + 1] = low;
    this.count += 1;
    record.count += 1;
  }

  /** Removes the oldest record while the others hold enough names, or while there are too many records. */
  private forgetOld(): void {
    while (
      this.records.length > 1 &&
      (this.records.length > RECORDS_MAX || this.count - (this.records[0] as NameRecord).count >= DUPLICATE_WINDOW_MAX)
    )
      this.forgetOldest();
  }

  private forgetOldest(): void {
    const oldest = this.records.shift() as NameRecord;
    this.words.copyWithin(0, 2 * oldest.count, 2 * this.count);
    this.count -= oldest.count;
    // If the store refuses to remove it, the next start of the device removes it.
    removeRecord(this.store, keyOf(oldest.number));
  }

  /** Writes the names that older firmware left as records of today. The old records are removed only after that. */
  private migrate(): void {
    const { store } = this;
    const numbers = recordNumbers(store, OLD_PREFIX);
    const oldest = readRecord(store, OLDEST_KEY);
    if (numbers.length === 0 && !oldest) return;
    try {
      for (let at = 0; oldest && at + 16 <= oldest.length; at += 16) {
        const name = String.fromCharCode(...oldest.subarray(at, at + 16));
        if (!Number.isNaN(Number(`0x${name}`))) this.append(oldName(name));
      }
      for (const number of numbers) {
        const record = readRecord(store, OLD_PREFIX + number.toString(36)) ?? NO_BYTES;
        const view = new DataView(record.buffer, record.byteOffset, record.length);
        for (let at = 0; at + 8 <= record.length; at += 8)
          this.append(oldName(fingerprintOfWords(view.getUint32(at), view.getUint32(at + 4))));
      }
    } catch {
      // The store is full or refuses. The next start tries again.
      return;
    }
    removeRecord(store, OLDEST_KEY);
    for (const number of numbers) removeRecord(store, OLD_PREFIX + number.toString(36));
  }
}

/** Returns the names of a record, or none if the record is damaged. */
function namesOf(record = NO_BYTES): string[] {
  const names: string[] = [];
  if (record[0] !== VERSION) return names;
  for (let at = 1; at < record.length && names.length < NAMES_A_RECORD; ) {
    const end = at + 1 + (record[at] as number);
    if (end > record.length) return [];
    try {
      names.push(decodeUtf8(record, at + 1, end, "name"));
    } catch {
      // A damaged name keeps its place.
      names.push("");
    }
    at = end;
  }
  return names;
}

/** A name of which only the fingerprint is known. */
function oldName(fingerprint: string): string {
  return `\u0003${fingerprint}`;
}

/** The fingerprint of a whole name. */
function fingerprintOf(name: string): string {
  const separator = name.indexOf("\u0002");
  return separator < 0
    ? name.slice(-16)
    : messageFingerprint(name.slice(0, separator), name.slice(separator + 1), NO_BYTES);
}

function keyOf(number: number): string {
  return PREFIX + number.toString(36);
}
