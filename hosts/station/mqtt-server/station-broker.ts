/**
 * The broker as the station uses it: who is let in and what each may do, pre-subscription, and the station's own messages. The broker
 * itself is in `broker/`, its sockets in `mqtt-server/`.
 */
import type { Duplex } from "node:stream";
import { FormatError } from "../../../src/errors.ts";
import type { Broker } from "../broker/broker.ts";
import { REASON } from "../broker/errors.ts";
import type { Client, Credentials, Hooks, Verdict } from "../broker/hooks.ts";
import type { MessageContent } from "../broker/message.ts";
import type { AddedSubscription } from "../broker/subscription.ts";
import { TopicTree } from "../broker/topic-tree.ts";
import type { Origin } from "../identity/client-address.ts";
import {
  type ClientGate,
  CONNACK_CODE,
  type ConnackCode,
  type GateCounters,
  type Guest,
} from "../policy/client-gate.ts";
import { PRESUBSCRIPTION_TOPIC } from "../policy/topic-rules.ts";
import type { Presubscriptions } from "../presubscription/presubscriptions.ts";
import type { DeviceConnection } from "../shared/device.ts";
import {
  BROKER_LIMITS,
  CONNECTIONS_PER_ACCOUNT_MAX,
  DISCOVERY_DOCUMENTS_MAX,
  INBOX_BYTES_MAX,
} from "../shared/limits.ts";
import type {
  MessageBroker,
  MessageHandler,
  OwnMessage,
  ReceiverListener,
  StationInbox,
} from "../shared/message-broker.ts";
import { NameHolders } from "../store/name-holders.ts";
import type { StationStore } from "../store/station-store.ts";
import { MqttServer } from "./mqtt-server.ts";

const SYSTEM_PREFIX = "$";
const DISCOVERY_PREFIX = "homeassistant";

/** What CONNACK of MQTT 5 says for a return code of 3.1.1. */
const REASONS: Readonly<Record<ConnackCode, number>> = Object.freeze({
  [CONNACK_CODE.identifierRejected]: REASON.clientIdentifierNotValid,
  [CONNACK_CODE.serverUnavailable]: REASON.serverUnavailable,
  [CONNACK_CODE.badUserNameOrPassword]: REASON.badUserNameOrPassword,
  [CONNACK_CODE.notAuthorized]: REASON.notAuthorised,
});

/** Reason codes that are no refusal, and code of none. */
const NOTHING_WRONG = 0;

/** The client at the other end of a connection. */
interface Peer {
  readonly origin: Origin;
  readonly sinceMs: number;
  guest: Guest | undefined;
}

export class StationBroker implements MessageBroker {
  /** Receives messages to the station itself. */
  inbox: StationInbox | undefined;
  /** Subscribes for clients without subscriptions. If undefined, clients subscribe themselves. */
  presubscriptions: Presubscriptions | undefined;
  /** A name came with a new account. What is older is not for it. */
  onNewHolder: ((name: string, sinceMs: number) => void) | undefined;
  readonly #store: StationStore;
  readonly #gate: ClientGate | undefined;
  readonly #holders: NameHolders;
  readonly #server: MqttServer;
  /** By number of the connection. */
  readonly #peers = new Map<number, Peer>();
  readonly #watchers = new TopicTree<MessageHandler>();
  #receiverListener: ReceiverListener | undefined;
  #watcherCount = 0;

