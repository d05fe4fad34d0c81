import type { Inbox } from "../pager/inbox.ts";
import type { Sensor } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Counters } from "./counters.ts";

export interface OwnSensorsOptions {
  readonly inbox: Inbox;
  readonly counters: Readonly<Counters>;
  /** Asked for later: the sampler is made with these sensors. */
  readonly sampler: () => Sampler;
  readonly uptimeMs: () => number;
}

/** What the device knows of itself, as readings. */
export function ownSensors({ inbox, counters, sampler, uptimeMs }: OwnSensorsOptions): readonly Sensor[] {
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
      // A time that only goes on is worth a message when its age says so.
      deadband: Number.POSITIVE_INFINITY,
    },
    count("refused", () => counters.refused + counters.oversize),
    count("disconnections", () => counters.disconnections),
    count("thinned", () => sampler().thinnedCount),
    count("sensor-failures", () => sampler().failedCount),
  ];
}
