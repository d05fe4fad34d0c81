import { describe, expect, it } from "vitest";
import {
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  INFLIGHT_MAX,
  OPEN_TIMEOUT_MS,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  PUBLISH_BYTES_MAX,
  STABLE_MS,
  SUBACK_TIMEOUT_MS,
} from "../../src/limits.ts";
import { fromHex, toHex } from "../vectors/vector.ts";
import { Bench, CONNACK_NEW, CONNACK_PRESENT, HELD, SUBACK } from "./session-bench.ts";

const SUBSCRIBE = "82060001000161 01".replace(" ", "");

describe("connecting", () => {
  it("asks for a connection, sends CONNECT with clean session 0 and the will, and subscribes in a new session", () => {
    const bench = new Bench();
    bench.session.start(bench.nowMs);
    expect(bench.events()).toEqual([{ type: "open" }]);
    expect(bench.sent()).toEqual([]);
    bench.session.handleConnected(bench.nowMs);
    expect(bench.sent()).toEqual(["101300044d515454042c003c0001700001770001".concat("52")]);
    expect(bench.receive(CONNACK_NEW)).toEqual([{ type: "connected", sessionPresent: false, protocolLevel: 4 }]);
    expect(bench.sent()).toEqual([SUBSCRIBE]);
    expect(bench.receive(SUBACK)).toEqual([{ type: "subscribed", granted: true, reason: "" }]);
  });

  it("subscribes with session present = 1 only while it does not know that its subscriptions were granted", () => {
    const known = new Bench({ held: HELD });
    known.open();
    known.receive(CONNACK_PRESENT);
    expect(known.sent()).toEqual([]);
    const unknown = new Bench();
    unknown.open();
    unknown.receive(CONNACK_PRESENT);
    expect(unknown.sent()).toEqual([SUBSCRIBE]);
    // The connection ends before SUBACK. The next one subscribes again, with a new identifier.
    expect(unknown.reconnect(CONNACK_PRESENT)).toEqual(["82060002000161 01".replace(" ", "")]);
    unknown.receive("9003000201");
    expect(unknown.reconnect(CONNACK_PRESENT)).toEqual([]);
    expect(unknown.reconnect(CONNACK_NEW)).toEqual(["82060003000161 01".replace(" ", "")]);
  });

  it("tells of a refused subscription and asks again at the next connection", () => {
    const bench = new Bench();
    bench.open();
    bench.receive(CONNACK_NEW);
    bench.sent();
    expect(bench.receive("9003000180")).toEqual([
      { type: "subscribed", granted: false, reason: "a: unspecified error" },
    ]);
    expect(bench.reconnect(CONNACK_PRESENT)).toHaveLength(1);
  });

  it.each([
    ["open", OPEN_TIMEOUT_MS, (bench: Bench) => bench.session.start(bench.nowMs)],
    ["CONNACK", CONNACK_TIMEOUT_MS, (bench: Bench) => bench.open()],
    [
      "SUBACK",
      SUBACK_TIMEOUT_MS,
      (bench: Bench) => {
        bench.open();
        bench.receive(CONNACK_NEW);
      },
    ],
  ])("gives up where there is no %s in time", (name, timeoutMs, until) => {
    const bench = new Bench();
    until(bench);
    bench.events();
    expect(bench.pass(timeoutMs - 1)).toEqual([]);
    const told = bench.pass(1);
    // A ping tells a silent broker from a dead link.
    const [close, disconnected] = name === "SUBACK" ? bench.receive("d000") : told;
    expect(close).toEqual({ type: "close" });
    expect(disconnected).toMatchObject({ type: "disconnected", reason: expect.stringContaining(name) });
  });

  it("doubles its waits up to the ceiling, and is short again after a stable time only", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt += 1) {
      bench.session.handleClosed("cut", bench.nowMs);
      const lost = bench.events().find((event) => event.type === "disconnected");
      waits.push(lost?.retryMs ?? -1);
      expect(bench.session.pollTimeout()).toBe(bench.nowMs + (lost?.retryMs ?? -1));
      bench.pass(lost?.retryMs ?? 0);
      bench.session.handleConnected(bench.nowMs);
      bench.receive(CONNACK_PRESENT);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 120].map((factor) => factor * BACKOFF_BASE_MS));
    expect(bench.pass(STABLE_MS)).toEqual([]);
    bench.session.handleClosed("cut", bench.nowMs);
    expect(bench.events()).toEqual([{ type: "disconnected", reason: "cut", retryMs: BACKOFF_BASE_MS }]);
  });

  it("waits long after refused credentials, short after a broker that is not available", () => {
    const wait = (connack: string) => {
      const bench = new Bench();
      bench.open();
      return bench.receive(connack).at(-1);
    };
    expect(wait("20020005")).toEqual({ type: "disconnected", reason: "not authorised", retryMs: BACKOFF_MAX_MS });
    expect(wait("20020004")).toMatchObject({ reason: "bad user name or password", retryMs: BACKOFF_MAX_MS });
    expect(wait("20020003")).toMatchObject({ retryMs: BACKOFF_BASE_MS });
  });

  it("waits long after a certificate that is refused, also one of ours after CONNECT, and takes it for nothing else", () => {
    const refused = [{ type: "disconnected", reason: "expired", retryMs: BACKOFF_MAX_MS }];
    const opening = new Bench();
    opening.session.start(opening.nowMs);
    opening.events();
    opening.session.handleClosed("expired", opening.nowMs, true);
    expect(opening.events()).toEqual(refused);
    // In TLS 1.3 a broker refuses a certificate when it could also drop a version. A dropped version is tried again at once.
    const open = new Bench({ protocol: "auto" });
    open.open();
    open.session.handleClosed("expired", open.nowMs, true);
    expect(open.events()).toEqual(refused);
  });

  it("connects at once when the network has changed while it waits, and only then", () => {
    const bench = new Bench().connect();
    bench.session.handleNetworkChanged(bench.nowMs);
    expect(bench.events()).toEqual([]);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    bench.session.handleNetworkChanged(bench.nowMs);
    expect(bench.events()).toEqual([{ type: "open" }]);
  });

  it("stops with DISCONNECT, stays away, and can start again", () => {
    const bench = new Bench().connect();
    bench.session.stop(bench.nowMs);
    expect(bench.sent()).toEqual(["e000"]);
    expect(bench.events()).toEqual([{ type: "close" }]);
    expect(bench.session.pollTimeout()).toBeUndefined();
    bench.session.handleClosed("closed", bench.nowMs);
    expect(bench.events()).toEqual([]);
    bench.session.start(bench.nowMs);
    expect(bench.events()).toEqual([{ type: "open" }]);
  });
});

