/** A broker with a store in memory, a clock of its own and clients that say exactly what they are told to. */
import mqttPacket, { type IConnackPacket, type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import { Broker, type BrokerOptions } from "../../../../hosts/station/broker/broker.ts";
import type { Hooks } from "../../../../hosts/station/broker/hooks.ts";
import type { Limits } from "../../../../hosts/station/broker/limits.ts";
import type { Batch } from "../../../../hosts/station/broker/writes.ts";
import { seededRandom } from "../../../random.ts";
import { fromHex, toHex } from "../../../vectors/vector.ts";

export const payload = (text: string): Buffer => Buffer.from(text);

export class BrokerBench {
  nowMs = 1_000;
  wallSeconds: number | undefined = 1_700_000_000;
  broker: Broker;
  readonly records = new Map<string, Uint8Array>();
  readonly clients = new Map<number, BenchClient>();
  /** Transactions are not finished before `commit`. */
  isHolding = false;
  /** The store takes nothing. */
  isFull = false;
  /** Transactions that were offered, the sizes of each. */
  readonly batches: number[] = [];
  readonly #limits: Partial<Limits>;
  readonly #hooks: Partial<Hooks>;
  #held: Batch | undefined;
  #number = 0;

  constructor(limits: Partial<Limits> = {}, hooks: Partial<Hooks> = {}) {
    this.#limits = limits;
    this.#hooks = hooks;
    this.broker = this.#start();
  }

  /** The power fails and is back: connections are gone, what was committed is there. */
  restart(): void {
    for (const client of this.clients.values()) client.ending ??= "power cut";
    this.clients.clear();
    this.#held = undefined;
    this.broker = this.#start();
    this.drain();
  }

  open(level: 4 | 5 = 4): BenchClient {
    this.#number += 1;
    const client = new BenchClient(this, this.#number, level);
    this.clients.set(client.number, client);
    this.broker.handleConnected(client.number, this.nowMs);
    this.drain();
    return client;
  }

  /** A client that is connected. By default its session does not outlast the connection. */
  connect(clientId: string, level: 4 | 5 = 4, options: Partial<IConnectPacket> = {}): BenchClient {
    const client = this.open(level);
    client.connect({ clientId, ...options });
    return client;
  }

  /** One whose session stays. */
  connectKept(clientId: string, level: 4 | 5 = 4, options: Partial<IConnectPacket> = {}): BenchClient {
    const properties = level === 5 ? { sessionExpiryInterval: 3_600, ...options.properties } : undefined;
    return this.connect(clientId, level, { clean: false, ...options, ...(properties && { properties }) });
  }

  /** Lets time pass, deadline by deadline. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let next = this.broker.pollTimeout(); next !== undefined && next <= endMs; next = this.broker.pollTimeout()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.broker.handleTimeout(this.nowMs);
      this.drain();
    }
    this.nowMs = endMs;
    if (this.wallSeconds !== undefined) this.wallSeconds += ms / 1_000;
  }

  /** What was held is on the store. */
  commit(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#apply(held);
    this.drain();
  }

  drain(): void {
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      const batch = this.broker.pollWrites();
      if (batch) {
        isBusy = true;
        this.batches.push(batch.writes.size);
        if (this.isFull) this.broker.handleRefused(this.nowMs);
        else if (this.isHolding) this.#held = batch;
        else this.#apply(batch);
      }
      for (let sent = this.broker.pollTransmit(); sent; sent = this.broker.pollTransmit()) {
        isBusy = true;
        this.clients.get(sent.connection)?.receive(sent.parts, sent.ending);
      }
    }
  }

  keys(prefix: string): string[] {
    return [...this.records.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  #start(): Broker {
    const options: BrokerOptions = {
      random: seededRandom(7),
      wallClock: () => this.wallSeconds,
      limits: this.#limits,
      hooks: this.#hooks,
      records: this.records,
    };
    return new Broker(options, this.nowMs);
  }

  #apply({ writes }: Batch): void {
    for (const [key, bytes] of writes)
      if (bytes) this.records.set(key, bytes);
      else this.records.delete(key);
    this.broker.handleCommitted(this.nowMs);
  }
}

export class BenchClient {
  readonly number: number;
  readonly level: 4 | 5;
  readonly packets: Packet[] = [];
  /** Everything that came, in hexadecimal digits. */
  hex = "";
  /** Why the broker has closed. undefined: it has not. */
  ending: string | undefined;
  readonly #bench: BrokerBench;
  readonly #parser: ReturnType<typeof mqttPacket.parser>;

  constructor(bench: BrokerBench, number: number, level: 4 | 5) {
    this.#bench = bench;
    this.number = number;
    this.level = level;
    this.#parser = mqttPacket.parser({ protocolVersion: level });
    this.#parser.on("packet", (packet) => this.packets.push(packet));
    this.#parser.on("error", (error) => {
      throw error;
    });
  }

  connect(options: Partial<IConnectPacket> = {}): void {
    const packet = { cmd: "connect", protocolVersion: this.level, clean: true, clientId: "c", keepalive: 0 } as const;
    this.send({ ...packet, ...options });
  }

  send(packet: Packet): void {
    this.sendBytes(mqttPacket.generate(packet, { protocolVersion: this.level }));
  }

  sendHex(hex: string): void {
    this.sendBytes(fromHex(hex));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#bench.broker.handleBytes(this.number, bytes, this.#bench.nowMs);
    this.#bench.drain();
  }

  subscribe(topic: string, qos: 0 | 1 | 2 = 0, options: object = {}, properties?: object): void {
    const subscriptions = [{ topic, qos, ...options }];
    this.send({ cmd: "subscribe", messageId: 1, subscriptions, ...(properties && { properties }) });
  }

  publish(topic: string, text: string, qos: 0 | 1 | 2 = 0, options: Partial<IPublishPacket> = {}): void {
    const packet = { cmd: "publish", topic, payload: payload(text), qos, retain: false, dup: false } as const;
    this.send({ ...packet, messageId: 9, ...options });
  }

  /** The link breaks without a word. */
  cut(): void {
    this.#bench.broker.handleClosed(this.number, this.#bench.nowMs);
    this.#bench.clients.delete(this.number);
    this.#bench.drain();
  }

  disconnect(): void {
    this.send({ cmd: "disconnect" });
  }

  receive(parts: readonly Uint8Array[], ending: string | undefined): void {
    const bytes = Buffer.concat(parts);
    this.hex += toHex(bytes);
    if (bytes.length > 0) this.#parser.parse(bytes);
    if (ending !== undefined) this.ending = ending;
  }

  /** Takes what came since. */
  take(): Packet[] {
    return this.packets.splice(0);
  }

  takeHex(): string {
    const hex = this.hex;
    this.hex = "";
    return hex;
  }

  /** The messages that came, as `topic payload`. */
  get messages(): string[] {
    return this.publishes.map(({ topic, payload: bytes }) => `${topic} ${bytes}`);
  }

  get publishes(): IPublishPacket[] {
    return this.packets.filter((packet) => packet.cmd === "publish");
  }

  get connack(): IConnackPacket | undefined {
    return this.packets.find((packet) => packet.cmd === "connack");
  }

  get commands(): string[] {
    return this.packets.map(({ cmd }) => cmd);
  }
}
