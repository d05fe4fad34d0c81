/**
 * What both sides send each other on a connection, and in which order: answers, PUBRELs, messages of the outbox. What both sides
 * still owe outlasts connections. `begin` says what a new connection means for it.
 */
import type { ByteWriter } from "../bytes.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { writeAcknowledgement } from "./encoder.ts";
import { InboundTable } from "./inbound.ts";
import { OutboundTable } from "./outbound.ts";
import type { Acknowledgement, LargePublish, PayloadPart, ProtocolLevel, Publish } from "./packet.ts";
import { PublishWriter } from "./publish-writer.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import type { PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";
import { filterName } from "./suspects.ts";
import type { Trial } from "./trial.ts";
import { ANSWER_BYTES_MAX, WriteQueue } from "./write-queue.ts";

const PACKET_IDENTIFIER_NOT_FOUND = 0x92;

export class Exchange {
  readonly outbound: OutboundTable;
  readonly inbound: InboundTable;
  readonly sender: Sender;
  readonly writer: PublishWriter;
  readonly queue: WriteQueue;
  readonly trial: Trial;
  readonly transmit: ByteWriter;
  private readonly options: SessionOptions;
  private readonly receiver: Receiver;

  /** @param tell gets what the application is told */
  constructor(options: SessionOptions, trial: Trial, transmit: ByteWriter, tell: (event: SessionEvent) => void) {
    const streaming = options.payloadStreaming;
    this.options = options;
    this.transmit = transmit;
    this.trial = trial;
    this.outbound = new OutboundTable(options, tell);
    this.writer = new PublishWriter(transmit, streaming);
    this.sender = new Sender(this.outbound, this.writer, trial, transmit, streaming, tell);
    this.queue = new WriteQueue(transmit, this.sender);
    this.inbound = new InboundTable(options.store);
    this.receiver = new Receiver(this.inbound, options.largeMessages, tell);
  }

  /** Whether a further packet may be decoded: there is room for its answer, or a list that it waits in. */
  get canReceive(): boolean {
    return this.sender.isSending || this.transmit.free >= ANSWER_BYTES_MAX;
  }

  /** CONNACK has come. Tells which messages a lost session had already taken. */
  begin(level: ProtocolLevel, limits: BrokerLimits, sessionPresent: boolean): void {
    this.writer.begin(level, limits);
    this.receiver.begin(level);
    this.trial.begin();
    const over = sessionPresent ? [] : this.outbound.handleNewSession();
    this.inbound.handleConnected(sessionPresent);
    over.forEach((entry) => this.sender.finish(entry, "reason" in entry.stage ? entry.stage.reason : ""));
  }

  /**
   * The connection ends. Returns whether that was the broker's answer to what was on trial. @param isByBroker the broker has ended
   * it, or does not answer @param topicFilters of a SUBSCRIBE or UNSUBSCRIBE that is not answered
   */
  end(isByBroker: boolean, topicFilters: readonly string[], nowMs: number): boolean {
    const filters = topicFilters.map((topicFilter) => ({ name: filterName(topicFilter), bytes: 0 }));
    const sent = this.outbound.sent.map((entry) => ({ name: this.sender.nameOf(entry), bytes: entry.payload.length }));
    const isAnswer = this.trial.handleEnded(isByBroker, filters.concat(sent), nowMs);
    this.writer.limits = undefined;
    this.queue.clear();
    this.options.payloadStreaming?.end();
    this.outbound.handleClosed();
    this.inbound.handleClosed();
    this.outbound.reservedIdentifier = 0;
    return isAnswer;
  }

  /**
   * Accepts a message, and `flush` sends it. 0: one of QoS 0 was sent at once. undefined: there is no room for it. Throws a
   * `UsageError` for what can never be sent, and what the store throws.
   */
  accept(message: PublishOptions, nowMs: number): number | undefined {
    const bytes = this.writer.check(message);
    return this.sender.sendNow(message, nowMs) ? 0 : this.outbound.add(message, bytes, nowMs)?.token;
  }

  /** Sends, as far as there is room, answers, then PUBRELs, then messages that have not left on this connection. */
  flush(nowMs: number): void {
    this.options.payloadStreaming?.flush(nowMs);
    if (this.sender.isSending || !this.writer.limits) return;
    if (!this.queue.flush()) return;
    this.flushAnswers();
    this.sender.flush(ANSWER_BYTES_MAX, nowMs);
  }

  /** A message, or an answer to one of ours. */
  handle(packet: Publish | LargePublish | PayloadPart | Acknowledgement, nowMs: number): void {
    switch (packet.type) {
      case "publish":
        this.receiver.handlePublish(packet, nowMs);
        break;
      case "largePublish":
        this.receiver.handleLarge(packet, nowMs);
        break;
      case "payload":
        this.receiver.handlePart(packet, nowMs);
        break;
      case "pubrel":
        this.answer("pubcomp", packet.packetIdentifier, this.inbound.release(packet.packetIdentifier));
        break;
      default:
        // An answer to nothing is ignored. A PUBREC has to be released.
        if (!this.sender.handleAnswer(packet, nowMs) && packet.type === "pubrec")
          this.answer("pubrel", packet.packetIdentifier, false);
    }
  }

  /** PUBACKs and PUBRECs in the order of the messages. */
  private flushAnswers(): void {
    const transmit = this.transmit;
    while (transmit.free >= ANSWER_BYTES_MAX) {
      const answer = this.inbound.nextAnswer();
      if (!answer) return;
      const reasonString = answer.reasonString;
      if (!this.writer.isVersion5) writeAcknowledgement(transmit, answer.type, answer.packetIdentifier);
      // A reason string that the broker has no room for is left out [MQTT-3.4.2-2].
      else if (reasonString === "" || this.writer.packetBytesMax < ANSWER_BYTES_MAX)
        writeAcknowledgement(transmit, answer.type, answer.packetIdentifier, answer.reasonCode);
      else writeAcknowledgement(transmit, answer.type, answer.packetIdentifier, answer.reasonCode, { reasonString });
    }
  }

  private answer(type: "pubcomp" | "pubrel", packetIdentifier: number, isKnown: boolean): void {
    this.queue.answer(type, packetIdentifier, isKnown || !this.writer.isVersion5 ? 0 : PACKET_IDENTIFIER_NOT_FOUND);
  }
}
