/** A message that the broker answers by closing, or by silence, is given up after `ENDINGS_MAX` connections. It costs no other one. */
import { describe, expect, it } from "vitest";
import {
  BACKOFF_MAX_MS,
  ENDINGS_MAX,
  GIVEN_UP_MS,
  HASTY_ENDINGS_MAX,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  TRIAL_WAIT_MAX_MS,
} from "../../src/limits.ts";
import { GIVEN_UP } from "../../src/mqtt/suspects.ts";
import { MemoryStore } from "../memory-store.ts";
import { Picky } from "./picky-broker.ts";
import { Bench, CONNACK_PRESENT, HELD } from "./session-bench.ts";

const BAD = `bad: ${GIVEN_UP}`;

describe("a message that the broker answers by closing", () => {
  it("is given up after so many connections, with its topic, and nothing behind it waits any longer", () => {
    const picky = new Picky({ closesOn: ["bad"] });
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
    const picky = new Picky({ closesOn: ["bad"] });
    const { bench } = picky;
    // This broker answers late. It has answered nothing of the first window when it closes.
    const tokens = ["a", "b", "bad", "c"].map((topic) => bench.publish("x", { topic }));
    bench.sent();
    bench.session.handleClosed("closed", bench.nowMs);
    picky.run();
    const outcome = tokens.map((token) => picky.told.find((event) => "token" in event && event.token === token)?.type);
    expect(outcome).toEqual(["acknowledged", "acknowledged", "rejected", "acknowledged"]);
  });

  it("is rejected at once for an hour, then tried once more", () => {
    const picky = new Picky({ closesOn: ["bad"] });
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
    const picky = new Picky({ closesOn: ["large"] });
    const { bench } = picky;
    bench.publish("large", { topic: "t" });
    picky.run();
    const small = bench.publish("x", { topic: "t" });
    picky.run();
    expect(picky.told.at(-1)).toEqual({ type: "acknowledged", token: small });
  });

  it("costs a smaller one on its topic nothing, although a connection ends while that is unanswered", () => {
    const picky = new Picky({ closesOn: ["large"] });
    const { bench } = picky;
    bench.publish("large", { topic: "t" });
    picky.run();
    expect(picky.told.at(-1)).toMatchObject({ type: "rejected" });
    const small = bench.publish("x", { topic: "t" });
    bench.sent();
    bench.session.handleClosed("cut", bench.nowMs);
    picky.run();
    expect(picky.told.at(-1)).toEqual({ type: "acknowledged", token: small });
    bench.publish("large", { topic: "t" });
    picky.run();
    expect(picky.told.at(-1)).toMatchObject({ type: "rejected" });
  });

  it("costs a smaller one nothing that connections ended on together with it", () => {
    const picky = new Picky({ closesOn: ["large"] });
    const { bench } = picky;
    const large = bench.publish("large", { topic: "t" });
    const small = bench.publish("x", { topic: "t" });
    // This broker answers late. It has answered neither when it closes.
    for (let count = 0; count < HASTY_ENDINGS_MAX; count += 1) bench.reconnect(CONNACK_PRESENT);
    bench.session.handleClosed("closed", bench.nowMs);
    picky.run();
    const outcome = [large, small].map((token) =>
      picky.told.find((event) => "token" in event && event.token === token),
    );
    expect(outcome).toMatchObject([{ type: "rejected" }, { type: "acknowledged" }]);
  });

  it("stays known over reboots, however short the lives are", () => {
    const store = new MemoryStore();
    let connections = 0;
    let reasons: string[] = [];
    for (let life = 0; life < 2 * ENDINGS_MAX && reasons.length === 0; life += 1) {
      const bench = new Bench({ held: HELD, store });
      bench.open();
      if (life === 0) bench.publish("x", { topic: "bad", isDurable: true });
      // Each life has two connections.
      for (let count = 0; count < 2 && reasons.length === 0; count += 1) {
        connections += 1;
        bench.receive(CONNACK_PRESENT);
        if (bench.sent().includes("c000")) bench.receive("d000");
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
    const picky = new Picky({ closesOn: ["bad"] });
    const { bench, connections } = picky;
    for (let count = 0; count < 2 * ENDINGS_MAX; count += 1) {
      bench.publish("x", { topic: "bad", qos: 0 });
      picky.run();
    }
    expect(connections.length).toBe(1 + ENDINGS_MAX);
    expect(picky.reasons).toEqual(Array(ENDINGS_MAX).fill(BAD));
  });

  it("of QoS 2 is given up, too, and its identifier released", () => {
    const picky = new Picky({ closesOn: ["bad"] }, { store: new MemoryStore() });
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
    const picky = new Picky({ closesOn: ["bad"] });
    picky.bench.publish("x", { topic: "bad" });
    picky.run();
    expect(picky.reasons).toEqual([BAD]);
    const { bench } = picky;
    bench.session.handleBrokerChanged(HELD, undefined);
    bench.publish("x", { topic: "bad" });
    expect(bench.sent().join("")).toContain("626164");
  });

  it("of QoS 2 is given up, too, at a broker that closes on all of QoS 2, and what is behind it goes through soon", () => {
    const picky = new Picky({ closesOnType: ["34", "3c", "6"] }, { store: new MemoryStore() });
    const { bench } = picky;
    const two = bench.publish("x", { topic: "two", qos: 2 });
    // The topic is not to blame.
    const one = bench.publish("x", { topic: "two" });
    picky.run();
    expect(picky.told).toContainEqual({ type: "rejected", token: two, reason: BAD.replace("bad", "two") });
    expect(picky.told).toContainEqual({ type: "acknowledged", token: one });
    // PUBREL is on trial from its beginning.
    const endings = ENDINGS_MAX + (ENDINGS_MAX - HASTY_ENDINGS_MAX);
    expect(picky.connections.length).toBe(endings + 1);
    const waits = picky.told.flatMap((event) => (event.type === "disconnected" ? [event.retryMs] : []));
    expect(waits.slice(HASTY_ENDINGS_MAX)).toEqual(Array(endings - HASTY_ENDINGS_MAX).fill(TRIAL_WAIT_MAX_MS));
  });
});

describe("a message that the broker does not answer", () => {
  it("is given up like one that it closes on, and nothing behind it waits any longer", () => {
    const picky = new Picky({ ignores: ["bad"] });
    const { bench } = picky;
    const bad = bench.publish("x", { topic: "bad" });
    const good = bench.publish("y", { topic: "good" });
    picky.run();
    for (let count = 0; count < ENDINGS_MAX; count += 1) picky.passDeadline(PUBACK_TIMEOUT_MS);
    expect(picky.told).toContainEqual({ type: "rejected", token: bad, reason: BAD });
    expect(picky.told).toContainEqual({ type: "acknowledged", token: good });
    expect(picky.connections.length).toBe(1 + ENDINGS_MAX);
    expect(bench.session.isConnected).toBe(true);
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

describe("a message on a link that ends by itself", () => {
  it("is innocent where that is at a large message that comes in front of PINGRESP", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    const token = bench.publish("x");
    bench.sent();
    for (let count = 0; count < 4 * ENDINGS_MAX; count += 1) {
      bench.session.handleClosed("cut", bench.nowMs);
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
      bench.session.handleConnected(bench.nowMs);
      bench.sent();
      bench.receive(`${CONNACK_PRESENT}32ff7f000161`);
      const sent = bench.sent().join("");
      // After a few endings a ping tries the link. Nothing is sent before its answer.
      expect(sent).toBe(count < HASTY_ENDINGS_MAX - 1 ? "3a060001740001" + "78" : "c000");
    }
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["3a060001740001" + "78"]);
    expect(bench.receive("40020001")).toEqual([{ type: "acknowledged", token }]);
  });

  it("is innocent where as many end before its trial as on it", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    for (let count = 0; count < 4 * ENDINGS_MAX; count += 1) {
      expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["3a060001740001" + "78"]);
      if (count < HASTY_ENDINGS_MAX) continue;
      bench.session.handleClosed("cut", bench.nowMs);
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
      bench.session.handleConnected(bench.nowMs);
      bench.sent();
      bench.receive(CONNACK_PRESENT);
      expect(bench.sent()).toEqual(["c000"]);
    }
  });

  it("is sent with others as long as connections end only now and then", () => {
    const bench = new Bench({ held: HELD }).connect(CONNACK_PRESENT);
    for (let count = 1; count <= 4 * ENDINGS_MAX; count += 1) {
      bench.publish("x");
      bench.publish("y");
      bench.sent();
      // Both leave at once: each was answered on the connection before.
      expect(bench.reconnect(CONNACK_PRESENT)).toHaveLength(1);
      const [first, second] = [2 * count - 1, 2 * count].map((identifier) => identifier.toString(16).padStart(4, "0"));
      expect(bench.receive(`4002${first}4002${second}`)).toHaveLength(2);
    }
  });
});
