/** Commands to a whole pager through mosquitto, as a script would send them. */
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { startPager } from "../../hosts/node/pager.ts";
import { requireOrSkip } from "../require.ts";
import { findMosquitto, type Mosquitto, mosquittoPub, startMosquitto } from "./mosquitto.ts";
import { findProgram } from "./server-process.ts";
import { TestPager } from "./test-pager.ts";

const TOPIC = "/field/cmd/pager-1";
const available = requireOrSkip(
  "mosquitto",
  findMosquitto() !== undefined && findProgram("mosquitto_pub") !== undefined,
);

describe.runIf(available)("commands through mosquitto", () => {
  let broker: Mosquitto;
  let watcher: MqttClient;
  let pager: TestPager | undefined;
  const results: { id?: string; ok: boolean; error?: string; note?: string }[] = [];
  const presences: string[] = [];

  beforeEach(async () => {
    broker = await startMosquitto();
    watcher = await connectAsync({ host: "127.0.0.1", port: broker.port });
    results.length = 0;
    presences.length = 0;
    watcher.on("message", (topic, payload) => {
      if (topic.endsWith("/result")) results.push(JSON.parse(payload.toString()));
      else presences.push(payload.toString("hex"));
    });
    await watcher.subscribeAsync([`${TOPIC}/result`, "/field/pres/pager-1"], { qos: 1 });
  });

  afterEach(async () => {
    await pager?.stop();
    await watcher.endAsync(true);
    await broker.stop();
  });

  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
  const online = () => eventually(() => expect(presences.at(-1)).toBe("51"));
  const send = (command: object, ...args: string[]) =>
    mosquittoPub(broker.port, ["-q", "1", ...args, "-t", TOPIC, "-m", JSON.stringify(command)]);
  const now = () => Math.floor(Date.now() / 1000);

  it("takes back a message, and sets the presence, each answered by its id", async () => {
    pager = new TestPager({ port: broker.port });
    await online();
    const page = JSON.stringify({ id: "m1", co: "mark1" });
    await mosquittoPub(broker.port, ["-q", "1", "-t", "/field/page/pager-1", "-m", page]);
    await eventually(() => expect(pager?.screen.join()).toContain("mark1"));
    await send({ id: "c1", at: now(), do: "retract", message: "m1" });
    await eventually(() => expect(results).toEqual([{ id: "c1", ok: true }]));
    await eventually(() => expect(pager?.screen.join()).not.toContain("mark1"));
    await send({ id: "c2", at: now(), do: "presence", status: "busy", text: "lunch" });
    await eventually(() => expect(presences.at(-1)).toBe("936c756e6368"));
  });

  it("changes settings, which hold after the restart that it asks for", async () => {
    pager = new TestPager({ port: broker.port, store: new MemoryStore() });
    await online();
    await send({ id: "s1", at: now(), do: "settings", set: { "quiet.hours": "on", "broker.host": "elsewhere" } });
    await send({ id: "s2", at: now(), do: "settings", set: { "quiet.hours": "on" } });
    await eventually(() => expect(results).toHaveLength(2));
    expect(results[0]).toMatchObject({ ok: false, error: "setting broker.host: not by a command" });
    expect(results[1]).toEqual({ id: "s2", ok: true, note: "takes effect at the next start" });
    expect(presences.at(-1)).toBe("51");
    await send({ id: "r1", at: now(), do: "restart" });
    // The pager says goodbye, and has quiet hours after the restart.
    await eventually(() =>
      expect(presences).toEqual(["51", "52", Buffer.from("\x93quiet hours", "latin1").toString("hex")]),
    );
    await eventually(() => expect(results[2]).toEqual({ id: "r1", ok: true }));
  });

  it("goes on with its old settings when it cannot start again", async () => {
    const settings: Record<string, unknown> = { "broker.port": broker.port, "telemetry.interval": 0 };
    const logs: string[] = [];
    const other = startPager({ settings, store: new MemoryStore(), sensors: [], onLog: (line) => logs.push(line) });
    try {
      await online();
      settings["screen.dwell"] = -1;
      await send({ id: "r1", at: now(), do: "restart" });
      await eventually(() => expect(presences.slice(0, 2)).toEqual(["51", "52"]));
      await online();
      expect(logs.filter((line) => line.startsWith("restart: "))).toEqual([
        expect.stringContaining("screen.dwell: -1"),
      ]);
    } finally {
      await other.stop();
    }
  });

  it("does not obey a retained command: it would restart again and again", async () => {
    await send({ id: "r1", at: now(), do: "restart" }, "-r");
    pager = new TestPager({ port: broker.port });
    await online();
    await send({ id: "i1", at: now(), do: "identify" });
    await eventually(() => expect(pager?.alerts).toEqual([5, 3]));
    await eventually(() => expect(results).toEqual([{ id: "i1", ok: true }]));
    expect(pager.logs.filter((line) => line.includes("retained"))).toHaveLength(1);
    expect(presences).toEqual(["51"]);
  });

  it("obeys a sender without a clock if the message has an expiry", async () => {
    pager = new TestPager({ port: broker.port });
    await online();
    await send({ id: "i1", do: "identify" });
    await send({ id: "i1", do: "identify" }, "-V", "5", "-D", "PUBLISH", "message-expiry-interval", "60");
    await eventually(() => expect(results).toHaveLength(2));
    expect(results.map(({ ok }) => ok)).toEqual([false, true]);
  });
});
