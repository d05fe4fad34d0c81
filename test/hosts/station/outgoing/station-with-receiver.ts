import { onTestFinished } from "vitest";
import type { StationOptions } from "../../../../hosts/station/station.ts";
import { scene } from "../scene.ts";
import { WebReceiver } from "./web-receiver.ts";

/** A station, and a server that it calls. `start` starts the station again with its data. */
export async function stationWithReceiver(options: Partial<StationOptions>) {
  const bench = scene();
  const there = new WebReceiver();
  await there.listen();
  onTestFinished(() => there.close());
  const data = bench.folder();
  const start = () => bench.station({ data, hookNetworks: ["127.0.0.1"], ...options });
  return { bench, there, start, station: await start() };
}
