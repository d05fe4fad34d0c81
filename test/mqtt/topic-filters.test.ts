/** Topic filters that the broker refuses or closes on, and those that are not wanted any more. */
import { describe, expect, it } from "vitest";
import {
  BACKOFF_MAX_MS,
  ENDINGS_MAX,
  GIVEN_UP_MS,
  HASTY_ENDINGS_MAX,
  STABLE_MS,
  SUBACK_TIMEOUT_MS,
  SUBSCRIBE_RETRY_MAX_MS,
  SUBSCRIBE_RETRY_MS,
} from "../../src/limits.ts";
import { GIVEN_UP } from "../../src/mqtt/suspects.ts";
import { MemoryStore } from "../memory-store.ts";
import { Picky, packetsOf } from "./picky-broker.ts";
import { Bench, CONNACK_PRESENT, HELD } from "./session-bench.ts";

describe("a topic filter that the broker answers by closing", () => {
  const A = { topicFilter: "a", qos: 1 } as const;
  const BAD_FILTER = { topicFilter: "bad", qos: 1 } as const;

  it("is given up alone, and asked for again later", () => {
    const picky = new Picky(
      { closesOn: ["bad"] },
      { subscriptions: [A, BAD_FILTER, { topicFilter: "c", qos: 1 }], held: [] },
    );
    const { bench, connections } = picky;
    picky.run();
    expect(picky.told.filter(({ type }) => type === "subscribed").at(-1)).toEqual({
      type: "subscribed",
      granted: false,
      reason: `bad: ${GIVEN_UP}`,
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

  it("is acquitted by a connection that stands while the broker holds it", () => {
    const store = new MemoryStore();
    const suspects = [{ name: "filter a", endings: ENDINGS_MAX - 1, bytes: 0, untilMs: 0 }];
    store.records.set("suspects", Buffer.from(`\u0001${JSON.stringify(suspects)}`));
    const bench = new Bench({ held: HELD, store }).connect(CONNACK_PRESENT);
    expect(store.records.has("suspects")).toBe(true);
    bench.pass(STABLE_MS);
    expect(store.records.has("suspects")).toBe(false);
  });

  it("by silence is given up like one that it closes on", () => {
    const picky = new Picky({ ignores: ["bad"] }, { subscriptions: [BAD_FILTER], held: [] });
    picky.run();
    for (let count = 0; count < ENDINGS_MAX; count += 1) picky.passDeadline(SUBACK_TIMEOUT_MS);
    const reason = `bad: ${GIVEN_UP}`;
    expect(picky.told.at(-1)).toEqual({ type: "subscribed", granted: false, reason });
    expect(picky.connections.length).toBe(1 + ENDINGS_MAX);
  });

  it("does not stop messages", () => {
    const picky = new Picky({ closesOn: ["bad"] }, { subscriptions: [BAD_FILTER], held: [] });
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
