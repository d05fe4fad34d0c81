/** Takes a message and gives it to all whose subscriptions match. Either all of it happens, or nothing. */
import type { Core } from "./core.ts";
import { REASON } from "./errors.ts";
import { Message, type MessageContent, type QoS } from "./message.ts";
import type { Session } from "./session.ts";

/** What one session gets of a message: one copy, however many of its subscriptions match [MQTT-3.3.5-1]. */
interface Match {
  /** The highest of its subscriptions. */
  qos: QoS;
  /** A subscription wants the flag as it was published [MQTT-3.3.1-13]. */
  retainAsPublished: boolean;
  readonly subscriptionIdentifiers: number[];
}

/**
 * Returns a reason code of PUBACK. @param publisher its client identifier. Empty: the host
 * @param isOwed it is taken even if the store refuses: nothing is said of it until the store is sound
 */
export function route(core: Core, content: MessageContent, publisher: string, isOwed = false): number {
  core.lastMessageNumber += 1;
  const message = new Message(core.lastMessageNumber, content);
  const { topic, payload, retain } = message;
  const matches = matchesOf(core, topic, publisher);
  const isRetainedChanged = retain && (payload.length > 0 || core.retained.get(topic) !== undefined);
  if (core.isRefusing && !isOwed && (isRetainedChanged || isDurableFor(message, matches))) return REASON.quotaExceeded;
  const isTooMuch = publisher !== "" && !isOwed && core.keptBytes + message.bytes > core.limits.keptBytesMax;
  if (isTooMuch && (isRetainedChanged || isDurableFor(message, matches))) return REASON.quotaExceeded;
  if (isRetainedChanged && !core.retained.hasRoom(topic, message.bytes, payload.length)) return REASON.quotaExceeded;
  if (!hasRoom(core, message, matches)) return REASON.quotaExceeded;
  if (isRetainedChanged) core.retained.set(message);
  for (const [session, match] of matches) deliver(message, session, match);
  // They wait for the transaction of the message, which is known now.
  for (const session of matches.keys()) session.connection?.pump();
  if (core.hooks.handleMessage?.(message)) core.writes.want();
  return matches.size > 0 ? REASON.success : REASON.noMatchingSubscribers;
}

function matchesOf(core: Core, topic: string, publisher: string): Map<Session, Match> {
  const matches = new Map<Session, Match>();
  const { authoriseDelivery } = core.hooks;
  core.subscriptions.match(topic, (session, subscription) => {
    // [MQTT-3.8.3-3]
    if (subscription.noLocal && session.clientIdentifier === publisher) return;
    if (authoriseDelivery && !authoriseDelivery(session.clientIdentifier, topic, session.connection?.client)) return;
    const { identifier, qos, retainAsPublished } = subscription;
    const match = matches.get(session);
    if (!match) {
      matches.set(session, { qos, retainAsPublished, subscriptionIdentifiers: identifier ? [identifier] : [] });
      return;
    }
    match.qos = Math.max(match.qos, qos) as QoS;
    match.retainAsPublished ||= retainAsPublished;
    if (identifier) match.subscriptionIdentifiers.push(identifier);
  });
  return matches;
}

const qosOf = (message: Message, match: Match): QoS => Math.min(message.qos, match.qos) as QoS;

function isDurableFor(message: Message, matches: ReadonlyMap<Session, Match>): boolean {
  for (const [session, match] of matches) if (session.isStored && qosOf(message, match) > 0) return true;
  return false;
}

/** Makes room, or finds that there is none. Nothing is dropped for a message that is refused. */
function hasRoom(core: Core, message: Message, matches: ReadonlyMap<Session, Match>): boolean {
  const full: Session[] = [];
  for (const [session, match] of matches)
    if (qosOf(message, match) > 0 && !session.hasRoom(message.bytes)) {
      session.dropExpired();
      if (!session.hasRoom(message.bytes)) full.push(session);
    }
  if (full.length === 0) return true;
  return !message.isPromised && core.hooks.queuePolicy(message.topic) === "oldestOut";
}

function deliver(message: Message, session: Session, match: Match): void {
  const qos = qosOf(message, match);
  const retain = message.retain && match.retainAsPublished;
  if (qos === 0) session.connection?.sendQos0(message, retain, match.subscriptionIdentifiers);
  // The client of a session that ends with its connection can only find out by that end.
  else if (!session.isStored && !session.hasRoom(message.bytes)) session.connection?.handleFull();
  // In a queue that is full of what was sent already there is no room to make. This client misses the message.
  else if (session.makeRoom(message.bytes)) session.enqueue(message, qos, retain, match.subscriptionIdentifiers);
}
