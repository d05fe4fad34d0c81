/**
 * Keeps the messages of the inbox on the store, and their index in memory. A message is in the inbox when its record is
 * written. Later facts (shown, read, which receipts the broker has) are in a second record. When a message leaves while
 * receipts are due, one write replaces its record by what the receipts need. Then, when no receipt is due, its name
 * goes to the window against duplicates, and its records are removed last. So a power cut at any write leaves either
 * the former state or the new one.
 *
 * | record | holds |
 * |---|---|
 * | `m-<sequence>` | the message, or what its receipts need: see `inbox-message.ts` |
 * | `s-<sequence>` | the state: see `receipt-state.ts` |
 * | `k-<number>` | names of messages that left: see `name-window.ts` |
 *
 * A record that cannot be read is kept, because other firmware may be able to read it. When room is needed, it goes
 * before any unread message.
 */
import { recordNumbers } from "../record-numbers.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { InboxIndex } from "./inbox-index.ts";
import {
  decodeRecord,
  encodeLeftRecord,
  encodeMessageRecord,
  type InboxMessage,
  type InboxRecord,
} from "./inbox-message.ts";
import { isSameMessage, wholeName } from "./message-name.ts";
import { NameWindow } from "./name-window.ts";
import {
  choiceOf,
  DURABLE_BITS,
  decodeState,
  EVENT_BIT,
  encodeState,
  isUnread,
  isUnshown,
  owesReceipts,
  takenBits,
  withoutTaken,
} from "./receipt-state.ts";

export class InboxLedger {
  protected readonly index = new InboxIndex();
  private readonly store: Store;
  private readonly names: NameWindow;
  /** Sequence numbers of messages whose state the store has refused to write. */
  private readonly unrecorded = new Set<number>();
  /** Sequence numbers of records that cannot be read, oldest first. */
  private readonly unreadable: number[] = [];
  private nextSequence = 1;
  /** The message that came last, as it was written. Its receipt and its first display need it next. */
  private newest: { readonly sequence: number; readonly message: InboxMessage } | undefined;
  /** Count and bytes of all records that take room here. */
  protected roomCount = 0;
  protected roomBytes = 0;
  /** Number of messages that can be read here. */
  length = 0;
  unreadCount = 0;
  unshownCount = 0;
  /** Messages that have left and owe receipts. */
  leftCount = 0;
  /**
   * When the next message expires: in seconds since 1970, and in seconds of `uptimeSeconds`. Infinity: no message
   * expires.
   */
  nextExpirySeconds = Number.POSITIVE_INFINITY;
  nextUptimeExpirySeconds = Number.POSITIVE_INFINITY;
  /** Whether a message waits for the clock to be set. */
  hasUndated = false;
  /** How often messages were dated. After each time, messages that were read before must be read again. */
  datedCount = 0;
  /** Receipts that a sender will never get. */
  unreceiptedCount = 0;
  /** Records that could not be read when the inbox was opened. */
  damagedCount = 0;
  /** Grows with every change here. */
  version = 0;
  /** Grows with every change that the screen can show. That a message was shown is no such change. */
  viewVersion = 0;

  /** Opens what the store holds. It does not throw, whatever the store holds. */
  constructor(store: Store) {
    this.store = store;
    this.names = new NameWindow(store);
    this.load();
    this.recount();
  }

  /**
   * Whether this message is or was here, as far back as the window goes. Fingerprints find candidates, whole names
   * decide.
   */
  has(message: InboxMessage): boolean {
    return message.fingerprint !== undefined && (this.rowOf(message) >= 0 || this.names.has(message));
  }

  /** The row of a message that is here or owes receipts, or -1. */
  protected rowOf(message: InboxMessage): number {
    if (message.fingerprint === undefined) return -1;
    const { index } = this;
    for (
      let row = index.findFingerprint(message.fingerprint, 0);
      row >= 0;
      row = index.findFingerprint(message.fingerprint, row + 1)
    ) {
      const found = this.record(row);
      if (!found) continue;
      if ("message" in found ? isSameMessage(found.message, message) : wholeName(found.left) === wholeName(message))
        return row;
    }
    return -1;
  }

  /** Reads the message from the store. Returns undefined if there is none. */
  read(sequence: number): InboxMessage | undefined {
    const row = this.index.find(sequence);
    const found = row < 0 ? undefined : this.record(row);
    return found && "message" in found ? found.message : undefined;
  }

