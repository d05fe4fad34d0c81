/**
 * A broker of MQTT 3.1.1 and 5 as the standards want it: kept sessions, QoS 0 to 2 both ways, redelivery with DUP after a
 * reconnect, retained messages, last wills, keep-alive, and in MQTT 5 receive maximum, maximum packet size, topic aliases,
 * server keep-alive and DISCONNECT. It restarts with and without its sessions, and notes what a client must not do.
 */
import type { IConnectPacket } from "mqtt-packet";
import type { Random } from "../../src/seams.ts";
import { Connection } from "./broker-connection.ts";
import { type Arrival, KeptSession, type Message } from "./broker-session.ts";
import type { Peer } from "./network.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface BrokerOptions {
  /** Protocol levels that it speaks: 4 is MQTT 3.1.1, 5 is MQTT 5. */
  readonly levels: readonly number[];
  /** Messages of QoS 1 and 2 that it has in flight to a client of 3.1.1; in MQTT 5 at most the client's receive maximum. */
  readonly inflightMax?: number;
  /** Makes use of what MQTT 5 lets it say in CONNACK, anew on each connection, and of topic aliases. */
  readonly saysLimits?: boolean;
  /** Closes the connection on a PUBLISH to this topic, or a SUBSCRIBE with this filter, instead of refusing it. */
  readonly closesOn?: (topic: string) => boolean;
}

export class BrokerModel {
  /** What a client did against the standard or against its own limits. */
  readonly violations: string[] = [];
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly options: BrokerOptions;
  /** Sees every message that the broker takes from a client. */
  onMessage: (message: Message) => void = () => {};
  /** Sees every PUBLISH that comes from a client. */
  onArrival: (arrival: Arrival) => void = () => {};
  /** Sees the number of each session that begins with nothing. */
  onEpoch: (epoch: number) => void = () => {};
  /** What CONNECT is answered with: 0 accepts; other codes are those of the client's version. */
  refusal: (level: number) => number = () => 0;
  connects = 0;
  #epochs = 0;
  readonly #sessions = new Map<string, KeptSession>();
  readonly #connections = new Set<Connection>();
  readonly #retained = new Map<string, Message>();

  constructor(clock: VirtualClock, random: Random, options: BrokerOptions) {
    this.clock = clock;
    this.random = random;
    this.options = options;
  }

  handleConnection(peer: Peer): void {
    const connection = new Connection(this, peer);
    this.#connections.add(connection);
    connection.onEnd = () => this.#connections.delete(connection);
  }

  isConnected(clientIdentifier: string): boolean {
    return this.#sessions.get(clientIdentifier)?.connection !== undefined;
  }

  hasSubscribed(clientIdentifier: string): boolean {
    return (this.#sessions.get(clientIdentifier)?.subscriptions.size ?? 0) > 0;
  }

  /** The topic filters of the client's session, in order. */
  filtersOf(clientIdentifier: string): readonly string[] {
    return [...(this.#sessions.get(clientIdentifier)?.subscriptions.keys() ?? [])].sort();
  }

  /** Number of the client's session, 0 where there is none that has subscribed. */
  epochOf(clientIdentifier: string): number {
    return this.hasSubscribed(clientIdentifier) ? (this.#sessions.get(clientIdentifier)?.epoch ?? 0) : 0;
  }

  /** Whether nothing waits for this client and nothing is unfinished, in both directions. */
  isIdle(clientIdentifier: string): boolean {
    const session = this.#sessions.get(clientIdentifier);
    return session?.waiting.length === 0 && session.inflight.length === 0 && session.received.size === 0;
  }

  retained(topic: string): Message | undefined {
    return this.#retained.get(topic);
  }

  /** Takes a message and passes it on. From here on it is the broker's duty to deliver it. */
  publish(message: Message): void {
    if (message.retain) this.#retained.set(message.topic, message);
    for (const session of this.#sessions.values()) {
      const granted = session.subscriptions.get(message.topic);
      if (granted === undefined) continue;
      const qos = Math.min(message.qos, granted) as Message["qos"];
      if (qos > 0 || session.connection) session.waiting.push({ ...message, qos, retain: false });
      session.connection?.deliver();
    }
  }

  /** The process ends without a word and is there again, with the sessions it had or with none. */
  restart(keepsSessions: boolean): void {
    for (const connection of [...this.#connections]) connection.crash();
    if (!keepsSessions) this.#sessions.clear();
  }

  /** Says goodbye to every client with a reason code of MQTT 5; a client of 3.1.1 is cut off. */
  disconnectAll(reasonCode: number): void {
    for (const connection of [...this.#connections]) connection.sayGoodbye(reasonCode);
  }

  /** The kept session of a client, and whether there was one. */
  takeSession(connect: IConnectPacket, connection: Connection): { session: KeptSession; present: boolean } {
    const former = this.#sessions.get(connect.clientId);
    former?.connection?.end();
    const present = former !== undefined && !connect.clean;
    if (!present) {
      this.#epochs += 1;
      this.onEpoch(this.#epochs);
    }
    const session = present ? former : new KeptSession(this.#epochs);
    session.begin(connection);
    this.#sessions.set(connect.clientId, session);
    this.connects += 1;
    return { session, present };
  }

  retainedFor(topic: string): Message[] {
    const message = this.#retained.get(topic);
    return message ? [message] : [];
  }
}
