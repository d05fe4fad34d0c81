/**
 * The messages of this device. This file decides which message comes in, which one leaves when the inbox is full, and
 * which receipts are due. `inbox-ledger.ts` keeps the messages on the store.
 */
import { CONTENTS_MAX, INBOX_BYTES_MAX, INBOX_RECORDS_MAX, LEFT_OWING_MAX, PACKET_BYTES_MAX } from "../limits.ts";
import type { Stage } from "../stages.ts";
import { InboxLedger } from "./inbox-ledger.ts";
import { encodeMessageRecord, type InboxMessage } from "./inbox-message.ts";
import {
  answeredBits,
  choiceOf,
  dueStages,
  EVENT_BIT,
  EVERY_EVENT,
  isUnread,
  isUnshown,
  sentBit,
  takenBits,
} from "./receipt-state.ts";

export interface Receipt {
  readonly sequence: number;
  readonly stage: Stage;
  readonly id: string;
  /** Only with the stage `answered`. */
  readonly answer?: string | undefined;
}

/** The receipts that one sender gets next, in order: 1 to `CONTENTS_MAX` of them. */
export interface OwedReceipts {
  /** Empty for plain pages, which get one receipt at a time. */
  readonly sender: string;
  readonly receipts: readonly Receipt[];
}

export type InsertOutcome = "stored" | "duplicate" | "full" | "expired";

/** Sequence numbers of the messages that come first, each for one purpose. -1: none. */
interface Foremost {
  version: number;
  unshown: number;
  unread: number;
  alert: number;
}

export class Inbox extends InboxLedger {
  /** Found once for each version of the ledger, because an idle device asks for it again and again. */
  private readonly foremost: Foremost = { version: -1, unshown: -1, unread: -1, alert: -1 };
  /** The version at which no receipt was due. */
  private settledVersion = -1;
  /** Messages that left unread to make room for others. */
  droppedCount = 0;
  /** Messages that left unread because their sender sent a newer one with the same collapse key. */
  replacedCount = 0;
  /** Messages that expired before they were read. */
  expiredCount = 0;

  /** Whether one more message, of any size, may push out one that is here. */
  get isFull(): boolean {
    return isTooMuch(this.roomCount, this.roomBytes + PACKET_BYTES_MAX);
  }

  /**
   * Whether the inbox remembers as many unsent receipts of left messages as it may. Until some are sent, the broker
   * should keep further messages.
   */
  get owesTooManyReceipts(): boolean {
    return this.leftCount >= LEFT_OWING_MAX;
  }

  /**
   * Keeps a message. "stored": the message is durable. "full": everything here is unread and more important, or too
   * many receipts are due. "expired": it had expired when it came. The sender of an expired message gets a receipt, and
   * so does the sender of one for which there is no room. Throws what the store throws; the message is then not in the
   * inbox.
   * @param nowSeconds since 1970, undefined: not known
   * @param uptimeSeconds seconds since the device started
   */
  insert(message: InboxMessage, nowSeconds: number | undefined, uptimeSeconds = 0): InsertOutcome {
    const { expiresSeconds, priority } = message;
    if (this.has(message)) return "duplicate";
    if (this.owesTooManyReceipts) {
      // The message came even so. Nobody will send it again, so its sender gets no receipt.
      if (message.id !== undefined) this.unreceiptedCount += 1;
      return "full";
    }
    if (nowSeconds !== undefined && expiresSeconds !== undefined && expiresSeconds <= nowSeconds) {
      this.turnAway(message, EVENT_BIT.expired);
      this.expiredCount += 1;
      return "expired";
    }
    const record = encodeMessageRecord(message);
    const replaced = this.find((row) => isUnread(this.index.state(row)) && this.isReplaced(row, message));
    if (!this.canMakeRoom(record.length, worthOf(priority, 0), nowSeconds, replaced)) {
      // The message that it would have replaced stays, because that one is here.
      this.turnAway(message, EVENT_BIT.dropped);
      return "full";
    }
    if (replaced >= 0) {
      this.leave(replaced, EVENT_BIT.dropped);
      this.replacedCount += 1;
    }
    this.makeRoom(record.length, nowSeconds);
    this.add(message, record, uptimeSeconds);
    return "stored";
  }

