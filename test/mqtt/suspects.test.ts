/** The record of what connections have ended on. */
import { describe, expect, it } from "vitest";
import { ENDINGS_MAX } from "../../src/limits.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench, CONNACK_PRESENT, HELD } from "./session-bench.ts";

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
