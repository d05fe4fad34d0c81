/**
 * What a device and its broker have promised each other for each message, and what became of it. A payload begins with the
 * message's number. So each message is recognised everywhere.
 */
import { ENDINGS_MAX } from "../../src/limits.ts";
import type { QoS } from "../../src/mqtt/packet.ts";
import type { Arrival } from "./broker-session.ts";

interface Outgoing {
  readonly number: number;
  readonly topic: string;
  readonly qos: QoS;
  /** It must be delivered also after a reboot. */
  readonly isDurable: boolean;
  /** It may be dropped before it is sent. When the power fails at that moment, nobody is told. */
  readonly isDroppable: boolean;
  /** A broker may refuse it, or close on it. When the power fails at that moment, nobody is told. */
  readonly isLarge: boolean;
  readonly life: number;
  /** Connections that the device had opened when it accepted the message. */
  readonly connection: number;
  /** The power failed while it was being accepted. It may be on the store. */
  isInDoubt: boolean;
  isRejected: boolean;
  isAcknowledged: boolean;
  isDropped: boolean;
}

interface Seen {
  readonly epoch: number;
  readonly packetIdentifier: number;
  times: number;
}

interface Incoming {
  readonly number: number;
  readonly topic: string;
  readonly qos: QoS;
  readonly epoch: number;
  readonly isOversize: boolean;
  readonly isDoubted?: boolean;
  taken: number;
  told: number;
  /** How often the device could not know whether the message was taken. */
  doubts: number;
}

export class SessionLedger {
  readonly violations: string[] = [];
  readonly outgoing = new Map<number, Outgoing>();
  readonly incoming = new Map<number, Incoming>();
  /** The present session of this device at the broker. 0: none yet. */
  epoch = 0;
  /** The newest session that the broker has made. */
  standing = 0;
  readonly #knownEpochs = new Set<number>();
  readonly #seen = new Map<number, Seen>();
  /** How many connections ended while a message was not settled, by topic. */
  readonly #endings = new Map<string, number>();
  readonly #takenByBroker = new Map<number, number[]>();
  /** The highest number of a message that came for the first time, by topic and whether its QoS is above 0. */
  readonly #lastFirst = new Map<string, number>();
  /** The same for messages that the application was told, by life, connection, topic and QoS. */
  readonly #lastTold = new Map<string, number>();
  readonly #device: { readonly life: number; readonly connection: number };

  constructor(device: { readonly life: number; readonly connection: number }) {
    this.#device = device;
  }

  /** The device has been told that the broker's session is a new one. */
  handleNewSession(): void {
    this.#knownEpochs.add(this.standing);
  }

  /** Whether the device knows of the newest session. The CONNACK that says so may have been lost. */
  get isStandingKnown(): boolean {
    return this.#knownEpochs.has(this.standing);
  }

  /** The device is about to accept a message for the broker. */
  accept(message: Pick<Outgoing, "number" | "topic" | "qos" | "isDurable" | "isDroppable" | "isLarge">): Outgoing {
    const { life, connection } = this.#device;
    const { number } = message;
    const state = { isInDoubt: true, isRejected: false, isAcknowledged: false, isDropped: false };
    const entry = { ...message, life, connection, ...state };
    this.outgoing.set(number, entry);
    return entry;
  }

