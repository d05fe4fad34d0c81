import { BATCH_READINGS_MAX, TELEMETRY_BYTES_MAX } from "../limits.ts";
import { encodeTelemetry } from "../payload/telemetry.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** The readings of the sensors, a batch at a time, each with the time when it was taken. */
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
      // Sensors of long names: fewer of them fit. One reading always does.
      if (payload.length > TELEMETRY_BYTES_MAX && batch.length > 1) continue;
      const handleSent = () => this.sampler.remove(batch.length);
      return { topic: topics.telemetry, payload, qos, retain: false, handleSent };
    }
    return undefined;
  }
}
