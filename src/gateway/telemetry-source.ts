import { BATCH_READINGS_MAX, TELEMETRY_BYTES_MAX } from "../limits.ts";
import { encodeTelemetry } from "../payload/telemetry.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** The readings of the sensors, a batch at a time. Each has the time at which it was taken. */
export class TelemetrySource implements OutgoingSource {
  private readonly device: Device;
  private readonly sampler: Sampler;

  constructor(device: Device, sampler: Sampler) {
    this.device = device;
    this.sampler = sampler;
  }

  next(nowMs: number): Outgoing | undefined {
    const { topics, settings, wallClock } = this.device;
    const { format, qos } = settings.telemetry;
    for (let countMax = BATCH_READINGS_MAX; countMax >= 1; countMax >>= 1) {
      const batch = this.sampler.batch(countMax);
      if (batch.length === 0) return undefined;
      const readings = batch.map((sample) => ({ ...sample, ageSeconds: (nowMs - sample.atMs) / 1000 }));
      const payload = encodeTelemetry(format, topics.uid, readings, wallClock());
      // Fewer readings fit when the sensors have long names. One reading always fits.
      if (payload.length > TELEMETRY_BYTES_MAX && batch.length > 1) continue;
      const handleSent = () => this.sampler.remove(batch.length);
      return { topic: topics.telemetry, payload, qos, retain: false, handleSent };
    }
    return undefined;
  }
}
