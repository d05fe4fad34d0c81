/**
 * A client that does what the standard asks of it, and remembers everything: versions, QoS and options that the pager does not use. It
 * notes what a server must not do.
 */
import mqttPacket, { type IConnackPacket, type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import type { Transport } from "../../../../../hosts/runner.ts";
import type { Random } from "../../../../../src/seams.ts";
import { integerBetween } from "../../../../random.ts";
import type { Network } from "../../../../simulation/network.ts";
import type { VirtualClock } from "../../../../simulation/virtual-clock.ts";

export type QoS = 0 | 1 | 2;

export interface Filter {
  readonly filter: string;
  readonly qos: QoS;
}

export interface PlainOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly network: Network;
  readonly clientId: string;
  readonly level: 4 | 5;
  readonly filters: readonly Filter[];
  readonly receiveMaximum: number;
  /** Its will, and what it says at each connection: both retained, QoS 1. */
  readonly presence?: { readonly topic: string; readonly online: number; readonly offline: number };
  /** What it takes of a message's number, or a fault of the server, tells it. */
  readonly onMessage: (packet: IPublishPacket) => void;
  /** The server has a message, or does not want it. What was sent before on another connection, it may have even so: then the answer is for a copy. */
  readonly onSettled: (number: number, isAccepted: boolean, isCopy: boolean) => void;
}

interface Outgoing {
  readonly number: number;
  readonly topic: string;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  readonly expirySeconds: number | undefined;
  readonly messageId: number;
  stage: "new" | "sent" | "released";
  isSentHere: boolean;
  /** It was sent more than once. */
  isCopy: boolean;
}

const KEEP_ALIVE_SECONDS = 20;
/** About as long as it takes to come back. */
const WILL_DELAY_SECONDS = 3;
const RETRY_MS_MAX = 5_000;
const ANSWER_MS_MAX = 300;
const CONNACK_MS = 15_000;
const INFLIGHT = 20;
const PAYLOAD_BYTES_MAX = 60;

export class PlainClient {
  readonly violations: string[] = [];
  /** SUBACK has come: from here on it must not lose a message. */
  isSubscribed = false;
  connects = 0;
  readonly clientId: string;
  readonly filters: readonly Filter[];
  readonly #options: PlainOptions;
  readonly #outbox: Outgoing[] = [];
  /** Of messages of QoS 2 that came and were not released. They outlast connections. */
  readonly #inbound = new Map<number, number>();
  #transport: Transport | undefined;
  #isConnected = false;
  #isDead = false;
  #lastReceivedMs = 0;
  #messageId = 0;
  #window = INFLIGHT;
  /** Of this connection: messages that came and are not answered. */
  #unanswered = new Set<number>();
  #aliases = new Map<number, string>();
  #lastAnswerMs = 0;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.clientId = options.clientId;
    this.filters = options.filters;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get isIdle(): boolean {
    return this.#isConnected && this.#outbox.length === 0 && this.#inbound.size === 0 && this.#unanswered.size === 0;
  }

  start(): void {
    this.#open();
  }

