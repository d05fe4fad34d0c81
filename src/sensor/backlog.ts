/**
 * The readings that wait to be sent, oldest first, in buffers that are allocated once. When they are full the oldest are
 * thinned and not cut off: of the older half every second reading of each sensor leaves. So an outage of any length is kept
 * from its beginning to its end, the coarser the longer ago, and the newer half stays as it was taken.
 */
import { READINGS_MAX } from "../limits.ts";

export class Backlog {
  /** Index of the sensor, value (NaN: it failed) and time of each reading. */
  private readonly sensors = new Uint8Array(READINGS_MAX);
  private readonly values = new Float64Array(READINGS_MAX);
  private readonly atMs = new Float64Array(READINGS_MAX);
  private count = 0;
  /** Readings that were given up. */
  thinnedCount = 0;

  get length(): number {
    return this.count;
  }

  sensorAt(index: number): number {
    return this.sensors[index] as number;
  }

  valueAt(index: number): number {
    return this.values[index] as number;
  }

  atMsAt(index: number): number {
    return this.atMs[index] as number;
  }

  /** @param sensor 0 to 255 */
  push(sensor: number, value: number, atMs: number): void {
    if (this.count === READINGS_MAX) this.thin();
    this.set(this.count, sensor, value, atMs);
    this.count += 1;
  }

  /** Removes the oldest. */
  remove(count: number): void {
    const end = this.count;
    for (const column of [this.sensors, this.values, this.atMs]) column.copyWithin(0, count, end);
    this.count -= Math.min(count, end);
  }

  private thin(): void {
    const isSecond: boolean[] = [];
    let kept = 0;
    for (let index = 0; index < this.count; index += 1) {
      const sensor = this.sensorAt(index);
      const leaves = index < READINGS_MAX / 2 && isSecond[sensor];
      isSecond[sensor] = !isSecond[sensor];
      if (leaves) continue;
      this.set(kept, sensor, this.valueAt(index), this.atMsAt(index));
      kept += 1;
    }
    this.thinnedCount += this.count - kept;
    this.count = kept;
  }

  private set(index: number, sensor: number, value: number, atMs: number): void {
    this.sensors[index] = sensor;
    this.values[index] = value;
    this.atMs[index] = atMs;
  }
}
