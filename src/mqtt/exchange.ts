/**
 * What is sent on a connection, and in which order: answers, PUBRELs, messages of the outbox. What both sides still owe
 * outlasts connections, and through the store reboots; `begin` says what a new connection means for it.
 */
import type { ByteWriter } from "../bytes.ts";
import { messageOf, ProtocolError, StoreError, UsageError } from "../errors.ts";
import {
  ENDINGS_MAX,
  HASTY_ENDINGS_MAX,
  INFLIGHT_MAX,
  PUBLISH_BYTES_MAX,
  REASON_STRING_BYTES_MAX,
  STREAM_BYTES_MAX,
  TRANSMIT_RESERVE_BYTES,
  UNANSWERED_MS,
  UNFINISHED_MAX,
} from "../limits.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { publishBytes, publishFlags, writeAcknowledgement, writePublishHead } from "./encoder.ts";
import { InboundTable } from "./inbound.ts";
import {
  AWAITING_PUBACK,
  AWAITING_PUBCOMP,
  AWAITING_PUBREC,
  type Outbound,
  OutboundTable,
  SENDING,
  UNSENT,
  UNSENT_PUBREL,
} from "./outbound.ts";
import type { Acknowledgement, LargePublish, PayloadPart, ProtocolLevel, Publish, QoS } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { DISCONNECT_REASON, describeReason } from "./reason-codes.ts";
import { Receiver } from "./receiver.ts";
import type { DropReason, PayloadSource, PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";
import { filterName, GIVEN_UP, messageName, type Suspects } from "./suspects.ts";
import { TopicCache } from "./topic.ts";
import { OutboundAliases } from "./topic-alias.ts";

/** An acknowledgement with its reason code and reason string. */
const ANSWER_BYTES_MAX = 9 + REASON_STRING_BYTES_MAX;

const PACKET_IDENTIFIER_NOT_FOUND = 0x92;

/** A packet that waits for its turn. There may be many answers: as values they take less memory than as functions. */
type Later = { readonly bytesMax: number } & (
  | { readonly write: () => void }
  | { readonly type: "pubcomp" | "pubrel"; readonly packetIdentifier: number; readonly reasonCode: number }
);

export class Exchange {
  /** Messages that were dropped, or, where the outbox was full, not accepted. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  private readonly transmit: ByteWriter;
  private readonly tell: (event: SessionEvent) => void;
  private readonly outboundTable: OutboundTable;
  private readonly inbound: InboundTable;
  private readonly receiver: Receiver;
  private readonly suspects: Suspects;
  private readonly topics = new TopicCache();
  private readonly outboundAliases = new OutboundAliases();
  private level: ProtocolLevel = 4;
  private limits: BrokerLimits | undefined;
  /** The message that is going out in pieces, and what of its payload has been written. */
  private sending: Outbound | undefined;
  private sentBytes = 0;
  /** What waits for its end, or for room. */
  private readonly later: Later[] = [];
  /** The last message of QoS 0, empty: none. Nothing tells that the broker has taken it. */
  private unansweredTopic = "";
  private unansweredBytes = 0;
  private unansweredMs = 0;
  /** Connections in a row that the broker ended with something unanswered, until nothing waits any more. */
  endings = 0;

  /** @param tell gets what is to be told */
  constructor(
    { store, outboxPolicies, streamsLargeMessages = false }: SessionOptions,
    suspects: Suspects,
    transmit: ByteWriter,
    tell: (event: SessionEvent) => void,
  ) {
    this.suspects = suspects;
    const dropped = { full: 0, oldest: 0, superseded: 0, expired: 0 };
    this.dropped = dropped;
    this.transmit = transmit;
    this.tell = tell;
    this.outboundTable = new OutboundTable(store, outboxPolicies, (token, reason) => {
      dropped[reason] += 1;
      tell({ type: "dropped", token, reason });
    });
    this.inbound = new InboundTable(store);
    this.receiver = new Receiver(this.inbound, streamsLargeMessages, tell);
  }

  get outbound(): Pick<OutboundTable, "length" | "bytes" | "oldestSentMs" | "expiryMs" | "expire"> {
    return this.outboundTable;
  }

  /** Bytes that the broker takes in one packet. */
  get packetBytesMax(): number {
    return this.limits?.maximumPacketSize ?? 0;
  }

  /** Whether a message is on its way in part: nothing else may be written before its end. */
  get isSending(): boolean {
    return this.sending !== undefined;
  }

  /** Whether one thing at a time is sent and answered: the broker has ended the last connections. */
  get isCareful(): boolean {
    return this.endings > HASTY_ENDINGS_MAX;
  }

  /** When the message came that the application has kept waiting longest, or undefined. */
  get oldestUntakenMs(): number | undefined {
    return this.inbound.oldestMs;
  }

  /** Whether a further packet may be decoded: there is room for its answer, or a list that it waits in. */
  get canReceive(): boolean {
    return this.isSending || this.transmit.free >= ANSWER_BYTES_MAX;
  }

  /** CONNACK has come. Tells which messages a lost session had already taken. */
  begin(level: ProtocolLevel, limits: BrokerLimits, sessionPresent: boolean): void {
    this.level = level;
    this.limits = limits;
    this.receiver.begin(level);
    this.outboundAliases.reset(level === 5 ? limits.topicAliasMaximum : 0);
    const over = sessionPresent ? [] : this.outboundTable.handleNewSession();
    this.inbound.handleConnected(sessionPresent);
    over.forEach((entry) => this.finish(entry, entry.givenUpWhy));
  }

  /**
   * The broker has ended the connection. What stood alone without its answer is accused; where several did, later connections
   * send one at a time. @param topicFilters of a SUBSCRIBE or UNSUBSCRIBE that is not answered. Returns whether one is accused.
   */
  handleEndedByBroker(topicFilters: readonly string[], nowMs: number): boolean {
    const sent = this.outboundTable.sent;
    const isUnanswered = this.unansweredTopic !== "" && nowMs - this.unansweredMs < UNANSWERED_MS;
    const count = topicFilters.length + sent.length + (isUnanswered ? 1 : 0);
    if (count > 0) this.endings += 1;
    if (count !== 1) return false;
    const filter = topicFilters[0];
    const entry = sent[0];
    if (filter !== undefined) this.suspects.accuse(filterName(filter), 0, nowMs);
    else if (entry) this.suspects.accuse(this.nameOf(entry), entry.payload.length, nowMs);
    else this.suspects.accuse(this.unansweredTopic, this.unansweredBytes, nowMs);
    return true;
  }

  /** The next connections go to another broker. */
  handleBrokerChanged(): void {
    this.suspects.clear();
    this.endings = 0;
    this.inbound.forget();
  }

  /** The connection has ended. */
  end(): void {
    this.limits = undefined;
    this.sending = undefined;
    this.unansweredTopic = "";
    this.later.length = 0;
    this.outboundTable.handleClosed();
    this.inbound.handleClosed();
    this.reserve(0);
  }

  /** The connection has ended between CONNECT and CONNACK: nobody knows what became of the session. */
  doubt(): void {
    this.inbound.doubt();
  }

  /** An identifier for a SUBSCRIBE, held until `reserve(0)`. */
  allocateIdentifier(): number {
    const packetIdentifier = this.outboundTable.allocateIdentifier();
    this.reserve(packetIdentifier);
    return packetIdentifier;
  }

  reserve(packetIdentifier: number): void {
    this.outboundTable.reserve(packetIdentifier);
  }

  /** Whether a message of this size would leave at once. */
  canSend(topic: string, payloadBytes: number, qos: QoS, properties: Properties): boolean {
    const outbound = this.outboundTable;
    return (
      this.limits !== undefined &&
      !this.isSending &&
      !(this.isCareful && (outbound.isReserved || outbound.length > 0)) &&
      !outbound.first(UNSENT) &&
      (qos === 0 || outbound.sentCount < this.windowMax) &&
      this.bytesOf(topic, payloadBytes, qos, properties) + TRANSMIT_RESERVE_BYTES <= this.transmit.free
    );
  }

  /** Sends a message of QoS 0 without a way through the outbox; `canSend` has said yes. */
  private send(topic: string, payload: Uint8Array, retain: boolean, properties: Properties, nowMs: number): void {
    const limits = this.limits as BrokerLimits;
    const bytes = this.bytesOf(topic, payload.length, 0, properties);
    const isGivenUp = this.suspects.isGivenUp(topic, payload.length, nowMs);
    if (isGivenUp || bytes > this.packetBytesMax) {
      const reason = isGivenUp ? givenUp(topic) : tooLarge(bytes, this.packetBytesMax);
      this.tell({ type: "rejected", token: 0, reason });
      return;
    }
    this.expectNoAnswer(topic, payload.length, nowMs);
    this.writeHead(topic, publishFlags(0, retain && limits.isRetainAvailable, false), 0, properties, payload.length);
    this.transmit.bytes(payload);
  }

  /**
   * Accepts a message; `flush` sends it. 0: one of QoS 0, sent at once; undefined: there is no room for it. Throws a
   * `UsageError` for what can never be sent, and what the store throws.
   */
  accept(message: PublishOptions, nowMs: number): number | undefined {
    const { topic, payload, qos, retain, properties = NO_PROPERTIES } = message;
    const length = payload.length;
    const isWhole = payload instanceof Uint8Array;
    const topicBytes = this.topics.encode(topic).length;
    expectAtMost(PUBLISH_BYTES_MAX, publishBytes(topicBytes, qos, properties, 1, isWhole ? length : 0), topic);
    expectAtMost(STREAM_BYTES_MAX, length, topic);
    // [MQTT-1.5.4-2]: the broker would end this connection, and each on which the message is sent again.
    if (properties !== NO_PROPERTIES && hasNul(properties)) throw new UsageError(`${topic}: U+0000 in its properties`);
    if (qos === 0 && isWhole && this.canSend(topic, length, qos, properties)) {
      this.send(topic, payload, retain, properties, nowMs);
      return 0;
    }
    const token = this.outboundTable.add(message, nowMs)?.token;
    if (token === undefined) (this.dropped as Record<DropReason, number>).full += 1;
    return token;
  }

  /** The application has taken or refused a message. Throws a `StoreError`, and it is not taken then. */
  take(token: number, reasonCode: number, reasonString: string): void {
    this.inbound.take(token, reasonCode, reasonString);
  }

  /** Writes a packet of at most `PUBLISH_BYTES_MAX` bytes: now, or once there is room and the message in front has ended. */
  write(packet: () => void): void {
    this.writeInTurn({ bytesMax: PUBLISH_BYTES_MAX, write: packet });
  }

  private writeInTurn(packet: Later): void {
    if (this.later.length >= UNFINISHED_MAX)
      throw new ProtocolError(
        `more than ${UNFINISHED_MAX} packets to answer`,
        DISCONNECT_REASON.receiveMaximumExceeded,
      );
    this.later.push(packet);
    if (!this.isSending) this.writeLater();
  }

  private writeLater(): void {
    for (let packet = this.later[0]; packet !== undefined; packet = this.later[0]) {
      if (this.transmit.free < packet.bytesMax) return;
      this.later.shift();
      if ("write" in packet) packet.write();
      else writeAcknowledgement(this.transmit, packet.type, packet.packetIdentifier, packet.reasonCode);
    }
  }

  /** Sends, as far as there is room, answers, then PUBRELs, then messages that have not been sent on this connection. */
  flush(nowMs: number): void {
    if (this.sending) this.sendPart(this.sending, nowMs);
    const transmit = this.transmit;
    if (this.isSending || !this.limits) return;
    if (!this.outboundTable.isReserved && this.outboundTable.length === 0) this.endings = 0;
    this.writeLater();
    if (this.later.length > 0) return;
    while (transmit.free >= ANSWER_BYTES_MAX) {
      const answer = this.inbound.nextAnswer();
      if (!answer) break;
      const reasonString = answer.reasonString;
      if (this.level === 4) writeAcknowledgement(transmit, answer.type, answer.packetIdentifier);
      // A reason string that the broker has no room for is left out [MQTT-3.4.2-2].
      else if (reasonString === "" || this.limits.maximumPacketSize < ANSWER_BYTES_MAX)
        writeAcknowledgement(transmit, answer.type, answer.packetIdentifier, answer.reasonCode);
      else writeAcknowledgement(transmit, answer.type, answer.packetIdentifier, answer.reasonCode, { reasonString });
    }
    while (transmit.free >= ANSWER_BYTES_MAX) {
      const released = this.outboundTable.first(UNSENT_PUBREL);
      const entry = released ?? this.outboundTable.first(UNSENT);
      if (!entry || (entry !== released && !this.sendPublish(entry, nowMs))) return;
      if (entry !== released) continue;
      if (this.mustWait) return;
      if (this.suspects.isGivenUp(this.nameOf(entry), entry.payload.length, nowMs)) {
        this.finish(entry, entry.givenUpWhy);
        continue;
      }
      writeAcknowledgement(transmit, "pubrel", entry.packetIdentifier);
      entry.state = AWAITING_PUBCOMP;
      entry.sentMs = nowMs;
    }
  }

  /** A message, or an answer to one of ours. */
  handle(packet: Publish | LargePublish | PayloadPart | Acknowledgement, nowMs: number): void {
    switch (packet.type) {
      case "publish":
      case "largePublish":
      case "payload":
        this.receiver.handle(packet, nowMs);
        break;
      case "pubrel":
        this.answer("pubcomp", packet.packetIdentifier, this.inbound.release(packet.packetIdentifier));
        break;
      default:
        this.handleAnswer(packet, nowMs);
    }
  }

  /** PUBACK, PUBREC or PUBCOMP; one that answers nothing is ignored, but for a PUBREC, which has to be released. */
  private handleAnswer({ type, packetIdentifier, reasonCode, properties }: Acknowledgement, nowMs: number): void {
    const entry = this.outboundTable.find(packetIdentifier);
    if (!entry || !isAnswerTo(type, entry)) {
      if (type === "pubrec") this.answer("pubrel", packetIdentifier, false);
      return;
    }
    this.suspects.acquit(this.nameOf(entry));
    if (!this.isCareful) this.endings = 0;
    if (reasonCode >= 0x80 && type !== "pubcomp") {
      this.finish(entry, describeReason(reasonCode, properties));
    } else if (type === "pubrec") {
      this.outboundTable.handlePubrec(entry);
    } else {
      // PUBCOMP of 3.1.1 does not tell whether the broker had taken the message.
      const isUntold =
        this.level === 4 && this.suspects.isGivenUp(messageName(entry.topic, 2), entry.payload.length, nowMs);
      this.finish(entry, isUntold || reasonCode === PACKET_IDENTIFIER_NOT_FOUND ? entry.givenUpWhy : "");
    }
  }

  private answer(type: "pubcomp" | "pubrel", packetIdentifier: number, isKnown: boolean): void {
    const reasonCode = isKnown || this.level === 4 ? 0 : PACKET_IDENTIFIER_NOT_FOUND;
    this.writeInTurn({ bytesMax: ANSWER_BYTES_MAX, type, packetIdentifier, reasonCode });
  }

  /** False where it, or what comes behind it, has to wait. */
  private sendPublish(entry: Outbound, nowMs: number): boolean {
    const limits = this.limits as BrokerLimits;
    const topic = entry.topic;
    const payload = entry.payload;
    const qos = this.qosOf(entry);
    const properties = this.outboundTable.propertiesOf(entry, nowMs);
    const bytes = this.bytesOf(topic, payload.length, qos, properties);
    const isGivenUp = this.suspects.isGivenUp(this.nameOf(entry), payload.length, nowMs);
    if (isGivenUp || bytes > this.packetBytesMax) {
      const reason = isGivenUp ? givenUp(topic) : tooLarge(bytes, this.packetBytesMax);
      // Of a QoS 2 message that an earlier connection may have brought there the broker holds the identifier: PUBREL first.
      if (entry.qos === 2 && entry.dup) {
        this.outboundTable.giveUp(entry, reason);
        // Who closes on the message is likely to close on its PUBREL: that is sent once.
        if (isGivenUp) this.suspects.accuse(this.nameOf(entry), payload.length, nowMs, ENDINGS_MAX - 1);
      } else this.finish(entry, reason);
      return true;
    }
    if (this.mustWait) return false;
    if (qos > 0 && this.outboundTable.sentCount >= this.windowMax) return false;
    const isWhole = payload instanceof Uint8Array;
    if ((isWhole ? bytes : bytes - payload.length) + TRANSMIT_RESERVE_BYTES > this.transmit.free) return false;
    const flags = publishFlags(qos, entry.retain && limits.isRetainAvailable, qos > 0 && entry.dup);
    this.writeHead(topic, flags, qos > 0 ? entry.packetIdentifier : 0, properties, payload.length);
    entry.sentMs = nowMs;
    if (isWhole) {
      this.transmit.bytes(payload);
      this.handleSent(entry);
      return true;
    }
    entry.state = SENDING;
    this.sending = entry;
    this.sentBytes = 0;
    this.sendPart(entry, nowMs);
    return !this.isSending;
  }

  /** Writes as much of the payload as there is room for. */
  private sendPart(entry: Outbound, nowMs: number): void {
    const payload = entry.payload as PayloadSource;
    const length = Math.min(this.transmit.free, payload.length - this.sentBytes);
    if (length > 0) {
      try {
        payload.read(this.sentBytes, this.transmit.grow(length));
      } catch (error) {
        // What was begun cannot be taken back but by ending the connection.
        const reason = `a payload cannot be read: ${messageOf(error)}`;
        this.finish(entry, reason);
        throw new StoreError(reason);
      }
      this.sentBytes += length;
      entry.sentMs = nowMs;
    }
    if (this.sentBytes < payload.length) return;
    this.sending = undefined;
    this.handleSent(entry);
  }

  /** The whole message is written. */
  private handleSent(entry: Outbound): void {
    const qos = this.qosOf(entry);
    entry.state = qos === 2 ? AWAITING_PUBREC : AWAITING_PUBACK;
    // Where nothing will be acknowledged, sent is all that can be had.
    if (qos > 0) return;
    this.expectNoAnswer(entry.topic, entry.payload.length, entry.sentMs);
    this.finish(entry);
  }

  /** A message of QoS 0 leaves. The one before it is no suspect where the connection has stood long enough since. */
  private expectNoAnswer(topic: string, bytes: number, sentMs: number): void {
    const former = this.unansweredTopic;
    if (former !== "" && sentMs - this.unansweredMs >= UNANSWERED_MS) this.suspects.acquit(former);
    this.unansweredTopic = topic;
    this.unansweredBytes = bytes;
    this.unansweredMs = sentMs;
  }

  /** Whether the answer to what was sent has to come first. */
  private get mustWait(): boolean {
    return this.isCareful && (this.outboundTable.isReserved || this.outboundTable.sent.length > 0);
  }

  /** What a connection is said to have ended on: PUBLISH or PUBREL of this message. */
  private nameOf(entry: Outbound): string {
    const isReleased = entry.state === UNSENT_PUBREL || entry.state === AWAITING_PUBCOMP;
    return isReleased ? `PUBREL ${entry.topic}` : messageName(entry.topic, this.qosOf(entry));
  }

  private qosOf({ qos }: Outbound): QoS {
    return Math.min(qos, (this.limits as BrokerLimits).maximumQoS) as QoS;
  }

  private get windowMax(): number {
    return Math.min(INFLIGHT_MAX, (this.limits as BrokerLimits).receiveMaximum);
  }

  /** The broker has the message, or, with a reason, does not take it: told once it is off the store. */
  private finish(entry: Outbound, reason = ""): void {
    this.outboundTable.remove(entry);
    this.tell(
      reason === "" ? { type: "acknowledged", token: entry.token } : { type: "rejected", token: entry.token, reason },
    );
  }

  private writeHead(
    topic: string,
    flags: number,
    packetIdentifier: number,
    properties: Properties,
    payloadBytes: number,
  ): void {
    const bytes = this.topics.encode(topic);
    const isVersion5 = this.level === 5;
    const alias = this.aliasOf(bytes.length, topic, payloadBytes, packetIdentifier, properties);
    if (alias < 0) this.outboundAliases.give(-alias, topic);
    writePublishHead(
      this.transmit,
      flags,
      alias > 0 ? NO_TOPIC : bytes,
      packetIdentifier,
      isVersion5 ? properties : undefined,
      Math.abs(alias),
      payloadBytes,
    );
  }

  /** What the topic is sent as, see `OutboundAliases.aliasOf`: a new alias only where the packet with it is not too large. */
  private aliasOf(
    topicBytes: number,
    topic: string,
    payloadBytes: number,
    packetIdentifier: number,
    properties: Properties,
  ): number {
    const alias = this.level === 5 ? this.outboundAliases.aliasOf(topic) : 0;
    if (alias >= 0) return alias;
    const bytes = publishBytes(topicBytes, packetIdentifier, properties, -alias, payloadBytes);
    return bytes > this.packetBytesMax ? 0 : alias;
  }

  /** Size of a PUBLISH as it would leave now. Throws a `UsageError` for what is no topic name. */
  private bytesOf(topic: string, payloadBytes: number, qos: QoS, properties: Properties): number {
    const length = this.topics.encode(topic).length;
    const alias = this.aliasOf(length, topic, payloadBytes, qos, properties);
    const own = this.level === 5 ? properties : undefined;
    return publishBytes(alias > 0 ? 0 : length, qos, own, Math.abs(alias), payloadBytes);
  }
}

function expectAtMost(bytesMax: number, bytes: number, topic: string): void {
  if (bytes > bytesMax) throw new UsageError(`publish to ${topic}: ${bytes} bytes, expected at most ${bytesMax}`);
}

const NO_TOPIC = new Uint8Array(0);

function givenUp(topic: string): string {
  return `${topic}: ${GIVEN_UP}`;
}

/** Whether a text among these values, or in lists of them, holds U+0000. */
function hasNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return (
    typeof value === "object" && value !== null && !(value instanceof Uint8Array) && Object.values(value).some(hasNul)
  );
}

/** Why a packet is not sent. */
export function tooLarge(bytes: number, bytesMax: number): string {
  return `above the bytes that the broker takes: ${bytes}, expected at most ${bytesMax}`;
}

/** A broker that has no QoS 2 may answer it with PUBACK (RabbitMQ does). */
function isAnswerTo(type: Acknowledgement["type"], { state }: Outbound): boolean {
  if (type === "puback") return state === AWAITING_PUBACK || state === AWAITING_PUBREC;
  if (type === "pubrec") return state === AWAITING_PUBREC || state === AWAITING_PUBCOMP || state === UNSENT_PUBREL;
  return state === AWAITING_PUBCOMP;
}
