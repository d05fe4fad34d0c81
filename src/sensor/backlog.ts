/**
 * The readings that wait to be sent, oldest first. Their buffers are allocated once. When the buffers are full, the older half
 * is thinned: every second reading of each sensor in it leaves. So the backlog keeps an outage of any length from its beginning
 * to its end. Older readings are further apart. The newer half stays as it was taken.
 */
import { READINGS_MAX } from "../limits.ts";

export class Backlog {
  /** Number of the sensor, value (NaN: it failed) and time of each reading. */
  private readonly sensors = new Uint8Array(READINGS_MAX);
  private readonly values = new Float64Array(READINGS_MAX);
  private readonly atMs = new Float64Array(READINGS_MAX);
  private count = 0;
  /** So many of the oldest are on their way. They are not thinned. */
  heldCount = 0;
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

  /** Removes the oldest readings. */
  remove(count: number): void {
    const end = this.count;
    for (const column of [this.sensors, this.values, this.atMs]) column.copyWithin(0, count, end);
    this.count -= Math.min(count, end);
    this.heldCount = 0;
  }

  private thin(): void {
    const isSecond: boolean[] = [];
    let kept = this.heldCount;
    for (let index = kept; index < this.count; index += 1) {
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
