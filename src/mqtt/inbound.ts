/**
 * Messages of the broker that are not finished: those that the application has not taken yet, and the identifiers of QoS 2
 * between PUBREC and PUBREL, which outlast connection and reboot. Answers leave in the order in which the messages came
 * [MQTT-4.6.0-2], also when the application takes them in another.
 *
 * | record | holds |
 * |---|---|
 * | `q2-in` | the identifiers between PUBREC and PUBREL, 2 bytes each |
 */
import type { Store } from "../seams.ts";

interface Inbound {
  readonly token: number;
  readonly packetIdentifier: number;
  readonly qos: 1 | 2;
  readonly receivedMs: number;
  reasonCode: number | undefined;
}

/** What to answer a message with. */
export interface Answer {
  readonly type: "puback" | "pubrec";
  readonly packetIdentifier: number;
  readonly reasonCode: number;
}

export class InboundTable {
  readonly #store: Store | undefined;
  readonly #untaken: Inbound[] = [];
  readonly #released: number[] = [];
  #nextToken = 1;

  constructor(store: Store | undefined) {
    this.#store = store;
    const record = store?.read(KEY) ?? new Uint8Array();
    for (let at = 0; at + 1 < record.length; at += 2)
      this.#released.push(((record[at] as number) << 8) | (record[at + 1] as number));
  }

  /** Messages that count against the receive maximum that this client has announced. */
  get length(): number {
    return this.#untaken.length + this.#released.length;
  }

  /** Messages that the application has not taken. */
  get untakenCount(): number {
    return this.#untaken.length;
  }

  /** When the message came that the application has kept waiting longest, or undefined. */
  get oldestMs(): number | undefined {
    return this.#untaken[0]?.receivedMs;
  }

  /** Whether a QoS 2 message with this identifier was taken and not yet released: then this one is the same again. */
  isReleased(packetIdentifier: number): boolean {
    return this.#released.includes(packetIdentifier);
  }

  /** Whether a message with this identifier waits for the application. */
  isUntaken(packetIdentifier: number): boolean {
    return this.#untaken.some((entry) => entry.packetIdentifier === packetIdentifier);
  }

  /** A message is handed to the application; the token is what it answers with. */
  add(packetIdentifier: number, qos: 1 | 2, receivedMs: number): number {
    const token = this.#nextToken;
    this.#nextToken += 1;
    this.#untaken.push({ token, packetIdentifier, qos, receivedMs, reasonCode: undefined });
    return token;
  }

  /** The application has taken (reason code below 0x80) or refused a message. A token of a former connection means nothing. */
  take(token: number, reasonCode: number): void {
    const entry = this.#untaken.find((candidate) => candidate.token === token);
    if (entry) entry.reasonCode = reasonCode;
  }

  /**
   * The next answer that may leave, or undefined. A QoS 2 identifier is on the store before its PUBREC leaves; throws what
   * the store throws, and the answer is then still due.
   */
  nextAnswer(): Answer | undefined {
    const entry = this.#untaken[0];
    if (entry?.reasonCode === undefined) return undefined;
    const { packetIdentifier, qos, reasonCode } = entry;
    if (qos === 2 && reasonCode < 0x80) this.#keep([...this.#released, packetIdentifier]);
    this.#untaken.shift();
    return { type: qos === 1 ? "puback" : "pubrec", packetIdentifier, reasonCode };
  }

  /** PUBREL has come; false where its identifier is not known. */
  release(packetIdentifier: number): boolean {
    if (!this.isReleased(packetIdentifier)) return false;
    this.#keep(this.#released.filter((identifier) => identifier !== packetIdentifier));
    return true;
  }

  /** A new connection: the broker sends again what was not answered, and forgets identifiers with its session. */
  handleConnected(sessionPresent: boolean): void {
    this.#untaken.length = 0;
    if (!sessionPresent && this.#released.length > 0) this.#keep([]);
  }

  #keep(identifiers: readonly number[]): void {
    if (identifiers.length > 0)
      this.#store?.write(
        KEY,
        Uint8Array.from(identifiers.flatMap((identifier) => [identifier >> 8, identifier & 0xff])),
      );
    else this.#store?.remove(KEY);
    this.#released.splice(0, this.#released.length, ...identifiers);
  }
}

const KEY = "q2-in";
