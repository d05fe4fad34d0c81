/**
 * Tries whether a broker takes this device: one CONNECT, as the gateway sends it, and DISCONNECT at once. The broker keeps what it
 * holds for the device, because nothing that it sends is read. A host runs it like the gateway.
 */
import { Session } from "../mqtt/session.ts";
import type { Random } from "../seams.ts";
import type { GatewayEvent } from "./event-queue.ts";
import { OFFLINE } from "./presence-source.ts";
import type { Settings } from "./settings.ts";
import { Topics } from "./topics.ts";

export class BrokerTrial {
  private readonly settings: Settings;
  private readonly done: (problem: string | undefined) => void;
  private readonly session: Session;
  private readonly events: GatewayEvent[] = [];
  private nowMs = 0;

  /** @param done is called once, with the reason where the broker does not take the device */
  constructor(settings: Settings, random: Random, done: (problem: string | undefined) => void) {
    const { broker, env, uid } = settings;
    this.settings = settings;
    this.done = done;
    this.session = new Session(
      {
        clientIdentifier: uid,
        keepAliveSeconds: broker.keepAliveSeconds,
        userName: broker.userName,
        password: broker.password,
        will: { topic: new Topics(env, uid).presence, payload: OFFLINE, qos: 1, retain: true },
        subscriptions: [],
        protocol: broker.protocol === "xmpp" ? "auto" : broker.protocol,
      },
      random,
    );
  }

  start(nowMs: number): void {
    this.nowMs = nowMs;
    this.session.start(nowMs);
  }

  /** Gives up. `done` is not called any more. */
  stop(nowMs: number): void {
    this.session.stop(nowMs);
    this.drainSession();
  }

  handleConnected(nowMs: number): void {
    this.nowMs = nowMs;
    this.session.handleConnected(nowMs);
  }

  get canReceive(): boolean {
    return this.session.canReceive;
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    this.nowMs = nowMs;
    this.session.handleBytes(bytes, nowMs);
  }

  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    this.nowMs = nowMs;
    this.session.handleClosed(reason, nowMs, isRefusal);
  }

  handleTimeout(nowMs: number): void {
    this.nowMs = nowMs;
    this.session.handleTimeout(nowMs);
  }

  pollTransmit(): Uint8Array | undefined {
    this.drainSession();
    return this.session.pollTransmit();
  }

  pollEvent(): GatewayEvent | undefined {
    return this.events.shift();
  }

  pollTimeout(): number | undefined {
    return this.session.pollTimeout();
  }

  private drainSession(): void {
    for (let event = this.session.pollEvent(); event; event = this.session.pollEvent())
      if (event.type === "open") this.events.push({ type: "open", broker: this.settings.broker });
      else if (event.type === "close") this.events.push({ type: "close" });
      else if (event.type === "connected") this.finish(undefined);
      // Otherwise the session tries another version of MQTT at once.
      else if (event.type === "disconnected" && event.retryMs > 0) this.finish(event.reason);
  }

  /** After the end of the session no packet is read, and no attempt follows. */
  private finish(problem: string | undefined): void {
    this.session.stop(this.nowMs);
    this.done(problem);
  }
}
