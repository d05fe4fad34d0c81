import { UsageError } from "../errors.ts";
import { MESSAGE_TEXT_BYTES_MAX, MESSAGES_OUT_MAX } from "../limits.ts";
import { encodeText, type ReceiptContent } from "../payload/content.ts";
import { encodeMessage, IM_TYPE } from "../payload/message.ts";
import { isUid } from "../payload/uid.ts";
import { recordNumbers } from "../record-numbers.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { readJson } from "./text-record.ts";

/** One that the broker has not taken yet. */
interface Waiting {
  readonly number: number;
  readonly to: string;
  readonly id: string;
  readonly timestampSeconds: number;
  readonly text: string;
}

const PREFIX = "w-";

/**
 * What the carrier writes to a contact or a group: on the store until the broker has it, in the order of writing. It may go
 * out twice where the power fails before the PUBACK is recorded; its id makes the receiver show it once.
 *
 * | record | holds |
 * |---|---|
 * | `w-<number>` | JSON: receiver, id, time, text |
 */
export class MessageSource implements OutgoingSource {
  private readonly device: Device;
  private readonly waiting: Waiting[] = [];
  private readonly onTheWay = new Set<number>();
  /** The last one that was written, and what became of it. */
  private last: { readonly to: string; readonly id: string; words: string } | undefined;

  constructor(device: Device) {
    this.device = device;
    const { store } = device;
    for (const number of recordNumbers(store, PREFIX)) {
      const waiting = readRecord(store, number);
      if (waiting) this.waiting.push(waiting);
      else store.remove(keyOf(number));
    }
  }

  /** What became of the last message, in words; empty where none was written since the start. */
  get news(): string {
    return this.last ? `to ${this.last.to}: ${this.last.words}` : "";
  }

  /**
   * Keeps a message until the broker has it, and returns its id. Throws a `UsageError` where it cannot be sent, or too many
   * wait, and what the store throws; it will not be sent then.
   */
  send(to: string, text: string): string {
    const { store, wallClock, random } = this.device;
    if (!isUid(to)) throw new UsageError(`message to ${to}: expected a uid`);
    const bytes = utf8Length(text);
    if (bytes < 1 || bytes > MESSAGE_TEXT_BYTES_MAX)
      throw new UsageError(`message of ${bytes} bytes, expected 1 to ${MESSAGE_TEXT_BYTES_MAX}`);
    if (this.waiting.length >= MESSAGES_OUT_MAX) throw new UsageError(`${MESSAGES_OUT_MAX} messages wait already`);
    const number = (this.waiting.at(-1)?.number ?? 0) + 1;
    const id = `m${Math.floor(random() * 0x1_0000_0000).toString(36)}-${number.toString(36)}`;
    const timestampSeconds = Math.floor(wallClock() ?? 0);
    store.write(keyOf(number), encodeUtf8(JSON.stringify([to, id, timestampSeconds, text])));
    this.waiting.push({ number, to, id, timestampSeconds, text });
    this.last = { to, id, words: "waiting" };
    return id;
  }

  /** The same for what was chosen with the buttons: where it is not sent, `news` says why. Throws what the store throws. */
  sendChosen(to: string, text: string): void {
    try {
      this.send(to, text);
    } catch (error) {
      this.last = { to, id: "", words: `not sent: ${error instanceof Error ? error.message : error}` };
      if (!(error instanceof UsageError)) throw error;
    }
  }

  next(): Outgoing | undefined {
    const waiting = this.waiting.find(({ number }) => !this.onTheWay.has(number));
    if (!waiting) return undefined;
    const { topics, settings, store } = this.device;
    const { number, to, id, timestampSeconds, text } = waiting;
    const payload = encodeMessage({
      timestampSeconds,
      imType: settings.groups.includes(to) ? IM_TYPE.group : IM_TYPE.pointToPoint,
      contents: [encodeText(text, { id })],
      sender: topics.uid,
    });
    const handleSent = () => this.onTheWay.add(number);
    const handleTaken = (problem?: string) => {
      this.onTheWay.delete(number);
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      if (this.last?.id === id) this.last.words = problem ?? "sent";
      store.remove(keyOf(number));
    };
    return { topic: topics.messagesOf(to), payload, qos: 1, retain: false, handleSent, handleTaken };
  }

  /** A receipt has come; one that comes twice says the same. */
  handleReceipt({ id, state, answer }: ReceiptContent): void {
    if (this.last?.id === id) this.last.words = answer === undefined ? state : `${state}: ${answer}`;
  }
}

/** undefined for a record that is not what was written. */
function readRecord(store: Store, number: number): Waiting | undefined {
  const fields = readJson(store, keyOf(number));
  const [to, id, timestampSeconds, text] = Array.isArray(fields) ? fields : [];
  const isWhole = [to, id, text].every((field) => typeof field === "string") && isUid(to) && timestampSeconds >= 0;
  return isWhole ? { number, to, id, timestampSeconds, text } : undefined;
}

function keyOf(number: number): string {
  return PREFIX + number.toString(36);
}
