/**
 * A broker of MQTT 3.1.1 and 5 that follows the standards: kept sessions, QoS 0 to 2 both ways, redelivery with DUP after a
 * reconnect, retained messages, last wills, keep-alive, and in MQTT 5 receive maximum, maximum packet size, topic aliases, server
 * keep-alive and DISCONNECT. It can restart with and without its sessions. It records what a client does wrong.
 */
import type { IConnectPacket } from "mqtt-packet";
import type { Random } from "../../src/seams.ts";
import { Connection } from "./broker-connection.ts";
import { type Arrival, KeptSession, type Message } from "./broker-session.ts";
import type { Peer } from "./network.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface BrokerOptions {
  /** The protocol levels of the broker: 4 is MQTT 3.1.1, 5 is MQTT 5. */
  readonly levels: readonly number[];
  /** Most messages of QoS 1 and 2 in flight to a client. In MQTT 5 also at most the client's receive maximum. */
  readonly inflightMax?: number;
  /** The broker announces limits in the CONNACK of MQTT 5, other ones on each connection, and uses topic aliases. */
  readonly saysLimits?: boolean;
  /** Whether the broker closes the connection on a PUBLISH to this topic, or on a SUBSCRIBE with this filter. */
  readonly closesOn?: (topic: string) => boolean;
}

export class BrokerModel {
  /** How a client broke the standard or its own limits. */
  readonly violations: string[] = [];
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly options: BrokerOptions;
  /** Called with every message that the broker takes from a client. */
  onMessage: (message: Message) => void = () => {};
  /** Called with every PUBLISH that comes from a client. */
  onArrival: (arrival: Arrival) => void = () => {};
  /** Called with the number of each new session. */
  onEpoch: (epoch: number) => void = () => {};
  /** The code of CONNACK. 0 accepts. Other codes are those of the client's protocol level. */
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

  /** Number of the client's session. 0: it has no session with a subscription. */
  epochOf(clientIdentifier: string): number {
    return this.hasSubscribed(clientIdentifier) ? (this.#sessions.get(clientIdentifier)?.epoch ?? 0) : 0;
  }

  /** Whether nothing waits for this client, and no exchange is unfinished in either direction. */
  isIdle(clientIdentifier: string): boolean {
    const session = this.#sessions.get(clientIdentifier);
    return session?.waiting.length === 0 && session.inflight.length === 0 && session.received.size === 0;
  }

  retained(topic: string): Message | undefined {
    return this.#retained.get(topic);
  }

  /** Takes a message and passes it on. From here on the broker must deliver it. */
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

  /** The process ends without a goodbye and starts again, with its sessions or without. */
  restart(keepsSessions: boolean): void {
    for (const connection of [...this.#connections]) connection.crash();
    if (!keepsSessions) this.#sessions.clear();
  }

  /** Sends DISCONNECT with this reason code to every client of MQTT 5. Clients of 3.1.1 are cut off. */
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
