/** The size of a device's telemetry is limited before it is stored or shown. */
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { LOCAL_KEY_FILE, readLocalKey } from "../../../../hosts/common/local-key.ts";
import { readEvents, type StationStreamEvent } from "../../../../hosts/station/shared/event-stream.ts";
import { ask, knowStation, StationBench, until } from "../harness.ts";

const BASE_NAME_BYTES = 32_700;
const READINGS = 10_900;
const CONSOLES = 3;

/** SenML in CBOR: a base name, and so many records with a value alone. */
function telemetryOf(baseNameBytes: number, readings: number): Buffer {
  const head = Buffer.from([
    0x99,
    readings >> 8,
    readings & 0xff,
    0xa2,
    0x21,
    0x79,
    baseNameBytes >> 8,
    baseNameBytes & 0xff,
  ]);
  const record = Buffer.from([0xa1, 0x02, 0x01]);
  const rest = Array.from({ length: readings - 1 }, () => record);
  return Buffer.concat([head, Buffer.alloc(baseNameBytes, "n"), Buffer.from([0x02, 0x01]), ...rest]);
}

it("does not end the station or its consoles with 65 KB of a long name in every reading", async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const data = bench.folder();
  const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--anonymous"];
  const station = bench.program("hosts/station/cli/fieldpager.ts station", flags);
  const [, mqttPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//);
  knowStation(url, readLocalKey(join(data, LOCAL_KEY_FILE)) ?? "");
  const events: StationStreamEvent[][] = [];
  for (let index = 0; index < CONSOLES; index += 1) {
    const { body } = await ask(url, "/api/events");
    const seen: StationStreamEvent[] = [];
    events.push(seen);
    const reading = (async () => {
      for await (const event of readEvents(body as unknown as AsyncIterable<Uint8Array>)) seen.push(event);
    })();
    reading.catch(() => {});
  }
  const device = await bench.mqtt(Number(mqttPort), { clientId: "p" });
  device.on("error", () => {});
  const packet = telemetryOf(BASE_NAME_BYTES, READINGS);
  expect(packet.length).toBeGreaterThan(65_000);
  expect(packet.length).toBeLessThanOrEqual(65_536);
  await device.publishAsync("/field/tele/p", packet, { qos: 1 });
  await device.publishAsync("/field/tele/p", telemetryOf(3, 2), { qos: 1 });
  const telemetry = (seen: StationStreamEvent[]) => seen.filter(({ event }) => event === "telemetry");
  for (const seen of events) await until("the next one", () => telemetry(seen).length > 0);
  for (const seen of events) expect(telemetry(seen).map(({ data }) => JSON.parse(data).readings.length)).toEqual([2]);
  const details = (await (await ask(url, "/api/devices/p")).json()) as { series: { name: string }[] };
  expect(details.series.map(({ name }) => name)).toEqual(["nnn"]);
  const health = (await (await fetch(`${url}/healthz`)).json()) as { unread: { malformed: number } };
  expect(health.unread.malformed).toBe(1);
  expect((await station.kill("SIGTERM")).status).toBe(0);
});
