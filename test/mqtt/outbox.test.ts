import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/bytes.ts";
import { EXPIRY_RETRY_MS, INFLIGHT_MAX, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../../src/limits.ts";
import type { DropReason } from "../../src/mqtt/extensions.ts";
import { Policies } from "../../src/mqtt/optional/outbox-policies.ts";
import { DurableOutbox } from "../../src/mqtt/optional/outbox-store.ts";
import { AWAITING_PUBACK, AWAITING_PUBREC, OutboundTable, UNSENT } from "../../src/mqtt/outbound.ts";
import { PublishWriter } from "../../src/mqtt/publish-writer.ts";
import type { PublishOptions, SessionEvent } from "../../src/mqtt/session-types.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, CONNACK_NEW, CONNACK_PRESENT } from "./session-bench.ts";

const EXPIRING = { properties: { messageExpiryInterval: 10 } } as const;

function dropped(events: readonly SessionEvent[]): [number, DropReason][] {
  return events.flatMap((event) => (event.type === "dropped" ? [[event.token, event.reason]] : []));
}

/** Publishes so many messages of a byte each. Returns what `publish` returned. */
function fill(bench: Bench, count: number, options: Partial<PublishOptions> = {}): (number | undefined)[] {
  const message = { topic: "t", payload: Uint8Array.of(1), qos: 1, retain: false, ...options } as const;
  return Array.from({ length: count }, () => bench.session.publish(message, bench.nowMs));
}

describe("the outbox", () => {
  it("takes messages before there is a connection, and sends them in order when there is one", () => {
    const bench = new Bench({ subscriptions: [] });
    bench.publish("a");
    expect(bench.publish("b", { qos: 0 })).toBe(2);
    bench.publish("c", { qos: 2 });
    bench.open();
    expect(bench.session.outboxCount).toBe(3);
    const events = bench.receive(CONNACK_NEW);
    expect(bench.sent()).toEqual(["32060001740001" + "61" + "3004000174" + "62" + "34060001740002" + "63"]);
    expect([...events, ...bench.events()].slice(1)).toEqual([{ type: "acknowledged", token: 2 }]);
    expect(bench.session.outboxCount).toBe(2);
  });

  it("refuses what is above its messages, and counts it", () => {
    const bench = new Bench();
    expect(fill(bench, OUTBOX_MESSAGES_MAX)).not.toContain(undefined);
    expect(fill(bench, 2)).toEqual([undefined, undefined]);
    expect(bench.policies.dropped).toEqual({ full: 2, oldest: 0, superseded: 0, expired: 0 });
    expect(dropped(bench.events())).toEqual([]);
  });

  it("refuses what is above its bytes", () => {
    const bench = new Bench();
    const payload = new Uint8Array(2_000);
    const taken = fill(bench, 5, { payload }).filter((token) => token !== undefined);
    expect(taken).toHaveLength(Math.floor(OUTBOX_BYTES_MAX / 2_012));
    expect(bench.session.outboxBytes).toBe(taken.length * 2_012);
  });

  it("drops the oldest that may be dropped for whatever comes, and never one that may not", () => {
    const bench = new Bench();
    fill(bench, 2, { policy: "dropOldest" });
    fill(bench, OUTBOX_MESSAGES_MAX - 2);
    expect(fill(bench, 3, { policy: "dropOldest" })).toEqual([33, 34, 35]);
    expect(fill(bench, 3)).toEqual([36, 37, undefined]);
    expect(dropped(bench.events())).toEqual([1, 2, 33, 34, 35].map((token) => [token, "oldest"]));
  });

  it("keeps the latest of a topic alone, where its class says so", () => {
    const bench = new Bench();
    fill(bench, 3, { policy: "latestPerTopic" });
    fill(bench, 1, { policy: "latestPerTopic", topic: "u" });
    fill(bench, 1);
    expect(dropped(bench.events())).toEqual([
      [1, "superseded"],
      [2, "superseded"],
    ]);
    expect(bench.session.outboxCount).toBe(3);
  });

  it("drops what is worthless before it is sent, also without a connection, and tells at that time", () => {
    const bench = new Bench();
    bench.session.start(bench.nowMs);
    fill(bench, 1, EXPIRING);
    fill(bench, 1);
    expect(dropped(bench.pass(9_999))).toEqual([]);
    expect(dropped(bench.pass(1))).toEqual([[1, "expired"]]);
    expect(bench.session.outboxCount).toBe(1);
  });

  it("does not drop what was sent: it may be with the broker", () => {
    const bench = new Bench().connect();
    fill(bench, 1, { ...EXPIRING, policy: "dropOldest" });
    bench.sent();
    expect(dropped(bench.pass(20_000))).toEqual([]);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    fill(bench, OUTBOX_MESSAGES_MAX);
    expect(dropped(bench.pass(10))).toEqual([]);
    expect(bench.reconnect(CONNACK_PRESENT).join("")).toContain("3a060001740002" + "01");
  });

  it("sends what is left of the time (MQTT 5)", () => {
    const bench = new Bench({ protocol: "5" });
    fill(bench, 1, EXPIRING);
    bench.open();
    bench.nowMs += 3_500;
    bench.receive("2003000000");
    expect(bench.sent().join("")).toContain("05" + "02" + "00000007" + "01");
  });

  it("asks storage again that refuses to drop an expired message", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store });
    bench.session.start(bench.nowMs);
    fill(bench, 1, { ...EXPIRING, isDurable: true });
    store.isFailing = true;
    expect(dropped(bench.pass(10_000))).toEqual([]);
    expect(bench.session.outboxCount).toBe(1);
    store.isFailing = false;
    expect(dropped(bench.pass(EXPIRY_RETRY_MS))).toEqual([[1, "expired"]]);
    expect(store.keys()).toEqual([]);
  });

  it("is not changed by a message that storage refuses", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store });
    fill(bench, OUTBOX_MESSAGES_MAX, { policy: "dropOldest", isDurable: true });
    store.isFailing = true;
    expect(() => bench.publish("x", { isDurable: true })).toThrow("flash is full");
    expect(bench.session.outboxCount).toBe(OUTBOX_MESSAGES_MAX);
    expect(dropped(bench.events())).toEqual([]);
  });

  it("keeps policy and order of what is durable over a reboot", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store });
    bench.publish("a", { isDurable: true, policy: "latestPerTopic" });
    bench.publish("b", { qos: 2 });
    bench.publish("c");
    const rebooted = new Bench({ store });
    expect(rebooted.session.outboxCount).toBe(2);
    rebooted.open();
    rebooted.receive(CONNACK_PRESENT);
    expect(rebooted.sent().join("")).toContain("3a06000174000161" + "3c06000174000262");
  });

  it.each([
    ["a topic filter", "010001" + "000123" + "0078"],
    ["no topic", "010001" + "0000" + "0078"],
    ["packet identifier 0", "010000" + "000161" + "0078"],
    ["QoS 0", "000001" + "000161" + "0078"],
    ["QoS 3", "030001" + "000161" + "0078"],
    ["half of its topic", "010001" + "000261"],
  ])("forgets a record that it never wrote: %s", (_name, record) => {
    const store = new MemoryStore();
    store.write("o-1", fromHex(record));
    store.write("o-2", fromHex("010002" + "000161" + "0078"));
    const bench = new Bench({ store, subscriptions: [] });
    expect(store.keys()).toEqual(["o-2"]);
    bench.open();
    bench.receive(CONNACK_NEW);
    expect(bench.sent()).toEqual(["3206000161" + "0002" + "78"]);
  });

  it("tells once when all that was accepted is acknowledged", () => {
    const bench = new Bench({ subscriptions: [] });
    expect(bench.session.isDrained).toBe(true);
    bench.publish("a");
    bench.publish("b", { qos: 2 });
    expect(bench.session.isDrained).toBe(false);
    bench.open();
    bench.receive(CONNACK_NEW);
    bench.sent();
    bench.receive("40020001" + "50020002");
    bench.sent();
    bench.events();
    expect(bench.drainedCount).toBe(0);
    bench.receive("70020002");
    expect([bench.drainedCount, bench.session.isDrained]).toEqual([1, true]);
    bench.publish("c", { qos: 0 });
    bench.events();
    expect(bench.drainedCount).toBe(1);
    bench.sent();
    bench.events();
    bench.events();
    expect(bench.drainedCount).toBe(2);
  });
});

