/**
 * Puts the device to sleep when nothing is left to do, and keeps over the sleep what is not in the store anyway. Only a board that
 * sleeps has one. After the sleep the program starts anew.
 *
 * | where | what | written |
 * |---|---|---|
 * | memory that keeps its contents in sleep | uptime, counters, the last values of the sensors, state of the battery | before each sleep |
 * | record `asleep` of the store | readings that the broker does not have | before a sleep with such readings |
 *
 * Both are JSON. So a sleep costs the flash one write while the broker cannot be reached, one removal after that, and nothing
 * otherwise. A power cut loses no reading that was taken before a sleep. A reading may be sent again after it.
 */
import { BATTERY_EMPTY_SLEEP_MS, BATTERY_LOW_STRETCH, SLEEP_MEMORY_BYTES_MAX } from "../limits.ts";
import type { Session } from "../mqtt/session.ts";
import { asleepUntil } from "../payload/presence.ts";
import type { BatteryState } from "../power/battery-watch.ts";
import { SleepPlan, type SleepPlanOptions } from "../power/sleep-plan.ts";
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
import type { Battery } from "./battery.ts";
import type { Commands } from "./commands.ts";
import type { Counters } from "./counters.ts";
import type { Device } from "./device.ts";
import type { LogSource } from "./log-source.ts";
import type { Outbox } from "./outbox.ts";
import type { Panel } from "./panel.ts";
import { BATTERY_EMPTY, type PresenceSource } from "./presence-source.ts";
import { readJson, writeText } from "./text-record.ts";
import type { Updates } from "./updates.ts";

/** Why the device runs: its timer or a button has woken it, or it was started otherwise. */
export type Wake = "timer" | "button" | "start";

export interface SleeperOptions extends SleepPlanOptions {
  readonly wake: Wake;
  readonly memory: SleepMemory;
}

/** What the gateway lends to it. */
export interface SleeperParts {
  readonly device: Device;
  readonly session: Session;
  readonly outbox: Outbox;
  readonly sampler: Sampler;
  readonly panel: Panel;
  readonly presence: PresenceSource;
  readonly commands: Commands;
  readonly logSource: LogSource;
  readonly updates: Updates;
  readonly battery: Battery | undefined;
}

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

export class Sleeper {
  private readonly options: SleeperOptions;
  private readonly plan: SleepPlan;
  private parts: SleeperParts | undefined;
  private startedMs = 0;
  private uptimeBeforeMs = 0;
  /** Readings of before a power cut. They get their times when the clock is set. */
  private undated: Unsent | undefined;
  private isOnStore = false;
  private isAsleep = false;
  private battery: BatteryState = "good";

  constructor(options: SleeperOptions) {
    this.options = options;
    this.plan = new SleepPlan(options);
  }

  /** Takes up what was kept. */
  start(parts: SleeperParts, nowMs: number): Before {
    const { wake, memory } = this.options;
    const { sampler, device } = parts;
    const { counters } = device;
    this.parts = parts;
    this.startedMs = nowMs;
    this.plan.start(nowMs, wake !== "timer");
    const unsent = unsentIn(readJson(device.store, KEY));
    this.isOnStore = unsent !== undefined;
    const slept = wake === "start" ? undefined : memory.read();
    const remembered = slept && rememberedIn(slept.bytes);
    if (!slept || !remembered) {
      this.undated = unsent;
      this.dateReadings(nowMs, false);
      return { uptimeMs: 0, sleptMs: 0, battery: "good" };
    }
    const { sleptMs } = slept;
    for (const name of Object.keys(counters) as (keyof Counters)[]) counters[name] = remembered.counters[name] ?? 0;
    sampler.backlog.thinnedCount = counters.thinned;
    recallChannels(sampler, remembered.channels, nowMs - sleptMs);
    if (unsent) this.recall(unsent, nowMs - sleptMs);
    this.uptimeBeforeMs = remembered.uptimeMs + sleptMs;
    this.battery = remembered.battery;
    return { uptimeMs: this.uptimeBeforeMs, sleptMs, battery: this.battery };
  }

  handleTouched(nowMs: number): void {
    this.plan.handleTouched(nowMs);
  }

  /** The device has got further: a network, a connection, a message, an acknowledgement. */
  handleActivity(nowMs: number): void {
    this.plan.handleActivity(nowMs);
  }

  /** When to call `update`. undefined: the device goes to sleep, or never does. */
  get timeoutMs(): number | undefined {
    return this.isAsleep || !this.sleeps ? undefined : this.plan.timeoutMs;
  }

