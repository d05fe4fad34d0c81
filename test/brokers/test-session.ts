/** The MQTT engine over TCP without the pager, for QoS 2, which the pager does not use. */
import { openTcp } from "../../hosts/node/tcp-transport.ts";
import type { Transport } from "../../hosts/runner.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import type { QoS, Subscription } from "../../src/mqtt/packet.ts";
import { Session } from "../../src/mqtt/session.ts";
import type { SessionEvent } from "../../src/mqtt/session-types.ts";
import type { Broker } from "./broker.ts";

export interface TestSessionOptions {
  readonly port: number;
  readonly clientIdentifier: string;
  readonly protocol: "3.1.1" | "5";
  readonly subscriptions?: readonly Subscription[];
  readonly login?: Broker["login"];
}

export class TestSession {
  /** Payloads of the messages that came, in order. */
  readonly received: string[] = [];
  /** What became of each message sent, by token. */
  readonly outcomes = new Map<number, "acknowledged" | "rejected">();
  /** Reasons of the connections that ended. */
  readonly ends: string[] = [];
  isSubscribed = false;
  readonly #options: TestSessionOptions;
  readonly #session: Session;
  readonly #waiting: { readonly topic: string; readonly payload: Uint8Array; readonly qos: QoS }[] = [];
  #transport: Transport | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TestSessionOptions) {
    this.#options = options;
    const { clientIdentifier, protocol, subscriptions = [], login } = options;
    this.#session = new Session(
      {
        clientIdentifier,
        protocol,
        subscriptions,
        keepAliveSeconds: 60,
        userName: login?.userName ?? "",
        password: login?.password ?? "",
        will: undefined,
        // The test is about cuts, not about the waits after them.
        backoff: { baseMs: 1, maxMs: 20 },
      },
      Math.random,
    );
    this.#after(() => this.#session.start(now()));
  }

  get isConnected(): boolean {
    return this.#session.isConnected;
  }

  /** Sends a message as soon as there is room, in the order of the calls. */
  publish(topic: string, text: string, qos: QoS): void {
    this.#waiting.push({ topic, payload: new TextEncoder().encode(text), qos });
    this.#after(() => {});
  }

  stop(): void {
    this.#after(() => this.#session.stop(now()));
    clearTimeout(this.#timer);
    this.#transport?.close();
  }

  #after(act: () => void): void {
    act();
    for (;;) {
      const event = this.#session.pollEvent();
      if (event) this.#handle(event);
      const isSent = this.#pump();
      const bytes = this.#session.pollTransmit();
      if (bytes) this.#transport?.write(bytes);
      if (!event && !bytes && !isSent) break;
    }
    clearTimeout(this.#timer);
    const wakeMs = this.#session.pollTimeout();
    if (wakeMs !== undefined)
      this.#timer = setTimeout(
        () => this.#after(() => this.#session.handleTimeout(now())),
        Math.max(0, wakeMs - now()),
      );
  }

  #pump(): boolean {
    const [next] = this.#waiting;
    if (!next || !this.#session.canPublish(next.topic, next.payload.length, next.qos)) return false;
    this.#waiting.shift();
    this.#session.publish({ ...next, retain: false }, now());
    return true;
  }

  #handle(event: SessionEvent): void {
    switch (event.type) {
      case "open":
        this.#open();
        break;
      case "close":
        this.#transport?.close();
        this.#transport = undefined;
        break;
      case "subscribed":
        this.isSubscribed = event.granted;
        break;
      case "message":
        this.received.push(Buffer.from(event.message.payload).toString());
        this.#session.acknowledge(event.token);
        break;
      case "acknowledged":
      case "rejected":
        this.outcomes.set(event.token, event.type);
        break;
      case "disconnected":
        this.ends.push(event.reason);
        break;
    }
  }

  #open(): void {
    const parsed = parseSettings({ "broker.port": this.#options.port });
    if ("errors" in parsed) throw new Error(parsed.errors.join());
    const isMine = () => this.#transport === mine;
    const mine: Transport = openTcp(parsed.settings.broker, {
      onConnected: () => isMine() && this.#after(() => this.#session.handleConnected(now())),
      onBytes: (bytes) => isMine() && this.#after(() => this.#session.handleBytes(bytes, now())),
      onClosed: (reason) => isMine() && this.#after(() => this.#session.handleClosed(reason, now())),
    });
    this.#transport = mine;
  }
}

const now = () => performance.now();
