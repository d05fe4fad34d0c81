/**
 * The names of messages that have left, as far back as duplicates are recognised.
 *
 * | record | holds |
 * |---|---|
 * | `n-<number>` | up to `NAMES_A_RECORD` names of 8 bytes, oldest first; the highest number is the newest |
 *
 * In small records, because each name that is added writes the newest one again.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { DUPLICATE_WINDOW_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import type { Store } from "../seams.ts";
import { nameWords } from "./message-name.ts";

const NAMES_A_RECORD = 32;
const RECORDS_MAX = DUPLICATE_WINDOW_MAX / NAMES_A_RECORD + 1;
const PREFIX = "n-";

export class NameWindow {
  private readonly store: Store;
  /** Two words a name; a ring of `RECORDS_MAX` records. */
  private readonly words = new Uint32Array(2 * NAMES_A_RECORD * RECORDS_MAX);
  /** Number of the newest record, and names in it. */
  private number = 0;
  private count = 0;

  constructor(store: Store) {
    this.store = store;
    const numbers = recordNumbers(store, PREFIX);
    for (const number of numbers) this.load(number);
    // A power cut between a new record and the removal of the oldest.
    for (const number of numbers) if (number <= this.number - RECORDS_MAX) store.remove(keyOf(number));
  }

  has(name: string): boolean {
    const [high, low] = nameWords(name);
    const words = this.words;
    for (let at = 0; at < words.length; at += 2) if (words[at] === high && words[at + 1] === low) return true;
    return false;
  }

  /** Throws what the store throws; the name is then not in the window. */
  add(name: string): void {
    const isNew = this.count === NAMES_A_RECORD;
    const number = isNew ? this.number + 1 : this.number;
    const count = isNew ? 0 : this.count;
    const start = this.start(number);
    const writer = new ByteWriter(8 * (count + 1));
    for (let at = start; at < start + 2 * count; at += 1) writer.uint32(this.words[at] as number);
    const [high, low] = nameWords(name);
    writer.uint32(high);
    writer.uint32(low);
    this.store.write(keyOf(number), writer.view());
    if (isNew) this.words.fill(0, start, start + 2 * NAMES_A_RECORD);
    this.words[start + 2 * count] = high;
    this.words[start + 2 * count + 1] = low;
    this.number = number;
    this.count = count + 1;
    if (isNew && number >= RECORDS_MAX) this.store.remove(keyOf(number - RECORDS_MAX));
  }

  private load(number: number): void {
    const record = this.store.read(keyOf(number));
    const start = this.start(number);
    this.words.fill(0, start, start + 2 * NAMES_A_RECORD);
    this.number = number;
    this.count = 0;
    if (!record || record.length > 8 * NAMES_A_RECORD) return;
    const reader = new ByteReader(record);
    for (let at = start; reader.remaining >= 8; at += 2) {
      this.words[at] = reader.uint32("name");
      this.words[at + 1] = reader.uint32("name");
      this.count += 1;
    }
  }

  /** Where a record's names begin in the ring. */
  private start(number: number): number {
    return (number % RECORDS_MAX) * 2 * NAMES_A_RECORD;
  }
}

function keyOf(number: number): string {
  return PREFIX + number.toString(36);
}
