/**
 * Turns sensors into readings. The sampler samples each sensor at an interval. It keeps a reading that has changed, or whose
 * last kept one is too old, until the gateway takes it.
 */
import { messageOf } from "../errors.ts";
import { BATCH_READINGS_MAX, SENSOR_FAILURES_MAX, SENSOR_RETRY_MAX_MS, SENSORS_MAX } from "../limits.ts";
import type { Sensor } from "../seams.ts";
import { Backlog } from "./backlog.ts";

/** One value of one sensor, taken at `atMs` of the monotonic clock. */
export interface Sample {
  readonly name: string;
  readonly unit: string;
  /** undefined: the sensor failed. */
  readonly value: number | undefined;
  readonly atMs: number;
}

export interface SamplerOptions {
  /** Milliseconds between two samples of a sensor. 0: no samples. */
  readonly intervalMs: number;
  /** An unchanged value is kept when the last kept one is older than this many milliseconds. */
  readonly ageMaxMs: number;
  /** Deadbands by name of the sensor. They replace the sensors' own. */
  readonly deadbands?: Readonly<Record<string, number>> | undefined;
  readonly counters: SamplerCounters;
  /** Gets a line once when a sensor begins to fail, and once when it works again. */
  readonly log?: ((line: string) => void) | undefined;
}

/** What the sampler counts. */
export interface SamplerCounters {
  /** Readings that were given up to keep newer ones. */
  thinned: number;
  /** How often a sensor threw or had no value. */
  sensorFailures: number;
}

/** A sensor, and what is known of it. */
export interface Channel {
  readonly sensor: Sensor;
  readonly deadband: number;
  /** The value that was kept last. NaN: the sensor failed. */
  value: number;
  atMs: number;
  /** How often in a row it has failed. */
  failures: number;
  /** It is not sampled before this time. */
  retryMs: number;
}

export class Sampler {
  readonly channels: Channel[] = [];
  private readonly options: SamplerOptions;
  readonly backlog = new Backlog();
  private nextMs: number | undefined;

  /** Sensors beyond `SENSORS_MAX` are not sampled, and the log says so. */
  constructor(sensors: readonly Sensor[], options: SamplerOptions) {
    this.options = options;
    for (const sensor of sensors) this.add(sensor);
  }

  /** Adds a sensor, which is sampled from the next time on. */
  add(sensor: Sensor): void {
    const { deadbands, log } = this.options;
    if (this.channels.length >= SENSORS_MAX) {
      log?.(`sensor ${sensor.name} is not sampled, expected at most ${SENSORS_MAX}`);
      return;
    }
    const deadband = deadbands?.[sensor.name] ?? sensor.deadband ?? 0;
    this.channels.push({ sensor, deadband, value: 0, atMs: Number.NEGATIVE_INFINITY, failures: 0, retryMs: 0 });
  }

  /** Starts. The first samples are due at once. */
  start(nowMs: number): void {
    this.nextMs = this.options.intervalMs > 0 && this.channels.length > 0 ? nowMs : undefined;
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    return this.nextMs;
  }

  handleTimeout(nowMs: number): void {
    if (this.nextMs === undefined || nowMs < this.nextMs) return;
    this.nextMs = nowMs + this.options.intervalMs;
    for (let index = 0; index < this.channels.length; index += 1) this.sample(index, nowMs);
  }

  /** Samples what is told at once, and what has not been sampled yet. */
  handleChange(nowMs: number): void {
    if (this.nextMs === undefined) return;
    this.channels.forEach(({ sensor, atMs }, index) => {
      if (sensor.isPrompt || atMs === Number.NEGATIVE_INFINITY) this.sample(index, nowMs);
    });
  }

  /** The sensors that have a value, with the last one that was kept. */
  get latest(): readonly { readonly sensor: Sensor; readonly value: number }[] {
    return this.channels.filter(({ atMs, value }) => atMs > Number.NEGATIVE_INFINITY && !Number.isNaN(value));
  }

  /**
   * Returns the oldest readings, at most `countMax`. The caller calls `remove` when they have left, or `hold` when they are on their
   * way and `remove` when they have arrived.
   */
  batch(countMax = BATCH_READINGS_MAX): Sample[] {
    const samples: Sample[] = [];
    const backlog = this.backlog;
    for (let index = 0; index < Math.min(countMax, backlog.length); index += 1) {
      const { name, unit } = (this.channels[backlog.sensorAt(index)] as Channel).sensor;
      const value = backlog.valueAt(index);
      samples.push({ name, unit, value: Number.isNaN(value) ? undefined : value, atMs: backlog.atMsAt(index) });
    }
    return samples;
  }

  hold(count: number): void {
    this.backlog.heldCount = count;
  }

  remove(count: number): void {
    this.backlog.remove(count);
  }

  private sample(index: number, nowMs: number): void {
    const channel = this.channels[index] as Channel;
    if (nowMs < channel.retryMs) return;
    const value = this.valueOf(channel);
    const hasFailed = Number.isNaN(value);
    this.putOff(channel, hasFailed, nowMs);
    const hadFailed = Number.isNaN(channel.value);
    const isChanged = hasFailed !== hadFailed || Math.abs(value - channel.value) >= channel.deadband;
    if (!isChanged && nowMs - channel.atMs < this.options.ageMaxMs) return;
    if (hadFailed && !hasFailed) this.options.log?.(`sensor ${channel.sensor.name} works again`);
    channel.value = value;
    channel.atMs = nowMs;
    this.backlog.push(index, value, nowMs);
    this.options.counters.thinned = this.backlog.thinnedCount;
  }

  /** A sensor that fails again and again is sampled more and more seldom: each attempt may wait for a bus that does not answer. */
  private putOff(channel: Channel, hasFailed: boolean, nowMs: number): void {
    channel.failures = hasFailed ? channel.failures + 1 : 0;
    const excess = channel.failures - SENSOR_FAILURES_MAX;
    const waitMs = Math.min(SENSOR_RETRY_MAX_MS, this.options.intervalMs * 2 ** (excess + 1));
    channel.retryMs = excess < 0 || channel.sensor.isPrompt ? 0 : nowMs + waitMs;
  }

  /** Returns NaN where the sensor failed. */
  private valueOf({ sensor, value: last }: Channel): number {
    let problem = "no value";
    try {
      const value = sensor.sample();
      if (value !== undefined && Number.isFinite(value)) return value;
    } catch (error) {
      problem = messageOf(error);
    }
    this.options.counters.sensorFailures += 1;
    if (!Number.isNaN(last)) this.options.log?.(`sensor ${sensor.name} failed: ${problem}`);
    return Number.NaN;
  }
}
