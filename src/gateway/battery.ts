/**
 * The battery of the device: its sensors, its words on the screen, and its warning. Only a board that can measure its battery has one.
 */
import { messageOf } from "../errors.ts";
import { BATTERY_LOOK_MS } from "../limits.ts";
import { type BatteryLevels, type BatteryState, BatteryWatch } from "../power/battery-watch.ts";
import type { Sensor } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import type { EventQueue } from "./event-queue.ts";

/** What measures a battery. */
export interface BatteryGauge {
  /** Share of a full battery, 0 to 1. It may throw. */
  level(): number;
  /** Whether it is being charged. A board that cannot tell does not have this. */
  isCharging?(): boolean;
}

/** What the gateway lends to it. */
export interface BatteryParts {
  readonly events: EventQueue;
  readonly sampler: Sampler;
}

export class Battery {
  /** Its level, whether it is low, and whether it is being charged where the board can tell. */
  readonly sensors: readonly Sensor[];
  private readonly gauge: BatteryGauge;
  private readonly watch: BatteryWatch;
  private parts: BatteryParts | undefined;
  private percent: number | undefined;
  private isCharging: boolean | undefined;
  private lookMs = 0;

  constructor(gauge: BatteryGauge, levels: BatteryLevels) {
    this.gauge = gauge;
    this.watch = new BatteryWatch(levels);
    const about = { unit: "", deadband: 1, isDiagnostic: true, isPrompt: true } as const;
    this.sensors = [
      { name: "battery", unit: "%EL", deadband: 1, isDiagnostic: true, sample: () => percentOf(gauge) },
      { ...about, name: "battery-low", sample: () => Number(this.state !== "good") },
    ];
    if (gauge.isCharging)
      this.sensors = [...this.sensors, { ...about, name: "charging", sample: () => Number(gauge.isCharging?.()) }];
  }

  get state(): BatteryState {
    return this.watch.state;
  }

  /** The level for the bar of the screen, `85%`, and `+85%` while it is being charged. Empty: not known. */
  get words(): string {
    return this.percent === undefined ? "" : `${this.isCharging ? "+" : ""}${this.percent}%`;
  }

  /** Empty: the battery is good. */
  get warning(): string {
    return this.state === "good" ? "" : `battery ${this.state}`;
  }

  /** @param former its state before the sleep from which the device has woken */
  start(parts: BatteryParts, nowMs: number, former: BatteryState = "good"): void {
    this.parts = parts;
    this.watch.state = former;
    this.lookMs = nowMs;
  }

  /** When to call `update`. */
  get timeoutMs(): number {
    return this.lookMs;
  }

  /** Measures when it is time to. The log and the telemetry tell once that the battery is good, low or empty now. */
  update(nowMs: number): void {
    if (!this.parts || nowMs < this.lookMs) return;
    this.lookMs = nowMs + BATTERY_LOOK_MS;
    const line = this.look();
    if (line !== undefined) this.parts.events.log(line);
    // The level on the screen is of now, and so is a reading that is told at once.
    this.parts.sampler.handleChange(nowMs);
  }

  /** Returns a line for the log, if there is news. */
  private look(): string | undefined {
    const former = this.state;
    try {
      this.percent = percentOf(this.gauge);
      this.isCharging = this.gauge.isCharging?.();
      this.watch.handleLevel(this.percent, this.isCharging);
    } catch (error) {
      // Without a level nothing is decided. The sensor tells of the failure.
      const isNews = this.percent !== undefined;
      this.percent = this.isCharging = undefined;
      return isNews ? `battery: ${messageOf(error)}` : undefined;
    }
    return this.state === former ? undefined : `battery ${this.state}: ${this.words}`;
  }
}

function percentOf(gauge: BatteryGauge): number {
  return Math.round(100 * gauge.level());
}
