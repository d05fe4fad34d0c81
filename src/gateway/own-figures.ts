import type { Sensor } from "../seams.ts";
import { type Counters, newCounters } from "./counters.ts";

/** What the device knows of itself: how long it has been running, in milliseconds, and what it has counted. */
export function ownFigures(uptimeMs: () => number, counters: () => Readonly<Counters>): readonly Sensor[] {
  const names = Object.keys(newCounters()) as (keyof Counters)[];
  return [
    { ...total("uptime", () => Math.floor(uptimeMs() / 1000)), unit: "s", deadband: Number.POSITIVE_INFINITY },
    ...names.map((name) => {
      const figure = total(name, () => counters()[name]);
      return GROWING.includes(name) ? { ...figure, deadband: Number.POSITIVE_INFINITY } : figure;
    }),
  ];
}

/** They grow with each message that tells them. So they are sent only when `telemetry.maxAge` says so, as the uptime is. */
const GROWING: readonly (keyof Counters)[] = Object.freeze(["sent"]);

/** The name `storeFailures` becomes `store-failures`. */
function total(counter: string, sample: () => number): Sensor {
  const name = counter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { name, unit: "count", deadband: 1, isTotal: true, isDiagnostic: true, sample };
}
