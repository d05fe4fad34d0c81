import { BACKOFF_MAX_MS } from "../../src/limits.ts";
import { Policies } from "../../src/mqtt/optional/outbox-policies.ts";
import { DurableOutbox } from "../../src/mqtt/optional/outbox-store.ts";
import { Streaming } from "../../src/mqtt/optional/payload-streaming.ts";
import { Subscribing } from "../../src/mqtt/optional/subscription-changes.ts";
import { Session } from "../../src/mqtt/session.ts";
import type { PublishOptions, SessionEvent, SessionOptions } from "../../src/mqtt/session-types.ts";
import { fromHex, toHex } from "../vectors/vector.ts";

export const CONNACK_NEW = "20020000";
export const CONNACK_PRESENT = "20020100";
export const SUBACK = "9003000101";

/** The broker holds what `PLAIN` wants. */
export const HELD = [{ topicFilter: "a", qos: 1 }] as const;

/** A session that asks for nothing special. */
export const PLAIN: SessionOptions = {
  clientIdentifier: "p",
  keepAliveSeconds: 60,
  userName: "",
  password: "",
  will: undefined,
  subscriptions: [{ topicFilter: "a", qos: 1 }],
  protocol: "3.1.1",
};

/** A session with a clock of its own. Its random number is 1, so every wait is the ceiling. */
export class Bench {
  drainedCount = 0;
  nowMs = 1000;
  readonly session: Session;
  readonly policies = new Policies();
  readonly subscribing = new Subscribing();

  constructor(options: Partial<SessionOptions> = {}) {
    const extensions = {
      outboxStore: options.store && new DurableOutbox(options.store),
      outboxPolicies: this.policies,
      payloadStreaming: new Streaming(),
      subscriptionChanges: this.subscribing,
    };
    const will = { topic: "w", payload: Uint8Array.of(0x52), qos: 1, retain: true } as const;
    this.session = new Session({ ...PLAIN, will, ...extensions, ...options }, () => 1);
  }

  /** Everything that was told. `drained` is only counted. */
  events(): SessionEvent[] {
    const events: SessionEvent[] = [];
    for (let event = this.session.pollEvent(); event; event = this.session.pollEvent()) {
      if (event.type === "drained") this.drainedCount += 1;
      else if (event.type === "messagePart") events.push({ ...event, payload: event.payload.slice() });
      else
        events.push(
          event.type === "message"
            ? { ...event, message: { ...event.message, payload: event.message.payload.slice() } }
            : event,
        );
    }
    return events;
  }

  /** Everything that is to be sent now: the hexadecimal digits of each write. */
  sent(): string[] {
    const writes: string[] = [];
    for (let bytes = this.session.pollTransmit(); bytes; bytes = this.session.pollTransmit()) writes.push(toHex(bytes));
    return writes;
  }

  receive(hex: string): SessionEvent[] {
    this.session.handleBytes(fromHex(hex), this.nowMs);
    return this.events();
  }

  pass(ms: number): SessionEvent[] {
    this.nowMs += ms;
    this.session.handleTimeout(this.nowMs);
    return this.events();
  }

  open(): void {
    this.session.start(this.nowMs);
    this.events();
    this.session.handleConnected(this.nowMs);
    this.sent();
  }

  connect(connack = CONNACK_NEW): this {
    this.open();
    this.receive(connack);
    if (this.sent().length) this.receive(SUBACK);
    return this;
  }

  /** A deadline passes with this time, and the ping that follows is answered. Returns why the connection ended. */
  missed(ms: number): string {
    const events = this.pass(ms);
    if (events.length > 0 || this.sent().join("") !== "c000") return "";
    const [close, disconnected] = this.receive("d000");
    return close?.type === "close" && disconnected?.type === "disconnected" ? disconnected.reason : "";
  }

  /** Returns what is sent after CONNACK. A ping that comes first, as before a trial, is answered. */
  reconnect(connack: string): string[] {
    this.session.handleClosed("cut", this.nowMs);
    this.events();
    this.pass(BACKOFF_MAX_MS);
    this.session.handleConnected(this.nowMs);
    this.sent();
    this.receive(connack);
    const sent = this.sent();
    if (sent.join("") !== "c000") return sent;
    this.receive("d000");
    return this.sent();
  }

  /** Publishes on the topic `t`. Returns the token. */
  publish(text: string, options: Partial<PublishOptions> = {}): number {
    const payload = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const token = this.session.publish({ topic: "t", payload, qos: 1, retain: false, ...options }, this.nowMs);
    if (token === undefined) throw new Error("the outbox is full");
    return token;
  }

  /** Takes every message among these events. */
  take(events: readonly SessionEvent[]): void {
    for (const event of events) if (event.type === "message") this.session.acknowledge(event.token);
  }
}
