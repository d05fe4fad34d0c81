import { describe, expect, it } from "vitest";
import { BACKOFF_MAX_MS, RECEIVE_MAX } from "../../src/limits.ts";
import type { SessionOptions } from "../../src/mqtt/session-types.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench } from "./session-bench.ts";

const NEW = "2003000000";
const SUBACK = "900400010001";

/** A session of MQTT 5 whose CONNACK has these properties, as hexadecimal digits. */
function connected(properties = "", options: Partial<SessionOptions> = {}): Bench {
  const bench = new Bench({ protocol: "5", ...options });
  bench.open();
  const length = properties.length / 2;
  bench.receive(
    `20${(3 + length).toString(16).padStart(2, "0")}0000${length.toString(16).padStart(2, "0")}${properties}`,
  );
  bench.sent();
  bench.receive(SUBACK);
  return bench;
}

describe("MQTT 5", () => {
  it("connects with what it can take, and subscribes", () => {
    const bench = new Bench({ protocol: "5", willDelaySeconds: 30 });
    bench.session.start(bench.nowMs);
    bench.session.handleConnected(bench.nowMs);
    expect(bench.sent()).toEqual([
      "102a00044d515454052c003c101100278d00210020220008270040000000017005180000001e000177000152",
    ]);
    expect(bench.receive(NEW)).toEqual([
      { type: "open" },
      { type: "connected", sessionPresent: false, protocolLevel: 5 },
    ]);
    expect(bench.sent()).toEqual(["8207000100000161" + "01"]);
    expect(bench.receive(SUBACK)).toEqual([{ type: "subscribed", granted: true, reason: "" }]);
  });

  it("pings as often as the broker says", () => {
    const bench = connected("13000a");
    bench.pass(9_999);
    expect(bench.sent()).toEqual([]);
    bench.pass(1);
    expect(bench.sent()).toEqual(["c000"]);
  });

  it("pings as often as the broker says where it asked for no pings", () => {
    const bench = connected("13000a", { keepAliveSeconds: 0 });
    expect(bench.sent()).toEqual([]);
    bench.pass(9_999);
    expect(bench.sent()).toEqual([]);
    bench.pass(1);
    expect(bench.sent()).toEqual(["c000"]);
    bench.receive("d000");
    expect(bench.session.pollTimeout()).toBe(bench.nowMs + 10_000);
  });

  it("never pings where neither side asks for it", () => {
    const bench = connected("", { keepAliveSeconds: 0 });
    bench.pass(1_000_000);
    expect(bench.sent()).toEqual([]);
  });

  it("watches over a broker that does not watch over it", () => {
    const bench = connected("130000");
    bench.pass(59_999);
    expect(bench.sent()).toEqual([]);
    bench.pass(1);
    expect(bench.sent()).toEqual(["c000"]);
  });

  it("sends no more unanswered messages than the broker takes", () => {
    const bench = connected("210002");
    for (const text of ["a", "b", "c"]) bench.publish(text);
    expect(bench.sent()).toEqual(["320700017400020061" + "320700017400030062"]);
    bench.receive("40020002");
    expect(bench.sent()).toEqual(["320700017400040063"]);
  });

  it("sends with the QoS and without the retain flag that the broker does not have", () => {
    const bench = connected("24012500");
    bench.publish("x", { qos: 2, retain: true });
    expect(bench.sent()).toEqual(["320700017400020078"]);
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    const none = connected("2400");
    none.publish("x");
    expect(none.sent()).toEqual(["3005000174" + "0078"]);
    expect(none.events()).toEqual([{ type: "acknowledged", token: 1 }]);
  });

  it("does not send what is too large for the broker, and says so", () => {
    const bench = connected("270000000c");
    bench.publish("four");
    expect(bench.sent()).toEqual(["320a00017400020066" + "6f7572"]);
    bench.publish("fives");
    expect(bench.sent()).toEqual([]);
    const reason = "above the bytes that the broker takes: 13, expected at most 12";
    expect(bench.events()).toEqual([{ type: "rejected", token: 2, reason }]);
  });

  it("sends a topic once and then its alias, anew on each connection", () => {
    const bench = connected("220001");
    for (const text of ["a", "b"]) bench.publish(text, { qos: 0 });
    bench.publish("c", { qos: 0, topic: "other" });
    expect(bench.sent()).toEqual(["30080001740323000161" + "3007000003" + "23000162" + "3009" + "00056f746865720063"]);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.pass(BACKOFF_MAX_MS);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    bench.receive("20060100" + "03220001");
    bench.publish("d", { qos: 0 });
    expect(bench.sent()[0]).toMatch(/30080001740323000164$/);
  });

  it("sends what is exactly as large as the broker takes, with an alias where one fits", () => {
    // A new alias would add 3 bytes.
    const bench = connected("270000000f" + "220004");
    const full = bench.publish("1234567", { topic: "t" });
    expect(bench.sent().at(-1)).toBe("320d00017400020031323334353637");
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: full }]);
    bench.publish("123", { topic: "t" });
    expect(bench.sent()).toEqual(["320c000174000303230001313233"]);
    bench.receive("40020003");
    // The alias stands for a topic that would make the packet too large.
    bench.publish("12345", { topic: "t" });
    expect(bench.sent()).toEqual(["320d00000004032300013132333435"]);
  });

  it("learns an alias from a message that it skips, and believes none where nobody knows", () => {
    const big = (head: string) => {
      const body = head + "00".repeat(5_000);
      const length = body.length / 2;
      return `30${((length & 0x7f) | 0x80).toString(16)}${(length >> 7).toString(16)}${body}`;
    };
    const bench = connected();
    bench.receive("3007000161032300" + "01");
    expect(bench.receive(big("00016203230001"))).toMatchObject([{ type: "oversize", message: { topic: "b" } }]);
    expect(bench.receive("300600000323" + "0001")).toMatchObject([{ message: { topic: "b" } }]);
    expect(bench.receive(big("000003230001"))).toMatchObject([{ type: "oversize", message: { topic: "b" } }]);
    // The properties have 4,900 bytes. They end above the limit.
    bench.receive(big(`000163a426260002${"6b".repeat(2)}1300${"00".repeat(4_864)}`));
    expect(bench.receive("300600000323" + "0001").at(-1)).toMatchObject({
      reason: expect.stringContaining("topic alias 1: not given"),
    });
  });

  it("does not let a message that waits for room keep back a PUBREL", () => {
    const bench = connected();
    bench.publish("a");
    bench.publish("b", { qos: 2 });
    bench.sent();
    bench.receive("50020003");
    bench.sent();
    const again = bench.reconnect("20060100" + "03210001");
    expect(again.join("")).toContain("62020003");
    bench.receive("70020003");
    expect(bench.sent()).toEqual(["3a0700017400020061"]);
  });

  it("releases a QoS 2 message that was sent and has become too large, and tells what came of it", () => {
    for (const [pubcomp, event] of [
      ["70020002", { type: "acknowledged", token: 1 }],
      [
        "7003000292",
        { type: "rejected", token: 1, reason: "above the bytes that the broker takes: 17, expected at most 16" },
      ],
    ] as const) {
      const bench = connected();
      bench.publish("too large", { qos: 2 });
      bench.sent();
      expect(bench.reconnect("20080100" + "052700000010").join("")).toContain("62020002");
      expect(bench.receive(pubcomp)).toEqual([event]);
    }
  });

  it("knows the topic of an alias, and ends the connection for one that it was not given or did not allow", () => {
    const bench = connected();
    expect(bench.receive("300800016103230001" + "78")).toMatchObject([{ message: { topic: "a" } }]);
    expect(bench.receive("3007000003230001" + "79")).toMatchObject([{ message: { topic: "a" } }]);
    expect(bench.receive("3007000003230002" + "79").at(-1)).toMatchObject({
      reason: expect.stringContaining("topic alias 2"),
    });
    expect(bench.sent()).toEqual(["e00182"]);
    const above = connected();
    above.receive("300800016103230009" + "78");
    expect(above.sent()).toEqual(["e00194"]);
  });

  it.each([
    ["bytes that are no packet", "0000", "82"],
    ["a property that is none", "3006000161027f00", "81"],
    ["QoS 3", "360600016100" + "0100", "81"],
    ["a second CONNACK", NEW, "82"],
    ["AUTH that nothing asked for", "f000", "82"],
  ])("tells the broker why it goes: %s", (_name, hex, reasonCode) => {
    const bench = connected();
    bench.receive(hex);
    expect(bench.sent()).toEqual([`e001${reasonCode}`]);
  });

  it("does not take more unanswered messages than it announced", () => {
    const bench = connected();
    const packets = Array.from(
      { length: RECEIVE_MAX + 1 },
      (_, index) => `3206000161${(index + 1).toString(16).padStart(4, "0")}00`,
    );
    expect(bench.receive(packets.join("")).filter((event) => event.type === "message")).toHaveLength(RECEIVE_MAX);
    expect(bench.sent()).toEqual(["e00193"]);
  });

  it("skips a message above what it can keep, and ends the connection for one above what it announced", () => {
    const bench = connected();
    bench.session.handleBytes(fromHex(`32a727000161000700${"00".repeat(5025)}`), bench.nowMs);
    expect(bench.events()).toMatchObject([{ type: "oversize", message: { topic: "a", packetBytes: 5034 } }]);
    expect(bench.sent()).toEqual(["40020007"]);
    expect(bench.receive("30878080020001610000")).toMatchObject([
      { type: "close" },
      { reason: expect.stringContaining("4194316 bytes") },
    ]);
    expect(bench.sent()).toEqual(["e00195"]);
  });

  it("does not take an identifier twice", () => {
    const bench = connected();
    bench.receive("32060001610001003206000161000100");
    expect(bench.sent()).toEqual(["e00191"]);
  });

  it("tells what the broker refused, and why", () => {
    const bench = connected();
    bench.publish("x");
    bench.publish("y", { qos: 2 });
    bench.sent();
    expect(bench.receive("4009000287051f" + "00026e6f")).toEqual([
      { type: "rejected", token: 1, reason: "not authorised: no" },
    ]);
    expect(bench.receive("5003000397")).toEqual([{ type: "rejected", token: 2, reason: "quota exceeded" }]);
    expect(bench.receive("4003000210")).toEqual([]);
  });

  it("can refuse a message with a reason", () => {
    const bench = connected();
    const [event] = bench.receive("3207000161000700" + "78");
    bench.session.acknowledge(event?.type === "message" ? event.token : 0, 0x99);
    expect(bench.sent()).toEqual(["4003000799"]);
  });

  it("can be refused with a reason in words, where the broker has room for it", () => {
    for (const [properties, answer] of [
      ["", "400a0007990600" + "1f0003626164"],
      ["2700000048", "4003000799"],
    ] as const) {
      const bench = connected(properties);
      const [event] = bench.receive("3207000161000700" + "78");
      bench.session.acknowledge(event?.type === "message" ? event.token : 0, 0x99, "bad");
      expect(bench.sent()).toEqual([answer.replace("0600", "06")]);
      expect(() => bench.session.acknowledge(1, 0x99, "x".repeat(65))).toThrow("above 64 bytes");
    }
  });

  it("tells a SUBSCRIBE that is too large for the broker", () => {
    const bench = new Bench({ protocol: "5" });
    bench.open();
    const reason = "a: above the bytes that the broker takes: 9, expected at most 8";
    const events = bench.receive("2008000005" + "2700000008");
    expect(events.filter(({ type }) => type === "subscribed")).toEqual([
      { type: "subscribed", granted: false, reason },
    ]);
    expect(bench.sent()).toEqual([]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("tells why the broker went, and where it sends us", () => {
    const bench = connected();
    expect(bench.receive("e0079c051c00026232")).toEqual([
      { type: "close" },
      { type: "disconnected", reason: "by the broker: use another server", retryMs: 500, serverReference: "b2" },
    ]);
  });

  it("waits long where another client took the session", () => {
    expect(connected().receive("e0018e").at(-1)).toMatchObject({
      retryMs: BACKOFF_MAX_MS,
      reason: expect.stringContaining("taken over"),
    });
  });

  it("tells a refused subscription in the broker's words", () => {
    const bench = new Bench({ protocol: "5" });
    bench.open();
    bench.receive(NEW);
    expect(bench.receive("90080001041f00016e87")).toEqual([
      { type: "subscribed", granted: false, reason: "a: not authorised: n" },
    ]);
  });
});

describe("which version", () => {
  const lost = (bench: Bench) => bench.events().find((event) => event.type === "disconnected");
  const levelOf = (bench: Bench) => Number.parseInt(bench.sent()[0]?.slice(16, 18) ?? "", 16);
  const again = (bench: Bench, ms = BACKOFF_MAX_MS) => {
    bench.pass(ms);
    bench.session.handleConnected(bench.nowMs);
  };

  it.each([
    ["a reason code", "2003008400"],
    ["a return code of 3.1.1", "20020001"],
  ])("auto falls back at once when the broker refuses by %s", (_name, connack) => {
    const bench = new Bench({ protocol: "auto" });
    bench.session.start(bench.nowMs);
    bench.session.handleConnected(bench.nowMs);
    expect(levelOf(bench)).toBe(5);
    expect(bench.receive(connack).at(-1)).toMatchObject({ type: "disconnected", retryMs: 0 });
    again(bench, 0);
    expect(levelOf(bench)).toBe(4);
    expect(bench.receive("20020000")).toContainEqual({ type: "connected", sessionPresent: false, protocolLevel: 4 });
  });

  it("auto changes when the connection drops without CONNACK, until a version is proven", () => {
    const bench = new Bench({ protocol: "auto" });
    bench.session.start(bench.nowMs);
    const levels: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      bench.session.handleConnected(bench.nowMs);
      levels.push(levelOf(bench));
      bench.session.handleClosed("dropped", bench.nowMs);
      const retryMs = lost(bench)?.retryMs ?? -1;
      // Only the change to 3.1.1 is made at once. A broker that drops both is not hammered.
      expect(retryMs === 0).toBe(attempt % 2 === 0);
      bench.pass(retryMs);
      bench.events();
    }
    expect(levels).toEqual([5, 4, 5, 4]);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    bench.receive(NEW);
    // The first of these ends a connection that stood. Then a broker that once accepted MQTT 5 drops three attempts.
    const proven: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      bench.session.handleClosed("dropped", bench.nowMs);
      bench.events();
      again(bench);
      proven.push(levelOf(bench));
    }
    expect(proven).toEqual([5, 5, 5, 4]);
  });

  it("is what this broker accepted last", () => {
    const bench = new Bench({ protocol: "auto", knownLevel: 4 });
    bench.session.start(bench.nowMs);
    bench.session.handleConnected(bench.nowMs);
    expect(levelOf(bench)).toBe(4);
  });

  it("is not changed where a setting names it", () => {
    const bench = new Bench({ protocol: "5" });
    bench.session.start(bench.nowMs);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    expect(bench.receive("20020001").at(-1)).toMatchObject({
      reason: "unsupported protocol version",
      retryMs: BACKOFF_MAX_MS,
    });
    again(bench);
    expect(levelOf(bench)).toBe(5);
  });
});
