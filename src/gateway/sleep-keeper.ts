/**
 * Keeps over a sleep what is not in the store anyway.
 *
 * | where | what | written |
 * |---|---|---|
 * | memory that keeps its contents in sleep | uptime, counters, the last values of the sensors, state of the battery | before each sleep |
 * | record `asleep` of the store | readings that the broker does not have | before a sleep with such readings |
 *
 * Both are JSON. So a sleep costs the flash one write while the broker cannot be reached, one removal after that, and nothing
 * otherwise. A power cut loses no reading that was taken before a sleep. A reading may be sent again after it.
 */
import { SLEEP_MEMORY_BYTES_MAX } from "../limits.ts";
import type { BatteryState } from "../power/battery-watch.ts";
import type { SleepMemory } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import {
  type ChannelMemory,
  channelsOf,
  type KeptReadings,
  readingsOf,
  recallChannels,
  recallReadings,
} from "../sensor/sampler-memory.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { Counters } from "./counters.ts";
import type { Device } from "./device.ts";
import { readJson, writeText } from "./text-record.ts";

/** What the device knows of its life before the sleep. */
export interface Before {
  /** How long it had run, its sleeps included, in milliseconds. */
  readonly uptimeMs: number;
  readonly sleptMs: number;
  readonly battery: BatteryState;
}

interface Remembered {
  readonly battery: BatteryState;
  readonly uptimeMs: number;
  readonly counters: Readonly<Partial<Counters>>;
  readonly channels: readonly ChannelMemory[];
}

interface Unsent extends KeptReadings {
  /** When they were written, in seconds since 1970. null: the device did not know. */
  readonly seconds: number | null;
}

const KEY = "asleep";

export class SleepKeeper {
  private readonly memory: SleepMemory;
  private readonly device: Device;
  private readonly sampler: Sampler;
  private readonly startedMs: number;
  private uptimeBeforeMs = 0;
  /** Readings of before a power cut. They get their times when the clock is set. */
  private undated: Unsent | undefined;
  private isOnStore = false;

  constructor(memory: SleepMemory, device: Device, sampler: Sampler, nowMs: number) {
    this.memory = memory;
    this.device = device;
    this.sampler = sampler;
    this.startedMs = nowMs;
  }

  /** Takes up what was kept. @param hasSlept false: the device was started otherwise, and its memory holds nothing */
  recall(hasSlept: boolean): Before {
    const { sampler, startedMs } = this;
    const { counters, store } = this.device;
    const unsent = unsentIn(readJson(store, KEY));
    this.isOnStore = unsent !== undefined;
    const slept = hasSlept ? this.memory.read() : undefined;
    const remembered = slept && rememberedIn(slept.bytes);
    if (!slept || !remembered) {
      this.undated = unsent;
      this.dateReadings(startedMs);
      return { uptimeMs: 0, sleptMs: 0, battery: "good" };
    }
    const { sleptMs } = slept;
    for (const name of Object.keys(counters) as (keyof Counters)[]) counters[name] = remembered.counters[name] ?? 0;
    sampler.backlog.thinnedCount = counters.thinned;
    recallChannels(sampler, remembered.channels, startedMs - sleptMs);
    if (unsent) this.recallReadings(unsent, startedMs - sleptMs);
    this.uptimeBeforeMs = remembered.uptimeMs + sleptMs;
    return { uptimeMs: this.uptimeBeforeMs, sleptMs, battery: remembered.battery };
  }

  /** How long the device has run, its sleeps included, in milliseconds. */
  uptimeMs(nowMs: number): number {
    return this.uptimeBeforeMs + nowMs - this.startedMs;
  }

  /**
   * Writes down what must outlast the sleep. Throws what store and memory throw.
   * @param counters with those that other parts of the gateway count
   */
  remember(counters: Readonly<Counters>, battery: BatteryState, nowMs: number): void {
    const { sampler } = this;
    const { store, wallClock } = this.device;
    this.dateReadings(nowMs, true);
    const readings = readingsOf(sampler, nowMs);
    if (readings) writeText(store, KEY, JSON.stringify({ seconds: wallClock() ?? null, ...readings }));
    else if (this.isOnStore) store.remove(KEY);
    const uptimeMs = Math.round(this.uptimeMs(nowMs));
    const counted = Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0));
    const remembered: Remembered = { uptimeMs, battery, counters: counted, channels: channelsOf(sampler, nowMs) };
    const bytes = encodeUtf8(JSON.stringify(remembered));
    // Without it all readings count as new after the sleep.
    this.memory.write(bytes.length > SLEEP_MEMORY_BYTES_MAX ? new Uint8Array() : bytes);
  }

  /** @param isLast the device goes to sleep: readings that cannot be dated count as written at the start */
  dateReadings(nowMs: number, isLast = false): void {
    const undated = this.undated;
    if (!undated) return;
    const seconds = this.device.wallClock();
    const isKnown = seconds !== undefined && undated.seconds !== null;
    if (!isKnown && !isLast && undated.seconds !== null) return;
    this.undated = undefined;
    const agoMs = isKnown ? 1000 * Math.max(0, seconds - (undated.seconds as number)) : nowMs - this.startedMs;
    this.recallReadings(undated, nowMs - agoMs);
  }

  private recallReadings(unsent: Unsent, writtenMs: number): void {
    const { backlog } = this.sampler;
    backlog.thinnedCount += recallReadings(this.sampler, unsent, writtenMs);
    this.device.counters.thinned = backlog.thinnedCount;
  }
}

/** Returns undefined for what this firmware has not written. */
function rememberedIn(bytes: Uint8Array): Remembered | undefined {
  try {
    const remembered = JSON.parse(decodeUtf8(bytes, 0, bytes.length, "memory")) as Remembered;
    const { uptimeMs, counters, channels } = remembered;
    return uptimeMs >= 0 && Array.isArray(channels) && counters ? remembered : undefined;
  } catch {
    return undefined;
  }
}

function unsentIn(record: unknown): Unsent | undefined {
  const { seconds, names, readings } = (record ?? {}) as Partial<Unsent>;
  if (!Array.isArray(names) || !Array.isArray(readings)) return undefined;
  return { seconds: typeof seconds === "number" ? seconds : null, names, readings: readings.filter(isReading) };
}

function isReading(reading: unknown): boolean {
  return Array.isArray(reading) && Number.isFinite(reading[2]);
}
