/** PUBLISH as it leaves on the present connection: with its topic or an alias for it, and no larger than the broker takes. */
import type { ByteWriter } from "../bytes.ts";
import { UsageError } from "../errors.ts";
import { PUBLISH_BYTES_MAX } from "../limits.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { publishBytes, publishFlags, writePublishHead } from "./encoder.ts";
import type { PayloadStreaming } from "./extensions.ts";
import type { ProtocolLevel, QoS } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import type { PublishOptions } from "./session-types.ts";
import { TopicCache } from "./topic.ts";
import { OutboundAliases } from "./topic-alias.ts";

export class PublishWriter {
  private readonly transmit: ByteWriter;
  private readonly streaming: PayloadStreaming | undefined;
  private readonly topics = new TopicCache();
  private readonly aliases = new OutboundAliases();
  isVersion5 = false;
  /** undefined while there is no connection. */
  limits: BrokerLimits | undefined;

  constructor(transmit: ByteWriter, streaming: PayloadStreaming | undefined) {
    this.transmit = transmit;
    this.streaming = streaming;
  }

  /** CONNACK has come. */
  begin(level: ProtocolLevel, limits: BrokerLimits): void {
    this.isVersion5 = level === 5;
    this.limits = limits;
    this.aliases.reset(this.isVersion5 ? limits.topicAliasMaximum : 0);
  }

  /** Bytes that the broker takes in one packet. */
  get packetBytesMax(): number {
    return this.limits?.maximumPacketSize ?? 0;
  }

  /** The QoS with which a message leaves. */
  qosOf(qos: QoS): QoS {
    return Math.min(qos, (this.limits as BrokerLimits).maximumQoS) as QoS;
  }

  /** Returns the bytes that a message takes in memory. Throws a `UsageError` for what can never be sent. */
  check({ topic, payload, qos, properties = NO_PROPERTIES }: PublishOptions): number {
    const topicBytes = this.topics.encode(topic).length;
    let payloadBytes = payload.length;
    if (!(payload instanceof Uint8Array)) {
      if (!this.streaming) throw new UsageError(`publish to ${topic}: payloadStreaming is wanted for its payload`);
      this.streaming.check(topic, payloadBytes);
      payloadBytes = 0;
    }
    const bytes = publishBytes(topicBytes, qos, properties, 1, payloadBytes);
    expectAtMost(PUBLISH_BYTES_MAX, bytes, topic);
    // [MQTT-1.5.4-2]: the broker would end this connection, and each on which the message is sent again.
    if (properties !== NO_PROPERTIES && hasNul(properties)) throw new UsageError(`${topic}: U+0000 in its properties`);
    return bytes;
  }

  /** Size of a PUBLISH as it would leave now. Throws a `UsageError` for what is no topic name. */
  bytesOf(topic: string, payloadBytes: number, qos: QoS, properties: Properties): number {
    const length = this.topics.encode(topic).length;
    const alias = this.aliasOf(length, topic, payloadBytes, qos, properties);
    const own = this.isVersion5 ? properties : undefined;
    return publishBytes(alias > 0 ? 0 : length, qos, own, Math.abs(alias), payloadBytes);
  }

  /** Writes everything before the payload. */
  writeHead(
    { topic, payload, retain }: PublishOptions,
    qos: QoS,
    dup: boolean,
    identifier: number,
    own: Properties,
  ): void {
    const bytes = this.topics.encode(topic);
    const alias = this.aliasOf(bytes.length, topic, payload.length, qos, own);
    if (alias < 0) this.aliases.give(-alias, topic);
    writePublishHead(
      this.transmit,
      publishFlags(qos, retain && (this.limits as BrokerLimits).isRetainAvailable, dup),
      alias > 0 ? NO_TOPIC : bytes,
      qos > 0 ? identifier : 0,
      this.isVersion5 ? own : undefined,
      Math.abs(alias),
      payload.length,
    );
  }

  /** What the topic is sent as, see `OutboundAliases.aliasOf`. A new alias is given only if the packet with it is not too large. */
  private aliasOf(topicBytes: number, topic: string, payloadBytes: number, qos: QoS, properties: Properties): number {
    const alias = this.isVersion5 ? this.aliases.aliasOf(topic) : 0;
    if (alias >= 0) return alias;
    return publishBytes(topicBytes, qos, properties, -alias, payloadBytes) > this.packetBytesMax ? 0 : alias;
  }
}

/** Throws a `UsageError` for what is larger than can ever be sent. */
export function expectAtMost(bytesMax: number, bytes: number, topic: string): void {
  if (bytes > bytesMax) throw new UsageError(`publish to ${topic}: ${bytes} bytes, expected at most ${bytesMax}`);
}

/** Why a packet is not sent. */
export function tooLarge(bytes: number, bytesMax: number): string {
  return `above the bytes that the broker takes: ${bytes}, expected at most ${bytesMax}`;
}

/** Whether a text among these values, or in lists of them, holds U+0000. */
function hasNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return (
    typeof value === "object" && value !== null && !(value instanceof Uint8Array) && Object.values(value).some(hasNul)
  );
}

const NO_TOPIC = new Uint8Array(0);
