/** Topic aliases of MQTT 5 (3.3.2.3.4): short numbers for topics. Each direction of each connection has its own table. */
import { ProtocolError } from "../errors.ts";
import { TOPIC_ALIAS_MAX } from "../limits.ts";
import type { LargePublish, Publish } from "./packet.ts";
import { DISCONNECT_REASON } from "./reason-codes.ts";

/** What the broker's aliases stand for. */
export class InboundAliases {
  private readonly topics: string[] = [];

  clear(): void {
    this.topics.length = 0;
  }

  /** The topic of a PUBLISH. Throws a `ProtocolError` for an alias that was never given, or is above what CONNECT announced. */
  resolve({ topic, properties }: Pick<Publish, "topic" | "properties">): string {
    const topicAlias = properties.topicAlias;
    if (topicAlias === undefined) return topic;
    if (topicAlias < 1 || topicAlias > TOPIC_ALIAS_MAX)
      throw new ProtocolError(
        `topic alias ${topicAlias}, expected 1 to ${TOPIC_ALIAS_MAX} [MQTT-3.1.2-26]`,
        DISCONNECT_REASON.topicAliasInvalid,
      );
    if (topic !== "") this.topics[topicAlias] = topic;
    const known = this.topics[topicAlias];
    if (known === undefined) throw new ProtocolError(`topic alias ${topicAlias}: not given [MQTT-3.3.2-8]`);
    return known;
  }

  /** The topic of a large PUBLISH. It may give an alias. If its properties are not known, no alias is known any more. */
  resolveLarge({ topic, properties }: LargePublish): string {
    if (properties) return this.resolve({ topic, properties });
    this.clear();
    return topic;
  }
}

/** What our aliases stand for. The first topics of a connection get one each, up to the broker's maximum. */
export class OutboundAliases {
  private readonly topics: string[] = [];
  private limit = 0;

  /** @param max what the broker takes. 0: none. */
  reset(max: number): void {
    this.topics.length = 0;
    this.limit = Math.min(max, TOPIC_ALIAS_MAX);
  }

  /** The alias with which a topic is sent. Negative: a new one, sent with the topic. 0: none. */
  aliasOf(topic: string): number {
    const index = this.topics.indexOf(topic);
    if (index >= 0) return index + 1;
    return this.topics.length < this.limit ? -1 - this.topics.length : 0;
  }

  /** The topic leaves with this new alias. */
  give(alias: number, topic: string): void {
    this.topics[alias - 1] = topic;
  }
}
