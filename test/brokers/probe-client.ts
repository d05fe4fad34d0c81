/** A client that sends exactly the packets it is told to, and keeps the broker's answers in order. */
import { connect, type Socket } from "node:net";
import mqttPacket, { type IConnackPacket, type IConnectPacket, type Packet } from "mqtt-packet";
import { vi } from "vitest";
import type { Broker } from "./broker.ts";

/** How long a broker may take for any answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/** The packet that was awaited, or "closed" if the connection ended first. */
export type Answer<Command extends Packet["cmd"]> = Extract<Packet, { cmd: Command }> | "closed";

export class ProbeClient {
  /** All packets that have come, in order. */
  readonly packets: Packet[] = [];
  readonly #socket: Socket;
  readonly #broker: Broker;
  readonly #protocolVersion: 4 | 5;
  /** Whether messages of QoS 1 are acknowledged at once. Some brokers wait for that before they send the next one. */
  acknowledges = true;
  #isClosed = false;
  #messageId = 100;

  constructor(broker: Broker, protocolVersion: 4 | 5 = 4) {
    this.#broker = broker;
    this.#protocolVersion = protocolVersion;
    const parser = mqttPacket.parser({ protocolVersion });
    parser.on("packet", (packet) => this.#receive(packet));
    parser.on("error", () => this.cut());
    this.#socket = connect({ port: broker.port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {});
    this.#socket.on("data", (bytes) => parser.parse(bytes));
    this.#socket.on("close", () => {
      this.#isClosed = true;
    });
  }

  /** Connects, by default with a clean session. Throws if the broker does not accept. */
  static async open(broker: Broker, options: Partial<IConnectPacket> = {}): Promise<ProbeClient> {
    const client = new ProbeClient(broker, options.protocolVersion === 5 ? 5 : 4);
    const connack = await client.connect(options);
    const code = connack === "closed" ? connack : (connack.reasonCode ?? connack.returnCode);
    if (code === 0) return client;
    client.cut();
    throw new Error(`the broker did not accept ${options.clientId}: ${code}`);
  }

  connect(options: Partial<IConnectPacket>): Promise<IConnackPacket | "closed"> {
    const { login } = this.#broker;
    this.send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: this.#protocolVersion,
      clean: true,
      clientId: "probe",
      keepalive: 60,
      ...(login ? { username: login.userName, password: Buffer.from(login.password) } : {}),
      ...options,
    });
    return this.answer("connack");
  }

  send(packet: Packet): void {
    this.#socket.write(mqttPacket.generate(packet, { protocolVersion: this.#protocolVersion }));
  }

  /** Subscribes to one filter and returns what was granted. */
  async subscribe(
    topic: string,
    qos: 0 | 1 | 2,
    options: object = {},
    properties?: object,
  ): Promise<number | "closed"> {
    const subscriptions = [{ topic, qos, ...options }];
    this.send({ cmd: "subscribe", messageId: 1, subscriptions, ...(properties ? { properties } : {}) });
    const suback = await this.answer("suback");
    return suback === "closed" ? suback : Number(suback.granted[0]);
  }

  /** Publishes with QoS 1 and waits until the broker acknowledges or closes. */
  async publish(topic: string, payload: string | Buffer, options: { retain?: boolean; properties?: object } = {}) {
    this.#messageId += 1;
    const messageId = this.#messageId;
    this.send({ cmd: "publish", topic, payload, qos: 1, dup: false, retain: false, messageId, ...options });
    return this.answer("puback", (puback) => puback.messageId === messageId);
  }

  /** The first packet of this kind, past or future. "closed" if the connection ends without one. */
  async answer<Command extends Packet["cmd"]>(
    command: Command,
    isMeant: (packet: Extract<Packet, { cmd: Command }>) => boolean = () => true,
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<Answer<Command>> {
    const isOfKind = (packet: Packet): packet is Extract<Packet, { cmd: Command }> => packet.cmd === command;
    return vi.waitFor(
      () => {
        const found = this.packets.filter(isOfKind).find(isMeant);
        if (found) return found;
        if (this.#isClosed) return "closed";
        throw new Error(`no ${command} within ${timeoutMs} ms, only ${this.packets.map(({ cmd }) => cmd)}`);
      },
      { timeout: timeoutMs, interval: 5 },
    );
  }

  /** Waits for a message with the payload `fence`, and returns the messages before it. */
  async messagesUntil(fence: string) {
    const last = await this.answer("publish", ({ payload }) => payload.toString() === fence);
    const messages = this.packets.filter((packet) => packet.cmd === "publish");
    return last === "closed" ? "closed" : messages.slice(0, messages.indexOf(last));
  }

  /** Resolves when the broker has ended the connection. Throws if it does not. */
  async closed(): Promise<void> {
    await vi.waitFor(
      () => {
        if (!this.#isClosed) throw new Error(`the connection stands after ${ANSWER_TIMEOUT_MS} ms`);
      },
      { timeout: ANSWER_TIMEOUT_MS, interval: 5 },
    );
  }

  /** Ends without DISCONNECT. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Ends with DISCONNECT. Resolves when the broker has closed. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.send({ cmd: "disconnect" });
    this.#socket.end();
    await this.closed();
  }

  #receive(packet: Packet): void {
    this.packets.push(packet);
    const isOwed = packet.cmd === "publish" && packet.qos === 1 && this.acknowledges;
    if (isOwed) this.send({ cmd: "puback", messageId: packet.messageId as number });
  }
}