  /**
   * Starts a broker on what is in the store. Throws if a record of it cannot be read.
   * @param gate decides who may connect and do what; without a gate everyone may do everything
   */
  constructor(store: StationStore, gate?: ClientGate) {
    this.#store = store;
    this.#gate = gate;
    this.#holders = new NameHolders(store);
    this.#server = new MqttServer({
      store: store.broker,
      limits: BROKER_LIMITS,
      hooks: this.#hooks(),
      pauseMs: (connection) => {
        const guest = this.#peers.get(connection)?.guest;
        return guest ? (gate?.pauseMs(guest) ?? 0) : 0;
      },
      onClosed: (connection) => void this.#peers.delete(connection),
    });
  }

  get #broker(): Broker {
    return this.#server.broker;
  }

  get connectedClients(): number {
    return this.#broker.connectionCount;
  }

  /** Counts of refusals; undefined without a gate. */
  get refused(): Readonly<GateCounters> | undefined {
    return this.#gate?.refused;
  }

  /** What slow readers have cost themselves: messages of QoS 0 that were dropped, connections that were closed. */
  get readers(): Readonly<{ dropped: number; closed: number }> {
    return this.#broker.slowReaders;
  }

  /** Serves a client. */
  accept(stream: Duplex, origin: Origin): void {
    this.#peers.set(this.#server.accept(stream), { origin, sinceMs: Date.now(), guest: undefined });
  }

  /** Publishes a message of the station's own. Resolves when it is on disk for every kept session that gets it. */
  publish({ topic, payload, qos = 1, retain = false, isPromised = false, expirySeconds }: OwnMessage): Promise<void> {
    const forwarded = new Uint8Array();
    return this.#server.publish({
      topic,
      payload,
      qos,
      retain,
      isPromised,
      forwarded,
      expiresMs: expirySeconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + expirySeconds * 1_000,
    });
  }

  /** Takes back a message of the station's own. Returns whether it was never sent to anybody who was to get it. */
  withdraw(message: Pick<OwnMessage, "topic" | "payload">): boolean {
    let count = 0;
    this.#server.act((broker, nowMs) => {
      count = broker.withdraw(message, nowMs);
    });
    return count > 0;
  }

  /** Calls back with the retained messages of this topic filter, then with every message that matches it. */
  watch(topicFilter: string, onMessage: MessageHandler): void {
    this.#watcherCount += 1;
    this.#watchers.set(topicFilter, String(this.#watcherCount), onMessage);
    for (const { topic, payload } of this.#broker.retainedOf(topicFilter)) onMessage(topic, payload);
  }

  hasRetained(topic: string): boolean {
    return this.#broker.retainedOf(topic).length > 0;
  }

  listenToReceivers(listener: ReceiverListener): void {
    this.#receiverListener = listener;
  }

  /**
   * Whether a client is connected that subscribes to exactly this topic. A subscriber with a wildcard does not count: the message is not
   * meant for it.
   */
  hasReceiver(topic: string): boolean {
    return this.#broker.hasReceiver(topic);
  }

  /** This broker knows who is there. */
  noteReceiver(): void {}

  /** Whether a client that is connected has not acknowledged this message of the station's own. */
  isHeld(message: Pick<OwnMessage, "topic" | "payload">): boolean {
    return this.#broker.isHeld(message);
  }

  /** Topic filters of its session. */
  subscriptionsOf(uid: string): readonly string[] {
    return [...this.#broker.filtersOf(uid)].sort();
  }

  /** Subscribes a client, connected or not, also one that has never connected. What it subscribes to or takes back itself stays so. */
  grant(uid: string, subscriptions: readonly AddedSubscription[]): void {
    this.#server.act((broker, nowMs) => broker.addSubscriptions(uid, subscriptions, nowMs));
  }

  /** Undefined if the device is not connected. */
  connectionOf(uid: string): DeviceConnection | undefined {
    const found = this.#broker.connectionOf(uid);
    const peer = found && this.#peers.get(found.connection);
    if (!found || !peer) return undefined;
    return {
      protocol: found.level === 5 ? "MQTT 5" : "MQTT 3.1.1",
      keepAliveSeconds: found.keepAliveSeconds,
      address: peer.origin.address,
      sinceMs: peer.sinceMs,
    };
  }

  /** Ends all connections of an account, for example because its password is another one now. Its session stays. */
  disconnect(uid: string, reason: string): void {
    for (const [connection, { guest }] of this.#peers)
      if (guest?.identity?.uid === uid) this.#close(connection, reason);
  }

  /** Ends the connections of a removed client, and drops its session with all that waits in it, and its will. */
  forget(uid: string): void {
    this.#server.act((broker, nowMs) => broker.removeSession(uid, nowMs));
    this.#holders.set(uid, undefined).catch(() => {
      // The store does not take anything. The next holder of the name is told apart by what stays.
    });
    this.disconnect(uid, "the account is removed");
  }

  /** Disconnects all clients, and writes what is still to be written. The store stays open. */
  shutDown(): void {
    this.#server.close();
  }

  #close(connection: number, reason: string): void {
    this.#server.act((broker, nowMs) => broker.disconnect(connection, REASON.administrativeAction, reason, nowMs));
  }

  #hooks(): Hooks {
    const gate = this.#gate;
    return {
      authenticate: (credentials) => {
        if (this.#store.health.failure !== undefined)
          return {
            type: "refuse",
            reasonCode: REASON.serverUnavailable,
            reasonString: "the store does not take anything",
          };
        if (!gate) return { type: "accept" };
        this.#admit(gate, credentials).then(
          (verdict) => this.#server.handleVerdict(credentials.connection, verdict),
          (error: Error) => {
            console.error(`broker: ${JSON.stringify(credentials.clientIdentifier)} cannot be let in: ${error.message}`);
            this.#server.handleVerdict(credentials.connection, refusal(CONNACK_CODE.serverUnavailable));
          },
        );
        return undefined;
      },
      authorisePublish: (client, message) => this.#whyNotPublish(client, message),
      authoriseSubscribe: ({ identity }, filter) =>
        gate && !gate.maySubscribe(identity as Guest, filter) ? REASON.notAuthorised : NOTHING_WRONG,
      authoriseDelivery: (clientIdentifier, topic, client) =>
        gate?.mayReceive(client?.identity as Guest | undefined, clientIdentifier, topic) ?? true,
      subscriptionsOf: () => [],
      queuePolicy: () => "oldestOut",
      handleMessage: (message) => this.#handleMessage(message),
      handleSubscribed: (_client, filter) => this.#receiverListener?.handleArrived(filter),
      handleAcknowledged: (message) => this.#receiverListener?.handleAcknowledged(message),
    };
  }

  async #admit(gate: ClientGate, credentials: Credentials): Promise<Verdict> {
    const { connection, clientIdentifier, isIdentifierAssigned, isSessionKept } = credentials;
    const peer = this.#peers.get(connection);
    if (!peer) return refusal(CONNACK_CODE.serverUnavailable);
    const found = await gate.admit(credentials, peer.origin, (reason) => this.#close(connection, reason));
    if (typeof found === "number") return refusal(found);
    const { identity, holder } = found;
    if (
      identity &&
      !identity.isAdmin &&
      clientIdentifier !== identity.uid &&
      this.#connectionsOf(identity.uid) >= CONNECTIONS_PER_ACCOUNT_MAX
    )
      return { type: "refuse", reasonCode: REASON.quotaExceeded };
    if (identity && holder && isSessionKept) await this.#dropFormer(identity.uid, holder.createdAtMs);
    peer.guest = found;
    const isOwn = !identity || isIdentifierAssigned || clientIdentifier === identity.uid;
    const hasTopics = identity?.kind === "device" || identity?.kind === "person";
    if (hasTopics && isSessionKept) await this.presubscriptions?.welcome(identity.uid);
    if (!gate.isCurrent(found)) return refusal(CONNACK_CODE.notAuthorized);
    const inflightMax = gate.inflightMax(found);
    return {
      type: "accept",
      identity: found,
      packetBytesMax: gate.packetBytesMax(found),
      ...(inflightMax === undefined ? {} : { inflightMax }),
      // Libraries make up client identifiers. In front of one stands its account, so that it is nobody else's.
      ...(isOwn ? {} : { clientIdentifier: `${identity.uid}/${clientIdentifier}` }),
    };
  }

  #connectionsOf(uid: string): number {
    let count = 0;
    for (const { guest } of this.#peers.values()) if (guest?.identity?.uid === uid) count += 1;
    return count;
  }

  /** Sees to it that a session under this name is this holder's. */
  async #dropFormer(name: string, sinceMs: number): Promise<void> {
    if (this.#holders.isOfAnother(name, sinceMs)) {
      this.forget(name);
      this.onNewHolder?.(name, sinceMs);
    }
    await this.#holders.set(name, sinceMs);
  }

  /** Returns a reason code of PUBACK. */
  #whyNotPublish({ identity }: Client, message: Pick<MessageContent, "topic" | "payload" | "retain">): number {
    const { topic } = message;
    const guest = identity as Guest | undefined;
    const isSystem = topic.startsWith(SYSTEM_PREFIX);
    if (isSystem || topic.split("/").length > BROKER_LIMITS.topicLevelsMax) {
      if (guest) this.#gate?.refusePublish(guest, message, isSystem ? "topic of the broker's own" : "too many levels");
      return isSystem ? REASON.notAuthorised : REASON.topicNameInvalid;
    }
    if (guest && this.#gate && !this.#gate.mayPublish(guest, message)) return REASON.notAuthorised;
    if (guest?.identity && this.#isOneDocumentTooMany(message)) {
      this.#gate?.refusePublish(guest, message, "more documents for Home Assistant than a device may have");
      return REASON.notAuthorised;
    }
    // Receipts wait in memory while the disk is full.
    if (topic === this.inbox?.topic && this.#store.owedBytes > INBOX_BYTES_MAX) return REASON.quotaExceeded;
    return NOTHING_WRONG;
  }

  /** Documents for Home Assistant have names that their device chooses. */
  #isOneDocumentTooMany({ topic, payload, retain }: Pick<MessageContent, "topic" | "payload" | "retain">): boolean {
    const [prefix, , name, ...rest] = topic.split("/");
    if (prefix !== DISCOVERY_PREFIX || !retain || payload.length === 0 || rest.length < 2) return false;
    const others = this.#broker.retainedOf(`${prefix}/+/${name}/+/config`).filter((each) => each.topic !== topic);
    return others.length >= DISCOVERY_DOCUMENTS_MAX;
  }

  #handleMessage({ topic, payload }: MessageContent): boolean {
    this.#watchers.match(topic, (watcher) => {
      try {
        watcher(topic, payload);
      } catch (error) {
        console.error(
          `broker: a message to ${topic}: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
        );
      }
    });
    // A topic that the rules leave to the pre-subscriber.
    if (topic === PRESUBSCRIPTION_TOPIC && this.#gate) this.#presubscribe(payload);
    if (topic !== this.inbox?.topic) return false;
    // PUBACK waits for the transaction that this is in.
    void this.inbox.accept(payload);
    return true;
  }

  /** A malformed one is acknowledged, so that it does not come again. */
  #presubscribe(payload: Uint8Array): void {
    try {
      this.presubscriptions?.accept(payload);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      console.error(`broker: a pre-subscription is malformed: ${error.message}`);
    }
  }
}

function refusal(code: ConnackCode): Verdict {
  return { type: "refuse", reasonCode: REASONS[code] };
}
