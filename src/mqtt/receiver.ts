/**
 * Messages of the broker as they come: which topic an alias stands for, which message is here already, and what the application is
 * told.
 */
import { ProtocolError } from "../errors.ts";
import { RECEIVE_MAX, SKIPPED_BYTES_MAX, UNFINISHED_MAX } from "../limits.ts";
import type { LargeMessages } from "./extensions.ts";
import type { InboundTable } from "./inbound.ts";
import type { LargePublish, PayloadPart, ProtocolLevel, Publish } from "./packet.ts";
import { DISCONNECT_REASON } from "./reason-codes.ts";
import type { SessionEvent } from "./session-types.ts";
import { InboundAliases } from "./topic-alias.ts";

const PACKET_IDENTIFIER_IN_USE = 0x91;

export class Receiver {
  private readonly inbound: InboundTable;
  private readonly parts: LargeMessages | undefined;
  private readonly tell: (event: SessionEvent) => void;
  private readonly aliases = new InboundAliases();
  /** One object for all messages. It is valid until the next call, as the message is. */
  private readonly message = { type: "message" as const, message: undefined as unknown as Publish, token: 0 };
  private level: ProtocolLevel = 4;
  /** The large message that is coming. undefined: there is none, or it is here already. */
  private large: LargePublish | undefined;
  /** The large message is told in parts. */
  private isTold = false;

  /** @param inbound gets each message that has to be answered @param tell gets what the application is told */
  constructor(inbound: InboundTable, parts: LargeMessages | undefined, tell: (event: SessionEvent) => void) {
    this.tell = tell;
    this.inbound = inbound;
    this.parts = parts;
  }

  /** A new connection. Aliases, and a message that came in part, have ended with the former one. */
  begin(level: ProtocolLevel): void {
    this.level = level;
    this.aliases.clear();
    this.large = undefined;
  }

  /** Tells the application of a message that is not here already. Throws a `ProtocolError` for what the broker must not send. */
  handlePublish(publish: Publish, nowMs: number): void {
    const topic = this.level === 5 ? this.aliases.resolve(publish) : publish.topic;
    const message = topic === publish.topic ? publish : { ...publish, topic };
    if (publish.qos > 0 && this.isKnown(publish, nowMs)) return;
    const event = this.message;
    event.message = message;
    event.token = publish.qos > 0 ? this.inbound.add(publish.packetIdentifier, publish.qos as 1 | 2, nowMs) : 0;
    this.tell(event);
  }

  /** The same for the beginning of a large message. */
  handleLarge(publish: LargePublish, nowMs: number): void {
    const packetBytes = publish.packetBytes;
    if (this.level === 5 && packetBytes > SKIPPED_BYTES_MAX)
      throw new ProtocolError(`PUBLISH of ${packetBytes} bytes [MQTT-3.1.2-24]`, DISCONNECT_REASON.packetTooLarge);
    const topic = this.level === 5 ? this.aliases.resolveLarge(publish) : publish.topic;
    this.large = publish.qos > 0 && this.isKnown(publish, nowMs) ? undefined : { ...publish, topic };
    const event = this.large && this.parts?.begin(this.large);
    this.isTold = event !== undefined;
    if (event) this.tell(event);
  }

  /** The next bytes of a large message. */
  handlePart(part: PayloadPart, nowMs: number): void {
    const large = this.large;
    if (!large) return;
    let token = 0;
    if (part.isLast) {
      this.large = undefined;
      if (large.qos > 0) token = this.inbound.add(large.packetIdentifier, large.qos as 1 | 2, nowMs);
    }
    if (this.parts && this.isTold) this.tell(this.parts.part(part, token));
    else if (part.isLast) {
      if (token > 0) this.inbound.take(token, 0, "");
      this.tell({ type: "oversize", message: large });
    }
  }

  /** Whether a message of QoS 1 or 2 is here already. It is answered again then, or waits for its answer. */
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
