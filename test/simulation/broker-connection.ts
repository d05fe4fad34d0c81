/** One connection of the broker model. It answers packets with a delay, as a real broker does. */
import mqttPacket, { type IConnectPacket, type IPublishPacket, type ISubscribePacket, type Packet } from "mqtt-packet";
import type { QoS } from "../../src/mqtt/packet.ts";
import { integerBetween } from "../random.ts";
import { type Announced, ClientWatch } from "./broker-client-watch.ts";
import type { BrokerModel } from "./broker-model.ts";
import type { Delivery, KeptSession, Message } from "./broker-session.ts";
import type { Peer } from "./network.ts";

const INFLIGHT_DEFAULT = 20;
const ACKNOWLEDGE_MS_MAX = 300;
/** How long a peer may take for its CONNECT, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
const PACKET_IDENTIFIER_NOT_FOUND = 0x92;

export class Connection {
  /** Set by the broker. */
  onEnd: () => void = () => {};
  readonly #broker: BrokerModel;
  readonly #peer: Peer;
  /** The parser reads the protocol version from this object. */
  readonly #settings: { protocolVersion?: number } = {};
  readonly #parser = mqttPacket.parser(this.#settings);
  readonly #watch = new ClientWatch((problem) => this.#violation(problem));
  /** The broker's topic aliases. */
  readonly #aliases: string[] = [];
  #number = 0;
  #connect: IConnectPacket | undefined;
  #session: KeptSession | undefined;
  #hasLeft = false;
  readonly #asked = new Set<string>();
  #lastAnswerMs = 0;
  #cancelSilence: () => void;
  #ended = false;
  /** The broker has seen a packet that it does not allow, and reads no further. */
  #isClosing = false;

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

  /** Ends the connection. Publishes the will unless DISCONNECT has come. */
  end(): void {
    if (!this.#close()) return;
    const will = this.#hasLeft ? undefined : this.#connect?.will;
    if (will) {
      const payload = typeof will.payload === "string" ? Buffer.from(will.payload) : will.payload;
      const qos = (will.qos ?? 0) as QoS;
      this.#broker.publish({ topic: will.topic, payload, qos, retain: will.retain === true });
    }
  }

  /** The broker's process ends, without the will. */
  crash(): void {
    this.#close();
  }

  sayGoodbye(reasonCode: number): void {
    if (this.#session && this.#level === 5) this.#write({ cmd: "disconnect", reasonCode });
    this.end();
  }

  /** Sends waiting messages as far as the window allows. */
  deliver(): void {
    const session = this.#session;
    if (!session || this.#ended) return;
    for (const delivery of session.inflight) {
      if (delivery.isSent) continue;
      delivery.isSent = true;
      if (delivery.state === "publish") this.#sendPublish(delivery.message, delivery.packetIdentifier, true);
      else this.#sendPubrel(delivery);
    }
    while (session.waiting.length && session.inflight.length < this.#window) {
      const message = session.waiting.shift() as Message;
      if (message.qos === 0) this.#sendPublish(message, 0, false);
      else this.#sendPublish(message, session.launch(message).packetIdentifier, false);
    }
  }

  /** The protocol level of this connection. */
  get #level(): number {
    return this.#connect?.protocolVersion ?? 4;
  }

  get #window(): number {
    const own = this.#broker.options.inflightMax ?? INFLIGHT_DEFAULT;
    return this.#level === 5 ? Math.min(own, this.#connect?.properties?.receiveMaximum ?? 65_535) : own;
  }

  #close(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#cancelSilence();
    this.#peer.close();
    if (this.#session?.connection === this) this.#session.connection = undefined;
    this.onEnd();
    return true;
  }

  #sendPublish(message: Message, messageId: number, dup: boolean): void {
    const { qos, retain } = message;
    if (qos > 0) this.#watch.delivered(messageId, qos as 1 | 2);
    const payload = Buffer.from(message.payload);
    this.#write({ cmd: "publish", payload, qos, retain, dup, messageId, ...this.#aliased(message.topic) });
  }

  #sendPubrel({ packetIdentifier }: Delivery): void {
    this.#watch.released(packetIdentifier);
    this.#write({ cmd: "pubrel", messageId: packetIdentifier });
  }

  /** Now and then a topic gets an alias, and a topic with an alias is left out. */
  #aliased(topic: string): { topic: string; properties?: { topicAlias: number } } {
    const { saysLimits } = this.#broker.options;
    const max = Math.min(3, this.#connect?.properties?.topicAliasMaximum ?? 0);
    if (!saysLimits || this.#level !== 5 || max === 0) return { topic };
    const known = this.#aliases.indexOf(topic);
    if (known > 0) return { topic: this.#chance(0.8) ? "" : topic, properties: { topicAlias: known } };
    if (this.#chance(0.5)) return { topic };
    const topicAlias = integerBetween(this.#broker.random, 1, max);
    this.#aliases[topicAlias] = topic;
    return { topic, properties: { topicAlias } };
  }

  #chance(share: number): boolean {
    return this.#broker.random() < share;
  }

  #write(packet: Packet): void {
    if (!this.#ended) this.#peer.write(mqttPacket.generate(packet, { protocolVersion: this.#level }));
  }

  /** Sends an answer after a delay, in order. */
  #later(run: () => void): void {
    const { clock, random } = this.#broker;
    this.#lastAnswerMs = Math.max(this.#lastAnswerMs, clock.nowMs + integerBetween(random, 0, ACKNOWLEDGE_MS_MAX));
    clock.after(this.#lastAnswerMs - clock.nowMs, () => {
      if (!this.#ended) run();
    });
  }

  #violation(problem: string): void {
    this.#broker.violations.push(`${Math.round(this.#broker.clock.nowMs)} ms: the client ${problem}`);
    this.end();
  }

  #handle(packet: Packet): void {
    if (this.#ended || this.#isClosing) return;
    this.#watch.size(packet.cmd, packet.length ?? 0);
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
    const identifier = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "publish":
        this.#handlePublish(packet, session);
        break;
      case "subscribe":
        this.#handleSubscribe(packet, session);
        break;
      case "unsubscribe":
        for (const topic of packet.unsubscriptions) session.subscriptions.delete(topic);
        this.#write({ cmd: "unsuback", messageId: identifier, granted: packet.unsubscriptions.map(() => 0) });
        break;
      case "puback":
        this.#watch.answered(identifier, 1);
        session.finish(identifier);
        this.deliver();
        break;
      case "pubrec":
        this.#handlePubrec(identifier, packet.reasonCode ?? 0, session);
        break;
      case "pubcomp":
        this.#watch.completed(identifier);
        session.finish(identifier);
        this.deliver();
        break;
      case "pubrel":
        this.#watch.resume(identifier);
        this.#later(() => {
          const isKnown = session.received.delete(identifier);
          this.#watch.finish(identifier);
          this.#write({ cmd: "pubcomp", messageId: identifier, reasonCode: isKnown ? 0 : PACKET_IDENTIFIER_NOT_FOUND });
        });
        break;
      case "pingreq":
        this.#write({ cmd: "pingresp" });
        break;
      case "disconnect":
        this.#hasLeft = (packet.reasonCode ?? 0) === 0;
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
    const level = connect.protocolVersion ?? 4;
    if (!this.#broker.options.levels.includes(level)) {
      this.#write({ cmd: "connack", returnCode: 1, sessionPresent: false });
      this.end();
      return;
    }
    const refusal = this.#broker.refusal(level);
    if (refusal) {
      this.#settings.protocolVersion = level;
      const connack = { cmd: "connack", returnCode: refusal, reasonCode: refusal, sessionPresent: false } as const;
      this.#peer.write(mqttPacket.generate(connack, { protocolVersion: level }));
      this.end();
      return;
    }
    this.#connect = connect;
    this.#settings.protocolVersion = level;
    const { session, present } = this.#broker.takeSession(connect, this);
    this.#session = session;
    this.#number = this.#broker.connects;
    const properties = this.#announce();
    this.#awaitLife();
    this.#write({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: present, properties });
    this.deliver();
  }

  /** The limits in the CONNACK of this connection. There are none in 3.1.1. */
  #announce(): Partial<Omit<Announced, "keepAliveSeconds">> & { serverKeepAlive?: number } {
    const { random, options } = this.#broker;
    const says = (min: number, max: number) => (this.#chance(0.5) ? integerBetween(random, min, max) : undefined);
    const isTold = this.#level === 5 && options.saysLimits === true;
    const receiveMaximum = isTold ? says(1, 12) : undefined;
    const topicAliasMaximum = isTold ? says(1, 4) : undefined;
    const maximumPacketSize = isTold ? says(400, 1_200) : undefined;
    const serverKeepAlive = isTold ? says(5, 20) : undefined;
    const { announced } = this.#watch;
    this.#watch.announced = {
      receiveMaximum: receiveMaximum ?? announced.receiveMaximum,
      topicAliasMaximum: topicAliasMaximum ?? 0,
      maximumPacketSize: maximumPacketSize ?? announced.maximumPacketSize,
      keepAliveSeconds: serverKeepAlive ?? this.#connect?.keepalive ?? 0,
    };
    return {
      ...(receiveMaximum === undefined ? {} : { receiveMaximum }),
      ...(topicAliasMaximum === undefined ? {} : { topicAliasMaximum }),
      ...(maximumPacketSize === undefined ? {} : { maximumPacketSize }),
      ...(serverKeepAlive === undefined ? {} : { serverKeepAlive }),
    };
  }

  /** The connection ends after one and a half keep-alives of silence [MQTT-3.1.2-24]. */
  #awaitLife(): void {
    this.#cancelSilence();
    const keepAliveMs = this.#watch.announced.keepAliveSeconds * 1_000;
    if (keepAliveMs) this.#cancelSilence = this.#broker.clock.after(keepAliveMs * 1.5, () => this.end());
  }

  #handlePublish(packet: IPublishPacket, session: KeptSession): void {
    const packetIdentifier = packet.messageId ?? 0;
    const { qos, dup, retain } = packet;
    const topic = this.#watch.topicOf(packet.topic, packet.properties?.topicAlias);
    if (this.#closesOn([topic])) return;
    if (qos > 0) this.#watch.begin(packetIdentifier, true);
    if (this.#ended) return;
    const message: Message = { topic, payload: packet.payload as Buffer, qos, retain };
    const isTaken = qos < 2 || !session.received.has(packetIdentifier);
    const { epoch } = session;
    const clientIdentifier = this.#connect?.clientId ?? "";
    const connection = this.#number;
    this.#broker.onArrival({ ...message, clientIdentifier, packetIdentifier, dup, epoch, connection, isTaken });
    if (isTaken) {
      if (qos === 2) session.received.add(packetIdentifier);
      this.#broker.onMessage(message);
      this.#broker.publish(message);
    }
    if (qos === 0) return;
    this.#later(() => {
      if (qos === 1) this.#watch.finish(packetIdentifier);
      this.#write({ cmd: qos === 1 ? "puback" : "pubrec", messageId: packetIdentifier });
    });
  }

  /** Closes if one of these topics is not allowed. Earlier packets are answered. */
  #closesOn(topics: readonly string[]): boolean {
    const { closesOn } = this.#broker.options;
    if (!closesOn || !topics.some(closesOn)) return false;
    this.#isClosing = true;
    this.#later(() => this.end());
    return true;
  }

  #handlePubrec(identifier: number, reasonCode: number, session: KeptSession): void {
    this.#watch.answered(identifier, 2);
    const delivery = session.find(identifier);
    if (!delivery) return;
    if (reasonCode >= 0x80) session.finish(identifier);
    else {
      delivery.state = "pubrel";
      this.#sendPubrel(delivery);
    }
    this.deliver();
  }

  #handleSubscribe(packet: ISubscribePacket, session: KeptSession): void {
    const identifier = packet.messageId ?? 0;
    for (const { topic } of packet.subscriptions) {
      if (this.#asked.has(topic)) this.#violation(`subscribed to ${topic} twice on one connection`);
      this.#asked.add(topic);
    }
    if (this.#closesOn(packet.subscriptions.map(({ topic }) => topic))) return;
    this.#watch.begin(identifier, false);
    if (this.#ended) return;
    const granted = packet.subscriptions.map(({ topic, qos }) => {
      session.subscriptions.set(topic, qos);
      return qos;
    });
    this.#watch.finish(identifier);
    this.#write({ cmd: "suback", messageId: identifier, granted });
    for (const { topic } of packet.subscriptions) session.waiting.push(...this.#broker.retainedFor(topic));
    this.deliver();
  }
}
