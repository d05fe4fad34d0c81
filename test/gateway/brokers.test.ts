import { describe, expect, it } from "vitest";
import { Brokers } from "../../src/gateway/brokers.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { parseSettings, type Settings } from "../../src/gateway/settings.ts";
import {
  BROKER_ATTEMPTS_MAX,
  BROKER_RETURN_MAX_MS,
  BROKER_RETURN_MS,
  BROKER_RETURN_POSTPONE_MS,
} from "../../src/limits.ts";
import { encodeText } from "../../src/payload/content.ts";
import { encodeMessage } from "../../src/payload/message.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { sentPackets } from "../sent-packets.ts";
import { settingsOf } from "./bench.ts";

describe("the order of brokers", () => {
  const brokersOf = (...hosts: string[]) =>
    new Brokers(
      hosts.map((host) => ({ ...settingsOf().broker, host })),
      new MemoryStore(),
      [],
    );
  const fail = (brokers: Brokers, attempts: number) => {
    for (let attempt = 0; attempt < attempts; attempt += 1) brokers.handleDisconnected();
    return brokers.current.broker.host;
  };

  it("goes to the next broker after a limited number of attempts, round and round", () => {
    const brokers = brokersOf("a", "b", "c");
    expect(fail(brokers, BROKER_ATTEMPTS_MAX - 1)).toBe("a");
    expect([fail(brokers, 1), fail(brokers, BROKER_ATTEMPTS_MAX), fail(brokers, BROKER_ATTEMPTS_MAX)]).toEqual([
      "b",
      "c",
      "a",
    ]);
    expect(fail(brokersOf("only"), 10)).toBe("only");
  });

  it("tries the preferred one after a wait that doubles, and goes back at once if it is not there", () => {
    const brokers = brokersOf("a", "b", "c");
    fail(brokers, 2 * BROKER_ATTEMPTS_MAX);
    const waits: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      brokers.handleConnected(1000);
      waits.push((brokers.returnMs ?? 0) - 1000);
      expect(brokers.beginReturn(0, (brokers.returnMs ?? 0) - 1)).toBe(false);
      expect(brokers.beginReturn(0, brokers.returnMs ?? 0)).toBe(true);
      expect([brokers.handleDisconnected(), brokers.current.broker.host]).toEqual([true, "a"]);
      expect(fail(brokers, 1)).toBe("c");
    }
    expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8].map((factor) => factor * BROKER_RETURN_MS));
    expect(waits.at(-1)).toBe(BROKER_RETURN_MAX_MS);
    brokers.handleConnected(1000);
    brokers.beginReturn(0, brokers.returnMs ?? 0);
    brokers.handleDisconnected();
    brokers.handleConnected(1000);
    expect([brokers.current.broker.host, brokers.returnMs]).toEqual(["a", undefined]);
  });
});

/** A device and brokers that are up or down. They answer CONNECT and SUBSCRIBE, and send PUBACK if `answersPublishes` is set. */
class Bench {
  nowMs = 0;
  readonly up = new Set<string>();
  readonly opened: string[] = [];
  readonly subscribed: string[] = [];
  readonly #gateway: Gateway;
  readonly #sessions = new Set<string>();
  current: string | undefined;
  answersPublishes = true;

