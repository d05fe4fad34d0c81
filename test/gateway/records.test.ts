import { describe, expect, it } from "vitest";
import { BrokerRecord } from "../../src/gateway/broker-record.ts";
import { NetworkRecord } from "../../src/gateway/network-record.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { ROSTER_SETTLE_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, PAGE, publish, settingsOf } from "./bench.ts";

const SUBSCRIPTIONS = [{ topicFilter: "/a/im/p", qos: 1 }] as const;
const DOUBTFUL = [{ topicFilter: "/a/im/p", qos: undefined }] as const;

describe("what is remembered of a broker", () => {
  it("holds for that broker and those subscriptions", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([record.held, record.protocolLevel]).toEqual([[], undefined]);
    record.handleConnected(5, false);
    record.setHeld(SUBSCRIPTIONS);
    const again = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([again.held, again.protocolLevel]).toEqual([DOUBTFUL, 5]);
    const other = new BrokerRecord(store, "b:1883", SUBSCRIPTIONS);
    expect([other.held, other.protocolLevel]).toEqual([[], undefined]);
    // A subscription that left the settings may still be held, and must be removed.
    expect(new BrokerRecord(store, "a:1883", [{ topicFilter: "/a/cmd/p", qos: 1 }]).held).toEqual(DOUBTFUL);
    // Without subscriptions of its own the device leaves them to the station, and removes none.
    expect(new BrokerRecord(store, "a:1883", []).held).toEqual([]);
  });

  it("knows what is granted while the device runs, and doubts it after each start", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.handleConnecting();
    expect(record.held).toEqual(DOUBTFUL);
    record.handleConnected(4, false);
    record.setHeld(SUBSCRIPTIONS);
    expect(record.held).toEqual(SUBSCRIPTIONS);
    expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual(DOUBTFUL);
  });

  it("records before CONNECT which subscriptions the broker may come to hold", () => {
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
      [...DOUBTFUL, { topicFilter: "/a/pres/bob", qos: undefined }],
    ]);
  });

  it("writes only changes, and ignores a damaged record", () => {
    const store = new MemoryStore();
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    record.handleConnected(5, false);
    record.setHeld(SUBSCRIPTIONS);
    const { writes } = store;
    record.handleConnecting();
    record.handleConnected(5, false);
    record.setHeld(SUBSCRIPTIONS);
    expect(store.writes).toBe(writes);
    for (const bytes of [[0xff], [], [0x61]]) {
      store.records.set([...store.records.keys()][0] as string, Uint8Array.from(bytes));
      expect(new BrokerRecord(store, "a:1883", SUBSCRIPTIONS).held).toEqual([]);
    }
  });
});

/** Two names with the same FNV-1a of 32 bits. It stays the same if equal text is added to both. */
const [ONE, OTHER] = ["costarring", "liquid"] as const;

describe("names that a hash cannot tell apart", () => {
  it("are two networks and two brokers", () => {
    const store = new MemoryStore();
    new NetworkRecord(store, ONE).write({ goodMs: 90_000, badMs: undefined });
    expect([new NetworkRecord(store, ONE).learned?.goodMs, new NetworkRecord(store, OTHER).learned]).toEqual([
      90_000,
      undefined,
    ]);
    new BrokerRecord(store, `${ONE}:1883`, SUBSCRIPTIONS).setHeld(SUBSCRIPTIONS);
    expect(new BrokerRecord(store, `${ONE}:1883`, SUBSCRIPTIONS).held).toEqual(DOUBTFUL);
    expect(new BrokerRecord(store, `${OTHER}:1883`, SUBSCRIPTIONS).held).toEqual([]);
    expect(store.keys()).toHaveLength(2);
  });
});

describe("records of older firmware", () => {
  it("without a version hold", () => {
    const store = new MemoryStore();
    const write = (key: string, text: string) => store.records.set(key, encodeUtf8(text));
    write("quiet", "on");
    write("commands", '["c1"]');
    write("settings", '{"screen.dwell":700}');
    write("w-1", '["ann","m1",7,"On my way"]');
    store.records.set("presence", Uint8Array.of(0x53));
    const storedSettings = new StoredSettings(store, {});
    expect(storedSettings.result).toMatchObject({ settings: { screen: { dwellMs: 700 } } });
    const bench = new Bench({ storedSettings }, store).connect();
    expect(bench.sent.find(({ topic }) => topic === "/acme/pres/p1")?.payload).toBe("S");
    const command = encodeUtf8('{"id":"c1","at":1700000000,"do":"quiet","hours":"off"}');
    bench.receive(publish("/acme/cmd/p1", command));
    expect(bench.sent.find(({ topic }) => topic === "/acme/cmd/p1/result")?.payload).toContain("done before");
    expect(bench.sent.find(({ topic }) => topic === "/acme/im/ann")?.payload).toContain("On my way");
    const network = new NetworkRecord(store, "home");
    network.write({ goodMs: 90_000, badMs: 120_000 });
    const key = store.keys().find((key) => key.startsWith("net-")) as string;
    store.records.set(key, store.records.get(key)?.slice(1, 9) as Uint8Array);
    expect(network.learned).toEqual({ goodMs: 90_000, badMs: 120_000 });
  });

  it("that knew only one broker are taken over and removed", () => {
    const store = new MemoryStore();
    store.records.set("broker", encodeUtf8("a:1883\n4\n1 /a/im/p"));
    store.records.set("subscribed", encodeUtf8("a:1883\n1 /a/im/p"));
    const record = new BrokerRecord(store, "a:1883", SUBSCRIPTIONS);
    expect([record.held, record.protocolLevel]).toEqual([DOUBTFUL, 4]);
    expect(new BrokerRecord(store, "b:1883", SUBSCRIPTIONS).held).toEqual([]);
    record.setHeld(SUBSCRIPTIONS);
    expect(store.keys()).toEqual([expect.stringMatching(/^b-/)]);
  });
});

