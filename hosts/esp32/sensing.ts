/** Joins what a board senses: its own sensors, and those that its settings name. */
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Sensor } from "../../src/seams.ts";
import type { BoardSensors, Pager } from "../moddable/board.ts";
import { MonotonicClock } from "../moddable/clock.ts";
import type { Guards } from "../moddable/guard.ts";

/** A kind of sensors that settings name, such as inputs, or that are found at the start. A board lists those that it has. */
export interface SensorPart {
  readonly settings: SettingTable;
  /** Makes the sensors of these settings. */
  open(own: Values, host: SensorHost): OpenSensors;
}

export interface SensorHost {
  /** A part adds its sensors here, at any time. */
  readonly sensors: Sensor[];
  /** A part adds here what is wrong with its settings, one sentence each. */
  readonly problems: string[];
  readonly clock: MonotonicClock;
  readonly guards: Guards;
}

export interface OpenSensors {
  /** The names of devices that may carry sensors. */
  readonly carriers: readonly string[];
  /** Begins to listen. */
  start(pager: Pager): void;
}

export class Sensing implements BoardSensors {
  readonly sensors: Sensor[];
  readonly problems: string[] = [];
  private readonly opened: readonly OpenSensors[];

  /** @param fixed the sensors that the board always has */
  constructor(fixed: readonly Sensor[], parts: readonly SensorPart[], own: Values, guards: Guards) {
    this.sensors = [...fixed];
    const { sensors, problems } = this;
    const clock = new MonotonicClock();
    this.opened = parts.map((part) => part.open(own, { sensors, problems, clock, guards }));
  }

  get carriers(): readonly string[] {
    return this.opened.flatMap(({ carriers }) => carriers);
  }

  start(pager: Pager): void {
    for (const opened of this.opened) opened.start(pager);
  }
}