  /**
   * The sender has sent a message again that is here or was here, because it lacks receipts. They are due once more. For a message that is
   * no longer here, this is `dropped`. Throws what the store throws.
   */
  repeatReceipts(message: InboxMessage): void {
    const row = this.rowOf(message);
    if (row >= 0) {
      // The sender has got nothing of what happened after the expiry.
      const isExpired = (this.index.state(row) & EVENT_BIT.expired) !== 0;
      this.unsettle(row, isExpired ? EVENT_BIT.stored | EVENT_BIT.expired : EVERY_EVENT);
    } else if (message.id !== undefined && !this.owesTooManyReceipts) this.turnAway(message, EVENT_BIT.dropped);
  }

  contains(sequence: number): boolean {
    return this.row(sequence) >= 0;
  }

  isRead(sequence: number): boolean {
    return (this.state(sequence) & EVENT_BIT.read) !== 0;
  }

  isUnread(sequence: number): boolean {
    return this.contains(sequence) && isUnread(this.state(sequence));
  }

  isShown(sequence: number): boolean {
    return !isUnshown(this.state(sequence));
  }

  isExpired(sequence: number): boolean {
    return (this.state(sequence) & EVENT_BIT.expired) !== 0;
  }

  /** Which choice the carrier answered with, from 0, or undefined. */
  answerOf(sequence: number): number | undefined {
    const state = this.state(sequence);
    return state & EVENT_BIT.answered ? choiceOf(state) : undefined;
  }

  /** 1 to 5, or 0 if there is no such message. */
  priorityOf(sequence: number): number {
    const row = this.row(sequence);
    return row < 0 ? 0 : this.index.priority(row);
  }

  /** Returns the next older message, or undefined. Without a sequence number it returns the newest message. */
  older(sequence?: number): number | undefined {
    let row = sequence === undefined ? this.index.length : this.index.find(sequence);
    if (row < 0) return undefined;
    do row -= 1;
    while (row >= 0 && this.index.hasLeft(row));
    return row < 0 ? undefined : this.index.sequence(row);
  }

  newer(sequence: number): number | undefined {
    let row = this.index.find(sequence);
    if (row < 0) return undefined;
    do row += 1;
    while (row < this.index.length && this.index.hasLeft(row));
    return row < this.index.length ? this.index.sequence(row) : undefined;
  }

  /** Place of the message in the inbox. 1: the oldest, 0: there is no such message. */
  positionOf(sequence: number): number {
    const row = this.index.find(sequence);
    let position = row + 1;
    let left = this.leftCount;
    for (let at = 0; at < row && left > 0; at += 1) {
      if (!this.index.hasLeft(at)) continue;
      position -= 1;
      left -= 1;
    }
    return position;
  }

  /**
   * Returns the oldest message that has not been on the screen, or undefined. Messages of priority 4 and 5 come first.
   */
  nextUnshown(): number | undefined {
    return orUndefined(this.findForemost().unshown);
  }

  /** Returns the newest message that has not been read, or undefined. */
  newestUnread(): number | undefined {
    return orUndefined(this.findForemost().unread);
  }

  /**
   * Returns the newest message of priority 4 or 5 that has been on the screen and is unread. The carrier must
   * acknowledge it first.
   * @param test is called with a sequence number; default: any message
   */
  nextAlert(test?: (sequence: number) => boolean): number | undefined {
    const first = orUndefined(this.findForemost().alert);
    if (first === undefined || !test || test(first)) return first;
    return this.findLast((row) => this.isAlert(row) && test(this.index.sequence(row)));
  }

  /** Returns the newest message with this id. If a sender is given, the message must be from that sender. */
  findId(id: string, sender?: string): number | undefined {
    return this.findLast((row) => {
      const message = this.index.hasId(row) ? this.read(this.index.sequence(row)) : undefined;
      return message?.id === id && (sender === undefined || message.sender === sender);
    });
  }

  /** The message has been on the screen. Returns whether this was the first time. */
  markShown(sequence: number): boolean {
    return this.mark(this.row(sequence), EVENT_BIT.shown);
  }

  /** The carrier has read the message. Returns whether this was the first time. */
  markRead(sequence: number): boolean {
    return this.mark(this.row(sequence), EVENT_BIT.read | EVENT_BIT.shown);
  }

  /**
   * The carrier has answered with one of the message's choices, from 0. Only the first answer counts. An expired
   * message takes no answer. Returns whether the answer counts.
   */
  markAnswered(sequence: number, choice: number): boolean {
    const row = this.row(sequence);
    if (row < 0 || this.index.state(row) & (EVENT_BIT.answered | EVENT_BIT.expired)) return false;
    return this.mark(row, answeredBits(choice));
  }

