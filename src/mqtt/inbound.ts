/**
 * Messages of the broker that are not finished: those that the application has not taken, and the identifiers of QoS 2 from then
 * until PUBREL. These identifiers outlast connections and reboots. Answers leave in the order in which the messages came
 * [MQTT-4.6.0-2], although the application may take them in another.
 *
 * | record | holds |
 * |---|---|
 * | `q2-in` | version, then the identifiers of QoS 2 that were taken and not released, 2 bytes each. Older firmware wrote no version. |
 */
import { storing } from "../errors.ts";
import { readRecord } from "../records.ts";
import type { Store } from "../seams.ts";

interface Inbound {
  readonly token: number;
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
  readonly receivedMs: number;
  reasonCode: number | undefined;
  reasonString: string;
}

/** What to answer a message with. */
export interface Answer {
  readonly type: "puback" | "pubrec";
  readonly packetIdentifier: number;
  readonly reasonCode: number;
  /** Empty: none. */
  readonly reasonString: string;
}

export class InboundTable {
  private readonly store: Store | undefined;
  private readonly untaken: Inbound[] = [];
  private readonly released: number[] = [];
  private readonly doubtful = new Set<number>();
  /** The store holds identifiers of a session that the broker has lost. */
  private isRecordStale = false;
  private nextToken = 1;

  constructor(store: Store | undefined) {
    this.store = store;
    const record = (store && readRecord(store, KEY)) ?? new Uint8Array();
    const isVersioned = record.length % 2 === 1;
    if (isVersioned && record[0] !== VERSION) return;
    for (let at = isVersioned ? 1 : 0; at + 1 < record.length; at += 2)
      this.released.push(((record[at] as number) << 8) | (record[at + 1] as number));
    this.doubt();
  }

  /** Messages that count against the receive maximum that this client has announced. */
  get length(): number {
    const isCounted = (identifier: number) => !this.isUntaken(identifier) && !this.doubtful.has(identifier);
    return this.untaken.length + this.released.filter(isCounted).length;
  }

  /** When the message came that the application has kept waiting longest. undefined: none waits. */
  get oldestMs(): number | undefined {
    return this.untaken[0]?.receivedMs;
  }

  /**
   * Whether a QoS 2 message with this identifier was taken and not released. This one is the same again then. DUP = 0 says that it
   * is a new one. That is believed only if the broker may have lost the session.
   */
  isDuplicate(packetIdentifier: number, dup: boolean): boolean {
    if (!this.released.includes(packetIdentifier)) return false;
    if (!dup && this.doubtful.has(packetIdentifier)) {
      this.release(packetIdentifier);
      return false;
    }
    this.doubtful.delete(packetIdentifier);
    return true;
  }

  /** CONNECT was sent, and no CONNACK came. The broker may have made a new session. */
  doubt(): void {
    this.released.forEach((identifier) => this.doubtful.add(identifier));
  }

  /** Whether a message with this identifier waits for the application or for its answer. */
  isUntaken(packetIdentifier: number): boolean {
    return this.untaken.some((entry) => entry.packetIdentifier === packetIdentifier);
  }

  /** A message is handed to the application. Returns the token that the application answers with. */
  add(packetIdentifier: number, qos: 1 | 2, receivedMs: number): number {
    const token = this.nextToken;
    this.nextToken += 1;
    this.untaken.push({ token, packetIdentifier, qos, receivedMs, reasonCode: undefined, reasonString: "" });
    return token;
  }

  /** A message that was taken on a former connection has come again. It is answered in its turn and not told. */
  addTaken(packetIdentifier: number, receivedMs: number): void {
    this.untaken.push({ token: 0, packetIdentifier, qos: 2, receivedMs, reasonCode: 0, reasonString: "" });
  }

  /**
   * The application has taken (reason code below 0x80) or refused a message. A QoS 2 identifier is on the store when this returns.
   * From then on the message is recognised, even before its answer leaves. Throws a `StoreError`, and the message is not taken
   * then. A token of a former connection means nothing.
   */
  take(token: number, reasonCode: number, reasonString = ""): void {
    const entry = this.untaken.find((candidate) => candidate.token === token);
    if (entry?.reasonCode !== undefined || !entry) return;
    if (entry.qos === 2 && reasonCode < 0x80) this.keep([...this.released, entry.packetIdentifier]);
    entry.reasonCode = reasonCode;
    entry.reasonString = reasonString;
  }

  /** The next answer that may leave. undefined: none may. */
  nextAnswer(): Answer | undefined {
    const entry = this.untaken[0];
    if (entry?.reasonCode === undefined) return undefined;
    this.untaken.shift();
    return {
      type: entry.qos === 1 ? "puback" : "pubrec",
      packetIdentifier: entry.packetIdentifier,
      reasonCode: entry.reasonCode,
      reasonString: entry.reasonString,
    };
  }

  /** PUBREL has come. Returns whether its identifier is known. Throws a `StoreError`, and it is not released then. */
  release(packetIdentifier: number): boolean {
    this.doubtful.delete(packetIdentifier);
    if (!this.released.includes(packetIdentifier)) return false;
    this.keep(this.released.filter((identifier) => identifier !== packetIdentifier));
    return true;
  }

  /** The connection has ended. The broker sends again what was not answered. */
  handleClosed(): void {
    this.untaken.length = 0;
  }

  /** A new connection. A broker that has lost the session has lost its identifiers. Throws a `StoreError`, until the store takes that. */
  handleConnected(sessionPresent: boolean): void {
    if (!sessionPresent) this.forget();
    if (this.isRecordStale) this.keep([]);
  }

  /** The identifiers belong to a lost session, or to another broker. They leave the store at the next connection. */
  forget(): void {
    this.doubtful.clear();
    this.isRecordStale ||= this.released.length > 0;
    this.released.length = 0;
  }

  private keep(identifiers: readonly number[]): void {
    const record = Uint8Array.of(VERSION, ...identifiers.flatMap((identifier) => [identifier >> 8, identifier & 0xff]));
    storing(() => {
      if (identifiers.length > 0) this.store?.write(KEY, record);
      else this.store?.remove(KEY);
    });
    this.isRecordStale = false;
    this.released.splice(0, this.released.length, ...identifiers);
  }
}

const KEY = "q2-in";
const VERSION = 1;
