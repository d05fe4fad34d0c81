/**
 * The messages of this device: what comes in, what has to go when it is full, what the senders are to be told. How all that
 * lies on the store: `inbox-ledger.ts`.
 */
import { CONTENTS_MAX, INBOX_BYTES_MAX, INBOX_RECORDS_MAX, LEFT_OWING_MAX, PACKET_BYTES_MAX } from "../limits.ts";
import type { Stage } from "../stages.ts";
import { InboxLedger } from "./inbox-ledger.ts";
import { encodeMessageRecord, type InboxMessage } from "./inbox-message.ts";
import { answered, choiceOf, EVENT, isUnread, isUnshown, owed, telling, told } from "./receipt-state.ts";

export interface Receipt {
  readonly sequence: number;
  readonly stage: Stage;
  readonly id: string;
  /** With the stage `answered`. */
  readonly answer?: string | undefined;
}

/** What one sender is to be told, in order: 1 to `CONTENTS_MAX` receipts. */
export interface OwedReceipts {
  /** Empty for plain pages, which get one at a time. */
  readonly sender: string;
  readonly receipts: readonly Receipt[];
}

export type InsertOutcome = "stored" | "duplicate" | "full" | "expired";

/** The messages that come first in one way or another, by their sequence numbers; -1: none. */
interface Foremost {
  version: number;
  unshown: number;
  unread: number;
  alert: number;
}

export class Inbox extends InboxLedger {
  /** As of a version of the ledger: an idle device asks for these again and again. */
  private readonly foremost: Foremost = { version: -1, unshown: -1, unread: -1, alert: -1 };
  /** The version at which nothing was owed. */
  private settledVersion = -1;
  /** Messages that left unread to make room for others. */
  droppedCount = 0;
  /** Messages that left unread because their sender has sent a newer one in their place. */
  replacedCount = 0;
  /** Messages that were worthless before they were read. */
  expiredCount = 0;

  /** Whether a further message of any size may push out one that is here. */
  get isFull(): boolean {
    return isTooMuch(this.roomCount, this.roomBytes + PACKET_BYTES_MAX);
  }

  /** Whether as many senders are to be told as can be remembered: until they are, a message is better left with the broker. */
  get isOwingTooMuch(): boolean {
    return this.leftCount >= LEFT_OWING_MAX;
  }

  /**
   * Keeps a message. When it returns "stored" the message is durable. "full": everything here is more important and unread;
   * "expired": it was worthless when it came; of both the sender is told. Throws what the store throws; the message is then
   * not in the inbox.
   * @param nowSeconds since 1970, undefined: not known @param uptimeSeconds how long the device has been running
   */
  insert(message: InboxMessage, nowSeconds: number | undefined, uptimeSeconds = 0): InsertOutcome {
    const { expiresSeconds, priority } = message;
    if (this.has(message)) return "duplicate";
    if (this.isOwingTooMuch) {
      // It came all the same, and nobody will send it again.
      if (message.id !== undefined) this.unreceiptedCount += 1;
      return "full";
    }
    if (nowSeconds !== undefined && expiresSeconds !== undefined && expiresSeconds <= nowSeconds) {
      this.turnAway(message, EVENT.expired);
      this.expiredCount += 1;
      return "expired";
    }
    const record = encodeMessageRecord(message);
    const replaced = this.find((row) => isUnread(this.index.state(row)) && this.isReplaced(row, message));
    if (!this.canMakeRoom(record.length, worthOf(priority, 0), nowSeconds, replaced)) {
      // What it would have replaced stays: of the two that one is here.
      this.turnAway(message, EVENT.dropped);
      return "full";
    }
    if (replaced >= 0) {
      this.leave(replaced, EVENT.dropped);
      this.replacedCount += 1;
    }
    this.makeRoom(record.length, nowSeconds);
    this.add(message, record, uptimeSeconds);
    return "stored";
  }

  contains(sequence: number): boolean {
    return this.row(sequence) >= 0;
  }

  isRead(sequence: number): boolean {
    return (this.state(sequence) & EVENT.read) !== 0;
  }

  isUnread(sequence: number): boolean {
    return this.contains(sequence) && isUnread(this.state(sequence));
  }

  isShown(sequence: number): boolean {
    return !isUnshown(this.state(sequence));
  }

  isExpired(sequence: number): boolean {
    return (this.state(sequence) & EVENT.expired) !== 0;
  }

  /** Which of its choices was the answer, from 0, or undefined. */
  answerOf(sequence: number): number | undefined {
    const state = this.state(sequence);
    return state & EVENT.answered ? choiceOf(state) : undefined;
  }

  /** 1 to 5; 0 where there is no such message. */
  priorityOf(sequence: number): number {
    const row = this.row(sequence);
    return row < 0 ? 0 : this.index.priority(row);
  }

  /** The next older one, or the newest where none is named, or undefined. */
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

  /** Place among the messages: 1 is the oldest; 0 where there is no such message. */
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

  /** The oldest message that has not been on the screen, those of priority 4 and 5 first, or undefined. */
  nextUnshown(): number | undefined {
    return foundOf(this.look().unshown);
  }

  /** The newest message that has not been read, or undefined. */
  newestUnread(): number | undefined {
    return foundOf(this.look().unread);
  }

