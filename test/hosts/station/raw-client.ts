/** A client that sends only what the test says. It records identifiers, DUP, RETAIN and QoS of what it receives. */
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { expect } from "vitest";
import { until } from "./harness.ts";

const SETTLE_MS = 200;

export interface RawClientOptions {
  /** Answers PUBLISH and PUBREL at once. */
  readonly acknowledges?: boolean;
  /** Answers QoS 2 with PUBREC, and never with PUBCOMP. */
  readonly completes?: boolean;
}

export interface Login {
  readonly clientId: string;
  readonly clean?: boolean;
  readonly username?: string;
  readonly password?: string;
}

export class RawClient {
  readonly packets: Packet[] = [];
  /** The error, if it has received something that is no MQTT 3.1.1. It has then closed the connection, as a client must. */
  violation: Error | undefined;
  readonly #socket: Socket;

  constructor(port: number, { acknowledges = true, completes = true }: RawClientOptions = {}) {
    this.#socket = createConnection({ host: "127.0.0.1", port });
    const reader = parser({ protocolVersion: 4 });
    reader.on("error", (error) => {
      this.violation = error;
      this.#socket.destroy();
    });
    reader.on("packet", (packet) => {
      this.packets.push(packet);
      if (!acknowledges) return;
      const messageId = packet.messageId ?? 0;
      if (packet.cmd === "publish" && packet.qos === 1) this.send({ cmd: "puback", messageId });
      if (packet.cmd === "publish" && packet.qos === 2) this.send({ cmd: "pubrec", messageId });
      if (packet.cmd === "pubrel" && completes) this.send({ cmd: "pubcomp", messageId });
    });
    this.#socket.on("error", () => {}).on("data", (bytes) => reader.parse(bytes));
  }

  get isClosed(): boolean {
    return this.#socket.closed;
  }

  send(packet: Packet): void {
    this.sendBytes(generate(packet));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Logs in. Returns the code of CONNACK, and whether a session is present. */
  async logIn({ clientId, clean = false, username, password }: Login): Promise<{ code: number; isPresent: boolean }> {
    const login = username === undefined ? {} : { username, password: Buffer.from(password ?? "") };
    this.send({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId, clean, keepalive: 60, ...login });
    const connack = await until("CONNACK", () => this.packets.find((packet) => packet.cmd === "connack"));
    expect(this.packets[0]?.cmd, "nothing before CONNACK").toBe("connack");
    return { code: connack.returnCode ?? 0, isPresent: connack.sessionPresent };
  }

  async connect(clientId: string, clean = false): Promise<boolean> {
    return (await this.logIn({ clientId, clean })).isPresent;
  }

  /** Subscribes with QoS 1. */
  async subscribe(...topics: string[]): Promise<void> {
    for (const granted of await this.subscribeWith(topics.map((topic) => ({ topic, qos: 1 }))))
      expect([1, 128]).toContain(granted);
  }

  /** Subscribes, and returns the granted QoS of each filter. 128: refused. */
  async subscribeWith(subscriptions: { topic: string; qos: 0 | 1 | 2 }[]): Promise<readonly number[]> {
    const known = this.packets.length;
    this.send({ cmd: "subscribe", messageId: 1, subscriptions });
    const suback = await until("SUBACK", () => this.packets.slice(known).find((packet) => packet.cmd === "suback"));
    return suback.granted as number[];
  }

  async unsubscribe(topic: string): Promise<void> {
    this.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: [topic] });
    await until("UNSUBACK", () => this.packets.find((packet) => packet.cmd === "unsuback"));
  }

  /** Waits until packets that are under way should have come: for two answers to PINGREQ, with a pause between them. */
  async settle(): Promise<void> {
    for (const delayMs of [0, SETTLE_MS]) {
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      const known = this.packets.length;
      this.send({ cmd: "pingreq" });
      await until("PINGRESP", () => this.packets.slice(known).find((packet) => packet.cmd === "pingresp"));
    }
    this.packets.splice(0, this.packets.length, ...this.packets.filter(({ cmd }) => cmd !== "pingresp"));
  }

  get publishes(): IPublishPacket[] {
    return this.packets.filter((packet): packet is IPublishPacket => packet.cmd === "publish");
  }

  get texts(): string[] {
    return this.publishes.map(({ payload }) => payload.toString());
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection without DISCONNECT. */
  async cut(): Promise<void> {
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await once(this.#socket, "close");
  }
}
