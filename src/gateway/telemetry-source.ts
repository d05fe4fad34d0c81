import { BATCH_READINGS_MAX, TELEMETRY_BYTES_MAX } from "../limits.ts";
import { encodeTelemetry, type Reading } from "../payload/telemetry.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/**
 * The readings of the sensors, a batch at a time. Each has the time at which it was taken. With QoS 1 they are kept until the broker
 * has them, and the next batch follows then.
 */
export class TelemetrySource implements OutgoingSource {
  private readonly device: Device;
  private readonly sampler: Sampler;
  private isInFlight = false;

  constructor(device: Device, sampler: Sampler) {
    this.device = device;
    this.sampler = sampler;
  }

  next(nowMs: number): Outgoing | undefined {
    const { topics, settings } = this.device;
    const { qos } = settings.telemetry;
    const batch = this.isInFlight ? [] : this.sampler.batch(BATCH_READINGS_MAX);
    if (batch.length === 0) return undefined;
    const readings = batch.map((sample) => ({ ...sample, ageSeconds: (nowMs - sample.atMs) / 1000 }));
    const { payload, count } = telemetryPacket(this.device, readings);
    const handleSent = () => {
      this.isInFlight = qos === 1;
      if (this.isInFlight) this.sampler.hold(count);
      else this.sampler.remove(count);
    };
    const handleTaken = () => {
      this.isInFlight = false;
      this.sampler.remove(count);
    };
    return { topic: topics.telemetry, payload, qos, retain: false, handleSent, handleTaken };
  }
}

/**
 * The first of these readings, as many as fit into one packet, and how many those are. Fewer fit when their names are long. One
 * always fits.
 */
export function telemetryPacket(
  { topics, settings, wallClock }: Device,
  readings: readonly Reading[],
): { readonly payload: Uint8Array; readonly count: number } {
  for (let count = readings.length; ; count = Math.ceil(count / 2)) {
    const payload = encodeTelemetry(settings.telemetry.format, topics.uid, readings.slice(0, count), wallClock());
    if (payload.length <= TELEMETRY_BYTES_MAX || count === 1) return { payload, count };
  }
}
