import { describe, expect, it } from "vitest";
import { RECEIVE_MAX, TAKE_TIMEOUT_MS, UNFINISHED_MAX } from "../../src/limits.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, CONNACK_NEW, CONNACK_PRESENT, HELD } from "./session-bench.ts";

const PUBLISH_2 = "3406000161000978";
const PUBLISH_2_DUP = "3c06000161000978";

const hexOf = (identifier: number) => identifier.toString(16).padStart(4, "0");

describe("QoS 2 in", () => {
  it("is PUBREC once taken, PUBCOMP at PUBREL, and the same message is not told twice between", () => {
    const bench = new Bench().connect();
    const [message] = bench.receive(PUBLISH_2);
    expect(message).toMatchObject({ type: "message", message: { qos: 2, packetIdentifier: 9 } });
    expect(bench.sent()).toEqual([]);
    bench.take([message as never]);
    expect(bench.sent()).toEqual(["50020009"]);
    expect(bench.receive(PUBLISH_2_DUP)).toEqual([]);
    expect(bench.sent()).toEqual(["50020009"]);
    expect(bench.receive("62020009")).toEqual([]);
    expect(bench.sent()).toEqual(["70020009"]);
    expect(bench.receive(PUBLISH_2)).toHaveLength(1);
  });

  it("is recognised across a reconnect and a reboot, and new again where the broker lost the session", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.take(bench.receive(PUBLISH_2));
    bench.sent();
    bench.reconnect(CONNACK_PRESENT);
    expect(bench.receive(PUBLISH_2_DUP)).toEqual([]);
    expect(bench.sent()).toEqual(["50020009"]);
    const rebooted = new Bench({ store, held: HELD }).connect(CONNACK_PRESENT);
    expect(rebooted.receive(PUBLISH_2_DUP)).toEqual([]);
    rebooted.reconnect(CONNACK_NEW);
    expect(rebooted.receive(PUBLISH_2)).toHaveLength(1);
    expect(store.keys()).toEqual([]);
  });

  it("comes in a burst of more than may wait for the application, each answered before the first PUBREL", () => {
    const bench = new Bench().connect();
    const count = RECEIVE_MAX * 3;
    const ids = Array.from({ length: count }, (_, index) => (index + 1).toString(16).padStart(4, "0"));
    bench.session.handleBytes(fromHex(ids.map((id) => `3405000161${id}`).join("")), bench.nowMs);
    const sent: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      bench.take(bench.events());
      sent.push(...bench.sent());
    }
    expect(sent.join("")).toBe(ids.map((id) => `5002${id}`).join(""));
    bench.receive(ids.map((id) => `6202${id}`).join(""));
    expect(bench.sent().join("")).toBe(ids.map((id) => `7002${id}`).join(""));
  });

  it("answers a PUBREL that it does not know, so that the broker can finish", () => {
    const bench = new Bench().connect();
    bench.receive("62020009");
    expect(bench.sent()).toEqual(["70020009"]);
  });

  it("is not answered before its identifier is on the store", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    const events = bench.receive(PUBLISH_2);
    store.isFailing = true;
    bench.take(events);
    expect(bench.sent()).toEqual([]);
    expect(bench.events()).toMatchObject([{ type: "close" }, { type: "disconnected", reason: "store: flash is full" }]);
  });
});