  /**
   * Marks messages as expired that nobody has read in time. They stay until their room is needed. If the time has
   * become known, messages without a date are dated first. Returns how many have expired. Throws what the store throws;
   * the messages have expired even so.
   * @param nowSeconds since 1970, undefined: not known
   * @param uptimeSeconds seconds since the device started
   */
  expire(nowSeconds: number | undefined, uptimeSeconds = 0): number {
    if (this.hasUndated && nowSeconds !== undefined) this.date(nowSeconds, uptimeSeconds);
    const seconds = nowSeconds ?? Number.NEGATIVE_INFINITY;
    if (seconds < this.nextExpirySeconds && uptimeSeconds < this.nextUptimeExpirySeconds) return 0;
    const before = this.expiredCount;
    const { index } = this;
    for (let row = 0; row < index.length; row += 1) {
      const expires = index.expires(row);
      const isLate = expires !== 0 && expires <= (index.isUndated(row) ? uptimeSeconds : seconds);
      if (!isLate || !isUnread(index.state(row))) continue;
      this.expiredCount += 1;
      this.mark(row, EVENT_BIT.expired);
    }
    return this.expiredCount - before;
  }

  /**
   * Takes a message out, because its sender wants it back. Receipts that are due are still sent. Returns whether there
   * was such a message.
   */
  retract(sequence: number): boolean {
    const row = this.row(sequence);
    if (row >= 0) this.leave(row, 0);
    return row >= 0;
  }

  /**
   * Returns the receipts that one sender gets next: oldest message first, in the order of the stages.
   * @param countMax how many at most
   */
  nextReceipts(countMax = CONTENTS_MAX): OwedReceipts | undefined {
    if (this.version === this.settledVersion) return undefined;
    let first = -1;
    let sender = "";
    const receipts: Receipt[] = [];
    for (let row = 0; row < this.index.length; row += 1) {
      const stages = this.index.hasId(row) ? dueStages(this.index.state(row)) : [];
      if (stages.length === 0 || (first >= 0 && !this.index.mayBeOfSameSender(row, first))) continue;
      const origin = this.origin(row);
      if (!origin || (first >= 0 && origin.sender !== sender)) continue;
      if (first < 0) first = row;
      sender = origin.sender;
      const { id, answer } = origin;
      const sequence = this.index.sequence(row);
      for (const stage of stages) {
        receipts.push({ sequence, stage, id, answer: stage === "answered" ? answer : undefined });
        if (receipts.length === countMax || sender === "") return { sender, receipts };
      }
    }
    if (receipts.length > 0) return { sender, receipts };
    this.settledVersion = this.version;
    return undefined;
  }

  /** The receipts are on their way. */
  handleReceiptsSent({ receipts }: OwedReceipts): void {
    for (const { sequence, stage } of receipts) {
      const row = this.index.find(sequence);
      if (row >= 0) this.index.setState(row, this.index.state(row) | sentBit(stage));
    }
  }