  publish(number: number, topic: string, qos: QoS, more: { retain?: boolean; expirySeconds?: number } = {}): void {
    const { retain = false, expirySeconds } = more;
    if (qos === 0) {
      if (this.#isConnected)
        this.#write(this.#publishPacket({ number, topic, qos, retain, expirySeconds, messageId: 0 }, false));
      return;
    }
    const messageId = this.#nextIdentifier();
    this.#outbox.push({
      number,
      topic,
      qos,
      retain,
      expirySeconds,
      messageId,
      stage: "new",
      isSentHere: false,
      isCopy: false,
    });
    this.#flush();
  }

  /** It opens a second connection, and nobody tells the first. */
  takeOver(): void {
    this.#abandon();
    this.#open();
  }

  /** It goes away for good, and says no word. */
  die(): void {
    this.#isDead = true;
    this.#transport?.close();
    this.#abandon();
  }

  /** The power of the client fails; its memory is on a disk. */
  cut(): void {
    this.#transport?.close();
    this.#end();
  }

  #open(): void {
    const { clock, network, random } = this.#options;
    if (this.#transport || this.#isDead) return;
    const settings: { protocolVersion?: number } = { protocolVersion: this.#options.level };
    const parser = mqttPacket.parser(settings);
    let isOver = false;
    const transport = network.openTransport({
      onConnected: () => {
        if (isOver || transport !== this.#transport) return;
        this.#sendConnect();
        clock.after(CONNACK_MS, () => {
          if (transport === this.#transport && !this.#isConnected) this.cut();
        });
      },
      onBytes: (bytes) => {
        if (transport === this.#transport) parser.parse(Buffer.from(bytes));
      },
      onClosed: () => {
        isOver = true;
        if (transport === this.#transport) this.#end();
      },
    });
    this.#transport = transport;
    parser.on("packet", (packet) => {
      if (transport === this.#transport) this.#handle(packet);
    });
    parser.on("error", (error) => this.#violation(`sent what is no packet: ${error.message}`));
    // A link may hang before it opens.
    clock.after(CONNACK_MS + random() * RETRY_MS_MAX, () => {
      if (transport === this.#transport && !this.#isConnected) this.cut();
    });
  }

  #sendConnect(): void {
    const { clientId, level, receiveMaximum, presence } = this.#options;
    const properties = { sessionExpiryInterval: 86_400, receiveMaximum, topicAliasMaximum: 3 };
    this.#write({
      cmd: "connect",
      clientId,
      clean: false,
      keepalive: KEEP_ALIVE_SECONDS,
      protocolVersion: level,
      ...(level === 5 && { properties }),
      ...(presence && { will: this.#willOf(presence) }),
    });
  }

  #willOf({
    topic,
    offline,
  }: {
    readonly topic: string;
    readonly offline: number;
  }): NonNullable<IConnectPacket["will"]> {
    const properties = this.#options.level === 5 ? { properties: { willDelayInterval: WILL_DELAY_SECONDS } } : {};
    return { topic, payload: payloadOf(offline), qos: 1, retain: true, ...properties };
  }

  #end(): void {
    if (!this.#transport) return;
    this.#abandon();
    const { clock, random } = this.#options;
    clock.after(random() * RETRY_MS_MAX, () => this.#open());
  }

  #abandon(): void {
    this.#transport = undefined;
    this.#isConnected = false;
    this.#unanswered = new Set();
    this.#aliases = new Map();
    for (const entry of this.#outbox) entry.isSentHere = false;
  }

  #write(packet: Packet): void {
    this.#transport?.write(mqttPacket.generate(packet, { protocolVersion: this.#options.level }));
  }

  #violation(problem: string): void {
    this.violations.push(`${Math.round(this.#options.clock.nowMs)} ms, ${this.clientId}: the server ${problem}`);
  }

  /** Answers leave late, and in order. */
  #later(run: () => void): void {
    const { clock, random } = this.#options;
    const transport = this.#transport;
    this.#lastAnswerMs = Math.max(this.#lastAnswerMs, clock.nowMs + random() * ANSWER_MS_MAX);
    clock.after(this.#lastAnswerMs - clock.nowMs, () => {
      if (transport === this.#transport) run();
    });
  }

  #handle(packet: Packet): void {
    this.#lastReceivedMs = this.#options.clock.nowMs;
    if (packet.cmd !== "connack" && packet.cmd !== "disconnect" && !this.#isConnected) {
      this.#violation(`sent ${packet.cmd} before CONNACK`);
      return;
    }
    const identifier = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "connack":
        this.#handleConnack(packet);
        break;
      case "publish":
        this.#handlePublish(packet, identifier);
        break;
      case "puback":
        this.#handlePuback(identifier, packet.reasonCode ?? 0);
        break;
      case "pubrec":
        this.#handlePubrec(identifier, packet.reasonCode ?? 0);
        break;
      case "pubrel":
        this.#inbound.delete(identifier);
        this.#later(() => {
          this.#unanswered.delete(identifier);
          this.#write({ cmd: "pubcomp", messageId: identifier, reasonCode: 0 });
        });
        break;
      case "pubcomp":
        this.#remove(identifier, "released");
        break;
      case "suback":
        this.#handleSuback(packet.granted as number[]);
        break;
      case "disconnect":
      case "pingresp":
        break;
      default:
        this.#violation(`sent ${packet.cmd}`);
    }
  }

  #handleConnack({ returnCode, reasonCode, sessionPresent, properties }: IConnackPacket): void {
    if ((returnCode ?? reasonCode) !== 0) {
      this.cut();
      return;
    }
    if (this.isSubscribed && !sessionPresent) this.#violation("lost the session");
    this.#isConnected = true;
    this.connects += 1;
    this.#window = Math.min(INFLIGHT, properties?.receiveMaximum ?? INFLIGHT);
    if (!this.isSubscribed && this.filters.length > 0) {
      const subscriptions = this.filters.map(({ filter, qos }) => ({ topic: filter, qos }));
      this.#write({ cmd: "subscribe", messageId: 65_535, subscriptions });
    }
    this.#ping();
    const { presence } = this.#options;
    if (presence) this.publish(presence.online, presence.topic, 1, { retain: true });
    this.#flush();
  }

  #handleSuback(granted: readonly number[]): void {
    if (granted.every((code, index) => code === this.filters[index]?.qos)) this.isSubscribed = true;
    // Refused while the store refuses: it is asked for again.
    else this.cut();
  }

  #ping(): void {
    const { clock } = this.#options;
    const transport = this.#transport;
    clock.after(KEEP_ALIVE_SECONDS * 500, () => {
      if (transport !== this.#transport) return;
      if (clock.nowMs - this.#lastReceivedMs > KEEP_ALIVE_SECONDS * 1_500) this.cut();
      else {
        this.#write({ cmd: "pingreq" });
        this.#ping();
      }
    });
  }

  #handlePublish(packet: IPublishPacket, identifier: number): void {
    const topic = this.#resolve(packet);
    const { qos, dup } = packet;
    const message = { ...packet, topic };
    if (qos === 0) {
      if (dup) this.#violation("sent QoS 0 with DUP");
      this.#options.onMessage(message);
      return;
    }
    if (identifier === 0) this.#violation("used identifier 0");
    if (this.#unanswered.has(identifier)) this.#violation(`used identifier ${identifier} twice`);
    this.#unanswered.add(identifier);
    if (this.#options.level === 5 && this.#unanswered.size > this.#options.receiveMaximum)
      this.#violation(`sent ${this.#unanswered.size} messages, expected at most ${this.#options.receiveMaximum}`);
    if (qos === 1) {
      this.#options.onMessage(message);
      this.#later(() => {
        this.#unanswered.delete(identifier);
        this.#write({ cmd: "puback", messageId: identifier, reasonCode: 0 });
      });
      return;
    }
    const number = numberOf(packet);
    const known = this.#inbound.get(identifier);
    if (known === undefined) this.#options.onMessage(message);
    else if (known !== number) this.#violation(`used identifier ${identifier} of message ${known} for ${number}`);
    else if (!dup) this.#violation(`sent message ${number} again without DUP`);
    this.#inbound.set(identifier, number);
    this.#later(() => this.#write({ cmd: "pubrec", messageId: identifier, reasonCode: 0 }));
  }

  #resolve({ topic, properties }: IPublishPacket): string {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (topic !== "") this.#aliases.set(alias, topic);
    const known = this.#aliases.get(alias);
    if (known === undefined || alias > 3) this.#violation(`used topic alias ${alias}`);
    return known ?? "";
  }

  #handlePuback(identifier: number, reasonCode: number): void {
    this.#settle(identifier, reasonCode);
    this.#remove(identifier, "sent");
  }

  #handlePubrec(identifier: number, reasonCode: number): void {
    const entry = this.#outbox.find(({ messageId }) => messageId === identifier);
    if (reasonCode >= 0x80) {
      this.#settle(identifier, reasonCode);
      this.#remove(identifier, "sent");
      return;
    }
    if (entry?.stage === "sent") {
      this.#settle(identifier, 0);
      entry.stage = "released";
    }
    this.#write({ cmd: "pubrel", messageId: identifier, reasonCode: entry ? 0 : 0x92 });
  }

  #settle(identifier: number, reasonCode: number): void {
    const entry = this.#outbox.find(({ messageId }) => messageId === identifier);
    if (entry?.stage === "sent") this.#options.onSettled(entry.number, reasonCode < 0x80, entry.isCopy);
  }

  #remove(identifier: number, stage: Outgoing["stage"]): void {
    const index = this.#outbox.findIndex((entry) => entry.messageId === identifier && entry.stage === stage);
    if (index >= 0) this.#outbox.splice(index, 1);
    this.#flush();
  }

  /** First what is unfinished, in order, then what is new. */
  #flush(): void {
    if (!this.#isConnected) return;
    let inflight = this.#outbox.filter(({ isSentHere }) => isSentHere).length;
    for (const entry of this.#outbox) {
      if (inflight >= this.#window) return;
      if (entry.isSentHere) continue;
      entry.isSentHere = true;
      inflight += 1;
      if (entry.stage !== "new") entry.isCopy = true;
      if (entry.stage === "released") this.#write({ cmd: "pubrel", messageId: entry.messageId, reasonCode: 0 });
      else this.#write(this.#publishPacket(entry, entry.stage === "sent"));
      if (entry.stage === "new") entry.stage = "sent";
    }
  }

  #publishPacket(
    entry: Pick<Outgoing, "number" | "topic" | "retain" | "expirySeconds" | "messageId"> & { readonly qos: QoS },
    dup: boolean,
  ): IPublishPacket {
    const { number, topic, qos, retain, expirySeconds, messageId } = entry;
    const payload = Buffer.alloc(integerBetween(this.#options.random, 4, PAYLOAD_BYTES_MAX));
    payload.writeUInt32BE(number);
    const isExpiring = this.#options.level === 5 && expirySeconds !== undefined;
    const properties = isExpiring ? { properties: { messageExpiryInterval: expirySeconds } } : {};
    return { cmd: "publish", topic, payload, qos, retain, dup, messageId, ...properties };
  }

  #nextIdentifier(): number {
    do this.#messageId = (this.#messageId % 60_000) + 1;
    while (this.#outbox.some(({ messageId }) => messageId === this.#messageId));
    return this.#messageId;
  }
}

/** The number alone. */
function payloadOf(number: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(number);
  return payload;
}

export function numberOf({ payload }: IPublishPacket): number {
  return Buffer.from(payload as Uint8Array).readUInt32BE();
}