  /**
   * Adds a message.
   * @param record as `encodeMessageRecord` made it
   * @param uptimeSeconds seconds since the device started; used when the time of the message is not known
   */
  protected add(message: InboxMessage, record: Uint8Array, uptimeSeconds: number): void {
    const sequence = this.nextSequence;
    this.store.write(messageKey(sequence), record);
    this.nextSequence += 1;
    this.index.add(sequence, message, record.length, EVENT_BIT.stored, uptimeSeconds);
    this.newest = { sequence, message };
    this.recount();
  }

  /** Refuses a message. Its sender gets a receipt for `event`, and the message is recognised when it comes again. */
  protected turnAway(message: InboxMessage, event: number): void {
    const { fingerprint, sender, id } = message;
    if (id === undefined || fingerprint === undefined) {
      this.names.add(message);
      return;
    }
    const sequence = this.nextSequence;
    this.store.write(messageKey(sequence), encodeLeftRecord({ fingerprint, state: event, sender, id }));
    this.nextSequence += 1;
    this.index.addLeft(sequence, fingerprint, sender, event);
    this.recount(false);
  }

  /**
   * Sets bits of the state. They hold even if the store refuses to write them; the next change writes them then.
   * Returns whether a bit was new. Throws what the store throws.
   */
  protected mark(row: number, bits: number): boolean {
    const state = row < 0 ? bits : this.index.state(row);
    if ((state & bits) === bits) return false;
    // After a message has expired, its sender gets no further receipts.
    const hidden = state & EVENT_BIT.expired ? takenBits(bits & ~state) : 0;
    this.index.setState(row, state | bits | hidden);
    this.unrecorded.add(this.index.sequence(row));
    this.recount((bits & VISIBLE_BITS) !== 0);
    for (const sequence of this.unrecorded) {
      this.store.write(stateKey(sequence), encodeState(this.index.state(this.index.find(sequence))));
      this.unrecorded.delete(sequence);
    }
    return true;
  }

  /**
   * The broker has the receipts of these bits. A message that has left and owes no more receipts keeps only its name.
   * If the store refuses to write this, the next change writes it.
   */
  protected settle(row: number, bits: number): void {
    if (row < 0) return;
    if (!this.index.hasLeft(row) || owesReceipts(this.index.state(row) | bits)) {
      this.mark(row, bits);
      return;
    }
    const sequence = this.index.sequence(row);
    this.index.setState(row, this.index.state(row) | bits);
    this.unrecorded.add(sequence);
    this.forget(row);
  }

  /** The receipts of these events that the broker has are due once more. That is not kept on the store. */
  protected unsettle(row: number, events: number): void {
    this.index.setState(row, withoutTaken(this.index.state(row), events));
    this.recount(false);
  }

  /** Takes the message out of the inbox. What its receipts need stays. */
  protected leave(row: number, event: number): void {
    const state = (this.index.state(row) | event) & DURABLE_BITS;
    const sequence = this.index.sequence(row);
    const origin = this.index.hasId(row) && owesReceipts(state) ? this.origin(row) : undefined;
    if (origin) {
      const fingerprint = this.index.fingerprint(row);
      this.store.write(messageKey(sequence), encodeLeftRecord({ ...origin, fingerprint, state }));
      this.index.setState(row, this.index.state(row) | event);
      this.index.leave(row);
    } else this.forget(row);
    this.recount();
  }

  /**
   * Removes the oldest record that cannot be read. Nobody knows its sender, so it counts as a receipt that is never
   * sent. Returns whether there was such a record.
   */
  protected dropUnreadable(): boolean {
    const sequence = this.unreadable.shift();
    if (sequence === undefined) return false;
    this.unreceiptedCount += 1;
    this.removeRecords(sequence);
    this.recount(false);
    return true;
  }

  protected get unreadableCount(): number {
    return this.unreadable.length;
  }

  /**
   * The clock is set: messages that came before get their dates. A message with a life came as long ago as its life has
   * run. Throws what the store throws; the dates hold until the device starts again.
   */
  protected date(nowSeconds: number, uptimeSeconds: number): void {
    const { index } = this;
    this.datedCount += 1;
    this.newest = undefined;
    for (let row = 0; row < index.length; row += 1) {
      if (!index.isUndated(row)) continue;
      const message = this.read(index.sequence(row));
      const life = message?.lifeSeconds;
      const expiresSeconds =
        life === undefined ? undefined : Math.floor(nowSeconds + index.expires(row) - uptimeSeconds);
      index.setExpires(row, expiresSeconds ?? 0);
      if (!message) continue;
      const timestampSeconds = Math.floor(expiresSeconds === undefined ? nowSeconds : expiresSeconds - (life ?? 0));
      const dated = { ...message, timestampSeconds, expiresSeconds, lifeSeconds: undefined };
      this.store.write(messageKey(index.sequence(row)), encodeMessageRecord(dated));
    }
    this.recount();
  }