  /**
   * The broker has the receipts. With `isRefused` the broker will never take them. In both cases they are not sent
   * again. Throws what the store throws; no receipt is sent again until the device restarts.
   */
  handleReceiptsTaken({ receipts }: OwedReceipts, isRefused = false): void {
    let bits = 0;
    const failures: unknown[] = [];
    for (let at = 0; at < receipts.length; at += 1) {
      const { sequence, stage } = receipts[at] as Receipt;
      bits |= takenBits(EVENT_BIT[stage]);
      if (receipts[at + 1]?.sequence === sequence) continue;
      if (isRefused) this.unreceiptedCount += 1;
      try {
        this.settle(this.index.find(sequence), bits);
      } catch (error) {
        failures.push(error);
      }
      bits = 0;
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Whether there is room for `bytes` if the message in row `replaced` leaves, and all those that are worth no more
   * than `worth`.
   */
  private canMakeRoom(bytes: number, worth: number, nowSeconds: number | undefined, replaced: number): boolean {
    let { roomCount: count, roomBytes: total } = this;
    count -= this.unreadableCount;
    for (let row = 0; row < this.index.length; row += 1) {
      if (this.index.hasLeft(row) || (row !== replaced && this.worthOf(row, nowSeconds) > worth)) continue;
      count -= 1;
      total -= this.index.bytes(row);
    }
    return !isTooMuch(count, total + bytes);
  }

  /** Removes messages until there is room, the least worth first. */
  private makeRoom(bytes: number, nowSeconds: number | undefined): void {
    while (isTooMuch(this.roomCount, this.roomBytes + bytes)) {
      let least = -1;
      for (let row = 0; row < this.index.length; row += 1) {
        if (this.index.hasLeft(row)) continue;
        if (least < 0 || this.worthOf(row, nowSeconds) < this.worthOf(least, nowSeconds)) least = row;
      }
      // A record that cannot be read is worth more than a read message, and less than any other message.
      if ((least < 0 || this.worthOf(least, nowSeconds) > WORTH_OF_READ) && this.dropUnreadable()) continue;
      const wasUnread = isUnread(this.index.state(least));
      this.leave(least, wasUnread ? EVENT_BIT.dropped : 0);
      if (wasUnread) this.droppedCount += 1;
    }
  }

  private worthOf(row: number, nowSeconds: number | undefined): number {
    const expires = this.index.expires(row);
    const isLate = nowSeconds !== undefined && expires !== 0 && expires <= nowSeconds && !this.index.isUndated(row);
    return isLate ? 0 : worthOf(this.index.priority(row), this.index.state(row));
  }

  private isReplaced(row: number, { sender, collapseKey }: InboxMessage): boolean {
    if (collapseKey === undefined || !this.index.mayCollapse(row, sender, collapseKey)) return false;
    const former = this.read(this.index.sequence(row));
    return former?.sender === sender && former.collapseKey === collapseKey;
  }

  private isAlert(row: number): boolean {
    const state = this.index.state(row);
    return this.index.priority(row) >= URGENT && isUnread(state) && !isUnshown(state);
  }

  private findForemost(): Readonly<Foremost> {
    const foremost = this.foremost;
    const index = this.index;
    if (foremost.version === this.version) return foremost;
    foremost.version = this.version;
    const unshown = (row: number) => isUnshown(index.state(row));
    const urgent = this.find((row) => index.priority(row) >= URGENT && unshown(row));
    const first = urgent < 0 ? this.find(unshown) : urgent;
    foremost.unshown = first < 0 ? -1 : index.sequence(first);
    foremost.unread = this.findLast((row) => isUnread(index.state(row))) ?? -1;
    foremost.alert = this.findLast((row) => this.isAlert(row)) ?? -1;
    return foremost;
  }

  /** Returns the first row of the inbox for which the test holds, or -1. */
  private find(test: (row: number) => boolean): number {
    for (let row = 0; row < this.index.length; row += 1) if (!this.index.hasLeft(row) && test(row)) return row;
    return -1;
  }

  private findLast(test: (row: number) => boolean): number | undefined {
    for (let row = this.index.length - 1; row >= 0; row -= 1)
      if (!this.index.hasLeft(row) && test(row)) return this.index.sequence(row);
    return undefined;
  }

  /** Returns the row of a message that is here, or -1. */
  private row(sequence: number): number {
    const row = this.index.find(sequence);
    return row >= 0 && this.index.hasLeft(row) ? -1 : row;
  }

  private state(sequence: number): number {
    const row = this.row(sequence);
    return row < 0 ? EVENT_BIT.read : this.index.state(row);
  }
}

function orUndefined(sequence: number): number | undefined {
  return sequence < 0 ? undefined : sequence;
}

/** Messages of this priority and above take the screen until the carrier acknowledges them. */
export const URGENT = 4;

/**
 * Whether the inbox is beyond its limits with one more message.
 * @param length messages that are here
 * @param bytes of all messages, with the new one
 */
function isTooMuch(length: number, bytes: number): boolean {
  return length >= INBOX_RECORDS_MAX || bytes > INBOX_BYTES_MAX;
}

const WORTH_OF_READ = 1;

/**
 * The message that is worth least leaves first: expired, then read, then by priority. Of two with the same priority,
 * the one that has been on the screen leaves first.
 */
function worthOf(priority: number, state: number): number {
  if (state & EVENT_BIT.expired) return 0;
  if (state & EVENT_BIT.read) return WORTH_OF_READ;
  return 2 + 2 * priority + (state & EVENT_BIT.shown ? 0 : 1);
}
