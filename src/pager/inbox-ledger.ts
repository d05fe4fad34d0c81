/**
 * What the inbox has on the store, and the index of it in memory. A message is in the inbox when its record is written. What
 * is later known of it (shown, read, which receipts the broker has) is 2 bytes in a record of its own. A message that leaves
 * while its sender is still to be told of it is replaced, in one write, by what that takes; its name goes to the window against
 * duplicates last. So a power cut at any write leaves either the former or the new state.
 *
 * | record | holds |
 * |---|---|
 * | `m-<sequence>` | the message, or what is left of it: see `inbox-message.ts` |
 * | `s-<sequence>` | 2 bytes: see `receipt-state.ts` |
 * | `n-<number>` | names of messages that left: see `name-window.ts` |
 */
import { LEFT_OWING_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import type { Store } from "../seams.ts";
import { InboxIndex } from "./inbox-index.ts";
import { decodeRecord, encodeFarewellRecord, type InboxMessage } from "./inbox-message.ts";
import { NameWindow } from "./name-window.ts";
import { choiceOf, DURABLE, EVENT, isOwing, isUnread, isUnshown } from "./receipt-state.ts";

export class InboxLedger {
  readonly index = new InboxIndex();
  private readonly store: Store;
  private readonly names: NameWindow;
  /** Sequence numbers of messages whose state the store has refused to record. */
  private readonly unrecorded = new Set<number>();
  private nextSequence = 1;
  /** Of the records of messages that are here. */
  bytes = 0;
  length = 0;
  unreadCount = 0;
  unshownCount = 0;
  private leftCount = 0;
  nextExpirySeconds: number | undefined;
  unreceiptedCount = 0;
  damagedCount = 0;
  /** Changes whenever something may be owed that was not. */
  version = 0;
  viewVersion = 0;

  constructor(store: Store) {
    this.store = store;
    this.names = new NameWindow(store);
    this.load();
    this.recount();
  }

  has(name: string): boolean {
    return this.index.hasName(name) || this.names.has(name);
  }

  read(sequence: number): InboxMessage | undefined {
    const record = this.store.read(messageKey(sequence));
    const decoded = record && decodeRecord(record);
    return decoded && "message" in decoded ? decoded.message : undefined;
  }

  /** Adds a message: its record, as `encodeMessageRecord` made it. */
  add(message: InboxMessage, record: Uint8Array): void {
    const sequence = this.nextSequence;
    this.store.write(messageKey(sequence), record);
    this.nextSequence += 1;
    this.index.add(sequence, message, record.length, EVENT.stored);
    this.recount();
  }

  /** A message that is not kept at all; of that its sender is told, and it is known when it comes again. */
  turnAway({ name, sender, id }: InboxMessage, event: number): void {
    if (id === undefined) {
      this.names.add(name);
      return;
    }
    const sequence = this.nextSequence;
    this.store.write(messageKey(sequence), encodeFarewellRecord({ name, state: event, sender, id }));
    this.nextSequence += 1;
    this.index.addLeft(sequence, name, sender, event);
    this.recount(false);
    this.boundLeft();
  }

  /** What happened has happened: it also holds where the store refuses to record it, and is recorded with the next change. */
  mark(row: number, bits: number): boolean {
    const state = row < 0 ? bits : this.index.state(row);
    if ((state & bits) === bits) return false;
    this.index.setState(row, state | bits);
    this.unrecorded.add(this.index.sequence(row));
    this.recount((bits & SEEN) !== 0);
    for (const sequence of this.unrecorded) {
      const changed = this.index.state(this.index.find(sequence));
      this.store.write(stateKey(sequence), Uint8Array.of(changed >> 8, changed));
      this.unrecorded.delete(sequence);
    }
    return true;
  }

  /**
   * The broker has the receipts of these bits. A message that has left and owes no more is only a name then. Where the store
   * refuses to record it, it is recorded with the next change.
   */
  settle(row: number, bits: number): void {
    if (row < 0) return;
    if (!this.index.hasLeft(row) || isOwing(this.index.state(row) | bits)) {
      this.mark(row, bits);
      return;
    }
    const sequence = this.index.sequence(row);
    this.index.setState(row, this.index.state(row) | bits);
    this.unrecorded.add(sequence);
    this.forget(row);
  }

  /** The message is no longer in the inbox. What its sender has to be told of it stays. */
  leave(row: number, event: number): void {
    const state = (this.index.state(row) | event) & DURABLE;
    const sequence = this.index.sequence(row);
    const origin = this.index.hasId(row) && isOwing(state) ? this.origin(row) : undefined;
    if (origin) {
      const name = this.index.name(row);
      this.store.write(messageKey(sequence), encodeFarewellRecord({ ...origin, name, state }));
      this.index.setState(row, this.index.state(row) | event);
      this.index.leave(row);
    } else this.forget(row);
    this.recount();
    this.boundLeft();
  }

  /** Only its name is still known. */
  forget(row: number): void {
    const sequence = this.index.sequence(row);
    const isSeen = !this.index.hasLeft(row);
    this.names.add(this.index.name(row));
    this.index.remove(row);
    this.unrecorded.delete(sequence);
    this.recount(isSeen);
    this.store.remove(messageKey(sequence));
    this.store.remove(stateKey(sequence));
  }

  private boundLeft(): void {
    while (this.leftCount > LEFT_OWING_MAX) {
      let oldest = 0;
      while (!this.index.hasLeft(oldest)) oldest += 1;
      const isOwed = isOwing(this.index.state(oldest));
      this.forget(oldest);
      if (isOwed) this.unreceiptedCount += 1;
    }
  }

  /** Whom to tell of a message, and what it is called there. */
  origin(row: number): { sender: string; id: string; answer?: string | undefined } | undefined {
    const record = this.store.read(messageKey(this.index.sequence(row)));
    const decoded = record && decodeRecord(record);
    if (!decoded) return undefined;
    if ("farewell" in decoded) return decoded.farewell;
    const { sender, id, choices } = decoded.message;
    const state = this.index.state(row);
    const answer = state & EVENT.answered ? choices?.[choiceOf(state)] : undefined;
    return id === undefined ? undefined : { sender, id, answer };
  }

  private recount(isSeen = true): void {
    const { index } = this;
    let [length, bytes, unread, unshown, left, expires] = [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY];
    for (let row = 0; row < index.length; row += 1) {
      if (index.hasLeft(row)) {
        left += 1;
        continue;
      }
      length += 1;
      bytes += index.bytes(row);
      const state = index.state(row);
      if (!isUnread(state)) continue;
      unread += 1;
      if (isUnshown(state)) unshown += 1;
      if (index.expires(row) > 0 && index.expires(row) < expires) expires = index.expires(row);
    }
    this.length = length;
    this.bytes = bytes;
    this.unreadCount = unread;
    this.unshownCount = unshown;
    this.leftCount = left;
    this.nextExpirySeconds = expires === Number.POSITIVE_INFINITY ? undefined : expires;
    this.version += 1;
    if (isSeen) this.viewVersion += 1;
  }

  private load(): void {
    for (const sequence of recordNumbers(this.store, MESSAGE_PREFIX)) {
      this.nextSequence = sequence + 1;
      this.loadOne(sequence);
    }
    // A power cut between the two removals of a message leaves its state behind.
    for (const sequence of recordNumbers(this.store, STATE_PREFIX))
      if (this.index.find(sequence) < 0) this.store.remove(stateKey(sequence));
  }

  private loadOne(sequence: number): void {
    const record = this.store.read(messageKey(sequence));
    const decoded = record && decodeRecord(record);
    if (!record || !decoded) {
      this.damagedCount += 1;
      this.store.remove(messageKey(sequence));
      return;
    }
    const { name } = "message" in decoded ? decoded.message : decoded.farewell;
    if (this.names.has(name)) {
      // The power was cut after its name had gone to the window: it has left.
      this.store.remove(messageKey(sequence));
      return;
    }
    const [high = 0, low = 0] = this.store.read(stateKey(sequence)) ?? [];
    const state = (high << 8) | low;
    if ("message" in decoded) {
      this.index.add(sequence, decoded.message, record.length, state | EVENT.stored);
    } else this.index.addLeft(sequence, name, decoded.farewell.sender, state | decoded.farewell.state);
  }
}

/** Events that are seen on the screen. */
const SEEN = EVENT.read | EVENT.answered | EVENT.expired;

const MESSAGE_PREFIX = "m-";
const STATE_PREFIX = "s-";

function messageKey(sequence: number): string {
  return MESSAGE_PREFIX + sequence.toString(36);
}

function stateKey(sequence: number): string {
  return STATE_PREFIX + sequence.toString(36);
}