describe("what a broker must not do ends the connection with a reason", () => {
  it.each([
    ["PUBLISH before CONNACK", "3005000161 6262".replace(" ", ""), "before CONNACK"],
    ["bytes that are no packet", "0000", "packet type 0"],
  ])("%s", (_name, hex, reason) => {
    const bench = new Bench();
    bench.open();
    expect(bench.receive(hex)).toMatchObject([
      { type: "close" },
      { type: "disconnected", reason: expect.stringContaining(reason) },
    ]);
    expect(bench.sent()).toEqual([]);
  });

  it.each([
    ["a second CONNACK", CONNACK_NEW, "CONNACK"],
    ["SUBACK for nothing", "9003000901", "SUBACK"],
    ["UNSUBACK for nothing", "b0020001", "UNSUBACK"],
    ["PUBLISH with QoS 3", "3605000161 0001".replace(" ", ""), "QoS 3"],
  ])("%s", (_name, hex, reason) => {
    const bench = new Bench().connect();
    expect(bench.receive(hex)).toMatchObject([
      { type: "close" },
      { type: "disconnected", reason: expect.stringContaining(reason) },
    ]);
    // The session is alive afterwards.
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual([]);
    expect(bench.receive("3207000161 ffff 6869".replaceAll(" ", ""))).toMatchObject([{ type: "message" }]);
    bench.session.acknowledge(1);
    expect(bench.sent()).toEqual(["4002ffff"]);
  });

  it("a SUBACK with the wrong number of return codes", () => {
    const bench = new Bench();
    bench.open();
    bench.receive(CONNACK_NEW);
    bench.sent();
    expect(bench.receive("900400010101").at(-1)).toMatchObject({
      reason: expect.stringContaining("2 codes, expected 1"),
    });
  });
});

