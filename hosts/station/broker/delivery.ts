/** Messages on their way to one client: its window, its topic aliases, its answers (4.3, 4.6, 4.9). */
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { REASON } from "./errors.ts";
import type { Message, QoS } from "./message.ts";
import type { Entry } from "./queue.ts";
import type { Session } from "./session.ts";
import { writePublishHead } from "./wire/publish-writer.ts";

export class Delivery {
  /** Messages of QoS 1 and 2 that it may have in flight. */
  window = 1;
  /** Topic aliases that it takes. */
  topicAliasMaximum = 0;
  readonly #aliases = new Map<string, number>();
  readonly #core: Core;
  readonly #connection: Connection;

  constructor(core: Core, connection: Connection) {
    this.#core = core;
    this.#connection = connection;
  }

  sendQos0(message: Message, retain: boolean, subscriptionIdentifiers: readonly number[]): void {
    const core = this.#core;
    if (message.isExpired(core.nowMs)) return;
    if (this.#connection.output.bytes + message.bytes > core.limits.outgoingBytesMax) {
      core.slowReaders.dropped += 1;
      return;
    }
    this.#send(message, 0, retain, false, 0, subscriptionIdentifiers, 0);
  }

  /** Sends entries of the queue, then retained messages, as long as there is room. */
  pump(): void {
    const session = this.#connection.session;
    if (!session) return;
    this.#pumpQueue(session);
    while (session.retainedOwed.size > 0 && this.#hasRoom(session) && this.#queueRetained(session))
      this.#pumpQueue(session);
  }

  handlePuback(session: Session, packetIdentifier: number): void {
    const entry = session.queue.get(packetIdentifier);
    if (entry?.qos === 1 && session.queue.isSent(entry)) {
      session.removeEntry(entry);
      if (entry.message?.isPromised) this.#core.hooks.handleAcknowledged?.(entry.message);
    }
    this.pump();
  }

  /** @param reasonCode 0x80 and above: the client does not want the message, and there is no PUBREL [MQTT-4.3.3-4] */
  handlePubrec(session: Session, packetIdentifier: number, reasonCode: number): void {
    const entry = session.queue.get(packetIdentifier);
    const isKnown = entry?.qos === 2 && session.queue.isSent(entry);
    if (reasonCode >= 0x80) {
      if (isKnown) session.removeEntry(entry);
      this.pump();
      return;
    }
    if (isKnown && entry.message) session.releaseEntry(entry);
    this.#sendPubrel(packetIdentifier, isKnown ? entry.gate : 0, isKnown ? 0 : REASON.packetIdentifierNotFound);
  }

  handlePubcomp(session: Session, packetIdentifier: number): void {
    const entry = session.queue.get(packetIdentifier);
    if (entry?.qos === 2 && !entry.message) session.removeEntry(entry);
    this.pump();
  }

  #hasRoom({ queue }: Session): boolean {
    const { output, state } = this.#connection;
    const { outgoingBytesGoal } = this.#core.limits;
    return state === "connected" && output.bytes < outgoingBytesGoal && queue.inflight < this.window;
  }

  #pumpQueue(session: Session): void {
    const { queue } = session;
    for (let entry = queue.nextUnsent(); entry && this.#hasRoom(session); entry = queue.nextUnsent())
      this.#sendEntry(session, entry);
  }

  #sendEntry(session: Session, entry: Entry): void {
    const { queue } = session;
    const { message, packetIdentifier, gate } = entry;
    if (message && this.#isWorthless(entry, message)) {
      // The client may have its identifier from a former connection. PUBREL frees it.
      if (!(entry.isDup && entry.qos === 2)) {
        session.removeEntry(entry);
        return;
      }
      session.releaseEntry(entry);
      queue.handleSent(entry);
      this.#sendPubrel(packetIdentifier, entry.gate, 0);
      return;
    }
    queue.handleSent(entry);
    if (!message) {
      this.#sendPubrel(packetIdentifier, gate, 0);
      return;
    }
    const isSent = this.#send(
      message,
      packetIdentifier,
      entry.retain,
      entry.isDup,
      entry.qos,
      entry.subscriptionIdentifiers,
      Math.max(gate, message.gate),
    );
    // One that is too large for the client counts as delivered [MQTT-3.1.2-25].
    if (!isSent) session.removeEntry(entry);
  }

  /** [MQTT-3.3.2-5]. One that may have been sent with QoS 1 is rather dropped, too. */
  #isWorthless(entry: Entry, message: Message): boolean {
    const { nowMs, limits } = this.#core;
    const isOld = !message.isPromised && !entry.isDup && entry.queuedMs + limits.queueAgeMs <= nowMs;
    return message.isExpired(nowMs) || isOld;
  }

  /** Returns false where the client does not take so large a packet. */
  #send(
    message: Message,
    packetIdentifier: number,
    retain: boolean,
    dup: boolean,
    qos: QoS,
    subscriptionIdentifiers: readonly number[],
    gate: number,
  ): boolean {
    const { payload, forwarded, topic } = message;
    const { level, packetBytesMax } = this.#connection;
    const messageExpiryInterval = message.secondsLeft(this.#core.nowMs);
    const known = this.#aliases.get(topic);
    const topicAlias = known ?? (this.#aliases.size < this.topicAliasMaximum ? this.#aliases.size + 1 : 0);
    const head = writePublishHead(
      {
        topic: known ? "" : topic,
        payload,
        qos,
        retain,
        dup,
        packetIdentifier,
        forwarded,
        messageExpiryInterval,
        topicAlias,
        subscriptionIdentifiers,
      },
      level,
    );
    if (head.length + payload.length > packetBytesMax) return false;
    if (topicAlias && !known) this.#aliases.set(topic, topicAlias);
    this.#connection.sendParts(payload.length > 0 ? [head, payload] : [head], gate);
    return true;
  }

  #sendPubrel(messageId: number, gate: number, reasonCode: number): void {
    this.#connection.send({ cmd: "pubrel", messageId, reasonCode }, gate);
  }

  /** Queues one retained message, as it is now: one of the time of SUBSCRIBE could be older than what has been sent since. */
  #queueRetained(session: Session): boolean {
    const [first] = session.retainedOwed;
    if (!first) return false;
    const [filter, topics] = first;
    const topic = topics.pop();
    const subscription = session.subscriptions.get(filter);
    if (topic === undefined || !subscription) {
      session.retainedOwed.delete(filter);
      if (subscription?.isRetainedOwed) session.setSubscription({ ...subscription, isRetainedOwed: false });
      return true;
    }
    const message = this.#core.retained.get(topic);
    const { authoriseDelivery } = this.#core.hooks;
    const isAllowed = authoriseDelivery?.(session.clientIdentifier, topic, this.#connection.client) ?? true;
    if (!message || !isAllowed) return true;
    const qos = Math.min(message.qos, subscription.qos) as QoS;
    const identifiers = subscription.identifier ? [subscription.identifier] : [];
    if (qos === 0) this.sendQos0(message, true, identifiers);
    else if (session.hasRoom(message.bytes)) session.enqueue(message, qos, true, identifiers);
    else {
      topics.push(topic);
      return false;
    }
    return true;
  }
}
