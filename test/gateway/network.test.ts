/** The ping interval that the gateway learns for each network, and what the screen says while there is no network. */
import { describe, expect, it } from "vitest";
import { NetworkRecord } from "../../src/gateway/network-record.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench, settingsOf } from "./bench.ts";

describe("the interval between pings", () => {
  const settings = settingsOf({ "broker.keepAlive": 600, "broker.keepAliveMin": 60 });

  /** Joins this network. Returns how long the device is silent before it pings, in seconds. */
  function silenceOn(name: string, store: MemoryStore): number {
    const bench = new Bench({ settings }, store);
    bench.gateway.handleNetworkChanged(bench.nowMs, name);
    bench.connect();
    bench.sent.length = 0;
    for (let seconds = 1; seconds <= 600; seconds += 1) {
      bench.pass(1_000);
      if (bench.sent.some(({ type }) => type === "pingreq")) return seconds;
    }
    return Number.POSITIVE_INFINITY;
  }

  it("is the one of the network that was joined", () => {
    const store = new MemoryStore();
    new NetworkRecord(store, "lab").write({ goodMs: 240_000, badMs: 260_000 });
    expect([silenceOn("lab", store), silenceOn("hall", store)]).toEqual([240, 60]);
  });

  it("changes with the network, and is learned for the new one", () => {
    const store = new MemoryStore();
    new NetworkRecord(store, "lab").write({ goodMs: 240_000, badMs: 260_000 });
    const bench = new Bench({ settings }, store);
    bench.gateway.handleNetworkChanged(bench.nowMs, "lab");
    bench.gateway.handleNetworkChanged(bench.nowMs, "hall");
    bench.connect();
    bench.pass(60_000);
    bench.receive(Uint8Array.of(0xd0, 0));
    expect(new NetworkRecord(store, "hall").learned).toEqual({ goodMs: 60_000, badMs: undefined });
    expect(new NetworkRecord(store, "lab").learned).toEqual({ goodMs: 240_000, badMs: 260_000 });
    // The same network again and a network without a name change nothing.
    bench.gateway.handleNetworkChanged(bench.nowMs, "hall");
    bench.gateway.handleNetworkChanged(bench.nowMs);
    expect(new NetworkRecord(store, "hall").learned).toEqual({ goodMs: 60_000, badMs: undefined });
  });
});

describe("the screen", () => {
  const lost = { what: "no Wi-Fi", why: "lab: not there" };

  it("says what is missing and why, until the network is back", () => {
    const bench = new Bench();
    bench.gateway.start(bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("connecting");
    bench.gateway.handleNetworkLost(lost, bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("no Wi-Fi");
    expect(bench.screen).toContain("lab: not there");
    const { length } = bench.screens;
    bench.gateway.handleNetworkLost({ ...lost }, bench.nowMs);
    bench.drain();
    expect(bench.screens).toHaveLength(length);
    bench.gateway.handleNetworkLost({ what: "no address", why: "lab has given none yet" }, bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("no address");
    bench.gateway.handleNetworkChanged(bench.nowMs, "lab");
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(Uint8Array.of(0x20, 2, 0, 0));
    expect(bench.screen).not.toContain("no address");
    expect(bench.screen).toContain("online");
  });

  it("says that there is no broker, and why, if there is a network", () => {
    const bench = new Bench();
    bench.gateway.start(bench.nowMs);
    bench.gateway.handleClosed("no connection to 10.0.0.2:1883 in 10 s", bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("no broker");
    expect(bench.screen).toContain("no connection to 10.0.0.2:1883");
  });

  it("says nothing of a broker that speaks the other version of MQTT, which is tried at once", () => {
    const bench = new Bench({ settings: settingsOf({ "broker.protocol": "auto" }) });
    bench.gateway.start(bench.nowMs);
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(Uint8Array.of(0x20, 2, 0, 1));
    bench.gateway.handleClosed("closed", bench.nowMs);
    bench.pass(0);
    expect(bench.events.filter(({ type }) => type === "open")).toHaveLength(2);
    expect(bench.screen).toContain("connecting");
    expect(bench.screen).not.toContain("no broker");
  });

  it("still says online while a connection outlives the network", () => {
    const bench = new Bench().connect();
    bench.gateway.handleNetworkLost(lost, bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("online");
  });
});
