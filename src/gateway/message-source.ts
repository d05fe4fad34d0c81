import { messageOf, UsageError } from "../errors.ts";
import { MESSAGE_ID_BYTES_MAX, MESSAGE_TEXT_BYTES_MAX, MESSAGES_OUT_MAX } from "../limits.ts";
import { encodeText, type ReceiptContent } from "../payload/content.ts";
import { encodeMessage, IM_TYPE } from "../payload/message.ts";
import { isUid } from "../payload/uid.ts";
import { recordNumbers } from "../record-numbers.ts";
import type { Store } from "../seams.ts";
import { STAGES } from "../stages.ts";
import { utf8Length } from "../utf8.ts";
import { type Device, keeping } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { readJson, writeText } from "./text-record.ts";

/** A message that the broker has not taken yet. */
interface Waiting {
  readonly number: number;
  readonly to: string;
  readonly id: string;
  readonly timestampSeconds: number;
  readonly text: string;
}

/** What is known of the last message. Each new fact has a higher rank. */
interface LastSent {
  readonly to: string;
  readonly id: string;
  readonly words: string;
  /** 0: waiting, 1: sent. The stages of its receipts follow in their order. */
  readonly rank: number;
}

const RANK_OF_STORED = 2;
const PREFIX = "w-";
const LAST_KEY = "sent";

/**
 * Messages that the carrier writes to a contact or a group. Each stays on the store until the broker has it. They leave in the
 * order of writing. A message may leave twice when the power fails before its PUBACK is recorded. Its id lets the receiver show
 * it once.
 *
 * | record | holds |
 * |---|---|
 * | `w-<number>` | JSON: receiver, id, time, text |
 * | `sent` | JSON: receiver and id of the last message, what became of it as text, its rank |
 */
export class MessageSource implements OutgoingSource {
  private readonly device: Device;
  private readonly waiting: Waiting[] = [];
  private readonly inFlight = new Set<number>();
  private nextNumber = 1;
  /** The last message that was written, and what became of it. */
  private last: LastSent | undefined;

  constructor(device: Device) {
    this.device = device;
    const { store } = device;
    for (const number of recordNumbers(store, PREFIX)) {
      this.nextNumber = number + 1;
      const waiting = readWaiting(store, number);
      // A record that cannot be read stays for firmware that can read it.
      if (waiting) this.waiting.push(waiting);
    }
    this.last = readLast(store);
  }

  /** What became of the last message, as text. Empty where none was written. */
  get news(): string {
    return this.last ? `to ${this.last.to}: ${this.last.words}` : "";
  }

  /**
   * Stores a message until the broker has it, and returns its id. Throws a `UsageError` when it cannot be sent or too many
   * wait. Throws what the store throws. In both cases the message will not be sent.
   */
  send(to: string, text: string): string {
    const { store, wallClock, random } = this.device;
    if (!isUid(to)) throw new UsageError(`message to ${to}: expected a uid`);
    const bytes = utf8Length(text);
    if (bytes < 1 || bytes > MESSAGE_TEXT_BYTES_MAX)
      throw new UsageError(`message of ${bytes} bytes, expected 1 to ${MESSAGE_TEXT_BYTES_MAX}`);
    if (this.waiting.length >= MESSAGES_OUT_MAX) throw new UsageError(`${MESSAGES_OUT_MAX} messages wait already`);
    const number = this.nextNumber;
    const id = `m${Math.floor(random() * 0x1_0000_0000).toString(36)}-${number.toString(36)}`;
    const timestampSeconds = Math.floor(wallClock() ?? 0);
    writeText(store, keyOf(number), JSON.stringify([to, id, timestampSeconds, text]));
    this.nextNumber += 1;
    this.waiting.push({ number, to, id, timestampSeconds, text });
    this.remember({ to, id, words: "waiting", rank: 0 });
    return id;
  }

  /**
   * Sends a text that the carrier chose with the buttons. When it is not sent, `news` says why. Throws what the store throws.
   */
  sendChosen(to: string, text: string): void {
    try {
      this.send(to, text);
    } catch (error) {
      this.last = { to, id: "", words: `not sent: ${messageOf(error)}`, rank: 0 };
      if (!(error instanceof UsageError)) throw error;
    }
  }

  next(): Outgoing | undefined {
    const waiting = this.waiting.find(({ number }) => !this.inFlight.has(number));
    if (!waiting) return undefined;
    const { topics, settings, store } = this.device;
    const { number, to, id, timestampSeconds, text } = waiting;
    const payload = encodeMessage({
      timestampSeconds,
      imType: settings.groups.includes(to) ? IM_TYPE.group : IM_TYPE.pointToPoint,
      contents: [encodeText(text, { id })],
      sender: topics.uid,
    });
    const handleSent = () => this.inFlight.add(number);
    const handleTaken = (problem?: string) => {
      this.inFlight.delete(number);
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      if (this.last?.id === id && this.last.rank === 0)
        this.remember({ ...this.last, words: problem ?? "sent", rank: 1 });
      store.remove(keyOf(number));
    };
    return { topic: topics.messagesOf(to), payload, qos: 1, retain: false, handleSent, handleTaken };
  }

  /**
   * A receipt has arrived. It counts when it comes from the receiver of the message. For a group it counts from anyone. A late
   * receipt that says less than is known is ignored.
   */
  handleReceipt({ id, state, answer }: ReceiptContent, from: string): void {
    const { last } = this;
    const rank = STAGES.indexOf(state) + RANK_OF_STORED;
    if (!last || last.id !== id || rank <= last.rank) return;
    if (from !== last.to && !this.device.settings.groups.includes(last.to)) return;
    this.remember({ ...last, words: answer === undefined ? state : `${state}: ${answer}`, rank });
  }

  /** Remembers the last message. Where the store takes it, this lasts across reboots: a receipt may come much later. */
  private remember(last: LastSent): void {
    this.last = last;
    const { to, id, words, rank } = last;
    keeping(this.device, () => writeText(this.device.store, LAST_KEY, JSON.stringify([to, id, words, rank])));
  }
}

/** Returns undefined for a damaged record. */
function readWaiting(store: Store, number: number): Waiting | undefined {
  const fields = readJson(store, keyOf(number));
  const [to, id, timestampSeconds, text] = Array.isArray(fields) ? fields : [];
  const isWhole =
    [to, id, text].every((field) => typeof field === "string") &&
    isUid(to) &&
    isTime(timestampSeconds) &&
    utf8Length(text) <= MESSAGE_TEXT_BYTES_MAX &&
    utf8Length(id) <= MESSAGE_ID_BYTES_MAX &&
    id !== "";
  return isWhole ? { number, to, id, timestampSeconds, text } : undefined;
}

function readLast(store: Store): LastSent | undefined {
  const fields = readJson(store, LAST_KEY);
  const [to, id, words, rank] = Array.isArray(fields) ? fields : [];
  const isWhole = [to, id, words].every((field) => typeof field === "string") && Number.isInteger(rank);
  return isWhole ? { to, id, words, rank } : undefined;
}

function isTime(seconds: unknown): boolean {
  return Number.isInteger(seconds) && (seconds as number) >= 0 && (seconds as number) <= 0xffff_ffff;
}

function keyOf(number: number): string {
  return PREFIX + number.toString(36);
}
