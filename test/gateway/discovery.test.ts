import { describe, expect, it } from "vitest";
import { DiscoverySource } from "../../src/gateway/discovery-source.ts";
import { readText } from "../../src/gateway/text-record.ts";
import { MemoryStore } from "../memory-store.ts";
import { settingsOf } from "./bench.ts";
import { testDevice } from "./test-device.ts";

const TOPIC = "homeassistant/device/p1/config";

function bench(isDiscovered: boolean, store = new MemoryStore(), sensors = [{ name: "t", unit: "Cel" }]) {
  const settings = { ...settingsOf(), homeAssistant: { isDiscovered, prefix: "homeassistant" } };
  const device = testDevice({ settings, store });
  return { source: new DiscoverySource(device, sensors), store, device };
}

describe("the document for Home Assistant", () => {
  it("is published once a connection, retained, and is recorded before it leaves", () => {
    const { source, store } = bench(true);
    expect(source.next()).toBeUndefined();
    for (let connections = 0; connections < 2; connections += 1) {
      source.handleConnected();
      const outgoing = source.next();
      expect(outgoing).toMatchObject({ topic: TOPIC, qos: 0, retain: true });
      expect(store.keys()).toEqual(["discovery"]);
      outgoing?.handleSent();
      expect(source.next()).toBeUndefined();
    }
    expect(store.writes).toBe(1);
  });

  it("is not published while the store cannot record its topic", () => {
    const { source, store, device } = bench(true);
    store.isFailing = true;
    source.handleConnected();
    expect(source.next()).toBeUndefined();
    expect(device.counters.storeFailures).toBe(1);
    store.isFailing = false;
    source.handleConnected();
    expect(source.next()?.topic).toBe(TOPIC);
  });

  it("is cleared on each connection until the broker has acknowledged that, also after a restart, and then never again", () => {
    const store = new MemoryStore();
    const on = bench(true, store).source;
    on.handleConnected();
    on.next()?.handleSent();
    for (let starts = 0; starts < 2; starts += 1) {
      const { source } = bench(false, store);
      source.handleConnected();
      const outgoing = source.next();
      expect(outgoing).toMatchObject({ topic: TOPIC, payload: new Uint8Array(), qos: 1, retain: true });
      outgoing?.handleSent();
      source.handleConnected();
      expect(source.next()).toBeUndefined();
      if (starts === 0) continue;
      outgoing?.handleTaken?.();
      expect([source.next(), store.keys()]).toEqual([undefined, []]);
    }
    const { source } = bench(false, store);
    source.handleConnected();
    expect(source.next()).toBeUndefined();
  });

  it("has no room for some sensors, and the log names them", () => {
    const sensors = Array.from({ length: 30 }, (_, index) => ({ name: `s${index}`, unit: "1" }));
    const { source, device } = bench(true, new MemoryStore(), sensors);
    source.handleConnected();
    source.next()?.handleSent();
    expect(device.events.poll()).toEqual({
      type: "log",
      line: expect.stringMatching(/^the document for Home Assistant has no room for .*s29$/),
    });
  });

  it("of a Bluetooth sensor comes with its first reading, and again with each new one", () => {
    const settings = { ...settingsOf(), homeAssistant: { isDiscovered: true, prefix: "homeassistant" } };
    const store = new MemoryStore();
    const source = new DiscoverySource(
      testDevice({ settings, store }),
      [{ name: "t", unit: "Cel" }],
      ["fridge", "attic"],
    );
    const send = () => {
      const sent: [string, string[]][] = [];
      for (let outgoing = source.next(); outgoing; outgoing = source.next()) {
        sent.push([outgoing.topic, Object.keys(JSON.parse(new TextDecoder().decode(outgoing.payload)).cmps)]);
        outgoing.handleSent();
      }
      return sent;
    };
    source.handleConnected();
    expect(send()).toEqual([[TOPIC, ["page", "t"]]]);
    const sensor = (name: string) => ({ name: `fridge/${name}`, unit: "Cel", carrier: "fridge", sample: () => 1 });
    source.add(sensor("temperature"));
    expect(send()).toEqual([["homeassistant/device/p1/fridge/config", ["temperature"]]]);
    source.add(sensor("door"));
    expect(send()).toEqual([["homeassistant/device/p1/fridge/config", ["temperature", "door"]]]);
    source.handleConnected();
    expect(send().map(([topic]) => topic)).toEqual([TOPIC, "homeassistant/device/p1/fridge/config"]);
    expect(readText(store, "discovery")).toBe(`${TOPIC}\nhomeassistant/device/p1/fridge/config`);
  });

  it("of a Bluetooth sensor stays if it was not heard since the start, and is cleared when the settings drop it", () => {
    const settings = { ...settingsOf(), homeAssistant: { isDiscovered: true, prefix: "homeassistant" } };
    const store = new MemoryStore();
    const start = (carriers: readonly string[]) => {
      const source = new DiscoverySource(testDevice({ settings, store }), [], carriers);
      source.handleConnected();
      return source;
    };
    const first = start(["fridge"]);
    first.next()?.handleSent();
    first.add({ name: "fridge/t", unit: "Cel", carrier: "fridge", sample: () => 1 });
    first.next()?.handleSent();
    const second = start(["fridge"]);
    expect(second.next()).toMatchObject({ topic: TOPIC, qos: 0 });
    const third = start([]);
    const outgoing = third.next();
    expect(outgoing).toMatchObject({
      topic: "homeassistant/device/p1/fridge/config",
      payload: new Uint8Array(),
      qos: 1,
    });
    outgoing?.handleSent();
    outgoing?.handleTaken?.();
    expect(third.next()).toMatchObject({ topic: TOPIC, qos: 0 });
    expect(readText(store, "discovery")).toBe(TOPIC);
  });
});