  /** A PUBLISH has come to the broker. */
  handleArrival(arrival: Arrival): void {
    const { epoch, packetIdentifier, qos, topic, isTaken } = arrival;
    const number = numberOf(arrival.payload);
    const entry = this.outgoing.get(number);
    if (!entry || entry.topic !== topic) {
      this.violations.push(`message ${number} on ${topic} came to the broker, it was never sent`);
      return;
    }
    if (entry.isDropped) this.violations.push(`message ${number} came after the device was told that it was dropped`);
    if (qos > 0) this.#checkResend(entry, arrival);
    if (isTaken) this.#takenByBroker.set(number, [...(this.#takenByBroker.get(number) ?? []), epoch]);
    const former = this.#seen.get(number);
    if (former?.epoch === epoch) former.times += 1;
    else this.#seen.set(number, { epoch, packetIdentifier, times: 1 });
    if (former) return;
    const lane = `${topic} ${qos > 0}`;
    if ((this.#lastFirst.get(lane) ?? -1) > number)
      this.violations.push(`message ${number} on ${topic} came after ${this.#lastFirst.get(lane)}`);
    this.#lastFirst.set(lane, Math.max(number, this.#lastFirst.get(lane) ?? -1));
  }

  #checkResend(entry: Outgoing, { epoch, packetIdentifier, dup }: Arrival): void {
    const former = this.#seen.get(entry.number);
    const { life, connection } = this.#device;
    if (former?.epoch === epoch) {
      if (!dup) this.violations.push(`message ${entry.number} came again without DUP`);
      if (former.packetIdentifier !== packetIdentifier)
        this.violations.push(`message ${entry.number} came again under another identifier`);
      if (entry.isAcknowledged && life === entry.life)
        this.violations.push(`message ${entry.number} came again after it was acknowledged`);
    } else if (dup && entry.life === life && entry.connection === connection)
      this.violations.push(`message ${entry.number} came with DUP the first time`);
  }

  /** The device was told that the broker has the message, or that it does not want it. */
  settle(number: number, isAcknowledged: boolean): void {
    const entry = this.outgoing.get(number);
    if (!entry) return;
    if (isAcknowledged) {
      if (entry.isAcknowledged) this.violations.push(`message ${number} was acknowledged twice`);
      if (entry.qos > 0 && !this.#takenByBroker.has(number) && !(entry.isLarge && entry.life !== this.#device.life))
        this.violations.push(`message ${number} was acknowledged, the broker has not got it`);
      entry.isAcknowledged = true;
    } else entry.isRejected = true;
  }

  /** A connection has ended, and all that is not settled may have been on it. */
  handleEnded(): void {
    const topics = new Set<string>();
    // A message of QoS 0 has no answer. The broker may have closed because of it.
    for (const entry of this.outgoing.values())
      if (entry.qos === 0 || !(entry.isAcknowledged || entry.isRejected || entry.isDropped)) topics.add(entry.topic);
    for (const topic of topics) this.#endings.set(topic, (this.#endings.get(topic) ?? 0) + 1);
  }

  /** The device was told that connections ended on this message. */
  checkGivenUp(number: number): void {
    const topic = this.outgoing.get(number)?.topic ?? "";
    const endings = this.#endings.get(topic) ?? 0;
    if (endings < ENDINGS_MAX) this.violations.push(`message ${number} was given up after ${endings} connections`);
    // A link that breaks now and then may break at each attempt to send a large message.
    if (!this.outgoing.get(number)?.isLarge)
      this.violations.push(`message ${number} was given up, the broker takes it`);
  }

  /** The device was told that the message was dropped from its outbox. It must never be sent. */
  drop(number: number): void {
    const entry = this.outgoing.get(number);
    if (!entry) return;
    if (!entry.isDroppable) this.violations.push(`message ${number} was dropped, its class does not allow it`);
    if (this.#seen.get(number)?.epoch === this.standing)
      this.violations.push(`message ${number} was dropped after it had come to the broker`);
    entry.isDropped = true;
  }

  /** The broker refuses a message of the device. It is not owed any more, also if nobody hears of that. */
  refuse(number: number): void {
    const entry = this.outgoing.get(number);
    if (entry) entry.isInDoubt = true;
  }

  /** The broker takes a message for the device. */
  promise(number: number, topic: string, qos: QoS, isOversize: boolean): void {
    const state = { taken: 0, told: 0, doubts: 0 };
    this.incoming.set(number, { number, topic, qos, epoch: this.epoch, isOversize, ...state });
  }

  /** Nobody knows whether the broker has taken a message for the device. It may come. */
  doubt(number: number): void {
    const entry = this.incoming.get(number);
    if (entry) this.incoming.set(number, { ...entry, isDoubted: true });
  }

  /** The device's application is told of a message. Returns its number. */
  tell(topic: string, payload: Uint8Array, qos: QoS): number {
    const number = numberOf(payload);
    const entry = this.incoming.get(number);
    if (entry?.topic !== topic) {
      this.violations.push(`message ${number} was told on ${topic}, the broker never had it`);
      return number;
    }
    entry.told += 1;
    if (qos === 2 && entry.taken > entry.doubts)
      this.violations.push(`push ${number} of QoS 2 was told again after it was taken`);
    const lane = `${this.#device.life} ${this.#device.connection} ${topic} ${qos}`;
    if ((this.#lastTold.get(lane) ?? -1) >= number)
      this.violations.push(`message ${number} on ${topic} was told after ${this.#lastTold.get(lane)}`);
    this.#lastTold.set(lane, number);
    return number;
  }

  /** Checks at the end what is missing and what came twice. @param life the device's present life */
  check(life: number): void {
    for (const entry of this.outgoing.values()) {
      const epochs = this.#takenByBroker.get(entry.number) ?? [];
      const outlasts = entry.isDurable && !entry.isLarge && !entry.isDroppable;
      const isSettled = entry.isInDoubt || entry.isRejected || entry.isDropped;
      const isOwed = entry.qos > 0 && !isSettled && (outlasts || entry.life === life);
      if (isOwed && epochs.length === 0) this.violations.push(`message ${entry.number} of QoS ${entry.qos} is lost`);
      // A broker that loses its session forgets what it has taken. Within one session it must take a message once.
      if (entry.qos === 2 && new Set(epochs).size !== epochs.length)
        this.violations.push(`message ${entry.number} of QoS 2 was taken ${epochs.length} times`);
      if (entry.qos === 0 && epochs.length > 1) this.violations.push(`message ${entry.number} of QoS 0 came twice`);
    }
    for (const entry of this.incoming.values()) {
      if (entry.isOversize) continue;
      const isOwed =
        !entry.isDoubted &&
        entry.epoch === this.epoch &&
        (entry.qos === 1 || (entry.qos === 2 && this.isStandingKnown));
      if (isOwed && entry.taken === 0) this.violations.push(`push ${entry.number} of QoS ${entry.qos} was not taken`);
      if (entry.qos === 2 && entry.taken > 1 + entry.doubts)
        this.violations.push(`push ${entry.number} of QoS 2 was taken ${entry.taken} times`);
      if (entry.qos === 0 && entry.told > 1) this.violations.push(`push ${entry.number} of QoS 0 was told twice`);
    }
  }
}

/** A payload of at least 4 bytes that begins with the number. */
export function payloadOf(number: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(Math.max(4, bytes));
  new DataView(payload.buffer).setUint32(0, number);
  return payload;
}

export function numberOf(payload: Uint8Array): number {
  if (payload.length < 4) return -1;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}
