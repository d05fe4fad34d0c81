/**
 * Messages of the broker as they come: what topic an alias stands for, which message is here already, and which is told whole,
 * in parts, or skipped.
 */
import { ProtocolError } from "../errors.ts";
import { RECEIVE_MAX, SKIPPED_BYTES_MAX, UNFINISHED_MAX } from "../limits.ts";
import type { InboundTable } from "./inbound.ts";
import type { LargePublish, PayloadPart, ProtocolLevel, Publish } from "./packet.ts";
import { DISCONNECT_REASON } from "./reason-codes.ts";
import type { SessionEvent } from "./session-types.ts";
import { InboundAliases } from "./topic-alias.ts";

const PACKET_IDENTIFIER_IN_USE = 0x91;

export class Receiver {
  private readonly inbound: InboundTable;
  private readonly isStreamed: boolean;
  private readonly tell: (event: SessionEvent) => void;
  private readonly aliases = new InboundAliases();
  /** One event for all messages: it lives until the next call, as the message does. */
  private readonly message = { type: "message" as const, message: undefined as unknown as Publish, token: 0 };
  private level: ProtocolLevel = 4;
  /** The large message that is coming in, unless it is a known one. */
  private large: LargePublish | undefined;

  /**
   * @param inbound gets each message that has to be answered
   * @param isStreamed large messages are told in parts, else skipped
   * @param tell gets what the application is told
   */
  constructor(inbound: InboundTable, isStreamed: boolean, tell: (event: SessionEvent) => void) {
    this.tell = tell;
    this.inbound = inbound;
    this.isStreamed = isStreamed;
  }

  /** A new connection: aliases, and a message that came in part, ended with the former one. */
  begin(level: ProtocolLevel): void {
    this.level = level;
    this.aliases.clear();
    this.large = undefined;
  }

  /**
   * Tells the application of it, unless it is a known one. Throws a `ProtocolError` for what the broker must not send, and a
   * `StoreError`.
   */
  handle(packet: Publish | LargePublish | PayloadPart, nowMs: number): void {
    if (packet.type === "publish") this.handlePublish(packet, nowMs);
    else if (packet.type === "largePublish") this.handleLarge(packet, nowMs);
    else this.handlePart(packet, nowMs);
  }

  private handlePublish(publish: Publish, nowMs: number): void {
    const topic = this.level === 5 ? this.aliases.resolve(publish) : publish.topic;
    const message = topic === publish.topic ? publish : { ...publish, topic };
    if (publish.qos > 0 && this.isKnown(publish, nowMs)) return;
    const event = this.message;
    event.message = message;
    event.token = publish.qos > 0 ? this.inbound.add(publish.packetIdentifier, publish.qos as 1 | 2, nowMs) : 0;
    this.tell(event);
  }

  private handleLarge(publish: LargePublish, nowMs: number): void {
    const packetBytes = publish.packetBytes;
    if (this.level === 5 && packetBytes > SKIPPED_BYTES_MAX)
      throw new ProtocolError(`PUBLISH of ${packetBytes} bytes [MQTT-3.1.2-24]`, DISCONNECT_REASON.packetTooLarge);
    const topic = this.level === 5 ? this.aliases.resolveLarge(publish) : publish.topic;
    this.large = publish.qos > 0 && this.isKnown(publish, nowMs) ? undefined : { ...publish, topic };
    if (this.large && this.isTold(this.large)) this.tell({ type: "messageBegin", message: this.large });
  }

  private handlePart({ payload, isLast }: PayloadPart, nowMs: number): void {
    const large = this.large;
    if (!large) return;
    let token = 0;
    if (isLast) {
      this.large = undefined;
      if (large.qos > 0) token = this.inbound.add(large.packetIdentifier, large.qos as 1 | 2, nowMs);
    }
    if (this.isTold(large)) this.tell({ type: "messagePart", payload, isLast, token });
    else if (isLast) {
      if (token > 0) this.inbound.take(token, 0, "");
      this.tell({ type: "oversize", message: large });
    }
  }

  /** One whose topic or properties are above the limit could not be told whole. */
  private isTold({ properties }: LargePublish): boolean {
    return this.isStreamed && properties !== undefined;
  }

  /** Whether a message of QoS 1 or 2 is one that is here already; where it is, it is answered again or waits for its answer. */
  private isKnown(
    { packetIdentifier, qos, dup }: Pick<Publish, "packetIdentifier" | "qos" | "dup">,
    nowMs: number,
  ): boolean {
    if (this.inbound.isUntaken(packetIdentifier)) {
      if (dup) return true;
      throw new ProtocolError(
        `PUBLISH: packet identifier ${packetIdentifier} is in use [MQTT-2.2.1-4]`,
        PACKET_IDENTIFIER_IN_USE,
      );
    }
    if (qos === 2 && this.inbound.isDuplicate(packetIdentifier, dup)) {
      this.inbound.addTaken(packetIdentifier, nowMs);
      return true;
    }
    const max = this.level === 5 ? RECEIVE_MAX : UNFINISHED_MAX;
    if (this.inbound.length >= max)
      throw new ProtocolError(
        `PUBLISH: more than ${max} unfinished [MQTT-3.3.4-9]`,
        DISCONNECT_REASON.receiveMaximumExceeded,
      );
    return false;
  }
}
