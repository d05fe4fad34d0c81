/** Messages of a client, and the exchange of QoS 2 with it (3.3, 4.3). */
import type { IPublishPacket } from "mqtt-packet";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { PeerError, REASON } from "./errors.ts";
import type { MessageContent } from "./message.ts";
import { route } from "./router.ts";
import type { Session } from "./session.ts";
import { levelsOf } from "./topic.ts";
import type { Gated } from "./wire/gate.ts";

const NEVER = Number.POSITIVE_INFINITY;

export function handlePublish(
  core: Core,
  connection: Connection,
  session: Session,
  packet: IPublishPacket & Gated,
): void {
  const topic = resolveAlias(core, connection, packet);
  const { qos, messageId = 0 } = packet;
  const { writes } = core;
  if (qos === 0) {
    take(core, connection, packet, topic);
    return;
  }
  checkReceiveMaximum(core, connection);
  // It came before, and was not released: it is the same message [MQTT-4.3.3-10].
  if (qos === 2 && session.inbound.has(messageId)) {
    connection.send({ cmd: "pubrec", messageId, reasonCode: 0 }, session.gate);
    return;
  }
  const before = writes.count;
  // 3.1.1 cannot be told that the store refuses. Its messages wait, unanswered, as long as there is memory for them.
  const mayWait = connection.level === 4 && writes.bytes < core.limits.batchBytesMax;
  const isRefusing = core.isRefusing && !mayWait;
  const reasonCode =
    qos === 2 && isRefusing && session.isStored ? REASON.quotaExceeded : take(core, connection, packet, topic, mayWait);
  // 3.1.1 cannot refuse. What is not allowed is acknowledged and dropped [MQTT-3.3.5-2]. What has no room must not be acknowledged.
  if (connection.level === 4 && reasonCode === REASON.quotaExceeded)
    throw new PeerError(`PUBLISH to ${topic}: no room`, reasonCode);
  const isRefused = connection.level === 5 && reasonCode >= 0x80;
  if (qos === 2 && !isRefused) session.addInbound(messageId);
  const gate = writes.count === before ? 0 : writes.gate;
  const cmd = qos === 1 ? "puback" : "pubrec";
  connection.send({ cmd, messageId, reasonCode }, gate, qos === 1 || isRefused);
}

export function handlePubrel(connection: Connection, session: Session, messageId: number): void {
  const isKnown = session.deleteInbound(messageId);
  const reasonCode = isKnown ? 0 : REASON.packetIdentifierNotFound;
  // Said too early, the identifier could come back after a power cut, and take the next message for this one.
  connection.send({ cmd: "pubcomp", messageId, reasonCode }, session.gate, true);
}

/** Returns a reason code of PUBACK. @param mayWait also if the store refuses: its answer waits then */
function take(
  core: Core,
  connection: Connection,
  packet: IPublishPacket & Gated,
  topic: string,
  mayWait = false,
): number {
  const { qos, retain, forwarded, properties } = packet;
  const expirySeconds = properties?.messageExpiryInterval;
  const content: MessageContent = {
    topic,
    payload: packet.payload as Uint8Array,
    qos,
    retain,
    forwarded,
    expiresMs: expirySeconds === undefined ? NEVER : core.nowMs + expirySeconds * 1_000,
  };
  const refusal = core.hooks.authorisePublish(connection.client, content);
  if (refusal) return refusal;
  if (levelsOf(topic).length > core.limits.topicLevelsMax) return REASON.topicNameInvalid;
  return route(core, content, connection.client.clientIdentifier, mayWait);
}

/** The topic of a PUBLISH (3.3.2.3.4). */
function resolveAlias({ limits }: Core, { aliases }: Connection, { topic, properties }: IPublishPacket): string {
  const topicAlias = properties?.topicAlias;
  if (topicAlias === undefined) return topic;
  if (topicAlias < 1 || topicAlias > limits.topicAliasMaximum)
    throw new PeerError(
      `topic alias ${topicAlias}, expected 1 to ${limits.topicAliasMaximum} [MQTT-3.2.2-17] [MQTT-3.3.2-8]`,
      REASON.topicAliasInvalid,
    );
  if (topic !== "") aliases.set(topicAlias, topic);
  const known = aliases.get(topicAlias);
  if (known === undefined) throw new PeerError(`topic alias ${topicAlias}: not given [MQTT 3.3.2.3.4]`);
  return known;
}

/** [MQTT-3.3.4-7]. Nobody has told a client of 3.1.1. */
function checkReceiveMaximum({ limits }: Core, connection: Connection): void {
  connection.unanswered += 1;
  if (connection.level === 5 && connection.unanswered > limits.receiveMaximum)
    throw new PeerError(
      `${connection.unanswered} messages unanswered, expected at most ${limits.receiveMaximum}`,
      REASON.receiveMaximumExceeded,
    );
}
