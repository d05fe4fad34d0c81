/** What Home Assistant gets from mosquitto about a device that it shall find. */
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { discoveryProblems } from "../payload/discovery-rules.ts";
import { requireOrSkip } from "../require.ts";
import { findMosquitto, type Mosquitto, mosquittoPub, startMosquitto } from "./mosquitto.ts";
import { findProgram } from "./server-process.ts";
import { TestPager } from "./test-pager.ts";

const TOPIC = "homeassistant/device/pager-1/config";
const available = requireOrSkip(
  "mosquitto",
  findMosquitto() !== undefined && findProgram("mosquitto_pub") !== undefined,
);

describe.runIf(available)("Home Assistant's discovery at mosquitto", () => {
  let broker: Mosquitto;
  const pagers: TestPager[] = [];
  const clients: MqttClient[] = [];
  const store = new MemoryStore();

  beforeEach(async () => {
    broker = await startMosquitto();
  });

  afterEach(async () => {
    for (const pager of pagers.splice(0)) await pager.stop();
    for (const client of clients.splice(0)) await client.endAsync(true);
    await broker.stop();
  });

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
  const start = (settings: Readonly<Record<string, unknown>>) => {
    const pager = new TestPager({ port: broker.port, store, settings });
    pagers.push(pager);
    return pager;
  };
  /** Collects documents and telemetry in the order in which they come. `retain`: it was there before. */
  const subscriber = async () => {
    const seen: { topic: string; payload: string; retain: boolean }[] = [];
    const client = await connectAsync({ host: "127.0.0.1", port: broker.port });
    clients.push(client);
    client.on("message", (topic, payload, { retain }) => seen.push({ topic, payload: payload.toString(), retain }));
    await client.subscribeAsync(["+/device/+/config", "/field/tele/+"], { qos: 1 });
    return seen;
  };
  const documentsOf = (seen: readonly { topic: string; payload: string }[]) =>
    seen
      .filter(({ topic }) => topic.endsWith("config"))
      .map(({ topic, payload }) => `${topic} ${payload && "document"}`);

  it("appears, keeps to the rules, moves with its prefix, and vanishes when it is turned off", async () => {
    const live = await subscriber();
    const first = start({ "homeAssistant.discovery": "yes", "telemetry.interval": 60 });
    await eventually(() => expect(documentsOf(live)).toEqual([`${TOPIC} document`]));
    expect(discoveryProblems("homeassistant", TOPIC, live.find(({ topic }) => topic === TOPIC)?.payload ?? "")).toEqual(
      [],
    );
    // Readings come in the JSON that the document's templates read. They need more than one batch.
    await eventually(() => {
      const batches = live.filter(({ topic }) => topic === "/field/tele/pager-1");
      expect(batches.flatMap(({ payload }) => JSON.parse(payload))).toContainEqual(
        expect.objectContaining({ n: "unread", v: 0 }),
      );
    });

    const late = await subscriber();
    await eventually(() => expect(late).toMatchObject([{ topic: TOPIC, retain: true }]));
    await first.stop();

    const moved = start({ "homeAssistant.discovery": "yes", "homeAssistant.prefix": "ha" });
    await eventually(() =>
      expect(documentsOf(live).slice(1)).toEqual([`${TOPIC} `, "ha/device/pager-1/config document"]),
    );
    await moved.stop();

    const off = start({});
    await eventually(() => expect(documentsOf(live).slice(3)).toEqual(["ha/device/pager-1/config "]));
    await eventually(() => expect(store.keys()).not.toContain("discovery"));
    await off.stop();

    // The broker keeps no document, and the device sends none any more.
    const after = await subscriber();
    const again = start({});
    await mosquittoPub(broker.port, ["-q", "1", "-t", "/field/page/pager-1", "-m", "mark1"]);
    await eventually(() => expect(again.marks).toEqual(["mark1"]));
    expect(documentsOf(after)).toEqual([]);
    expect(documentsOf(live)).toHaveLength(4);
  });

  it("its notify entity pages the device", async () => {
    const live = await subscriber();
    const pager = start({ "homeAssistant.discovery": "yes" });
    await eventually(() => expect(documentsOf(live)).toHaveLength(1));
    const { cmps } = JSON.parse(live[0]?.payload ?? "");
    // Home Assistant sends the message unchanged, in UTF-8, to the command topic.
    await mosquittoPub(broker.port, ["-q", String(cmps.page.qos), "-t", cmps.page.cmd_t, "-m", "mark1 T\u00fcr offen"]);
    await eventually(() => expect(pager.marks).toEqual(["mark1"]));
    expect(pager.screen.join(" ")).toContain("T\u00fcr offen");
  });
});
