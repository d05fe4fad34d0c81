/** What the broker answers by closing is given up after `ENDINGS_MAX` connections, and costs nothing else. */
import { describe, expect, it } from "vitest";
import {
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  CONNECT_DROPS_MAX,
  ENDINGS_MAX,
  GIVEN_UP_MS,
  HASTY_ENDINGS_MAX,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  SUBSCRIBE_RETRY_MAX_MS,
  SUBSCRIBE_RETRY_MS,
} from "../../src/limits.ts";
import type { SessionEvent, SessionOptions } from "../../src/mqtt/session-types.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex, toHex } from "../vectors/vector.ts";
import { Bench, CONNACK_PRESENT, HELD } from "./session-bench.ts";

/** A broker of 3.1.1 with the session present: closes on a packet that has this text in it, and answers the others. */
class Picky {
  readonly bench: Bench;
  readonly told: SessionEvent[] = [];
  /** The packets that came, by connection. */
  readonly connections: string[][] = [];
  readonly #closesOn: readonly string[];

  constructor(closesOn: readonly string[], options: Partial<SessionOptions> = {}) {
    this.bench = new Bench({ held: HELD, ...options });
    this.#closesOn = closesOn.map((text) => toHex(new TextEncoder().encode(text)));
    this.bench.session.start(this.bench.nowMs);
    this.run();
  }

  get reasons(): string[] {
    return this.told.flatMap((event) => ("reason" in event && event.type !== "disconnected" ? [event.reason] : []));
  }

  /** Until nothing more is to be done within a minute or two. */
  run(attempts = 1): void {
    const { bench } = this;
    for (let left = attempts; left > 0; ) {
      const events = bench.events();
      this.told.push(...events);
      if (events.some(({ type }) => type === "open")) {
        this.connections.push([]);
        bench.session.handleConnected(bench.nowMs);
      }
      const packets = packetsOf(bench.sent());
      if (packets.length > 0) this.#answer(packets);
      else if (!bench.session.isConnected) bench.pass(BACKOFF_MAX_MS).forEach((event) => this.#again(event));
      else left -= 1;
      if (this.connections.length > 60) break;
    }
    this.told.push(...bench.events());
  }

  /** Events of `pass` are told like any others. */
  #again(event: SessionEvent): void {
    this.told.push(event);
    if (event.type !== "open") return;
    this.connections.push([]);
    this.bench.session.handleConnected(this.bench.nowMs);
  }

  #answer(packets: readonly string[]): void {
    const { bench } = this;
    for (const packet of packets) {
      this.connections.at(-1)?.push(packet);
      if (this.#closesOn.some((text) => packet.includes(text))) {
        bench.session.handleClosed("closed", bench.nowMs);
        return;
      }
      const answer = answerTo(packet);
      if (answer !== "") this.told.push(...bench.receive(answer));
    }
  }
}

function packetsOf(writes: readonly string[]): string[] {
  const packets: string[] = [];
  for (let rest = fromHex(writes.join("")); rest.length > 0; ) {
    const length = 2 + (rest[1] as number);
    packets.push(toHex(rest.subarray(0, length)));
    rest = rest.subarray(length);
  }
  return packets;
}

function answerTo(packet: string): string {
  const bytes = fromHex(packet);
  const type = (bytes[0] as number) >> 4;
  const identifierAt = type === 3 ? 4 + (bytes[3] as number) : 2;
  const identifier = toHex(bytes.subarray(identifierAt, identifierAt + 2));
  if (type === 1) return CONNACK_PRESENT;
  if (type === 3) return ((bytes[0] as number) >> 1) & 3 ? `4002${identifier}` : "";
  if (type === 8) return `9003${identifier}01`;
  if (type === 6) return `7002${identifier}`;
  return type === 12 ? "d000" : "";
}

const BAD = "bad: 5 connections ended on it";

