import { describe, expect, it } from "vitest";
import { PUBLISH_BYTES_MAX } from "../../src/limits.ts";
import type { Subscription } from "../../src/mqtt/packet.ts";
import { Bench, CONNACK_PRESENT } from "./session-bench.ts";

const A: Subscription = { topicFilter: "a", qos: 1 };
const B: Subscription = { topicFilter: "b", qos: 1 };
const C: Subscription = { topicFilter: "c", qos: 1 };
const GRANTED = { type: "subscribed", granted: true, reason: "" };

/** Wants other subscriptions. Returns what is sent then. */
function subscribe(bench: Bench, ...subscriptions: Subscription[]): string[] {
  bench.subscribing.subscribe(subscriptions, bench.nowMs);
  return bench.sent();
}

describe("other subscriptions on a connection that stands", () => {
  it("take back what is not wanted, then ask for what is", () => {
    const bench = new Bench().connect();
    expect(subscribe(bench, B, C)).toEqual(["a20500020001" + "61"]);
    expect(bench.receive("b0020002")).toEqual([]);
    expect(bench.sent()).toEqual(["820a0003000162010001" + "6301"]);
    expect(bench.receive("900400030101")).toEqual([GRANTED]);
  });

  it("that change again meanwhile are asked for when the answer has come", () => {
    const bench = new Bench().connect();
    expect(subscribe(bench, A, B)).toHaveLength(1);
    expect(subscribe(bench, A)).toEqual([]);
    expect(bench.receive("900400020101")).toEqual([]);
    expect(bench.sent()).toEqual(["a2050003000162"]);
    expect(bench.receive("b0020003")).toEqual([GRANTED]);
    expect(bench.sent()).toEqual([]);
  });

  it("are made up for after a reconnect", () => {
    const bench = new Bench().connect();
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    expect(subscribe(bench, B)).toEqual([]);
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["a2050002000161"]);
    bench.receive("b0020002");
    expect(bench.sent()).toEqual(["82060003000162" + "01"]);
    bench.session.handleClosed("cut before SUBACK", bench.nowMs);
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["82060004000162" + "01"]);
  });

  it("that the broker was never asked for are not taken back", () => {
    const bench = new Bench().connect();
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    for (let index = 0; index < 1_000; index += 1) subscribe(bench, { topicFilter: `b/${index}`, qos: 1 });
    subscribe(bench, C);
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(["a2050002000161"]);
    bench.receive("b0020002");
    expect(bench.sent()).toEqual(["82060003000163" + "01"]);
    expect(bench.receive("9003000301")).toEqual([GRANTED]);
  });

  it("are all that a new session is asked for", () => {
    const bench = new Bench().connect();
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    subscribe(bench, B);
    expect(bench.reconnect("20020000")).toEqual(["82060002000162" + "01"]);
  });

  it("are refused where they are none, and the former ones stay", () => {
    const bench = new Bench().connect();
    expect(() => subscribe(bench, { topicFilter: "a/#/b", qos: 0 })).toThrow("not a topic filter");
    const many = Array.from({ length: 400 }, (_, index) => ({ topicFilter: `topic/${index}`, qos: 1 }) as const);
    expect(() => subscribe(bench, ...many)).toThrow(`above ${PUBLISH_BYTES_MAX} bytes`);
    expect(bench.sent()).toEqual([]);
  });

  it("end the connection where the broker answers what was not asked", () => {
    for (const answer of ["9003000201", "b0020003", "b0040002" + "0000"]) {
      const bench = new Bench().connect();
      subscribe(bench, B);
      expect(bench.receive(answer).at(-1)).toMatchObject({ type: "disconnected" });
    }
  });
});
