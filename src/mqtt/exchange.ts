/**
 * The exchange of messages on a connection: what is sent, what it is answered with, and what both sides still owe. Outlasts
 * connections, and through the store reboots; `begin` says what a new connection means for it.
 */
import type { ByteWriter } from "../bytes.ts";
import { ProtocolError, StoreError } from "../errors.ts";
import { RECEIVE_MAX, SKIPPED_BYTES_MAX, TRANSMIT_RESERVE_BYTES, UNFINISHED_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { ACKNOWLEDGEMENT_BYTES, publishBytes, writeAcknowledgement, writePublish } from "./encoder.ts";
import { InboundTable } from "./inbound.ts";
import { type Outbound, type OutboundMessage, OutboundTable } from "./outbound.ts";
import type { Acknowledgement, OversizePublish, ProtocolLevel, Publish, QoS } from "./packet.ts";
import type { Properties } from "./properties.ts";
import { DISCONNECT_REASON, reasonInWords } from "./reason-codes.ts";
import type { SessionEvent } from "./session-types.ts";
import { TopicCache } from "./topic.ts";
import { InboundAliases, OutboundAliases } from "./topic-alias.ts";

/** An acknowledgement with its reason code. */
const ANSWER_BYTES_MAX = ACKNOWLEDGEMENT_BYTES + 1;

const TOO_LARGE = "above the bytes that the broker takes";
const PACKET_IDENTIFIER_NOT_FOUND = 0x92;
const PACKET_IDENTIFIER_IN_USE = 0x91;

export class Exchange {
  readonly #transmit: ByteWriter;
  readonly #tell: (event: SessionEvent) => void;
  readonly #outbound: OutboundTable;
  readonly #inbound: InboundTable;
  readonly #topics = new TopicCache();
  readonly #inboundAliases = new InboundAliases();
  readonly #outboundAliases = new OutboundAliases();
  #level: ProtocolLevel = 4;
  #limits: BrokerLimits | undefined;

  /** @param tell gets what is to be told beside the events that `handle` returns */
  constructor(store: Store | undefined, transmit: ByteWriter, tell: (event: SessionEvent) => void) {
    this.#transmit = transmit;
    this.#tell = tell;
    this.#outbound = new OutboundTable(store);
    this.#inbound = new InboundTable(store);
  }

  get outboundCount(): number {
    return this.#outbound.length;
  }

  /** When the message or PUBREL that has waited longest for its answer was sent, or undefined. */
  get oldestSentMs(): number | undefined {
    return this.#outbound.oldestSentMs;
  }

  /** When the message came that the application has kept waiting longest, or undefined. */
  get oldestUntakenMs(): number | undefined {
    return this.#inbound.oldestMs;
  }

  /** Whether a further packet may be decoded: there is room for its answer. */
  get canReceive(): boolean {
    return this.#transmit.free >= ANSWER_BYTES_MAX;
  }

  /** CONNACK has come. Tells which messages a lost session had already taken. */
  begin(level: ProtocolLevel, limits: BrokerLimits, sessionPresent: boolean): void {
    this.#level = level;
    this.#limits = limits;
    this.#inboundAliases.clear();
    this.#outboundAliases.reset(level === 5 ? limits.topicAliasMaximum : 0);
    storing(() => {
      const over = this.#outbound.handleConnected(sessionPresent);
      this.#inbound.handleConnected(sessionPresent);
      for (const entry of over) {
        const { token, isGivenUp } = entry;
        this.#finish(
          entry,
          isGivenUp ? { type: "rejected", token, reason: TOO_LARGE } : { type: "acknowledged", token },
        );
      }
    });
  }

  /** The connection has ended. */
  end(): void {
    this.#limits = undefined;
    this.#inbound.handleClosed();
    this.reserve(0);
  }

  /** The connection has ended between CONNECT and CONNACK: nobody knows what became of the session. */
  doubt(): void {
    this.#inbound.doubt();
  }

  /** An identifier for a SUBSCRIBE, held until `reserve(0)`. */
  allocateIdentifier(): number {
    const packetIdentifier = this.#outbound.allocateIdentifier();
    this.reserve(packetIdentifier);
    return packetIdentifier;
  }

  reserve(packetIdentifier: number): void {
    this.#outbound.reserve(packetIdentifier);
  }

  canPublish(topic: string, payloadBytes: number, qos: QoS, properties: Properties): boolean {
    if (!this.#limits || (qos > 0 && this.#outbound.isFull)) return false;
    return this.bytesOf(topic, payloadBytes, qos, properties) + TRANSMIT_RESERVE_BYTES <= this.#transmit.free;
  }

  /** Writes a message of QoS 0; one that is above the broker's limit is left out and false returned. */
  publishOnce(topic: string, payload: Uint8Array, retain: boolean, properties: Properties): boolean {
    if (!this.#fitsBroker(topic, payload.length, 0, properties)) return false;
    this.#write(topic, payload, 0, retain, false, 0, properties);
    return true;
  }

  /** Accepts a message of QoS 1 or 2; `flush` sends it. Throws what the store throws. */
  accept(message: OutboundMessage, isDurable: boolean): number {
    return this.#outbound.add(message, isDurable).token;
  }

  /** The application has taken or refused a message. */
  take(token: number, reasonCode: number): void {
    storing(() => this.#inbound.take(token, reasonCode));
  }

  /** Sends, as far as there is room, answers, then PUBRELs, then messages that have not been sent on this connection. */
  flush(nowMs: number): void {
    if (!this.#limits) return;
    while (this.#transmit.free >= ANSWER_BYTES_MAX) {
      const answer = this.#inbound.nextAnswer();
      if (!answer) break;
      writeAcknowledgement(
        this.#transmit,
        answer.type,
        answer.packetIdentifier,
        this.#level === 5 ? answer.reasonCode : 0,
      );
    }
    this.#sendPubrels(nowMs);
    for (let entry = this.#outbound.nextPublish(); entry; entry = this.#outbound.nextPublish())
      if (!this.#sendPublish(entry, nowMs)) break;
    this.#sendPubrels(nowMs);
  }

  #sendPubrels(nowMs: number): void {
    for (let entry = this.#outbound.nextPubrel(); entry; entry = this.#outbound.nextPubrel()) {
      if (this.#transmit.free < ANSWER_BYTES_MAX) return;
      writeAcknowledgement(this.#transmit, "pubrel", entry.packetIdentifier);
      entry.state = "awaitingPubcomp";
      entry.sentMs = nowMs;
    }
  }

  /** A message, or an answer to one of ours. "again": it has nothing to tell. */
  handle(packet: Publish | OversizePublish | Acknowledgement, nowMs: number): SessionEvent | "again" {
    switch (packet.type) {
      case "publish":
        return this.#handlePublish(packet, nowMs);
      case "oversizePublish":
        return this.#handleOversize(packet, nowMs);
      case "pubrel":
        return this.#handlePubrel(packet);
      default:
        return storing(() => this.#handleAnswer(packet));
    }
  }

  #handlePublish(publish: Publish, nowMs: number): SessionEvent | "again" {
    const topic = this.#level === 5 ? this.#inboundAliases.resolve(publish) : publish.topic;
    const message = topic === publish.topic ? publish : { ...publish, topic };
    const { qos, packetIdentifier } = publish;
    if (qos === 0) return { type: "message", message, token: 0 };
    if (this.#isKnown(publish, nowMs)) return "again";
    return { type: "message", message, token: this.#inbound.add(packetIdentifier, qos, nowMs) };
  }

  #handleOversize(publish: OversizePublish, nowMs: number): SessionEvent | "again" {
    if (this.#level === 5 && publish.packetBytes > SKIPPED_BYTES_MAX)
      throw new ProtocolError(
        `PUBLISH of ${publish.packetBytes} bytes [MQTT-3.1.2-24]`,
        DISCONNECT_REASON.packetTooLarge,
      );
    const topic = this.#level === 5 ? this.#inboundAliases.resolveOversize(publish) : publish.topic;
    const { qos, packetIdentifier } = publish;
    if (qos > 0) {
      if (this.#isKnown(publish, nowMs)) return "again";
      this.take(this.#inbound.add(packetIdentifier, qos as 1 | 2, nowMs), 0);
    }
    return { type: "oversize", message: { ...publish, topic } };
  }

  /** Whether a message of QoS 1 or 2 is one that is here already; where it is, it is answered again or waits for its answer. */
  #isKnown({ packetIdentifier, qos, dup }: Pick<Publish, "packetIdentifier" | "qos" | "dup">, nowMs: number): boolean {
    if (this.#inbound.isUntaken(packetIdentifier)) {
      if (dup) return true;
      throw new ProtocolError(
        `PUBLISH: packet identifier ${packetIdentifier} is in use [MQTT-2.2.1-4]`,
        PACKET_IDENTIFIER_IN_USE,
      );
    }
    if (qos === 2 && storing(() => this.#inbound.isDuplicate(packetIdentifier, dup))) {
      this.#inbound.addTaken(packetIdentifier, nowMs);
      return true;
    }
    const max = this.#level === 5 ? RECEIVE_MAX : UNFINISHED_MAX;
    if (this.#inbound.length >= max)
      throw new ProtocolError(
        `PUBLISH: more than ${max} unfinished [MQTT-3.3.4-9]`,
        DISCONNECT_REASON.receiveMaximumExceeded,
      );
    return false;
  }

  #handlePubrel({ packetIdentifier }: Acknowledgement): "again" {
    const isKnown = storing(() => this.#inbound.release(packetIdentifier));
    writeAcknowledgement(
      this.#transmit,
      "pubcomp",
      packetIdentifier,
      isKnown || this.#level === 4 ? 0 : PACKET_IDENTIFIER_NOT_FOUND,
    );
    return "again";
  }

  /** PUBACK, PUBREC or PUBCOMP; one that answers nothing is ignored, but for a PUBREC, which has to be released. */
  #handleAnswer({ type, packetIdentifier, reasonCode, properties }: Acknowledgement): SessionEvent | "again" {
    const entry = this.#outbound.find(packetIdentifier);
    const isExpected = entry !== undefined && isAnswerTo(type, entry);
    if (!isExpected) {
      if (type === "pubrec")
        writeAcknowledgement(
          this.#transmit,
          "pubrel",
          packetIdentifier,
          this.#level === 4 ? 0 : PACKET_IDENTIFIER_NOT_FOUND,
        );
      return "again";
    }
    if (reasonCode >= 0x80 && type !== "pubcomp") {
      this.#outbound.remove(entry);
      const reason = [reasonInWords(reasonCode), properties.reasonString].filter((words) => words).join(": ");
      return { type: "rejected", token: entry.token, reason };
    }
    if (type === "pubrec") {
      this.#outbound.handlePubrec(entry);
      return "again";
    }
    this.#outbound.remove(entry);
    if (entry.isGivenUp && reasonCode === PACKET_IDENTIFIER_NOT_FOUND)
      return { type: "rejected", token: entry.token, reason: TOO_LARGE };
    return { type: "acknowledged", token: entry.token };
  }

  /** False where it has to wait. */
  #sendPublish(entry: Outbound, nowMs: number): boolean {
    const limits = this.#limits as BrokerLimits;
    const { topic, payload, properties, token, packetIdentifier } = entry;
    const qos = Math.min(entry.qos, limits.maximumQoS) as QoS;
    const retain = entry.retain && limits.isRetainAvailable;
    if (!this.#fitsBroker(topic, payload.length, qos, properties)) {
      // Of a QoS 2 message that an earlier connection may have brought there the broker holds the identifier: PUBREL first.
      if (entry.qos === 2 && entry.dup) storing(() => this.#outbound.giveUp(entry));
      else {
        const bytes = this.bytesOf(topic, payload.length, qos, properties);
        const reason = `${TOO_LARGE}: ${bytes}, expected at most ${limits.maximumPacketSize}`;
        storing(() => this.#finish(entry, { type: "rejected", token, reason }));
      }
      return true;
    }
    if (this.#outbound.sentCount >= limits.receiveMaximum) return false;
    if (this.bytesOf(topic, payload.length, qos, properties) + TRANSMIT_RESERVE_BYTES > this.#transmit.free)
      return false;
    this.#write(topic, payload, qos, retain, qos > 0 && entry.dup, packetIdentifier, properties);
    entry.state = qos === 2 ? "awaitingPubrec" : "awaitingPuback";
    entry.sentMs = nowMs;
    if (qos === 0) {
      // The broker takes no acknowledged messages: sent is all that can be had.
      storing(() => this.#finish(entry, { type: "acknowledged", token }));
    }
    return true;
  }

  /** Tells of the end of an exchange once it is off the store. */
  #finish(entry: Outbound, event: SessionEvent): void {
    this.#outbound.remove(entry);
    this.#tell(event);
  }

  #write(
    topic: string,
    payload: Uint8Array,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetIdentifier: number,
    properties: Properties,
  ): void {
    const bytes = this.#topics.encode(topic);
    if (this.#level === 4) {
      writePublish(this.#transmit, {
        topic: bytes,
        payload,
        qos,
        retain,
        dup,
        packetIdentifier,
        properties: undefined,
      });
      return;
    }
    const { alias, isNew } = this.#outboundAliases.aliasOf(topic);
    const topicOrNone = isNew ? bytes : NO_TOPIC;
    const all = alias === 0 ? properties : { ...properties, topicAlias: alias };
    writePublish(this.#transmit, { topic: topicOrNone, payload, qos, retain, dup, packetIdentifier, properties: all });
  }

  #fitsBroker(topic: string, payloadBytes: number, qos: QoS, properties: Properties): boolean {
    return (
      this.#limits !== undefined && this.bytesOf(topic, payloadBytes, qos, properties) <= this.#limits.maximumPacketSize
    );
  }

  /** Size of a PUBLISH with the topic in full and room for an alias. Throws a `UsageError` for what is no topic name. */
  bytesOf(topic: string, payloadBytes: number, qos: QoS, properties: Properties): number {
    const { length } = this.#topics.encode(topic);
    if (this.#level === 4) return publishBytes(length, payloadBytes, qos, undefined);
    return publishBytes(length, payloadBytes, qos, properties) + ALIAS_BYTES;
  }
}

const NO_TOPIC = new Uint8Array(0);

/** Property identifier and value of a topic alias. */
const ALIAS_BYTES = 3;

/** A broker that has no QoS 2 may answer it with PUBACK (RabbitMQ does). */
function isAnswerTo(type: Acknowledgement["type"], { state }: Outbound): boolean {
  if (type === "puback") return state === "awaitingPuback" || state === "awaitingPubrec";
  if (type === "pubrec") return state === "awaitingPubrec" || state === "awaitingPubcomp" || state === "unsentPubrel";
  return state === "awaitingPubcomp";
}

/** Runs what writes to the store; its failure is a `StoreError`. */
function storing<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new StoreError(error instanceof Error ? error.message : String(error));
  }
}
