/** Puts the device to sleep when nothing is left to do. Only a board that sleeps has one. After the sleep the program starts anew. */
import { BATTERY_EMPTY_SLEEP_MS, BATTERY_LOW_STRETCH } from "../limits.ts";
import { asleepUntil } from "../payload/presence.ts";
import type { BatteryState } from "../power/battery-watch.ts";
import { SleepPlan, type SleepPlanOptions } from "../power/sleep-plan.ts";
import type { SleepMemory } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { Battery } from "./battery.ts";
import type { Commands } from "./commands.ts";
import type { Counters } from "./counters.ts";
import type { Device } from "./device.ts";
import type { Line } from "./line.ts";
import type { LogSource } from "./log-source.ts";
import type { Outbox } from "./outbox.ts";
import type { Panel } from "./panel.ts";
import { BATTERY_EMPTY, type PresenceSource } from "./presence-source.ts";
import { type Before, SleepKeeper } from "./sleep-keeper.ts";
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
  readonly session: Line;
  readonly outbox: Outbox;
  readonly sampler: Sampler;
  readonly panel: Panel;
  readonly presence: PresenceSource;
  readonly commands: Commands;
  readonly logSource: LogSource;
  readonly updates: Updates;
  readonly battery: Battery | undefined;
}

export class Sleeper {
  private readonly options: SleeperOptions;
  private readonly plan: SleepPlan;
  private parts: SleeperParts | undefined;
  private keeper: SleepKeeper | undefined;
  private isAsleep = false;
  private battery: BatteryState = "good";

  constructor(options: SleeperOptions) {
    this.options = options;
    this.plan = new SleepPlan(options);
  }

  /** Takes up what was kept. A device that goes on after `stop` has lost nothing. */
  start(parts: SleeperParts, nowMs: number): Before {
    const { wake, memory } = this.options;
    this.parts = parts;
    this.plan.start(nowMs, this.keeper !== undefined || wake !== "timer");
    if (this.keeper) return { uptimeMs: this.keeper.uptimeMs(nowMs), sleptMs: 0, battery: this.battery };
    this.keeper = new SleepKeeper(memory, parts.device, parts.sampler, nowMs);
    const before = this.keeper.recall(wake !== "start");
    this.battery = before.battery;
    return before;
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
    const parts = this.parts;
    if (!parts || this.isAsleep) return;
    this.keeper?.dateReadings(nowMs);
    this.watchBattery(parts, nowMs);
    // A new program that sleeps before it has proved itself would be taken back.
    if (!this.sleeps || parts.updates.timeoutMs !== undefined) return;
    const durationMs = this.plan.poll(isDone(parts, nowMs), nowMs, this.battery === "low" ? BATTERY_LOW_STRETCH : 1);
    if (durationMs !== undefined) this.fallAsleep(parts, durationMs);
  }

  /** Whether the device has woken with a battery that is still empty. It then sleeps on, and does not connect. */
  sleepsOn(nowMs: number): boolean {
    const parts = this.parts;
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
   * Writes down what must outlast the sleep. It is called last. Throws what store and memory throw.
   * @param counters with those that other parts of the gateway count
   */
  remember(counters: Readonly<Counters>, nowMs: number): void {
    this.keeper?.remember(counters, this.battery, nowMs);
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
