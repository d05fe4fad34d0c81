/** SUBSCRIBE and UNSUBSCRIBE (3.8.4, 3.10.4). */
import type { ISubscribePacket, ISubscription, IUnsubscribePacket } from "mqtt-packet";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { REASON } from "./errors.ts";
import type { Session } from "./session.ts";
import { isShareName, isTopicFilter, sharedOf } from "./topic.ts";

const FAILURE_OF_3_1_1 = 0x80;

export function handleSubscribe(core: Core, connection: Connection, session: Session, packet: ISubscribePacket): void {
  const identifier = packet.properties?.subscriptionIdentifier ?? 0;
  const before = core.writes.count;
  const codes = packet.subscriptions.map((asked) => subscribe(core, connection, session, asked, identifier));
  const granted = connection.level === 5 ? codes : codes.map((code) => (code >= 0x80 ? FAILURE_OF_3_1_1 : code));
  const gate = core.writes.count === before ? 0 : core.writes.gate;
  connection.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted }, gate);
  connection.pump();
}

/** Returns a reason code of SUBACK: the QoS that is granted, or a refusal. */
function subscribe(
  core: Core,
  { client, level }: Connection,
  session: Session,
  { topic: filter, qos, nl = false, rap = false, rh = 0 }: ISubscription,
  identifier: number,
): number {
  const { limits, subscriptions, hooks, sessions, retained } = core;
  const shared = sharedOf(filter);
  const plain = shared ? shared.filter : filter;
  if (!isTopicFilter(plain, limits.topicLevelsMax)) return REASON.topicFilterInvalid;
  if (shared && !isShareName(shared.group)) return REASON.topicFilterInvalid;
  const refusal = hooks.authoriseSubscribe(client, plain);
  if (refusal >= 0x80) return refusal;
  const former = session.subscriptions.get(filter);
  const isNew = former === undefined || former.isDeclined;
  if (!former && session.subscriptions.size >= limits.subscriptionsMax) return REASON.quotaExceeded;
  if (isNew && subscriptions.size >= limits.subscriptionsTotalMax) return REASON.quotaExceeded;
  if (core.isRefusing && session.isStored) return REASON.quotaExceeded;
  const retainHandling = (level === 5 ? rh : 0) as 0 | 1 | 2;
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]. Not for a shared one (4.8.2).
  const isRetainedWanted = !shared && (retainHandling === 0 || (retainHandling === 1 && isNew));
  const topics = isRetainedWanted ? retained.topicsOf(filter) : [];
  sessions.subscribe(session, {
    filter,
    qos,
    noLocal: nl,
    retainAsPublished: rap,
    retainHandling,
    identifier,
    isAdded: false,
    isDeclined: false,
    isRetainedOwed: topics.length > 0,
  });
  if (topics.length > 0) session.retainedOwed.set(filter, topics);
  return qos;
}

export function handleUnsubscribe(
  core: Core,
  connection: Connection,
  session: Session,
  packet: IUnsubscribePacket,
): void {
  const before = core.writes.count;
  const granted = packet.unsubscriptions.map((filter) =>
    core.sessions.unsubscribe(session, filter) ? REASON.success : REASON.noSubscriptionExisted,
  );
  const gate = core.writes.count === before ? 0 : core.writes.gate;
  connection.send({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted }, gate);
}