describe("taking messages", () => {
  it("in another order than they came answers them in theirs", () => {
    const bench = new Bench().connect();
    const events = bench.receive(`3206000161000178${PUBLISH_2}3206000161000378`);
    const tokens = events.map((event) => (event.type === "message" ? event.token : 0));
    for (const index of [2, 1]) bench.session.acknowledge(tokens[index] as number);
    expect(bench.sent()).toEqual([]);
    bench.session.acknowledge(tokens[0] as number);
    expect(bench.sent()).toEqual(["400200015002000940020003"]);
  });

  it("of a former connection answers nothing", () => {
    const bench = new Bench().connect();
    const events = bench.receive("3206000161000178");
    bench.reconnect(CONNACK_PRESENT);
    bench.take(events);
    expect(bench.sent()).toEqual([]);
    bench.take(bench.receive("3a06000161000178"));
    expect(bench.sent()).toEqual(["40020001"]);
  });

  it("may last as long as the limit says", () => {
    const bench = new Bench({ keepAliveSeconds: 3600 }).connect();
    bench.receive("3206000161000178");
    expect(bench.pass(TAKE_TIMEOUT_MS - 1)).toEqual([]);
    expect(bench.pass(1).at(-1)).toMatchObject({
      type: "disconnected",
      reason: expect.stringContaining("no word of the application"),
    });
  });

  it("is known at once, although its answer waits for others: a cut between makes no duplicate", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    const events = bench.receive(`3206000161000178${PUBLISH_2}`);
    bench.take(events.slice(1));
    expect([bench.sent(), store.keys()]).toEqual([[], ["q2-in"]]);
    bench.reconnect(CONNACK_PRESENT);
    const again = bench.receive(`3a06000161000178${PUBLISH_2_DUP}`);
    expect(again).toHaveLength(1);
    expect(bench.sent()).toEqual([]);
    bench.take(again);
    expect(bench.sent()).toEqual(["4002000150020009"]);
  });

  it.each([4, 5] as const)(
    "of many messages does not hold up what comes behind them, nor the next connection (MQTT %d)",
    (level) => {
      const isOld = level === 4;
      const connack = isOld ? CONNACK_PRESENT : "2003010000";
      const bench = new Bench({
        protocol: isOld ? "3.1.1" : "5",
        held: HELD,
        store: new MemoryStore(),
      });
      bench.connect(connack);
      const publish = (index: number) => `34${isOld ? "05" : "06"}000161${hexOf(index)}${isOld ? "" : "00"}`;
      const numbers = Array.from({ length: RECEIVE_MAX }, (_, index) => index + 1);
      const messages = bench.receive(numbers.map(publish).join(""));
      expect(messages).toHaveLength(RECEIVE_MAX);
      bench.publish("x");
      bench.sent();
      expect(bench.receive("40020001")).toEqual([{ type: "acknowledged", token: 1 }]);
      bench.take(messages);
      expect(bench.sent().join("")).toBe(numbers.map((index) => `5002${hexOf(index)}`).join(""));
      bench.reconnect(connack);
      expect(bench.session.isConnected).toBe(true);
      bench.receive(numbers.map((index) => `6202${hexOf(index)}`).join(""));
      expect(bench.sent().join("")).toBe(numbers.map((index) => `7002${hexOf(index)}`).join(""));
    },
  );

  it("of more messages than the limit of 3.1.1 ends the connection", () => {
    const bench = new Bench().connect();
    const packets = Array.from({ length: UNFINISHED_MAX }, (_, index) => `3205000161${hexOf(index + 1)}`);
    expect(bench.receive(packets.join(""))).toHaveLength(UNFINISHED_MAX);
    expect(bench.receive("3205000161ffff").at(-1)).toMatchObject({ reason: expect.stringContaining("unfinished") });
  });
});

describe("QoS 2 out", () => {
  it("is PUBLISH, PUBREL after PUBREC, and over with PUBCOMP", () => {
    const bench = new Bench({ store: new MemoryStore() }).connect();
    expect(bench.publish("x", { qos: 2 })).toBe(1);
    expect(bench.sent()).toEqual(["3406000174000278"]);
    expect(bench.receive("50020002")).toEqual([]);
    expect(bench.sent()).toEqual(["62020002"]);
    expect(bench.receive("70020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(bench.session.outboxCount).toBe(0);
  });

  it.each([
    ["before PUBREC", [], ["3c06000174000278"]],
    ["after PUBREC", ["50020002"], ["62020002"]],
  ])("cut %s goes on where it was, after a reconnect and after a reboot", (_name, received, expected) => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.publish("x", { qos: 2 });
    bench.sent();
    for (const hex of received) bench.receive(hex);
    bench.sent();
    expect(bench.reconnect(CONNACK_PRESENT)).toEqual(expected);
    const rebooted = new Bench({ store, held: HELD });
    rebooted.open();
    rebooted.receive(CONNACK_PRESENT);
    expect(rebooted.sent()).toEqual(expected);
    rebooted.receive("50020002");
    rebooted.sent();
    expect(rebooted.receive("70020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(store.keys()).toEqual([]);
  });

  it("that a lost session had taken is over; one that it had not is sent as new", () => {
    const bench = new Bench().connect();
    bench.publish("x", { qos: 2 });
    bench.publish("y", { qos: 2 });
    bench.sent();
    bench.receive("50020002");
    bench.sent();
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    bench.pass(60_000);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    expect(bench.receive(CONNACK_NEW)).toContainEqual({ type: "acknowledged", token: 1 });
    expect(bench.sent()[0]).toMatch(/3406000174000379$/);
  });

  it("is over with PUBACK where the broker knows no QoS 2", () => {
    const bench = new Bench().connect();
    bench.publish("x", { qos: 2 });
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: 1 }]);
  });

  it("releases what it does not know, so that the broker can finish", () => {
    const bench = new Bench().connect();
    bench.receive("50020077");
    expect(bench.sent()).toEqual(["62020077"]);
  });
});

