import { BATCH_READINGS_MAX, TELEMETRY_BYTES_MAX } from "../limits.ts";
import { encodeTelemetry } from "../payload/telemetry.ts";
import type { WallClock } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import type { Topics } from "./topics.ts";

/** The readings of the sensors, a batch at a time, each with the time when it was taken. */
export class TelemetrySource implements OutgoingSource {
  private readonly sampler: Sampler;
  private readonly topics: Topics;
  private readonly settings: Settings["telemetry"];
  private readonly wallClock: WallClock;

  constructor(sampler: Sampler, topics: Topics, settings: Settings["telemetry"], wallClock: WallClock) {
    this.sampler = sampler;
    this.topics = topics;
    this.settings = settings;
    this.wallClock = wallClock;
  }

  next(nowMs: number): Outgoing | undefined {
    const { format, qos } = this.settings;
    for (let countMax = BATCH_READINGS_MAX; countMax >= 1; countMax >>= 1) {
      const batch = this.sampler.batch(countMax);
      if (batch.length === 0) return undefined;
      const readings = batch.map((sample) => ({ ...sample, ageSeconds: (nowMs - sample.atMs) / 1000 }));
      const payload = encodeTelemetry(format, this.topics.uid, readings, this.wallClock());
      // Sensors of long names: fewer of them fit. One reading always does.
      if (payload.length > TELEMETRY_BYTES_MAX && batch.length > 1) continue;
      const handleSent = () => this.sampler.remove(batch.length);
      return { topic: this.topics.telemetry, payload, qos, retain: false, handleSent };
    }
    return undefined;
  }
}