  /**
   * The message of priority 4 or 5 that is to be acknowledged first: it has been on the screen and nobody has read it.
   * @param test of its sequence; default: any
   */
  nextAlert(test?: (sequence: number) => boolean): number | undefined {
    const first = foundOf(this.look().alert);
    if (first === undefined || !test || test(first)) return first;
    return this.findLast((row) => this.isAlert(row) && test(this.index.sequence(row)));
  }

  /** The newest message with this id, of this sender where one is named. */
  findId(id: string, sender?: string): number | undefined {
    return this.findLast((row) => {
      const message = this.index.hasId(row) ? this.read(this.index.sequence(row)) : undefined;
      return message?.id === id && (sender === undefined || message.sender === sender);
    });
  }

  /** The message has been on the screen. Returns whether it was for the first time. */
  markShown(sequence: number): boolean {
    return this.mark(this.row(sequence), EVENT.shown);
  }

  /** The carrier has read the message. */
  markRead(sequence: number): boolean {
    return this.mark(this.row(sequence), EVENT.read | EVENT.shown);
  }

  /** The carrier has answered with one of the message's choices, from 0. Only the first answer counts, and none to what is worthless. */
  markAnswered(sequence: number, choice: number): boolean {
    const row = this.row(sequence);
    if (row < 0 || this.index.state(row) & (EVENT.answered | EVENT.expired)) return false;
    return this.mark(row, answered(choice));
  }

  /**
   * Messages that nobody has read in time are worthless now; they stay until their room is needed. Where the time has become known
   * they are dated first. Returns how many. Throws what the store throws; the messages are worthless all the same.
   * @param nowSeconds since 1970, undefined: not known @param uptimeSeconds how long the device has been running
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
      this.mark(row, EVENT.expired);
    }
    return this.expiredCount - before;
  }

  /** Takes a message back, as its sender wishes; what has happened to it is still told. Returns whether there was one. */
  retract(sequence: number): boolean {
    const row = this.row(sequence);
    if (row >= 0) this.leave(row, 0);
    return row >= 0;
  }

  /** What is to be told to one sender next: oldest message first, in the order of the stages; at most `countMax` of it. */
  nextReceipts(countMax = CONTENTS_MAX): OwedReceipts | undefined {
    if (this.version === this.settledVersion) return undefined;
    let first = -1;
    let sender = "";
    const receipts: Receipt[] = [];
    for (let row = 0; row < this.index.length; row += 1) {
      const stages = this.index.hasId(row) ? owed(this.index.state(row)) : [];
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
      if (row >= 0) this.index.setState(row, this.index.state(row) | telling(stage));
    }
  }

  /**
   * The broker has the receipts, or with `isRefused` will never take them: they are not sent again. Throws what the store throws;
   * no receipt is sent again in this life of the device.
   */
  handleReceiptsTaken({ receipts }: OwedReceipts, isRefused = false): void {
    let bits = 0;
    const failures: unknown[] = [];
    for (let at = 0; at < receipts.length; at += 1) {
      const { sequence, stage } = receipts[at] as Receipt;
      bits |= told(stage);
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

  /** Whether there is room without the message in row `replaced` and those that are worth no more than `worth`. */
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

  /** Lets messages go until there is room, those that are worth least first. */
  private makeRoom(bytes: number, nowSeconds: number | undefined): void {
    while (isTooMuch(this.roomCount, this.roomBytes + bytes)) {
      let least = -1;
      for (let row = 0; row < this.index.length; row += 1) {
        if (this.index.hasLeft(row)) continue;
        if (least < 0 || this.worthOf(row, nowSeconds) < this.worthOf(least, nowSeconds)) least = row;
      }
      // A record that nobody can read here is worth more than a message that was read, and less than any other.
      if ((least < 0 || this.worthOf(least, nowSeconds) > WORTH_OF_READ) && this.dropUnreadable()) continue;
      const wasUnread = isUnread(this.index.state(least));
      this.leave(least, wasUnread ? EVENT.dropped : 0);
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

  private look(): Readonly<Foremost> {
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

  /** First row of the inbox for which the test holds, or -1. */
  private find(test: (row: number) => boolean): number {
    for (let row = 0; row < this.index.length; row += 1) if (!this.index.hasLeft(row) && test(row)) return row;
    return -1;
  }

  private findLast(test: (row: number) => boolean): number | undefined {
    for (let row = this.index.length - 1; row >= 0; row -= 1)
      if (!this.index.hasLeft(row) && test(row)) return this.index.sequence(row);
    return undefined;
  }

  /** The row of a message that is here, or -1. */
  private row(sequence: number): number {
    const row = this.index.find(sequence);
    return row >= 0 && this.index.hasLeft(row) ? -1 : row;
  }

  private state(sequence: number): number {
    const row = this.row(sequence);
    return row < 0 ? EVENT.read : this.index.state(row);
  }
}

function foundOf(sequence: number): number | undefined {
  return sequence < 0 ? undefined : sequence;
}

/** Priorities from here on take the screen until they are acknowledged. */
export const URGENT = 4;

/** Whether one more message beside so many, or so many bytes with it, are above the limits. */
function isTooMuch(length: number, bytes: number): boolean {
  return length >= INBOX_RECORDS_MAX || bytes > INBOX_BYTES_MAX;
}

const WORTH_OF_READ = 1;

/** The order of leaving: the read first, then the least important; of two alike the one that was on the screen. */
function worthOf(priority: number, state: number): number {
  if (state & EVENT.expired) return 0;
  if (state & EVENT.read) return WORTH_OF_READ;
  return 2 + 2 * priority + (state & EVENT.shown ? 0 : 1);
}