describe("a CONNACK that never came", () => {
  const lose = (bench: Bench) => {
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    bench.pass(60_000);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
  };

  it("may have told of a new session: subscribes again", () => {
    const bench = new Bench().connect();
    lose(bench);
    expect(bench.reconnect(CONNACK_PRESENT)[0]).toMatch(/^8206/);
  });

  it("leaves it to DUP whether a QoS 2 identifier is an old one", () => {
    for (const [publish, count] of [
      [PUBLISH_2_DUP, 0],
      [PUBLISH_2, 1],
    ] as const) {
      const bench = new Bench().connect();
      bench.take(bench.receive(PUBLISH_2));
      lose(bench);
      bench.reconnect(CONNACK_PRESENT);
      expect(bench.receive(publish)).toHaveLength(count);
    }
  });
});

describe("a store that refuses", () => {
  it("at the CONNACK of a new session makes nothing forgotten: it subscribes, and old identifiers mean nothing", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.take(bench.receive(PUBLISH_2));
    bench.sent();
    store.isFailing = true;
    bench.reconnect(CONNACK_NEW);
    expect(bench.session.isConnected).toBe(false);
    store.isFailing = false;
    bench.pass(60_000);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    bench.receive(CONNACK_PRESENT);
    expect(bench.sent()[0]).toMatch(/^82/);
    expect(bench.receive(PUBLISH_2_DUP)).toHaveLength(1);
  });

  it("when a message is finished makes it finished later", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.publish("x", { isDurable: true });
    bench.sent();
    store.isFailing = true;
    expect(bench.receive("40020002").at(-1)).toMatchObject({ reason: "store: flash is full" });
    store.isFailing = false;
    bench.pass(60_000);
    bench.session.handleConnected(bench.nowMs);
    bench.sent();
    bench.receive(CONNACK_PRESENT);
    expect(bench.sent()).toEqual(["3a06000174000278"]);
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(store.keys()).toEqual([]);
  });

  it("to clear what a power cut left behind does not keep the device from starting", () => {
    const store = new MemoryStore();
    store.records.set("r-9", Uint8Array.of(1));
    store.isFailing = true;
    const bench = new Bench({ store });
    expect(bench.session.outboxCount).toBe(0);
    store.isFailing = false;
    // No new message gets its token. It would count as released after the next reboot.
    expect(bench.connect().publish("x", { isDurable: true })).toBe(10);
  });
});

describe("durable messages", () => {
  it("are on the store before they are sent, and gone when the broker has them", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.publish("kept", { isDurable: true });
    expect(store.keys()).toEqual(["o-1"]);
    bench.publish("not");
    const rebooted = new Bench({ store, held: HELD });
    expect(rebooted.session.outboxCount).toBe(1);
    rebooted.open();
    rebooted.receive(CONNACK_PRESENT);
    expect(rebooted.sent()).toEqual(["3a090001740002" + "6b657074"]);
    rebooted.receive("40020002");
    expect(store.keys()).toEqual([]);
  });

  it("that the store refuses are not sent", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    store.isFailing = true;
    expect(() => bench.publish("x", { isDurable: true })).toThrow("flash is full");
    expect([bench.sent(), bench.session.outboxCount]).toEqual([[], 0]);
  });

  it("that are damaged are left out, and what a power cut left behind is cleared", () => {
    const store = new MemoryStore();
    store.records.set("o-3", Uint8Array.of(1, 2));
    store.records.set("r-9", Uint8Array.of(1));
    expect(new Bench({ store }).session.outboxCount).toBe(0);
    expect(store.keys()).toEqual([]);
  });
});