type Step =
  | {
      readonly type: "add";
      readonly bytes: number;
      readonly topic: number;
      readonly qos: 0 | 1 | 2;
      readonly policy: 0 | 1 | 2;
    }
  | { readonly type: "send" | "acknowledge" | "close" | "lose" | "reserve"; readonly pick: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("add" as const),
      bytes: fc.integer({ min: 0, max: 1_500 }),
      topic: fc.integer({ min: 0, max: 3 }),
      qos: fc.constantFrom(0, 1, 2),
      policy: fc.constantFrom(0, 1, 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom("send" as const, "acknowledge", "close", "lose", "reserve"),
      pick: fc.integer({ min: 0, max: 100 }),
    }),
  },
);

describe("whatever is done to it, the outbox", () => {
  it("keeps its limits, its order, identifiers that nothing else holds, and accounts for every message", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const gone: number[] = [];
        const reasons: DropReason[] = [];
        const table = new OutboundTable({ outboxPolicies: new Policies() }, (event) => {
          if (event.type !== "dropped") return;
          gone.push(event.token);
          reasons.push(event.reason);
        });
        const kept = new Map<number, { policy: string; identifier: number }>();
        let reserved = 0;
        for (const one of steps) {
          if (one.type === "add") {
            const policy = (["reject", "dropOldest", "latestPerTopic"] as const)[one.policy];
            const options = { topic: `t${one.topic}`, qos: one.qos, retain: false, policy } as const;
            const entry = table.add({ ...options, payload: new Uint8Array(one.bytes) }, one.bytes, 0);
            if (entry) {
              const { token, packetIdentifier } = entry;
              expect(packetIdentifier > 0 && packetIdentifier <= 0xffff).toBe(one.qos > 0);
              const others = [...kept.values()].map(({ identifier }) => identifier);
              if (one.qos > 0) expect([...others, reserved].filter((held) => held > 0)).not.toContain(packetIdentifier);
              kept.set(token, { policy, identifier: packetIdentifier });
            } else
              expect(table.entries.length === OUTBOX_MESSAGES_MAX || table.bytes + one.bytes > OUTBOX_BYTES_MAX).toBe(
                true,
              );
            for (const token of gone.splice(0)) {
              expect(kept.get(token)?.policy).not.toBe("reject");
              expect(kept.delete(token)).toBe(true);
            }
          } else if (one.type === "send" && table.sentCount < INFLIGHT_MAX) {
            const next = table.first(UNSENT);
            if (next) next.stage = { is: next.qos === 2 ? AWAITING_PUBREC : AWAITING_PUBACK, sentMs: 0 };
          } else if (one.type === "acknowledge") {
            const tokens = [...kept.keys()];
            const identifier = kept.get(tokens[one.pick % Math.max(1, tokens.length)] ?? 0)?.identifier ?? 0;
            const entry = identifier > 0 ? table.find(identifier) : undefined;
            if (entry && entry.stage.is !== UNSENT) {
              table.remove(entry);
              kept.delete(entry.token);
            }
          } else if (one.type === "close") table.handleClosed();
          else if (one.type === "lose") {
            table.handleClosed();
            for (const entry of table.handleNewSession()) table.remove(entry);
          } else if (one.type === "reserve") {
            table.reservedIdentifier = 0;
            reserved = one.pick % 2 ? table.allocateIdentifier() : 0;
            table.reservedIdentifier = reserved;
          }
          expect(table.entries.length).toBe(kept.size);
          expect(table.entries.length).toBeLessThanOrEqual(OUTBOX_MESSAGES_MAX);
          expect(table.bytes).toBeLessThanOrEqual(OUTBOX_BYTES_MAX);
          const unsent = [table.first(UNSENT)?.token ?? 0, Math.min(...kept.keys())];
          if (unsent[0] && table.sentCount === 0) expect(unsent[0]).toBe(unsent[1]);
        }
        expect(reasons.filter((reason) => reason !== "oldest" && reason !== "superseded")).toEqual([]);
      }),
      { numRuns: 1_000, seed: 20_261_120 },
    );
  });

  it("comes back from the store as it was", () => {
    const message = fc.record({
      topic: fc.stringMatching(/^[a-zé/]{1,20}$/),
      payload: fc.uint8Array({ maxLength: 60 }),
      qos: fc.constantFrom(1 as const, 2 as const),
      retain: fc.boolean(),
      isDurable: fc.constant(true),
      policy: fc.constantFrom("reject" as const, "dropOldest" as const, "latestPerTopic" as const),
      properties: fc.record({
        contentType: fc.string({ unit: fc.constantFrom("a", "é", "語"), maxLength: 10 }),
        messageExpiryInterval: fc.integer({ min: 0, max: 0xffff_ffff }),
        userProperties: fc.array(fc.tuple(fc.constant("k"), fc.constant("v")), { minLength: 1, maxLength: 3 }),
      }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
        const store = new MemoryStore();
        const outbox = () =>
          new OutboundTable({ outboxStore: new DurableOutbox(store), outboxPolicies: new Policies() }, () => {});
        const table = outbox();
        const writer = new PublishWriter(new ByteWriter(0), undefined);
        const entries = messages.flatMap((one) => table.add(one, writer.check(one), 0) ?? []);
        const read = outbox();
        expect([read.entries.length, read.bytes]).toEqual([table.entries.length, table.bytes]);
        for (const { token, topic, payload, qos, retain, policy, properties, packetIdentifier } of entries) {
          const { bytes: _bytes, ...found } = read.find(packetIdentifier) ?? {};
          if (table.find(packetIdentifier)?.token !== token) continue;
          expect(found).toMatchObject({
            token,
            topic,
            qos,
            retain,
            policy,
            properties,
            stage: { is: UNSENT, isKnown: true },
          });
          expect(Uint8Array.from(payload as Uint8Array)).toEqual(
            Uint8Array.from(read.find(packetIdentifier)?.payload as Uint8Array),
          );
        }
      }),
      { numRuns: 300, seed: 20_261_120 },
    );
  });
});