  /** Who gets the receipts for a message, and the id and the answer that they carry. */
  protected origin(row: number): { sender: string; id: string; answer?: string | undefined } | undefined {
    const decoded = this.record(row);
    if (!decoded) return undefined;
    if ("left" in decoded) return decoded.left;
    const { sender, id, choices } = decoded.message;
    const state = this.index.state(row);
    const answer = state & EVENT_BIT.answered ? choices?.[choiceOf(state)] : undefined;
    return id === undefined ? undefined : { sender, id, answer };
  }

  private record(row: number): InboxRecord | undefined {
    const sequence = this.index.sequence(row);
    if (this.newest?.sequence === sequence && !this.index.hasLeft(row)) return { message: this.newest.message };
    const record = readRecord(this.store, messageKey(sequence));
    return record && decodeRecord(record);
  }

  /** Removes the message. Only its name stays. */
  private forget(row: number): void {
    const sequence = this.index.sequence(row);
    const isVisible = !this.index.hasLeft(row);
    const found = this.record(row);
    if (found) this.names.add("message" in found ? found.message : found.left);
    this.index.remove(row);
    this.unrecorded.delete(sequence);
    this.recount(isVisible);
    this.removeRecords(sequence);
  }

  /** If the store refuses to remove the records, the device recognises them by their names when it starts again. */
  private removeRecords(sequence: number): void {
    removeRecord(this.store, messageKey(sequence));
    removeRecord(this.store, stateKey(sequence));
  }

  private recount(isVisible = true): void {
    const { index } = this;
    let [length, bytes, unread, unshown, left] = [0, 0, 0, 0, 0];
    let [expires, uptimeExpires] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    let hasUndated = false;
    for (let row = 0; row < index.length; row += 1) {
      if (index.hasLeft(row)) {
        left += 1;
        continue;
      }
      length += 1;
      bytes += index.bytes(row);
      const isUndated = index.isUndated(row);
      hasUndated ||= isUndated;
      const state = index.state(row);
      if (!isUnread(state)) continue;
      unread += 1;
      if (isUnshown(state)) unshown += 1;
      const at = index.expires(row) || Number.POSITIVE_INFINITY;
      if (isUndated) uptimeExpires = Math.min(uptimeExpires, at);
      else expires = Math.min(expires, at);
    }
    this.length = length;
    this.roomCount = length + this.unreadable.length;
    this.roomBytes = bytes;
    this.unreadCount = unread;
    this.unshownCount = unshown;
    this.leftCount = left;
    this.nextExpirySeconds = expires;
    this.nextUptimeExpirySeconds = uptimeExpires;
    this.hasUndated = hasUndated;
    this.version += 1;
    if (isVisible) this.viewVersion += 1;
  }

  private load(): void {
    for (const sequence of recordNumbers(this.store, MESSAGE_PREFIX)) {
      this.nextSequence = sequence + 1;
      this.loadOne(sequence);
    }
    // A power cut between the two removals of a message leaves its state behind. No other message may take that state
    // for its own.
    for (const sequence of recordNumbers(this.store, STATE_PREFIX)) {
      if (this.index.find(sequence) >= 0 || this.unreadable.includes(sequence)) continue;
      this.nextSequence = Math.max(this.nextSequence, sequence + 1);
      removeRecord(this.store, stateKey(sequence));
    }
  }

  private loadOne(sequence: number): void {
    const record = readRecord(this.store, messageKey(sequence));
    const decoded = record && decodeRecord(record);
    if (!record || !decoded) {
      this.damagedCount += 1;
      this.unreadable.push(sequence);
      return;
    }
    const named = "message" in decoded ? decoded.message : decoded.left;
    if (this.names.has(named)) {
      // The power was cut after the name had gone to the window. So the message has left.
      removeRecord(this.store, messageKey(sequence));
      return;
    }
    const state = decodeState(readRecord(this.store, stateKey(sequence)));
    if ("message" in decoded) this.index.add(sequence, decoded.message, record.length, state | EVENT_BIT.stored, 0);
    else this.index.addLeft(sequence, decoded.left.fingerprint, decoded.left.sender, state | decoded.left.state);
  }
}

/** Bits of the events that the screen shows. */
const VISIBLE_BITS = EVENT_BIT.read | EVENT_BIT.answered | EVENT_BIT.expired;

const MESSAGE_PREFIX = "m-";
const STATE_PREFIX = "s-";

function messageKey(sequence: number): string {
  return MESSAGE_PREFIX + sequence.toString(36);
}

function stateKey(sequence: number): string {
  return STATE_PREFIX + sequence.toString(36);
}