  /** Asks for sleep when nothing is left to do, or when the device gets no further. */
  update(nowMs: number): void {
    const { parts } = this;
    if (!parts || this.isAsleep) return;
    this.dateReadings(nowMs, false);
    this.watchBattery(parts, nowMs);
    // A new program that sleeps before it has proved itself would be taken back.
    if (!this.sleeps || parts.updates.timeoutMs !== undefined) return;
    const durationMs = this.plan.poll(isDone(parts, nowMs), nowMs, this.battery === "low" ? BATTERY_LOW_STRETCH : 1);
    if (durationMs !== undefined) this.fallAsleep(parts, durationMs);
  }

  /** Whether the device has woken with a battery that is still empty. It then sleeps on, and does not connect. */
  sleepsOn(nowMs: number): boolean {
    const { parts } = this;
    const wasEmpty = this.battery === "empty";
    if (!parts || !wasEmpty) return false;
    parts.battery?.update(nowMs);
    this.watchBattery(parts, nowMs);
    if (!this.isEmpty) return false;
    this.fallAsleep(parts, BATTERY_EMPTY_SLEEP_MS);
    return true;
  }

  private fallAsleep({ device, presence }: SleeperParts, planMs: number): void {
    const { wallClock, events } = device;
    const durationMs = this.isEmpty ? BATTERY_EMPTY_SLEEP_MS : planMs;
    const seconds = wallClock();
    this.isAsleep = true;
    presence.handleFarewell(this.isEmpty ? BATTERY_EMPTY : asleepUntil(seconds && seconds + durationMs / 1000));
    events.log(`sleeps for ${Math.round(durationMs / 1000)} s`);
    events.tell({ type: "sleep", durationMs });
  }

  /** An empty battery puts a device to sleep that never sleeps otherwise. It gets the usual time to say so. */
  private watchBattery({ battery }: SleeperParts, nowMs: number): void {
    const state = battery?.state ?? "good";
    if (state === "empty" && !this.sleeps) this.plan.start(nowMs, false);
    this.battery = state;
  }

  private get isEmpty(): boolean {
    return this.battery === "empty";
  }

  private get sleeps(): boolean {
    return this.options.intervalMs > 0 || this.isEmpty;
  }

  /**
   * Writes down what must outlast the sleep. It is called last.
   * @param counters with those that other parts of the gateway count
   * Throws what store and memory throw.
   */
  remember(counters: Readonly<Counters>, nowMs: number): void {
    if (!this.parts) return;
    const { sampler, device } = this.parts;
    const { store, wallClock } = device;
    this.dateReadings(nowMs, true);
    const readings = readingsOf(sampler, nowMs);
    if (readings) writeText(store, KEY, JSON.stringify({ seconds: wallClock() ?? null, ...readings }));
    else if (this.isOnStore) store.remove(KEY);
    const uptimeMs = Math.round(this.uptimeBeforeMs + nowMs - this.startedMs);
    const counted = Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0));
    const { battery } = this;
    const remembered: Remembered = { uptimeMs, battery, counters: counted, channels: channelsOf(sampler, nowMs) };
    const bytes = encodeUtf8(JSON.stringify(remembered));
    // Without it all readings count as new after the sleep.
    this.options.memory.write(bytes.length > SLEEP_MEMORY_BYTES_MAX ? new Uint8Array() : bytes);
  }

  /** @param isLast the device goes to sleep: those that cannot be dated count as written at the start */
  private dateReadings(nowMs: number, isLast: boolean): void {
    if (!this.undated || !this.parts) return;
    const undated = this.undated;
    const seconds = this.parts.device.wallClock();
    const isKnown = seconds !== undefined && undated.seconds !== null;
    if (!isKnown && !isLast && undated.seconds !== null) return;
    this.undated = undefined;
    const agoMs = isKnown ? 1000 * Math.max(0, seconds - (undated.seconds as number)) : nowMs - this.startedMs;
    this.recall(undated, nowMs - agoMs);
  }

  private recall(unsent: Unsent, writtenMs: number): void {
    if (!this.parts) return;
    const { sampler, device } = this.parts;
    sampler.backlog.thinnedCount += recallReadings(sampler, unsent, writtenMs);
    device.counters.thinned = sampler.backlog.thinnedCount;
  }
}

/** Nothing is left to send, to show or to do. The broker has all that is ours. */
function isDone(parts: SleeperParts, nowMs: number): boolean {
  const { session, outbox, commands, logSource, panel, device } = parts;
  return (
    session.isConnected &&
    session.isDrained &&
    outbox.isEmpty(nowMs) &&
    commands.timeoutMs === undefined &&
    logSource.timeoutMs(nowMs) === undefined &&
    (!panel.exists || device.inbox.nextUnshown() === undefined)
  );
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
