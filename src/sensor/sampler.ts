/** Sensors to readings: samples each at an interval, keeps what has changed, forgets the oldest when nobody takes them. */
import { BATCH_READINGS_MAX, READINGS_MAX } from "../limits.ts";
import type { Sensor } from "../seams.ts";

/** One value of one sensor, taken at `atMs` of the monotonic clock. */
export interface Sample {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly atMs: number;
}

export interface SamplerOptions {
  /** Milliseconds between two samples of a sensor; 0 takes none. */
  readonly intervalMs: number;
  /** A value is kept, changed or not, when the last kept one is older than this many milliseconds. */
  readonly ageMaxMs: number;
}

export class Sampler {
  readonly #sensors: readonly Sensor[];
  readonly #options: SamplerOptions;
  readonly #kept = new Map<Sensor, Sample>();
  readonly #waiting: Sample[] = [];
  #nextMs: number | undefined;
  /** Samples that were dropped because nobody took them. */
  droppedCount = 0;
  /** Times that a sensor threw or had no value. */
  failedCount = 0;

  constructor(sensors: readonly Sensor[], options: SamplerOptions) {
    this.#sensors = sensors;
    this.#options = options;
  }

  /** Begins: the first samples are due at once. */
  start(nowMs: number): void {
    this.#nextMs = this.#options.intervalMs > 0 && this.#sensors.length > 0 ? nowMs : undefined;
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    return this.#nextMs;
  }

  handleTimeout(nowMs: number): void {
    if (this.#nextMs === undefined || nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + this.#options.intervalMs;
    for (const sensor of this.#sensors) this.#sample(sensor, nowMs);
  }

  /** The oldest waiting samples, at most `BATCH_READINGS_MAX`; `remove` them once they are on their way. */
  get batch(): readonly Sample[] {
    return this.#waiting.slice(0, BATCH_READINGS_MAX);
  }

  remove(count: number): void {
    this.#waiting.splice(0, count);
  }

  #sample(sensor: Sensor, nowMs: number): void {
    let value: number | undefined;
    try {
      value = sensor.sample();
    } catch {
      value = undefined;
    }
    if (value === undefined || !Number.isFinite(value)) {
      this.failedCount += 1;
      return;
    }
    const last = this.#kept.get(sensor);
    if (last && Math.abs(value - last.value) < (sensor.deadband ?? 0) && nowMs - last.atMs < this.#options.ageMaxMs)
      return;
    const sample = { name: sensor.name, unit: sensor.unit, value, atMs: nowMs };
    this.#kept.set(sensor, sample);
    this.#waiting.push(sample);
    if (this.#waiting.length > READINGS_MAX) {
      this.#waiting.shift();
      this.droppedCount += 1;
    }
  }
}