describe("messages in", () => {
  it("are acknowledged when the application says so, those that came together in one write", () => {
    const bench = new Bench().connect();
    const events = bench.receive("320700016100016869 32060001610002 7a 3004000161 79".replaceAll(" ", ""));
    expect(
      events.map((event) => event.type === "message" && [event.message.packetIdentifier, toHex(event.message.payload)]),
    ).toEqual([
      [1, "6869"],
      [2, "7a"],
      [0, "79"],
    ]);
    expect(bench.sent()).toEqual([]);
    bench.session.acknowledge(1);
    bench.session.acknowledge(2);
    expect(bench.sent()).toEqual(["4002000140020002"]);
  });

  it("above the limit are acknowledged and told, not kept", () => {
    const bench = new Bench().connect();
    const [event] = bench.receive(`32 a4 27 0001 61 0007 ${"00".repeat(5023)}`.replaceAll(" ", ""));
    expect(event).toMatchObject({ type: "oversize", message: { topic: "a", qos: 1, packetBytes: 5031 } });
    expect(bench.sent()).toEqual(["40020007"]);
  });

  it("wait in the connection where there is no room for their acknowledgements", () => {
    const bench = new Bench().connect();
    const count = 3000;
    bench.session.handleBytes(fromHex("32050001610001".repeat(count)), bench.nowMs);
    let seen = 0;
    let written = 0;
    for (let rounds = 0; rounds < 10; rounds += 1) {
      for (let event = bench.session.pollEvent(); event; event = bench.session.pollEvent()) {
        expect(event.type).toBe("message");
        bench.take([event]);
        seen += 1;
      }
      written += bench.session.pollTransmit()?.length ?? 0;
    }
    expect([seen, written]).toEqual([count, 4 * count]);
  });
});

describe("messages out", () => {
  it("with QoS 1 are in flight until PUBACK and never sent again on a live connection", () => {
    const bench = new Bench().connect();
    expect(bench.publish("x")).toBe(1);
    expect(bench.sent()).toEqual(["3206000174000278"]);
    expect(bench.pass(PUBACK_TIMEOUT_MS - 1)).toEqual([]);
    expect(bench.sent()).toEqual([]);
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(bench.receive("40020002")).toEqual([]);
    expect(bench.session.outboxCount).toBe(0);
  });

  it("are sent again after a reconnect: first, in order, same identifier, DUP where the broker kept the session", () => {
    const bench = new Bench().connect();
    bench.publish("x");
    bench.publish("y");
    bench.sent();
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["3a06000174000278" + "3a06000174000379"]);
    // Two connections have ended on them. So they are sent one by one.
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["3a06000174000278"]);
    bench.receive("40020002");
    expect(bench.sent()).toEqual(["3a06000174000379"]);
    const [subscribeAndResend] = bench.reconnect(CONNACK_NEW);
    expect(subscribeAndResend).toMatch(/3206000174000379$/);
  });

  it("wait above the window, and when nothing is connected", () => {
    const bench = new Bench().connect();
    for (let count = 0; count < INFLIGHT_MAX; count += 1) bench.publish("x");
    expect(bench.session.canPublish("t", 1, 1)).toBe(false);
    expect(bench.session.canPublish("t", 1, 0)).toBe(true);
    expect(bench.sent().join("").length / 2).toBe(8 * INFLIGHT_MAX);
    bench.publish("y");
    expect(bench.session.canPublish("t", 1, 0)).toBe(false);
    expect(bench.sent()).toEqual([]);
    bench.receive("40020002");
    expect(bench.sent()).toEqual(["3206000174000a79"]);
    expect(() => bench.publish("x", { topic: "t/+" })).toThrow("not a topic name");
    for (const properties of [
      { contentType: "a\0" },
      { userProperties: [["a", "b\0"]] },
      { responseTopic: "\0" },
    ] as const)
      expect(() => bench.publish("x", { properties })).toThrow("t: U+0000 in its properties");
    bench.publish("x", { properties: { correlationData: Uint8Array.of(0), contentType: "\\0" } });
    expect(() => bench.publish("x".repeat(5000), { qos: 0 })).toThrow("5010 bytes");
    bench.session.handleClosed("cut", bench.nowMs);
    expect(bench.session.canPublish("t", 1, 0)).toBe(false);
  });

  it("that the broker does not answer end the connection", () => {
    const bench = new Bench().connect();
    bench.publish("x");
    bench.sent();
    expect(bench.missed(PUBACK_TIMEOUT_MS)).toContain("no PUBACK");
  });

  it("use identifiers that nothing holds, and never 0", () => {
    const bench = new Bench().connect();
    bench.publish("held");
    expect(bench.sent()).toEqual(["3209000174000268656c64"]);
    const seen = new Set<number>();
    for (let count = 0; count < 70_000; count += 1) {
      bench.publish("x");
      const identifier = Number.parseInt(bench.sent()[0]?.slice(10, 14) ?? "", 16);
      seen.add(identifier);
      bench.receive(`4002${identifier.toString(16).padStart(4, "0")}`);
    }
    expect(seen.has(0)).toBe(false);
    expect(seen.has(2)).toBe(false);
    expect(seen.size).toBe(65_534);
  });
});

