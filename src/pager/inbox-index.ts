/**
 * Holds what is known of every message without a read from the store. Each message takes 32 bytes. Blocks hold the rows of many
 * messages, so an inbox of hundreds adds few objects to the heap. A full index takes one more block, and copies none: a heap with
 * little room cannot hold a large block twice. Rows are in the order of their sequence numbers, oldest first.
 */
import { fnv1a } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { InboxMessage } from "./inbox-message.ts";
import { fingerprintOfWords, fingerprintWords } from "./message-name.ts";

const SEQUENCE = 0;
const FINGERPRINT = 1;
const EXPIRES = 3;
const SENDER = 4;
const COLLAPSE = 5;
const STATE = 6;
const BYTES = 7;
const WORDS_A_ROW = 8;
const ROWS_A_BLOCK = 32;
const WORDS_A_BLOCK = ROWS_A_BLOCK * WORDS_A_ROW;

/** The last word of a row holds the size of the record in these bits. Priority and flags are in the bits above. */
const BYTES_MASK = 0xffffff;
const PRIORITY_SHIFT = 24;
const HAS_ID = 0x8000000;
const HAS_LEFT = 0x10000000;
/** The time of the message is not known. Its expiry is in seconds since the device started. */
const IS_UNDATED = 0x20000000;

export class InboxIndex {
  private readonly blocks: Uint32Array[] = [];
  private rowCount = 0;

  get length(): number {
    return this.rowCount;
  }

  /**
   * Adds a message after all others.
   * @param bytes size of its record
   * @param uptimeSeconds seconds since the device started; used when the time of the message is not known
   */
  add(sequence: number, message: InboxMessage, bytes: number, state: number, uptimeSeconds: number): void {
    const { fingerprint, sender, collapseKey, priority, timestampSeconds, expiresSeconds, lifeSeconds, id } = message;
    const row = this.append(sequence, fingerprint ?? "", sender, state);
    const isUndated = timestampSeconds === 0 && expiresSeconds === undefined;
    const expires = isUndated && lifeSeconds !== undefined ? uptimeSeconds + lifeSeconds : expiresSeconds;
    this.setWord(row, EXPIRES, wordOf(expires));
    this.setWord(row, COLLAPSE, collapseKey === undefined ? 0 : hash(collapseKey, hash(sender)));
    const flags = (id === undefined ? 0 : HAS_ID) | (isUndated ? IS_UNDATED : 0);
    this.setWord(row, BYTES, bytes | (priority << PRIORITY_SHIFT) | flags);
  }

  /** Adds a message that has left the inbox and owes receipts. */
  addLeft(sequence: number, fingerprint: string, sender: string, state: number): void {
    this.setWord(this.append(sequence, fingerprint, sender, state), BYTES, HAS_ID | HAS_LEFT);
  }

  /** Takes the message out of the inbox. The row stays because the message still owes receipts. */
  leave(row: number): void {
    this.setWord(row, BYTES, HAS_ID | HAS_LEFT);
    this.setWord(row, COLLAPSE, 0);
    this.setWord(row, EXPIRES, 0);
  }

  remove(row: number): void {
    const { blocks } = this;
    this.rowCount -= 1;
    let from = (row % ROWS_A_BLOCK) * WORDS_A_ROW;
    for (let index = (row / ROWS_A_BLOCK) | 0; index < blocks.length; index += 1) {
      const block = blocks[index] as Uint32Array;
      block.copyWithin(from, from + WORDS_A_ROW);
      const next = blocks[index + 1];
      if (next) block.set(next.subarray(0, WORDS_A_ROW), WORDS_A_BLOCK - WORDS_A_ROW);
      from = 0;
    }
  }

  /** Returns the row with this sequence number, or -1. */
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

  /** Returns the first row at or after `from` whose name has this fingerprint, or -1. */
  findFingerprint(fingerprint: string, from: number): number {
    const [high, low] = fingerprintWords(fingerprint);
    for (let row = from; row < this.rowCount; row += 1)
      if (this.word(row, FINGERPRINT) === high && this.word(row, FINGERPRINT + 1) === low) return row;
    return -1;
  }

  fingerprint(row: number): string {
    return fingerprintOfWords(this.word(row, FINGERPRINT), this.word(row, FINGERPRINT + 1));
  }

  sequence(row: number): number {
    return this.word(row, SEQUENCE);
  }

  /** When the message expires: seconds since 1970, or since the device started if the message is undated. 0: never. */
  expires(row: number): number {
    return this.word(row, EXPIRES);
  }

  isUndated(row: number): boolean {
    return (this.word(row, BYTES) & IS_UNDATED) !== 0;
  }

  /** Dates the message. @param expiresSeconds since 1970, 0: never */
  setExpires(row: number, expiresSeconds: number): void {
    this.setWord(row, EXPIRES, wordOf(expiresSeconds));
    this.setWord(row, BYTES, this.word(row, BYTES) & ~IS_UNDATED);
  }

  /** Compares hashes. If they are equal, the senders may still differ. */
  mayBeOfSameSender(row: number, other: number): boolean {
    return this.word(row, SENDER) === this.word(other, SENDER);
  }

  /** Compares hashes. If they are equal, sender and collapse key may still differ. */
  mayCollapse(row: number, sender: string, collapseKey: string): boolean {
    return this.word(row, COLLAPSE) === hash(collapseKey, hash(sender));
  }

  state(row: number): number {
    return this.word(row, STATE);
  }

  setState(row: number, state: number): void {
    this.setWord(row, STATE, state);
  }

  bytes(row: number): number {
    return this.word(row, BYTES) & BYTES_MASK;
  }

  priority(row: number): number {
    return (this.word(row, BYTES) >> PRIORITY_SHIFT) & 7;
  }

  hasId(row: number): boolean {
    return (this.word(row, BYTES) & HAS_ID) !== 0;
  }

  hasLeft(row: number): boolean {
    return (this.word(row, BYTES) & HAS_LEFT) !== 0;
  }

  private append(sequence: number, fingerprint: string, sender: string, state: number): number {
    const row = this.rowCount;
    if (row === this.blocks.length * ROWS_A_BLOCK) this.blocks.push(new Uint32Array(WORDS_A_BLOCK));
    this.rowCount += 1;
    for (let word = 0; word < WORDS_A_ROW; word += 1) this.setWord(row, word, 0);
    const [high, low] = fingerprintWords(fingerprint);
    this.setWord(row, SEQUENCE, sequence);
    this.setWord(row, FINGERPRINT, high);
    this.setWord(row, FINGERPRINT + 1, low);
    this.setWord(row, SENDER, hash(sender));
    this.setWord(row, STATE, state);
    return row;
  }

  private word(row: number, word: number): number {
    return this.blockOf(row)[(row % ROWS_A_BLOCK) * WORDS_A_ROW + word] as number;
  }

  private setWord(row: number, word: number, value: number): void {
    this.blockOf(row)[(row % ROWS_A_BLOCK) * WORDS_A_ROW + word] = value;
  }

  private blockOf(row: number): Uint32Array {
    return this.blocks[(row / ROWS_A_BLOCK) | 0] as Uint32Array;
  }
}

function hash(text: string, start?: number): number {
  // 0 stands for "none", so the hash is never 0.
  return fnv1a(encodeUtf8(text), start) || 1;
}

/** One word reaches to the year 2106. Later times are cut to its last second. */
function wordOf(seconds = 0): number {
  return Math.min(Math.ceil(seconds), 0xffff_ffff);
}
