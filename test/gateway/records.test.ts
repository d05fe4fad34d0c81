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
    expect([record.held, record.protocolLevel]).toEqual([[], undefined]);
    record.handleConnected(5, false);
    record.setHeld(SUBSCRIPTIONS);
    const again = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([again.held, again.protocolLevel]).toEqual([SUBSCRIPTIONS, 5]);
    const other = new BrokerRecord(store, "b:1883", SUBSCRIPTIONS);
    expect([other.held, other.protocolLevel]).toEqual([[], undefined]);
    // What the settings do not name any more is still held, and is to be taken back.
    expect(new BrokerRecord(store, "a:1883", [{ topicFilter: "/a/cmd/p", qos: 1 }]).held).toEqual(SUBSCRIPTIONS);
    // The station's subscriptions are not ours to take back.
    expect(new BrokerRecord(store, "a:1883", []).held).toEqual([]);
  });

  it("forgets the subscriptions with the session, before they are granted anew", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.setHeld(SUBSCRIPTIONS);
    const doubtful = [{ topicFilter: "/a/im/p", qos: undefined }];
    record.handleConnecting();
    // The power fails here: nobody knows what the broker did with the session.
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual(doubtful);
    record.handleConnected(4, true);
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual(SUBSCRIPTIONS);
    record.handleConnected(4, false);
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual(doubtful);
  });

  it("knows before CONNECT leaves what the broker may come to hold", () => {
    const store = new MemoryStore();
    new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).handleConnecting();
    const later = new BrokerRecord(store, "a:1883", [{ topicFilter: "/a/cmd/p", qos: 1 }]);
    expect(later.held).toEqual([{ topicFilter: "/a/im/p", qos: undefined }]);
  });

  it("reads the record of former firmware", () => {
    const store = new MemoryStore();
    new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).handleConnecting();
    store.records.set([...store.records.keys()][0] as string, Buffer.from("a:1883\n5\n1 /a/im/p\n0 /a/pres/bob"));
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([record.protocolLevel, record.held]).toEqual([
      5,
      [...SUBSCRIPTIONS, { topicFilter: "/a/pres/bob", qos: 0 }],
    ]);
  });

  it("writes only what has changed, and takes a damaged record for none", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.handleConnected(5, false);
    record.setHeld(SUBSCRIPTIONS);
    const { writes } = store;
    record.setHeld(SUBSCRIPTIONS);
    expect(store.writes).toBe(writes);
    for (const bytes of [[0xff], [], [0x61]]) {
      store.records.set([...store.records.keys()][0] as string, Uint8Array.from(bytes));
      expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual([]);
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
