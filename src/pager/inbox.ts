/**
 * The messages of this device, on the store. A message is in the inbox when its record is written; everything that is later
 * known of it (shown, read, which receipts were taken by the broker) is one byte in a record of its own, so that a power cut
 * at any write leaves either the former or the new state.
 *
 * | record | holds |
 * |---|---|
 * | `m-<sequence>` | the message as JSON, written once |
 * | `s-<sequence>` | 1 byte of state bits; absent = 0 |
 * | `names` | the names of messages that left, 16 bytes of text each, newest last |
 */
import { DUPLICATE_WINDOW_MAX, INBOX_BYTES_MAX, INBOX_RECORDS_MAX, LEFT_OWING_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

/** A message as it is kept. */
export interface InboxMessage {
  /** `messageName`. */
  readonly name: string;
  /** uid of the sender; empty for a plain page. */
  readonly sender: string;
  /** Names it in receipts; without one it gets none. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text: string;
  /** 1 to 5. */
  readonly priority: number;
  /** Seconds since 1970 when it was made, 0 = unknown. */
  readonly timestampSeconds: number;
  /** Seconds since 1970 when it becomes worthless. */
  readonly expiresSeconds?: number | undefined;
}

/** What has become of a message, in the order in which it happens. */
export type Stage = "stored" | "shown" | "read";
const STAGES: readonly Stage[] = Object.freeze(["stored", "shown", "read"] as const);

export interface OwedReceipt {
  readonly sequence: number;
  readonly stage: Stage;
  readonly sender: string;
  readonly id: string;
}

export type InsertOutcome = "stored" | "duplicate" | "full";

/** State bits: what has happened, and which receipts the broker has. */
const SHOWN = 1;
const READ = 2;
const TOLD: Readonly<Record<Stage, number>> = Object.freeze({ stored: 4, shown: 8, read: 16 });

/** What is known of a message's receipts; `telling`: TOLD bits of those that are on their way. */
interface ReceiptState {
  readonly sequence: number;
  state: number;
  telling: number;
}

/** A message that left while receipts for it were still to be sent. */
interface LeftOwing extends ReceiptState {
  readonly sender: string;
  readonly id: string;
}

interface Entry extends ReceiptState {
  readonly name: string;
  readonly bytes: number;
  readonly priority: number;
  readonly expiresSeconds: number | undefined;
  readonly hasId: boolean;
}

export class Inbox {
  readonly #store: Store;
  /** By sequence, oldest first. */
  readonly #entries: Entry[] = [];
  readonly #formerNames: string[] = [];
  readonly #leftOwing: LeftOwing[] = [];
  /** Messages whose state the store has refused to record. */
  readonly #unrecorded = new Set<Entry>();
  #bytes = 0;
  #nextSequence = 1;
  /** Messages that left unread to make room for others. */
  droppedCount = 0;
  /** Messages whose last receipts were given up (see `LEFT_OWING_MAX`). */
  unreceiptedCount = 0;
  /** Records that could not be read back when the inbox was opened. */
  damagedCount = 0;

  /** Opens what the store holds. */
  constructor(store: Store) {
    this.#store = store;
    this.#load();
  }

  get length(): number {
    return this.#entries.length;
  }

  get unreadCount(): number {
    return this.#entries.reduce((count, { state }) => count + (state & READ ? 0 : 1), 0);
  }

  get unshownCount(): number {
    return this.#entries.reduce((count, { state }) => count + (state & SHOWN ? 0 : 1), 0);
  }

  /** Sequence numbers, oldest first. */
  get sequences(): readonly number[] {
    return this.#entries.map(({ sequence }) => sequence);
  }

  /** Whether a message of this name is or was here, as far back as the window goes. */
  has(name: string): boolean {
    return this.#formerNames.includes(name) || this.#entries.some((entry) => entry.name === name);
  }

  /**
   * Keeps a message. When it returns "stored" the message is durable. "full": everything here is more important and unread.
   * Throws what the store throws; the message is then not in the inbox.
   */
  insert(message: InboxMessage, nowSeconds: number | undefined): InsertOutcome {
    if (this.has(message.name)) return "duplicate";
    const record = encodeUtf8(JSON.stringify(message));
    const entry = entryOf(this.#nextSequence, message, record.length, 0);
    if (record.length > INBOX_BYTES_MAX || !this.#makeRoom(entry, nowSeconds)) return "full";
    this.#store.write(messageKey(entry.sequence), record);
    this.#nextSequence += 1;
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    return "stored";
  }

  /** The message, read from the store, or undefined. */
  read(sequence: number): InboxMessage | undefined {
    const record = this.#store.read(messageKey(sequence));
    return record && parseRecord(record);
  }

  isRead(sequence: number): boolean {
    return ((this.#find(sequence)?.state ?? READ) & READ) !== 0;
  }

  isShown(sequence: number): boolean {
    return ((this.#find(sequence)?.state ?? SHOWN) & SHOWN) !== 0;
  }

  /** The oldest message that has not been on the screen, or undefined. */
  nextUnshown(): number | undefined {
    return this.#entries.find(({ state }) => !(state & SHOWN))?.sequence;
  }

  /** The newest message that has not been read, or undefined. */
  newestUnread(): number | undefined {
    return this.#entries.findLast(({ state }) => !(state & READ))?.sequence;
  }

  /** The message has been on the screen. Returns whether it was for the first time. */
  markShown(sequence: number): boolean {
    return this.#mark(sequence, SHOWN);
  }

  /** The carrier has read the message. */
  markRead(sequence: number): boolean {
    return this.#mark(sequence, READ | SHOWN);
  }

  /** The next receipt that the sender has not got: oldest message first, in the order of the stages. */
  nextReceipt(): OwedReceipt | undefined {
    for (const left of this.#leftOwing) {
      const stage = owedStage(left);
      if (stage) return { sequence: left.sequence, stage, sender: left.sender, id: left.id };
    }
    for (const entry of this.#entries) {
      const stage = entry.hasId ? owedStage(entry) : undefined;
      const message = stage && this.read(entry.sequence);
      if (stage && message?.id !== undefined)
        return { sequence: entry.sequence, stage, sender: message.sender, id: message.id };
    }
    return undefined;
  }

  /** The receipt is on its way. */
  handleReceiptSent({ sequence, stage }: OwedReceipt): void {
    const entry = this.#find(sequence) ?? this.#findLeft(sequence);
    if (entry) entry.telling |= TOLD[stage];
  }

  /** The broker has the receipt: it is never sent again. */
  handleReceiptTaken({ sequence, stage }: OwedReceipt): void {
    const left = this.#findLeft(sequence);
    if (!left) {
      this.#mark(sequence, TOLD[stage]);
      return;
    }
    left.state |= TOLD[stage];
    if (!isOwing(left)) this.#leftOwing.splice(this.#leftOwing.indexOf(left), 1);
  }

  /** What happened has happened: it also holds where the store refuses to record it, and is recorded with the next change. */
  #mark(sequence: number, bits: number): boolean {
    const entry = this.#find(sequence);
    if (!entry || (entry.state & bits) === bits) return false;
    entry.state |= bits;
    this.#unrecorded.add(entry);
    for (const changed of this.#unrecorded) {
      this.#store.write(stateKey(changed.sequence), Uint8Array.of(changed.state));
      this.#unrecorded.delete(changed);
    }
    return true;
  }

  #findLeft(sequence: number): LeftOwing | undefined {
    return this.#leftOwing.find((left) => left.sequence === sequence);
  }

  #find(sequence: number): Entry | undefined {
    return this.#entries.find((entry) => entry.sequence === sequence);
  }

  /** Lets messages go until this one fits. False where only such are left as are more important than it. */
  #makeRoom(entry: Entry, nowSeconds: number | undefined): boolean {
    while (this.#entries.length >= INBOX_RECORDS_MAX || this.#bytes + entry.bytes > INBOX_BYTES_MAX) {
      const worth = (candidate: Entry) => worthOf(candidate, nowSeconds);
      const least = this.#entries.reduce((least, candidate) => (worth(candidate) < worth(least) ? candidate : least));
      if (worth(least) > worth(entry)) return false;
      this.#remove(least);
    }
    return true;
  }

  #remove(entry: Entry): void {
    if (entry.hasId && isOwing(entry)) this.#keepOwing(entry);
    this.#formerNames.push(entry.name);
    if (this.#formerNames.length > DUPLICATE_WINDOW_MAX) this.#formerNames.shift();
    this.#store.write(NAMES_KEY, encodeUtf8(this.#formerNames.join("")));
    this.#store.remove(messageKey(entry.sequence));
    this.#store.remove(stateKey(entry.sequence));
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#unrecorded.delete(entry);
    this.#bytes -= entry.bytes;
    if (!(entry.state & READ)) this.droppedCount += 1;
  }

  /** In memory only: receipts of messages that have left do not outlast a reboot. */
  #keepOwing({ sequence, state, telling }: Entry): void {
    const message = this.read(sequence);
    if (message?.id === undefined) return;
    this.#leftOwing.push({ sequence, state, telling, sender: message.sender, id: message.id });
    if (this.#leftOwing.length > LEFT_OWING_MAX) {
      this.#leftOwing.shift();
      this.unreceiptedCount += 1;
    }
  }

  #load(): void {
    const keys = this.#store.keys();
    const sequences = keys.filter((key) => key.startsWith("m-")).map((key) => Number.parseInt(key.slice(2), 36));
    for (const sequence of sequences.sort((a, b) => a - b)) {
      const record = this.#store.read(messageKey(sequence));
      const message = record && parseRecord(record);
      if (record && message) {
        const state = this.#store.read(stateKey(sequence))?.[0] ?? 0;
        this.#entries.push(entryOf(sequence, message, record.length, state));
        this.#bytes += record.length;
      } else {
        this.damagedCount += 1;
        this.#store.remove(messageKey(sequence));
      }
      this.#nextSequence = sequence + 1;
    }
    // A power cut between the two removals of a message leaves its state behind.
    for (const key of keys) {
      if (key.startsWith("s-") && !this.#find(Number.parseInt(key.slice(2), 36))) this.#store.remove(key);
    }
    const names = this.#store.read(NAMES_KEY);
    const text = names ? decodeUtf8(names, 0, names.length, "names") : "";
    for (let at = 0; at + NAME_LENGTH <= text.length; at += NAME_LENGTH)
      this.#formerNames.push(text.slice(at, at + NAME_LENGTH));
  }
}

const NAMES_KEY = "names";
const NAME_LENGTH = 16;

function messageKey(sequence: number): string {
  return `m-${sequence.toString(36)}`;
}

function stateKey(sequence: number): string {
  return `s-${sequence.toString(36)}`;
}

function entryOf(sequence: number, message: InboxMessage, bytes: number, state: number): Entry {
  const { name, priority, expiresSeconds, id } = message;
  return { sequence, name, bytes, priority, expiresSeconds, hasId: id !== undefined, state, telling: 0 };
}

function isReached(state: number, stage: Stage): boolean {
  return stage === "stored" || (state & (stage === "shown" ? SHOWN : READ)) !== 0;
}

/** The first stage of which the sender is still to be told, or undefined. */
function owedStage({ state, telling }: ReceiptState): Stage | undefined {
  return STAGES.find((stage) => isReached(state, stage) && !((state | telling) & TOLD[stage]));
}

/** Whether the broker has not yet taken every receipt that is due. */
function isOwing({ state }: ReceiptState): boolean {
  return STAGES.some((stage) => isReached(state, stage) && !(state & TOLD[stage]));
}

/** The order of leaving: the expired first, then the read, then the least important; what was never on the screen last. */
function worthOf({ state, priority, expiresSeconds }: Entry, nowSeconds: number | undefined): number {
  if (nowSeconds !== undefined && expiresSeconds !== undefined && expiresSeconds <= nowSeconds) return 0;
  if (state & READ) return 1;
  return 1 + priority + (state & SHOWN ? 0 : 5);
}

/** A record that is not what was written counts as damaged, not as an error. */
function parseRecord(record: Uint8Array): InboxMessage | undefined {
  try {
    const value = JSON.parse(decodeUtf8(record, 0, record.length, "record"));
    return typeof value?.name === "string" && typeof value.text === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