describe("a group that is joined or left while the power fails", () => {
  const OWN = { topicFilter: "/a/im/p", qos: 1 } as const;
  const CREW = { topicFilter: "/a/im/crew", qos: 1 } as const;
  const doubtful = [OWN, CREW].map(({ topicFilter }) => ({ topicFilter, qos: undefined }));
  const connect = (store: MemoryStore, wanted: readonly (typeof OWN | typeof CREW)[]) => {
    const record = new BrokerRecord(store, "a:1883", wanted);
    record.handleConnecting();
    record.handleConnected(4, false);
  };

  it("seed 921: joined, its subscription may be held although SUBACK did not come", () => {
    const store = new MemoryStore();
    new BrokerRecord(store, "a:1883", [OWN]).setHeld([OWN]);
    connect(store, [OWN, CREW]);
    expect(new BrokerRecord(store, "a:1883", [OWN]).held).toEqual(doubtful);
  });

  it("seed 1515: left, its subscription may be gone although UNSUBACK did not come", () => {
    const store = new MemoryStore();
    new BrokerRecord(store, "a:1883", [OWN, CREW]).setHeld([OWN, CREW]);
    connect(store, [OWN]);
    expect(new BrokerRecord(store, "a:1883", [OWN, CREW]).held).toEqual(doubtful);
  });
});

describe("a device with everything on its store", () => {
  /** A store with every kind of record. */
  function everything(): MemoryStore {
    const settings = settingsOf({ contacts: "ann", "quiet.hours": "on", "homeAssistant.discovery": "yes" });
    const store = new MemoryStore();
    const storedSettings = new StoredSettings(store, {});
    const bench = new Bench({ settings, storedSettings, network: "home" }, store);
    bench.subscriptions = 4;
    bench.connect();
    bench.receive(publish("/acme/pres/ann", fromHex("936c756e6368"), { retain: true, qos: 0 }));
    const command = (id: string, what: string) =>
      publish("/acme/cmd/p1", encodeUtf8(`{"id":"${id}","at":1700000000,${what}}`));
    bench.receive(command("c1", '"do":"quiet","hours":"on"'));
    bench.receive(command("c2", '"do":"presence","status":"custom","text":"on call"'));
    bench.receive(command("c3", '"do":"settings","set":{"screen.dwell":700}'));
    for (const [id, priority] of [
      ["1", 3],
      ["2", 4],
      ["3", 5],
    ] as const)
      bench.receive(publish(IM, im(id, `text ${id}`, { priority, choices: ["yes"], expirySeconds: 5000 })));
    bench.receive(command("c4", '"do":"retract","message":"1"'));
    bench.receive(publish(PAGE, encodeUtf8("Door")), publish(IM, im("q2", "x"), { qos: 2, packetIdentifier: 9 }));
    bench.gateway.sendMessage("ann", "hi", bench.nowMs);
    // The presences of a new session are written when the broker has sent all of them.
    bench.pass(ROSTER_SETTLE_MS);
    new NetworkRecord(store, "home").write({ goodMs: 90_000, badMs: undefined });
    return store;
  }

  it("starts, whichever byte of one record is changed, and wherever its end is cut off", {
    timeout: 600_000,
  }, () => {
    const whole = everything();
    const kinds = new Set(whole.keys().map((key) => key.replace(/-.*/, "")));
    expect([...kinds].sort()).toEqual([
      "b",
      "c",
      "commands",
      "digest",
      "discovery",
      "m",
      "net",
      "presence",
      "q2",
      "quiet",
      "s",
      "sent",
      "settings",
      "w",
    ]);
    const settings = settingsOf({ contacts: "ann", "homeAssistant.discovery": "yes" });
    for (const [key, record] of whole.records) {
      for (let at = 0; at <= record.length; at += 1) {
        for (const byte of [0x02, 0x22, 0xff, -1]) {
          if (byte >= 0 && at === record.length) continue;
          const store = new MemoryStore();
          for (const [other, bytes] of whole.records) store.records.set(other, bytes.slice());
          const damaged = byte < 0 ? record.slice(0, at) : Uint8Array.from(record);
          if (byte >= 0) damaged[at] = byte;
          store.records.set(key, damaged);
          const bench = new Bench({ settings, storedSettings: new StoredSettings(store, {}), network: "home" }, store);
          bench.gateway.start(bench.nowMs);
          bench.drain();
          bench.gateway.handleConnected(bench.nowMs);
          bench.receive(fromHex("20020100"));
          bench.receive(publish(IM, im("new", "still here")));
          expect([key, at, byte, bench.gateway.counters.stored]).toEqual([key, at, byte, 1]);
        }
      }
    }
  });

  it.each(["read", "remove", "keys"] as const)("starts where the store refuses to %s", (what) => {
    const store = everything();
    store[what] = () => {
      throw new Error("the medium refuses");
    };
    const again = new Bench({ network: "home" }, store).connect("20020100");
    expect(again.gateway.isConnected).toBe(true);
  });
});

describe("a damaged record", () => {
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
  ])("lets the device start as if it were not there: %s %j", (key, latin1) => {
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
