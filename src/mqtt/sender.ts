/**
 * Messages of the outbox on their way to the broker: which may leave now, and what an answer makes of them.
 */
import type { ByteWriter } from "../bytes.ts";
import { INFLIGHT_MAX, TRANSMIT_RESERVE_BYTES } from "../limits.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { writeAcknowledgement } from "./encoder.ts";
import type { PayloadStreaming, StreamSender } from "./extensions.ts";
import {
  AWAITING_PUBACK,
  AWAITING_PUBCOMP,
  AWAITING_PUBREC,
  type Outbound,
  type OutboundTable,
  UNSENT,
  UNSENT_PUBREL,
} from "./outbound.ts";
import type { Acknowledgement, QoS } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { type PublishWriter, tooLarge } from "./publish-writer.ts";
import { describeReason } from "./reason-codes.ts";
import type { PublishOptions, SessionEvent } from "./session-types.ts";
import { GIVEN_UP, messageName, pubrelName, type Suspects } from "./suspects.ts";
import type { Trial } from "./trial.ts";

const PACKET_IDENTIFIER_NOT_FOUND = 0x92;

export class Sender implements StreamSender {
  private readonly table: OutboundTable;
  private readonly writer: PublishWriter;
  private readonly trial: Trial;
  private readonly suspects: Suspects;
  private readonly transmit: ByteWriter;
  private readonly streaming: PayloadStreaming | undefined;
  private readonly tell: (event: SessionEvent) => void;

  /** @param tell gets what became of a message */
  constructor(
    table: OutboundTable,
    writer: PublishWriter,
    trial: Trial,
    transmit: ByteWriter,
    streaming: PayloadStreaming | undefined,
    tell: (event: SessionEvent) => void,
  ) {
    this.table = table;
    this.writer = writer;
    this.trial = trial;
    this.suspects = trial.suspects;
    this.transmit = transmit;
    this.streaming = streaming;
    this.tell = tell;
  }

  /** Whether a message is on its way in part. Nothing else can be written before its end. */
  get isSending(): boolean {
    return this.streaming?.isSending === true;
  }

  /** Whether this may be sent now. The trial of a suspect begins then. */
  admits(name: string, bytes: number, nowMs: number): boolean {
    return this.trial.admits(
      name,
      bytes,
      this.table.reservedIdentifier === 0 && this.table.oldestSentMs === undefined,
      nowMs,
    );
  }

  /** Whether a message of this size would leave at once. A suspect is the next that is sent alone. */
  canSend(topic: string, payloadBytes: number, qos: QoS, properties: Properties): boolean {
    const limits = this.writer.limits;
    return (
      limits !== undefined &&
      !this.isSending &&
      !this.table.first(UNSENT) &&
      (qos === 0 || !this.isWindowFull) &&
      !this.trial.current &&
      this.writer.bytesOf(topic, payloadBytes, qos, properties) + TRANSMIT_RESERVE_BYTES <= this.transmit.free
    );
  }

  /** Sends a message of QoS 0 past the outbox, if it may leave at once. Returns whether it may. */
  sendNow(message: PublishOptions, nowMs: number): boolean {
    const { topic, payload, qos, properties = NO_PROPERTIES } = message;
    const length = payload.length;
    if (qos > 0 || !(payload instanceof Uint8Array) || !this.canSend(topic, length, 0, properties)) return false;
    const bytes = this.writer.bytesOf(topic, length, 0, properties);
    const reason = this.refusal(topic, topic, length, bytes, nowMs);
    if (reason !== "") this.tell({ type: "rejected", token: 0, reason });
    else if (this.suspects.isOnTrial(topic, length)) return false;
    else {
      this.trial.handleUnanswerable(topic, length, nowMs);
      this.writer.writeHead(message, 0, false, 0, properties);
      this.transmit.bytes(payload);
    }
    return true;
  }

  /** Sends PUBRELs, then messages that have not left on this connection, while there is room for `bytesMin`. */
  flush(bytesMin: number, nowMs: number): void {
    while (this.transmit.free >= bytesMin) {
      const released = this.table.first(UNSENT_PUBREL);
      const entry = released ?? this.table.first(UNSENT);
      if (!entry || !(released ? this.sendPubrel(released, nowMs) : this.sendPublish(entry, nowMs))) return;
    }
  }

  /** PUBACK, PUBREC or PUBCOMP has come. Returns whether it answers anything. */
  handleAnswer({ type, packetIdentifier, reasonCode, properties }: Acknowledgement, nowMs: number): boolean {
    const entry = this.table.find(packetIdentifier);
    if (!entry || !isAnswerTo(type, entry)) return false;
    const stage = entry.stage;
    const topic = entry.topic;
    const payload = entry.payload;
    this.trial.handleAnswer(this.nameOf(entry), payload.length, nowMs);
    if (reasonCode >= 0x80 && type !== "pubcomp") {
      this.finish(entry, describeReason(reasonCode, properties));
    } else if (type === "pubrec") {
      this.table.release(entry, "");
    } else {
      // PUBCOMP of 3.1.1 does not tell whether the broker had taken the message.
      const isUntold = !this.writer.isVersion5 && this.suspects.isGivenUp(messageName(topic, 2), payload.length, nowMs);
      const isRejected = "reason" in stage && (isUntold || reasonCode === PACKET_IDENTIFIER_NOT_FOUND);
      this.finish(entry, isRejected ? stage.reason : "");
    }
    return true;
  }

