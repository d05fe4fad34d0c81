/**
 * A broker of MQTT 3.1.1 and 5 as the standards want it, for QoS 0 and 1: kept sessions, redelivery with DUP after a reconnect,
 * retained messages, last wills, keep-alive. It notes what a client must not do.
 */
import mqttPacket, { type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from "mqtt-packet";
import { PUBLISH_BYTES_MAX } from "../../src/limits.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";
import type { Peer } from "./network.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

interface Delivery {
  readonly packetIdentifier: number;
  readonly message: Message;
  sent: boolean;
}

interface KeptSession {
  readonly subscriptions: Map<string, 0 | 1>;
  readonly waiting: Message[];
  /** Sent at some time and not acknowledged, in order. */
  inflight: Delivery[];
  nextIdentifier: number;
  connection: Connection | undefined;
}

const INFLIGHT_MAX = 20;
const ACKNOWLEDGE_MS_MAX = 300;
/** A peer that says nothing at all is dropped. */
const CONNECT_TIMEOUT_MS = 10_000;

export class BrokerModel {
  /** What a client did against the standard or against its own limits. */
  readonly violations: string[] = [];
  readonly clock: VirtualClock;
  readonly random: Random;
  /** Sees every message that the broker takes from a client. */
  onMessage: (message: Message) => void = () => {};
  connects = 0;
  readonly #sessions = new Map<string, KeptSession>();
  readonly #retained = new Map<string, Message>();

  /** Protocol levels that it speaks: 4 is MQTT 3.1.1, 5 is MQTT 5. */
  readonly levels: readonly number[];

  constructor(clock: VirtualClock, random: Random, levels: readonly number[]) {
    this.clock = clock;
    this.random = random;
    this.levels = levels;
  }

  handleConnection(peer: Peer): void {
    new Connection(this, peer);
  }

  isConnected(clientIdentifier: string): boolean {
    return this.#sessions.get(clientIdentifier)?.connection !== undefined;
  }

  hasSubscribed(clientIdentifier: string): boolean {
    return (this.#sessions.get(clientIdentifier)?.subscriptions.size ?? 0) > 0;
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
      const qos = Math.min(message.qos, granted) as 0 | 1;
      if (qos === 1 || session.connection) session.waiting.push({ ...message, qos, retain: false });
      session.connection?.deliver();
    }
  }

  /** The kept session of a client, and whether there was one. */
  takeSession(connect: IConnectPacket, connection: Connection): { session: KeptSession; present: boolean } {
    const former = this.#sessions.get(connect.clientId);
    former?.connection?.end();
    const present = former !== undefined && !connect.clean;
    const session: KeptSession = present
      ? former
      : { subscriptions: new Map(), waiting: [], inflight: [], nextIdentifier: 1, connection: undefined };
    for (const delivery of session.inflight) delivery.sent = false;
    session.connection = connection;
    this.#sessions.set(connect.clientId, session);
    this.connects += 1;
    return { session, present };
  }

  retainedFor(topic: string): Message[] {
    const message = this.#retained.get(topic);
    return message ? [message] : [];
  }
}

class Connection {
  readonly #broker: BrokerModel;
  readonly #peer: Peer;
  /** The parser reads its version here. */
  readonly #settings: { protocolVersion?: number } = {};
  readonly #parser = mqttPacket.parser(this.#settings);
  readonly #unacknowledged = new Set<number>();
  /** Identifiers that were delivered on this connection and may be acknowledged. */
  readonly #delivered = new Set<number>();
  #connect: IConnectPacket | undefined;
  #session: KeptSession | undefined;
  #hasLeft = false;
  #hasSubscribed = false;
  #lastAcknowledgeMs = 0;
  #cancelSilence: () => void;
  #ended = false;

  constructor(broker: BrokerModel, peer: Peer) {
    this.#broker = broker;
    this.#peer = peer;
    this.#cancelSilence = broker.clock.after(CONNECT_TIMEOUT_MS, () => this.end());
    this.#parser.on("packet", (packet) => this.#handle(packet));
    this.#parser.on("error", (error) => this.#violation(`sent what is no packet: ${error.message}`));
    peer.onBytes = (bytes) => {
      if (!this.#ended) this.#parser.parse(Buffer.from(bytes));
    };
    peer.onClosed = () => this.end();
  }

  /** The connection is over. Without a DISCONNECT the will is published. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelSilence();
    this.#peer.close();
    if (this.#session?.connection === this) this.#session.connection = undefined;
    const will = this.#hasLeft ? undefined : this.#connect?.will;
    if (will) {
      const payload = typeof will.payload === "string" ? Buffer.from(will.payload) : will.payload;
      this.#broker.publish({ topic: will.topic, payload, qos: will.qos === 0 ? 0 : 1, retain: will.retain === true });
    }
  }

  /** Sends what waits, as far as the window allows. */
  deliver(): void {
    const session = this.#session;
    if (!session || this.#ended) return;
    for (const delivery of session.inflight) {
      if (delivery.sent) continue;
      delivery.sent = true;
      this.#send(delivery.message, delivery.packetIdentifier, true);
    }
    while (session.waiting.length && session.inflight.length < INFLIGHT_MAX) {
      const message = session.waiting.shift() as Message;
      if (message.qos === 0) {
        this.#send(message, 0, false);
        continue;
      }
      const packetIdentifier = freeIdentifier(session);
      session.inflight.push({ packetIdentifier, message, sent: true });
      this.#send(message, packetIdentifier, false);
    }
  }

  /** What this connection speaks. */
  get #level(): number {
    return this.#connect?.protocolVersion ?? 4;
  }

  #send(message: Message, messageId: number, dup: boolean): void {
    if (messageId) this.#delivered.add(messageId);
    const { topic, qos, retain } = message;
    this.#write({ cmd: "publish", topic, payload: Buffer.from(message.payload), qos, retain, dup, messageId });
  }

  #write(packet: Packet): void {
    this.#peer.write(mqttPacket.generate(packet, { protocolVersion: this.#level }));
  }

  #violation(problem: string): void {
    this.#broker.violations.push(`${Math.round(this.#broker.clock.nowMs)} ms: the client ${problem}`);
    this.end();
  }

  #handle(packet: Packet): void {
    if (this.#ended) return;
    if (packet.cmd === "connect") {
      this.#handleConnect(packet);
      return;
    }
    const session = this.#session;
    if (!session) {
      this.#violation(`sent ${packet.cmd} before CONNECT`);
      return;
    }
    this.#awaitLife();
    switch (packet.cmd) {
      case "publish":
        this.#handlePublish(packet);
        break;
      case "subscribe":
        this.#handleSubscribe(packet, session);
        break;
      case "puback": {
        const identifier = packet.messageId as number;
        if (!this.#delivered.delete(identifier))
          this.#violation(`acknowledged ${identifier}, which it did not get here`);
        session.inflight = session.inflight.filter((delivery) => delivery.packetIdentifier !== identifier);
        this.deliver();
        break;
      }
      case "pingreq":
        this.#write({ cmd: "pingresp" });
        break;
      case "disconnect":
        this.#hasLeft = true;
        this.end();
        break;
      default:
        this.#violation(`sent ${packet.cmd}`);
    }
  }

  #handleConnect(connect: IConnectPacket): void {
    if (this.#connect) {
      this.#violation("sent a second CONNECT");
      return;
    }
    if (!this.#broker.levels.includes(connect.protocolVersion ?? 4)) {
      this.#write({ cmd: "connack", returnCode: 1, sessionPresent: false });
      this.end();
      return;
    }
    this.#connect = connect;
    this.#settings.protocolVersion = this.#level;
    const { session, present } = this.#broker.takeSession(connect, this);
    this.#session = session;
    this.#awaitLife();
    this.#write({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: present });
    this.deliver();
  }

  /** One and a half keep-alives of silence end a connection [MQTT-3.1.2-24]. */
  #awaitLife(): void {
    this.#cancelSilence();
    const keepAliveMs = (this.#connect?.keepalive ?? 0) * 1_000;
    if (keepAliveMs) this.#cancelSilence = this.#broker.clock.after(keepAliveMs * 1.5, () => this.end());
  }

  #handlePublish(packet: IPublishPacket): void {
    const identifier = packet.messageId ?? 0;
    if ((packet.length ?? 0) > PUBLISH_BYTES_MAX) this.#violation(`sent a packet of ${packet.length} bytes`);
    if (packet.qos === 1 && this.#unacknowledged.has(identifier))
      this.#violation(`used the identifier ${identifier} twice on one connection`);
    const payload = packet.payload as Buffer;
    const message: Message = { topic: packet.topic, payload, qos: packet.qos === 0 ? 0 : 1, retain: packet.retain };
    this.#broker.onMessage(message);
    this.#broker.publish(message);
    if (packet.qos === 0) return;
    this.#unacknowledged.add(identifier);
    this.#lastAcknowledgeMs = Math.max(
      this.#lastAcknowledgeMs,
      this.#broker.clock.nowMs + integerBetween(this.#broker.random, 0, ACKNOWLEDGE_MS_MAX),
    );
    this.#broker.clock.after(this.#lastAcknowledgeMs - this.#broker.clock.nowMs, () => {
      this.#unacknowledged.delete(identifier);
      if (!this.#ended) this.#write({ cmd: "puback", messageId: identifier });
    });
  }

  #handleSubscribe(packet: ISubscribePacket, session: KeptSession): void {
    if (this.#hasSubscribed) this.#violation("subscribed twice on one connection");
    this.#hasSubscribed = true;
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      const level = qos === 0 ? 0 : 1;
      session.subscriptions.set(topic, level);
      return level;
    });
    this.#write({ cmd: "suback", messageId: packet.messageId as number, granted });
    for (const { topic } of packet.subscriptions) session.waiting.push(...this.#broker.retainedFor(topic));
    this.deliver();
  }
}

function freeIdentifier(session: KeptSession): number {
  while (session.inflight.some((delivery) => delivery.packetIdentifier === session.nextIdentifier)) advance(session);
  const identifier = session.nextIdentifier;
  advance(session);
  return identifier;
}

function advance(session: KeptSession): void {
  session.nextIdentifier = (session.nextIdentifier % 65_535) + 1;
}