describe("keep-alive", () => {
  it("pings after an idle interval and finds a half-open connection by the missing answer", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    expect(bench.pass(59_999)).toEqual([]);
    expect(bench.sent()).toEqual([]);
    bench.pass(1);
    expect(bench.sent()).toEqual(["c000"]);
    expect(bench.pass(PINGRESP_TIMEOUT_MS - 1)).toEqual([]);
    expect(bench.pass(1).at(-1)).toMatchObject({ type: "disconnected", reason: expect.stringContaining("PINGRESP") });
  });

  it("goes on when the answer comes", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    bench.pass(60_000);
    bench.sent();
    bench.nowMs += 100;
    expect(bench.receive("d000")).toEqual([]);
    expect(bench.pass(59_900)).toEqual([]);
    expect(bench.sent()).toEqual(["c000"]);
  });

  it("does not ping while both directions are busy, and does while only one is", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    for (let second = 0; second < 600; second += 10) {
      bench.pass(10_000);
      bench.take(bench.receive("3206000161000178"));
      expect(bench.sent()).toEqual(["40020001"]);
    }
    const sent: string[] = [];
    for (let second = 0; second < 60; second += 10) {
      bench.pass(10_000);
      bench.receive("300400016178");
      sent.push(...bench.sent());
    }
    expect(sent).toEqual(["c000"]);
  });
});

describe("a mistake of the caller", () => {
  it("is told before anything happens", () => {
    expect(() => new Bench({ subscriptions: [{ topicFilter: "a#", qos: 1 }] })).toThrow("not a topic filter");
    expect(() => new Bench({ will: { topic: "+", payload: new Uint8Array(), qos: 0, retain: false } })).toThrow("will");
    const topicFilter = "x".repeat(PUBLISH_BYTES_MAX);
    expect(() => new Bench({ subscriptions: [{ topicFilter, qos: 1 }] })).toThrow("subscriptions: above");
    const bench = new Bench().connect();
    expect(() => bench.session.start(bench.nowMs)).toThrow("started already");
  });

  it("or an event out of its time changes nothing", () => {
    const bench = new Bench();
    bench.session.stop(bench.nowMs);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.session.handleConnected(bench.nowMs);
    bench.session.handleBytes(fromHex("d000"), bench.nowMs);
    bench.session.restart("for nothing", bench.nowMs);
    bench.session.acknowledge(1);
    expect([bench.events(), bench.sent(), bench.session.pollTimeout()]).toEqual([[], [], undefined]);
    bench.open();
    bench.session.restart("the application wants it", bench.nowMs);
    expect(bench.events().at(-1)).toMatchObject({ reason: "the application wants it" });
  });

  it.each([
    [1, "unsupported protocol version"],
    [2, "client identifier not valid"],
    [200, "refused with return code 200"],
  ])("the words of return code %d are %s", (code, reason) => {
    const bench = new Bench();
    bench.open();
    expect(bench.receive(`200200${code.toString(16).padStart(2, "0")}`).at(-1)).toMatchObject({ reason });
  });
});
