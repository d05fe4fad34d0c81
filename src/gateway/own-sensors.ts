import type { Sensor } from "../seams.ts";
import type { Device } from "./device.ts";

/** What the device knows of itself, as readings. @param uptimeMs how long it has been running, in milliseconds */
export function ownSensors({ inbox, counters }: Device, uptimeMs: () => number): readonly Sensor[] {
  const count = (name: string, sample: () => number): Sensor => ({
    name,
    unit: "count",
    deadband: 1,
    isTotal: true,
    isDiagnostic: true,
    sample,
  });
  return [
    { name: "unread", unit: "count", deadband: 1, sample: () => inbox.unreadCount },
    {
      ...count("uptime", () => Math.floor(uptimeMs() / 1000)),
      unit: "s",
      // The uptime always grows. So it is sent only when `telemetry.maxAge` says so.
      deadband: Number.POSITIVE_INFINITY,
    },
    count("refused", () => counters.refused + counters.oversize),
    count("malformed", () => counters.malformed),
    count("rejected", () => counters.rejected),
    count("unreceipted", () => inbox.unreceiptedCount),
    count("disconnections", () => counters.disconnections),
    count("thinned", () => counters.thinned),
    count("sensor-failures", () => counters.sensorFailures),
    count("host-failures", () => counters.hostFailures),
  ];
}
