import { describe, expect, it } from "vitest";
import { BrokerRecord } from "../../src/gateway/broker-record.ts";
import { NetworkRecord } from "../../src/gateway/network-record.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench, settingsOf } from "./bench.ts";

const SUBSCRIPTIONS = [{ topicFilter: "/a/im/p", qos: 1 }] as const;

describe("what is remembered of a broker", () => {
  it("holds for that broker and those subscriptions", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([record.isGranted, record.protocolLevel]).toEqual([false, undefined]);
    record.handleConnected(5, false);
    record.setGranted(true);
    const again = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([again.isGranted, again.protocolLevel]).toEqual([true, 5]);
    expect(new BrokerRecord(store, "b:1883", SUBSCRIPTIONS).protocolLevel).toBeUndefined();
    expect(new BrokerRecord(store, "a:1883", [{ topicFilter: "/a/cmd/p", qos: 1 }]).isGranted).toBe(false);
  });

  it("forgets the subscriptions with the session, before they are granted anew", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.setGranted(true);
    record.handleConnecting();
    // The power fails here: nobody knows what the broker did with the session.
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).isGranted).toBe(false);
    record.handleConnected(4, true);
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).isGranted).toBe(true);
    record.handleConnected(4, false);
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).isGranted).toBe(false);
  });

  it("writes only what has changed, and takes a damaged record for none", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.handleConnected(5, false);
    record.setGranted(true);
    const { writes } = store;
    record.setGranted(true);
    expect(store.writes).toBe(writes);
    for (const bytes of [[0xff], [], [0x61]]) {
      store.records.set([...store.records.keys()][0] as string, Uint8Array.from(bytes));
      expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).isGranted).toBe(false);
    }
  });
});

describe("a record that is not what was written", () => {
  it.each([
    ["quiet", "\u00ff"],
    ["quiet", "7"],
    ["discovery", "\u00ff"],
    ["presence", "\u00ff"],
    ["commands", "\u00ff"],
    ["settings", "\u00ff"],
    ["w-1", "\u00ff"],
    ["w-1", '["a/b","m1",0,"x"]'],
    ["w-1", '["ann",1,0,"x"]'],
  ])("lets the device start, as if there were none: %s %j", (key, latin1) => {
    const store = new MemoryStore();
    store.records.set(key, Buffer.from(latin1, "latin1"));
    const settings = settingsOf({ "quiet.hours": "on" });
    const bench = new Bench({ settings, storedSettings: new StoredSettings(store, {}) }, store).connect();
    expect([bench.screen, bench.gateway.isConnected]).toEqual([expect.stringContaining("quiet hours"), true]);
    expect(bench.takeSent().filter((line) => /im|homeassistant/.test(line))).toEqual([]);
  });
});

describe("what is learned of a network", () => {
  it("holds for that network", () => {
    const store = new MemoryStore();
    const home = new NetworkRecord(store, "home");
    expect(home.learned).toBeUndefined();
    home.write({ goodMs: 90_000.5, badMs: undefined });
    expect(new NetworkRecord(store, "home").learned).toEqual({ goodMs: 90_001, badMs: undefined });
    home.write({ goodMs: 90_000, badMs: 120_000 });
    expect(new NetworkRecord(store, "home").learned).toEqual({ goodMs: 90_000, badMs: 120_000 });
    expect(new NetworkRecord(store, "café").learned).toBeUndefined();
    store.records.set([...store.records.keys()][0] as string, Uint8Array.of(1));
    expect(home.learned).toBeUndefined();
  });
});