  /** The broker has the message. With a reason it does not take it. The application is told once it is off the store. */
  finish(entry: Outbound, reason = ""): void {
    this.table.remove(entry);
    const token = entry.token;
    this.tell(reason === "" ? { type: "acknowledged", token } : { type: "rejected", token, reason });
  }

  /** The name of what the broker has to answer. */
  nameOf({ topic, qos, stage }: Outbound): string {
    return "reason" in stage ? pubrelName(topic) : messageName(topic, this.writer.qosOf(qos));
  }

  private get isWindowFull(): boolean {
    return this.table.sentCount >= Math.min(INFLIGHT_MAX, (this.writer.limits as BrokerLimits).receiveMaximum);
  }

  /** Why this message cannot be sent. Empty: it can. */
  private refusal(name: string, topic: string, payloadBytes: number, bytes: number, nowMs: number): string {
    if (this.suspects.isGivenUp(name, payloadBytes, nowMs)) return `${topic}: ${GIVEN_UP}`;
    const packetBytesMax = this.writer.packetBytesMax;
    return bytes > packetBytesMax ? tooLarge(bytes, packetBytesMax) : "";
  }

  /** Returns false if it has to wait. */
  private sendPubrel(entry: Outbound, nowMs: number): boolean {
    const stage = entry.stage;
    const packetIdentifier = entry.packetIdentifier;
    const reason = "reason" in stage ? stage.reason : "";
    const name = pubrelName(entry.topic);
    const length = entry.payload.length;
    if (this.suspects.isGivenUp(name, length, nowMs)) {
      this.finish(entry, reason);
      return true;
    }
    if (!this.admits(name, length, nowMs)) return false;
    writeAcknowledgement(this.transmit, "pubrel", packetIdentifier);
    entry.stage = { is: AWAITING_PUBCOMP, reason, sentMs: nowMs };
    return true;
  }

  /** Returns false if it, or what stands behind it, has to wait. */
  private sendPublish(entry: Outbound, nowMs: number): boolean {
    const topic = entry.topic;
    const payload = entry.payload;
    const stage = entry.stage;
    const dup = stage.is === UNSENT && stage.isKnown;
    const qos = this.writer.qosOf(entry.qos);
    const properties = this.table.propertiesOf(entry, nowMs);
    const length = payload.length;
    const bytes = this.writer.bytesOf(topic, length, qos, properties);
    const name = messageName(topic, qos);
    const reason = this.refusal(name, topic, length, bytes, nowMs);
    if (reason !== "") {
      this.refuse(entry, dup, reason, nowMs);
      return true;
    }
    if (qos > 0 && this.isWindowFull) return false;
    const isWhole = payload instanceof Uint8Array;
    if ((isWhole ? bytes : bytes - length) + TRANSMIT_RESERVE_BYTES > this.transmit.free) return false;
    if (!this.admits(name, length, nowMs)) return false;
    this.writer.writeHead(entry, qos, qos > 0 && dup, entry.packetIdentifier, properties);
    if (isWhole) {
      this.transmit.bytes(payload);
      this.handleSent(entry, nowMs);
      return true;
    }
    this.streaming?.begin(entry, this, this.transmit, nowMs);
    return !this.isSending;
  }

  /** A message cannot be sent. Of one of QoS 2 that was sent before, the broker may hold the identifier. PUBREL frees it. */
  private refuse(entry: Outbound, dup: boolean, reason: string, nowMs: number): void {
    const topic = entry.topic;
    const payload = entry.payload;
    if (entry.qos < 2 || !dup) {
      this.finish(entry, reason);
      return;
    }
    this.table.release(entry, reason);
    // A broker that closes on the message is likely to close on its PUBREL.
    if (this.suspects.isGivenUp(messageName(topic, 2), payload.length, nowMs))
      this.suspects.presume(pubrelName(topic), payload.length);
  }

  /** The whole message is written. */
  handleSent(entry: Outbound, nowMs: number): void {
    const qos = this.writer.qosOf(entry.qos);
    entry.stage = { is: qos === 2 ? AWAITING_PUBREC : AWAITING_PUBACK, sentMs: nowMs };
    // Nobody acknowledges QoS 0.
    if (qos > 0) return;
    this.trial.handleUnanswerable(entry.topic, entry.payload.length, nowMs);
    this.finish(entry);
  }
}

/** A broker without QoS 2 may answer it with PUBACK (RabbitMQ does). */
function isAnswerTo(type: Acknowledgement["type"], { stage }: Outbound): boolean {
  if (type === "pubcomp") return stage.is === AWAITING_PUBCOMP;
  if (stage.is === AWAITING_PUBREC) return true;
  return type === "puback" ? stage.is === AWAITING_PUBACK : "reason" in stage;
}