describe("a message that the broker answers by closing", () => {
  it("is given up after so many connections, with its topic, and nothing behind it waits any longer", () => {
    const picky = new Picky(["bad"]);
    const { bench } = picky;
    const bad = bench.publish("x", { topic: "bad" });
    const good = bench.publish("y", { topic: "good" });
    picky.run();
    expect(picky.told).toContainEqual({ type: "rejected", token: bad, reason: BAD });
    expect(picky.told).toContainEqual({ type: "acknowledged", token: good });
    expect(picky.connections.length).toBeLessThanOrEqual(2 + HASTY_ENDINGS_MAX + ENDINGS_MAX);
    expect(bench.session.isConnected).toBe(true);
  });

  it("is one that stood alone: those that share the window with it are not blamed", () => {
    const picky = new Picky(["bad"]);
    const { bench } = picky;
    // A broker that answers late: nothing of the first window is answered when it closes.
    const tokens = ["a", "b", "bad", "c"].map((topic) => bench.publish("x", { topic }));
    bench.sent();
    bench.session.handleClosed("closed", bench.nowMs);
    picky.run();
    const outcome = tokens.map((token) => picky.told.find((event) => "token" in event && event.token === token)?.type);
    expect(outcome).toEqual(["acknowledged", "acknowledged", "rejected", "acknowledged"]);
  });

  it("is rejected at once for an hour, then tried once more", () => {
    const picky = new Picky(["bad"]);
    const { bench, connections } = picky;
    bench.publish("x", { topic: "bad" });
    picky.run();
    const { length } = connections;
    bench.publish("x", { topic: "bad" });
    bench.publish("x", { topic: "bad", qos: 0 });
    picky.run();
    expect(picky.reasons).toEqual([BAD, BAD, BAD]);
    expect(connections.length).toBe(length);
    bench.nowMs += GIVEN_UP_MS;
    bench.publish("x", { topic: "bad" });
    picky.run();
    expect(picky.reasons).toHaveLength(4);
    expect(connections.length).toBe(length + 1);
  });

  it("costs a smaller one on its topic nothing", () => {
    const picky = new Picky(["large"]);
    const { bench } = picky;
    bench.publish("large", { topic: "t" });
    picky.run();
    const small = bench.publish("x", { topic: "t" });
    picky.run();
    expect(picky.told.at(-1)).toEqual({ type: "acknowledged", token: small });
  });

  it("stays known over reboots, however short the lives are", () => {
    const store = new MemoryStore();
    let connections = 0;
    let reasons: string[] = [];
    for (let life = 0; life < 2 * ENDINGS_MAX && reasons.length === 0; life += 1) {
      const bench = new Bench({ held: HELD, store });
      bench.open();
      if (life === 0) bench.publish("x", { topic: "bad", isDurable: true });
      // Two connections a life.
      for (let count = 0; count < 2 && reasons.length === 0; count += 1) {
        connections += 1;
        bench.receive(CONNACK_PRESENT);
        bench.sent();
        reasons = bench.events().flatMap((event) => (event.type === "rejected" ? [event.reason] : []));
        bench.session.handleClosed("closed", bench.nowMs);
        bench.events();
        bench.pass(BACKOFF_MAX_MS);
        bench.session.handleConnected(bench.nowMs);
        bench.sent();
      }
    }
    expect(reasons).toEqual([BAD]);
    expect(connections).toBeLessThanOrEqual(ENDINGS_MAX + 1);
  });

  it("of QoS 0 is given up as well", () => {
    const picky = new Picky(["bad"]);
    const { bench, connections } = picky;
    for (let count = 0; count < 2 * ENDINGS_MAX; count += 1) {
      bench.publish("x", { topic: "bad", qos: 0 });
      picky.run();
    }
    expect(connections.length).toBe(1 + ENDINGS_MAX);
    expect(picky.reasons).toEqual(Array(ENDINGS_MAX).fill(BAD));
  });

  it("of QoS 2 is given up, too, and its identifier released", () => {
    const picky = new Picky(["bad"], { store: new MemoryStore() });
    const token = picky.bench.publish("x", { topic: "bad", qos: 2 });
    picky.run();
    expect(picky.connections.at(-1)?.at(-1)).toBe("62020001");
    expect(picky.told).toContainEqual({ type: "rejected", token, reason: BAD });
  });

  it("is given up where it is PUBREL that the broker closes on", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    const token = bench.publish("x", { qos: 2 });
    bench.sent();
    bench.receive("50020001");
    expect(bench.sent()).toEqual(["62020001"]);
    for (let count = 1; count < ENDINGS_MAX; count += 1) expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["62020001"]);
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual([]);
    // PUBREC has said that the broker has it.
    expect(bench.events()).toEqual([{ type: "acknowledged", token }]);
  });

  it("is innocent once it is answered, and where the connection ended by a timeout of ours", () => {
    const store = new MemoryStore();
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    for (let count = 1; count < ENDINGS_MAX; count += 1) bench.reconnect(CONNACK_PRESENT);
    expect(store.records.has("suspects")).toBe(true);
    expect(bench.receive("40020001")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(store.records.has("suspects")).toBe(false);
    bench.publish("x");
    bench.sent();
    for (let count = 0; count < 2 * ENDINGS_MAX; count += 1) {
      bench.session.restart("ours", bench.nowMs);
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
      bench.session.handleConnected(bench.nowMs);
      bench.receive(CONNACK_PRESENT);
      expect(bench.sent().join("")).toContain("3a0600017400");
    }
  });

  it("is nothing that another broker must not get", () => {
    const picky = new Picky(["bad"]);
    picky.bench.publish("x", { topic: "bad" });
    picky.run();
    expect(picky.reasons).toEqual([BAD]);
    const { bench } = picky;
    bench.session.handleBrokerChanged(HELD, undefined);
    bench.publish("x", { topic: "bad" });
    expect(bench.sent().join("")).toContain("626164");
  });

  it.each(["[1]", "[null]", "{", "{}", '[{"name":"t","endings":9,"bytes":"x"}]', '[{"endings":9,"bytes":0}]', "\xff"])(
    "is none that a damaged record names: %s",
    (text) => {
      const store = new MemoryStore();
      store.records.set("suspects", Buffer.from(`\u0001${text}`, "latin1"));
      const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
      bench.publish("x");
      expect(bench.sent()).toHaveLength(1);
    },
  );
});