  constructor() {
    const raw = {
      uid: "p1",
      "broker.host": "a",
      "broker.fallback": "b",
      "broker.protocol": "3.1.1",
      "telemetry.interval": 0,
    };
    this.#gateway = new Gateway({
      settings: (parseSettings(raw) as { settings: Settings }).settings,
      store: new MemoryStore(),
      random: () => 0.5,
      wallClock: () => undefined,
      measureText: (_font, text) => text.length * 8,
      size: { width: 0, height: 0 },
      sensors: [],
    });
  }

  start(): this {
    this.#gateway.start(this.nowMs);
    this.#drain();
    return this;
  }

  /** Lets virtual time pass until `untilMs`. */
  run(untilMs: number): void {
    for (
      let wake = this.#gateway.pollTimeout();
      wake !== undefined && wake <= untilMs;
      wake = this.#gateway.pollTimeout()
    ) {
      this.nowMs = Math.max(this.nowMs, wake);
      this.#gateway.handleTimeout(this.nowMs);
      this.#drain();
    }
    this.nowMs = untilMs;
  }

  cut(): void {
    this.current = undefined;
    this.#gateway.handleClosed("cut", this.nowMs);
    this.#drain();
  }

  push(): void {
    const payload = encodeMessage({
      timestampSeconds: 0,
      imType: 3,
      contents: [encodeText("x", { id: "m1" })],
      sender: "s",
    });
    const topic = "/field/im/p1";
    const body = [0, topic.length, ...encodeUtf8(topic), 0, 9, ...payload];
    this.#receive([0x32, body.length, ...body]);
    this.#drain();
  }

  #receive(bytes: readonly number[]): void {
    this.#gateway.handleBytes(Uint8Array.from(bytes), this.nowMs);
  }

  #drain(): void {
    for (;;) {
      const bytes = this.#gateway.pollTransmit();
      if (bytes) this.#answer(bytes);
      const event = bytes ? undefined : this.#gateway.pollEvent();
      if (!bytes && !event) return;
      if (event?.type === "close") this.current = undefined;
      if (event?.type !== "open") continue;
      this.opened.push(event.broker.host);
      this.current = this.up.has(event.broker.host) ? event.broker.host : undefined;
      if (this.current) this.#gateway.handleConnected(this.nowMs);
      else this.#gateway.handleClosed("refused", this.nowMs);
    }
  }

  #answer(bytes: Uint8Array): void {
    const host = this.current as string;
    for (const { type, packetIdentifier = 0, qos } of sentPackets(bytes)) {
      if (type === "connect") {
        this.#receive([0x20, 2, this.#sessions.has(host) ? 1 : 0, 0]);
        this.#sessions.add(host);
      } else if (type === "subscribe") {
        this.subscribed.push(host);
        this.#receive([0x90, 5, packetIdentifier >> 8, packetIdentifier & 255, 1, 1, 1]);
      } else if (type === "pingreq") this.#receive([0xd0, 0]);
      else if (type === "publish" && qos === 1 && this.answersPublishes)
        this.#receive([0x40, 2, packetIdentifier >> 8, packetIdentifier & 255]);
    }
  }
}

describe("a device with two brokers", () => {
  it("goes to the second when the first is away, and back when it is there again", () => {
    const bench = new Bench();
    bench.up.add("b");
    bench.start().run(5_000);
    expect([bench.current, bench.opened]).toEqual(["b", ["a", "a", "b"]]);
    // The first broker is still away. The attempt costs one reconnect, and the next attempt comes later.
    bench.run(BROKER_RETURN_MS + 10_000);
    expect([bench.current, bench.opened.slice(3)]).toEqual(["b", ["a", "b"]]);
    bench.up.add("a");
    bench.run(2 * BROKER_RETURN_MS);
    expect(bench.current).toBe("b");
    bench.run(3 * BROKER_RETURN_MS + 20_000);
    expect([bench.current, bench.opened.slice(5)]).toEqual(["a", ["a"]]);
    // The device has subscribed once at each broker.
    expect(bench.subscribed).toEqual(["b", "a"]);
    bench.up.delete("a");
    bench.cut();
    bench.run(bench.nowMs + 20_000);
    expect([bench.current, bench.subscribed]).toEqual(["b", ["b", "a"]]);
  });

  it("stays with a broker whose connection was cut", () => {
    const bench = new Bench();
    bench.up.add("a").add("b");
    bench.start().run(1_000);
    for (let count = 0; count < 10; count += 1) {
      bench.cut();
      bench.run(bench.nowMs + 60_000);
    }
    expect(new Set(bench.opened)).toEqual(new Set(["a"]));
  });

  it("does not leave while a message is not acknowledged", () => {
    const bench = new Bench();
    bench.up.add("b");
    bench.start().run(5_000);
    bench.up.add("a");
    bench.run(BROKER_RETURN_MS - 10_000);
    bench.answersPublishes = false;
    bench.push();
    bench.run(BROKER_RETURN_MS + BROKER_RETURN_POSTPONE_MS / 2);
    expect(bench.current).toBe("b");
  });
});
