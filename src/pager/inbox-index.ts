/**
 * What is known of every message without reading it from the store: 32 bytes each in one block, so that an inbox of
 * hundreds takes no objects of the heap. Rows stand in the order of their sequence numbers, oldest first.
 */
import { fnv1a } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { InboxMessage } from "./inbox-message.ts";
import { nameWords, wordsName } from "./message-name.ts";

const SEQUENCE = 0;
const NAME = 1;
const EXPIRES = 3;
const SENDER = 4;
const COLLAPSE = 5;
const STATE = 6;
const BYTES = 7;
const WORDS_A_ROW = 8;
const ROWS_A_STEP = 32;

/** Beside the size of its record, in the last word of a row. */
const BYTES_MASK = 0xffffff;
const PRIORITY_SHIFT = 24;
const HAS_ID = 0x8000000;
const HAS_LEFT = 0x10000000;

export class InboxIndex {
  private words = new Uint32Array(ROWS_A_STEP * WORDS_A_ROW);
  private rowCount = 0;

  get length(): number {
    return this.rowCount;
  }

  /** Adds a message behind all others. @param bytes of its record */
  add(sequence: number, message: InboxMessage, bytes: number, state: number): void {
    const { name, sender, collapseKey, priority, expiresSeconds, id } = message;
    const row = this.append(sequence, name, sender, state);
    // A word ends in the year 2106: what holds longer holds until then.
    this.set(row, EXPIRES, Math.min(expiresSeconds ?? 0, 0xffff_ffff));
    this.set(row, COLLAPSE, collapseKey === undefined ? 0 : hash(collapseKey, hash(sender)));
    this.set(row, BYTES, bytes | (priority << PRIORITY_SHIFT) | (id === undefined ? 0 : HAS_ID));
  }

  /** Adds one that has left and owes receipts. */
  addLeft(sequence: number, name: string, sender: string, state: number): void {
    this.set(this.append(sequence, name, sender, state), BYTES, HAS_ID | HAS_LEFT);
  }

  /** From now on the message is not in the inbox; it only owes receipts. */
  leave(row: number): void {
    this.set(row, BYTES, HAS_ID | HAS_LEFT);
    this.set(row, COLLAPSE, 0);
    this.set(row, EXPIRES, 0);
  }

  remove(row: number): void {
    this.words.copyWithin(row * WORDS_A_ROW, (row + 1) * WORDS_A_ROW, this.rowCount * WORDS_A_ROW);
    this.rowCount -= 1;
  }

  /** The row with this sequence number, or -1. */
  find(sequence: number): number {
    let low = 0;
    let high = this.rowCount - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.sequence(middle);
      if (found === sequence) return middle;
      if (found < sequence) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  hasName(name: string): boolean {
    const [high, low] = nameWords(name);
    for (let row = 0; row < this.rowCount; row += 1)
      if (this.get(row, NAME) === high && this.get(row, NAME + 1) === low) return true;
    return false;
  }

  name(row: number): string {
    return wordsName(this.get(row, NAME), this.get(row, NAME + 1));
  }

  sequence(row: number): number {
    return this.get(row, SEQUENCE);
  }

  /** Seconds since 1970, 0: never. */
  expires(row: number): number {
    return this.get(row, EXPIRES);
  }

  isOfSameSender(row: number, other: number): boolean {
    return this.get(row, SENDER) === this.get(other, SENDER);
  }

  /** Whether this message would be replaced by that one. */
  collapses(row: number, { collapseKey, sender }: InboxMessage): boolean {
    return collapseKey !== undefined && this.get(row, COLLAPSE) === hash(collapseKey, hash(sender));
  }

  state(row: number): number {
    return this.get(row, STATE);
  }

  setState(row: number, state: number): void {
    this.set(row, STATE, state);
  }

  bytes(row: number): number {
    return this.get(row, BYTES) & BYTES_MASK;
  }

  priority(row: number): number {
    return (this.get(row, BYTES) >> PRIORITY_SHIFT) & 7;
  }

  hasId(row: number): boolean {
    return (this.get(row, BYTES) & HAS_ID) !== 0;
  }

  hasLeft(row: number): boolean {
    return (this.get(row, BYTES) & HAS_LEFT) !== 0;
  }

  private append(sequence: number, name: string, sender: string, state: number): number {
    const row = this.rowCount;
    if ((row + 1) * WORDS_A_ROW > this.words.length) {
      const words = new Uint32Array(this.words.length + ROWS_A_STEP * WORDS_A_ROW);
      words.set(this.words);
      this.words = words;
    }
    this.rowCount += 1;
    this.words.fill(0, row * WORDS_A_ROW, (row + 1) * WORDS_A_ROW);
    const [high, low] = nameWords(name);
    this.set(row, SEQUENCE, sequence);
    this.set(row, NAME, high);
    this.set(row, NAME + 1, low);
    this.set(row, SENDER, hash(sender));
    this.set(row, STATE, state);
    return row;
  }

  private get(row: number, word: number): number {
    return this.words[row * WORDS_A_ROW + word] as number;
  }

  private set(row: number, word: number, value: number): void {
    this.words[row * WORDS_A_ROW + word] = value;
  }
}

function hash(text: string, start?: number): number {
  // Never 0, which stands for none.
  return fnv1a(encodeUtf8(text), start) || 1;
}