describe("a message that the broker does not answer", () => {
  it("is given up like one that it closes on, and nothing behind it waits any longer", () => {
    const bench = new Bench({ held: HELD, keepAliveSeconds: 600 }).connect(CONNACK_PRESENT);
    const token = bench.publish("x", { topic: "bad" });
    for (let count = 1; count <= ENDINGS_MAX; count += 1) {
      bench.sent();
      expect(bench.missed(PUBACK_TIMEOUT_MS)).toContain("no PUBACK");
      bench.pass(BACKOFF_MAX_MS);
      bench.session.handleConnected(bench.nowMs);
      bench.sent();
      bench.receive(CONNACK_PRESENT);
    }
    expect(bench.sent()).toEqual([]);
    expect(bench.events()).toEqual([{ type: "rejected", token, reason: BAD }]);
  });

  it("is innocent where a ping is not answered either", () => {
    const bench = new Bench({ held: HELD, keepAliveSeconds: 600 }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    for (let count = 0; count < 2 * ENDINGS_MAX; count += 1) {
      bench.pass(PUBACK_TIMEOUT_MS);
      bench.sent();
      expect(bench.pass(PINGRESP_TIMEOUT_MS).at(-1)).toMatchObject({ type: "disconnected" });
      bench.pass(BACKOFF_MAX_MS);
      bench.session.handleConnected(bench.nowMs);
      bench.sent();
      bench.receive(CONNACK_PRESENT);
      expect(bench.sent().join("")).toContain("3a0600017400");
    }
  });
});

describe("the record of suspects", () => {
  /** A record of one that has ended four connections. */
  const recorded = (): MemoryStore => {
    const store = new MemoryStore();
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    for (let count = 1; count < ENDINGS_MAX; count += 1) bench.reconnect(CONNACK_PRESENT);
    return store;
  };

  it("with damaged bytes, wherever they stand, stops neither the session nor a message for ever", () => {
    const bytes = recorded().records.get("suspects") ?? new Uint8Array();
    expect(bytes.length).toBeGreaterThan(20);
    for (let at = 0; at < bytes.length; at += 1)
      for (const damage of [0x00, 0x7f, 0xff]) {
        const store = new MemoryStore();
        store.records.set(
          "suspects",
          Uint8Array.from(bytes, (byte, index) => (index === at ? damage : byte)),
        );
        const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
        bench.publish("x");
        expect(bench.sent()).toHaveLength(1);
      }
  });

  it("of another version says nothing", () => {
    const store = recorded();
    const bytes = store.records.get("suspects") ?? new Uint8Array();
    store.records.set("suspects", Uint8Array.of(2, ...bytes.subarray(1)));
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    // The fifth ending would give it up, had the record been read.
    expect(bench.reconnect(CONNACK_PRESENT).join("")).toContain("3a06");
  });

  it("that the store refuses to write costs nothing but the count of this life", () => {
    const store = new MemoryStore();
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    store.write = () => {
      throw new Error("full");
    };
    const token = bench.publish("x");
    bench.sent();
    for (let count = 0; count < ENDINGS_MAX; count += 1) bench.reconnect(CONNACK_PRESENT);
    expect(bench.events()).toMatchObject([{ type: "rejected", token }]);
  });
});

describe("a topic filter that the broker answers by closing", () => {
  const A = { topicFilter: "a", qos: 1 } as const;
  const BAD_FILTER = { topicFilter: "bad", qos: 1 } as const;

  it("is given up alone, and asked for again later", () => {
    const picky = new Picky(["bad"], { subscriptions: [A, BAD_FILTER, { topicFilter: "c", qos: 1 }], held: [] });
    const { bench, connections } = picky;
    picky.run();
    expect(picky.told.filter(({ type }) => type === "subscribed").at(-1)).toEqual({
      type: "subscribed",
      granted: false,
      reason: "bad: 5 connections ended on it",
    });
    expect(bench.session.held).toEqual([
      { topicFilter: "a", qos: 1 },
      { topicFilter: "bad", qos: undefined },
      { topicFilter: "c", qos: 1 },
    ]);
    const { length } = connections;
    expect(length).toBeLessThanOrEqual(2 + HASTY_ENDINGS_MAX + ENDINGS_MAX);
    bench.nowMs += SUBSCRIBE_RETRY_MS;
    bench.pass(0);
    picky.run();
    expect(connections.length).toBe(length);
    bench.nowMs += GIVEN_UP_MS + SUBSCRIBE_RETRY_MAX_MS;
    bench.pass(0);
    picky.run();
    expect(connections.length).toBe(length + 1);
  });

  it("does not stop messages", () => {
    const picky = new Picky(["bad"], { subscriptions: [BAD_FILTER], held: [] });
    const token = picky.bench.publish("x");
    picky.run();
    expect(picky.told).toContainEqual({ type: "acknowledged", token });
  });
});

describe("a topic filter that is refused", () => {
  const [A, B] = [
    { topicFilter: "a", qos: 1 },
    { topicFilter: "b", qos: 1 },
  ] as const;

  it("costs no other, is told by name, and asked for again at growing intervals until it is granted", () => {
    const bench = new Bench({ subscriptions: [A, B] });
    bench.open();
    bench.receive("20020000");
    bench.sent();
    const refused = { type: "subscribed", granted: false, reason: "b: unspecified error" };
    expect(bench.receive("900400010180")).toEqual([refused]);
    expect(bench.session.held).toEqual([A]);
    for (let identifier = 2, delayMs = SUBSCRIBE_RETRY_MS; identifier < 12; identifier += 1) {
      expect(bench.session.pollTimeout()).toBeLessThanOrEqual(bench.nowMs + delayMs);
      for (let leftMs = delayMs; leftMs > 0; leftMs -= 50_000) {
        bench.pass(Math.min(50_000, leftMs));
        bench.receive("d000");
      }
      const suback = identifier.toString(16).padStart(4, "0");
      expect(packetsOf(bench.sent()).filter((packet) => packet.startsWith("82"))).toEqual([`8206${suback}00016201`]);
      expect(bench.receive(`9003${suback}80`)).toEqual([refused]);
      delayMs = Math.min(delayMs * 2, SUBSCRIBE_RETRY_MAX_MS);
    }
    bench.session.handleClosed("cut", bench.nowMs);
    expect(bench.reconnect(CONNACK_PRESENT).join("")).toContain("00016201");
    expect(bench.receive("9003000c01")).toEqual([{ type: "subscribed", granted: true, reason: "" }]);
    expect(bench.session.held).toEqual([A, B]);
  });

  it("is named where its QoS is lower than was asked for, and not asked for again", () => {
    const bench = new Bench({ subscriptions: [A, B] });
    bench.open();
    bench.receive("20020000");
    bench.sent();
    expect(bench.receive("900400010100")).toEqual([
      { type: "subscribed", granted: true, reason: "b: QoS 0 granted, 1 asked for" },
    ]);
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual([]);
  });

  it("is asked for one by one where all together are above what the broker takes", () => {
    const bench = new Bench({ subscriptions: [A, { topicFilter: "much/too/long", qos: 1 }, B], protocol: "5" });
    bench.open();
    bench.receive("200800000527" + "0000000c");
    const asked: string[] = [];
    for (let [packet] = bench.sent(); packet; [packet] = bench.sent()) {
      asked.push(packet);
      bench.receive(`9004${packet.slice(4, 8)}0001`);
    }
    expect(asked).toEqual(["820700010000016101", "820700020000016201"]);
    expect(bench.session.held).toEqual([A, B]);
  });
});

describe("what the settings do not name any more", () => {
  it("is taken back in a kept session, also after a reboot, and before what is new is asked for", () => {
    const held = [
      { topicFilter: "a", qos: 1 },
      { topicFilter: "old", qos: 1 },
      { topicFilter: "doubtful", qos: undefined },
    ] as const;
    const bench = new Bench({ held, subscriptions: [...HELD, { topicFilter: "new", qos: 1 }] });
    bench.open();
    bench.receive(CONNACK_PRESENT);
    expect(bench.sent()).toEqual(["a207" + "0001" + "0003" + "6f6c64"]);
    bench.receive("b0020001");
    expect(bench.sent()).toEqual(["a20c" + "0002" + "0008" + "646f75627466756c"]);
    bench.receive("b0020002");
    expect(bench.sent()).toEqual(["8208" + "0003" + "0003" + "6e657701"]);
    expect(bench.receive("9003000301")).toEqual([{ type: "subscribed", granted: true, reason: "" }]);
    expect(bench.session.held).toEqual([...HELD, { topicFilter: "new", qos: 1 }]);
  });

  it("is not taken back where the broker has no session", () => {
    const bench = new Bench({ held: [...HELD, { topicFilter: "old", qos: 1 }] });
    bench.open();
    bench.receive("20020000");
    expect(bench.sent()).toEqual(["8206000100016101"]);
  });
});

describe("another broker", () => {
  it("is told nothing of the identifiers of QoS 2 of the former one", () => {
    const store = new MemoryStore();
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    bench.take(bench.receive("34060001610009" + "78"));
    bench.sent();
    bench.session.handleClosed("gone", bench.nowMs);
    bench.session.handleBrokerChanged(HELD, undefined);
    bench.events();
    bench.pass(BACKOFF_MAX_MS);
    bench.session.handleConnected(bench.nowMs);
    bench.receive(CONNACK_PRESENT);
    // Its session is present, and 9 is the identifier of a message of its own.
    expect(bench.receive("3c060001610009" + "79")).toMatchObject([{ type: "message" }]);
    expect(store.records.get("q2-in")).toBeUndefined();
  });
});

describe("a CONNECT that the broker does not take", () => {
  const REFUSED = (code: string) => `2003 00${code} 00`.replaceAll(" ", "");
  /** The flags of the next CONNECT, and the level. */
  const connect = (bench: Bench): string => {
    bench.session.handleConnected(bench.nowMs);
    const [packet = ""] = bench.sent();
    return `${packet.slice(packet.indexOf("4d515454") + 8, packet.indexOf("4d515454") + 12)}`;
  };
  const begin = (options: Partial<SessionOptions> = {}): Bench => {
    const bench = new Bench({ protocol: "5", ...options });
    bench.session.start(bench.nowMs);
    bench.events();
    return bench;
  };

  it("for a retained will, or its QoS, is sent at once without, and that is said", () => {
    const bench = begin();
    expect(connect(bench)).toBe("052c");
    const [, told] = bench.receive(REFUSED("9a"));
    expect(told).toEqual({
      type: "disconnected",
      reason: "retain not supported; goes on with MQTT 5, the will not retained",
      retryMs: 0,
      serverReference: undefined,
    });
    bench.pass(0);
    expect(connect(bench)).toBe("050c");
    expect(bench.receive(REFUSED("9b"))[1]).toMatchObject({
      reason: "QoS not supported",
    });
    bench.pass(0);
    expect(connect(bench)).toBe("0504");
    expect(bench.receive(REFUSED("9b"))[1]).toMatchObject({ reason: expect.stringContaining("without a will") });
    bench.pass(0);
    expect(connect(bench)).toBe("0500");
    expect(bench.receive("2003000000")[0]).toMatchObject({ type: "connected" });
    // It goes on so on this broker, and begins anew with another.
    bench.session.handleClosed("cut", bench.nowMs);
    bench.pass(BACKOFF_MAX_MS);
    expect(connect(bench)).toBe("0500");
    bench.session.handleBrokerChanged([], undefined);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    bench.pass(BACKOFF_MAX_MS);
    expect(connect(bench)).toBe("052c");
  });

  it("by closing is sent with less of the will, step by step, and once more whole when it is taken", () => {
    const bench = begin();
    const takes = (flags: string) => flags === "0500";
    const sent: string[] = [];
    for (let count = 0; count < 4 * CONNECT_DROPS_MAX; count += 1) {
      const flags = connect(bench);
      sent.push(flags);
      if (takes(flags)) bench.receive("2003000000");
      else bench.session.handleClosed("closed", bench.nowMs);
      if (bench.session.isConnected) break;
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
      bench.events();
    }
    const each = (flags: string) => Array(CONNECT_DROPS_MAX).fill(flags);
    expect(sent).toEqual([...each("052c"), ...each("050c"), ...each("0504"), "0500", "052c", "0500"]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("by a broker that was only busy keeps its whole will", () => {
    const bench = begin();
    for (let count = 0; count < CONNECT_DROPS_MAX; count += 1) {
      connect(bench);
      bench.session.handleClosed("closed", bench.nowMs);
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
    }
    expect(connect(bench)).toBe("050c");
    expect(bench.receive("2003000000")).toMatchObject([{ type: "close" }, { type: "disconnected", retryMs: 0 }]);
    bench.sent();
    bench.pass(0);
    expect(connect(bench)).toBe("052c");
    expect(bench.receive("2003000000")).toMatchObject([{ type: "connected" }]);
  });

  it.each([
    ["silence", (bench: Bench) => bench.pass(CONNACK_TIMEOUT_MS)],
    ["20 02 00 84", (bench: Bench) => bench.receive("20020084")],
    ["20 02 00 01", (bench: Bench) => bench.receive("20020001")],
    ["20 02 00 05", (bench: Bench) => bench.receive("20020005")],
    ["bytes that are no CONNACK", (bench: Bench) => bench.receive("2002000000")],
  ])("of MQTT 5, answered by %s, is followed by one of 3.1.1, and that is said", (_name, answer) => {
    const bench = begin({ protocol: "auto" });
    expect(connect(bench).slice(0, 2)).toBe("05");
    expect(answer(bench).find(({ type }) => type === "disconnected")).toMatchObject({
      reason: expect.stringContaining("goes on with MQTT 3.1.1"),
      retryMs: 0,
    });
    bench.pass(0);
    expect(connect(bench).slice(0, 2)).toBe("04");
  });
});
