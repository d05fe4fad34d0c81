/** What a board has and what drives it: the one thing that differs from board to board. Types only. */

import type { Battery } from "../../src/gateway/battery.ts";
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Sleeper } from "../../src/gateway/sleeper.ts";
import type { Tone } from "../../src/melodies.ts";
import type { Gesture } from "../../src/pager/screen/gesture.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import type { Sensor } from "../../src/seams.ts";
import type { SetupNetwork } from "../moddable/board.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import type { BoardClock } from "./board-clock.ts";
import type { SensorPart } from "./sensing.ts";

/** What the file of a board, `boards/<board>/board.ts`, returns. A part is listed only if code drives it. */
export interface BoardParts {
  /** Pin of the serial line of the flash tool, on which the log is written. */
  readonly logPin: number;
  /** How the board reaches the broker. */
  readonly network: NetworkPart;
  /** From left to right: none, one, two or three. `parts/buttons.ts` says what each is for. */
  readonly buttons?: readonly ButtonInput[];
  /** What kind of picture the screen shows. Default: `color`. */
  readonly screenKind?: ScreenKind;
  /** Sets the light behind the screen, 0 to 100 percent. */
  readonly backlight?: (percent: number) => void;
  /** For a screen that must be looked after: returns what is to be called after each picture. */
  readonly afterPicture?: (guards: Guards) => () => void;
  /** Begins to sample a touch panel. On some boards that is what moves the buttons, which are areas of it. */
  readonly touch?: (guards: Guards) => TouchInput;
  /** Makes what sounds. It is made when it is needed for the first time. The guard is for callbacks. */
  readonly sound?: (guard: Guard) => Sound;
  /** Makes what vibrates, when it is needed for the first time. */
  readonly vibration?: () => Switch;
  /** Makes a light, when it is needed for the first time. */
  readonly light?: () => Switch;
  /** For a board that can measure its battery. */
  readonly battery?: BatteryPart;
  /** A board without it never sleeps. */
  readonly sleep?: SleepPart;
  /** A board without it never stops its clocks while it is on. */
  readonly lightSleep?: LightSleepPart;
  readonly sensors?: readonly Sensor[];
  /** Kinds of sensors that the settings name, or that are found at the start. */
  readonly sensorParts?: readonly SensorPart[];
  /** The clock that runs on while the board is off. */
  readonly clock?: (guards: Guards) => BoardClock;
}

/** The battery of a board. */
export interface BatteryPart {
  readonly settings: SettingTable;
  /** undefined: the board has no battery in it. */
  open(own: Values): Battery | undefined;
}

/** How a board sleeps. */
export interface SleepPart {
  readonly settings: SettingTable;
  open(own: Values): Sleeper;
  /** Ends the program, which starts again after that time or when the button is pressed. */
  start(durationMs: number): void;
}

/** How a board that is on stops its clocks between two events. */
export interface LightSleepPart {
  readonly settings: SettingTable;
  /** undefined: the settings do not want it. @param isLit there is a light behind the screen, and it is on */
  open(own: Values, isLit: boolean, guards: Guards): LightSleeper | undefined;
}

/** Is told what keeps the clocks running. */
export interface LightSleeper {
  handleLight(isLit: boolean): void;
  handleAlert(): void;
  /** Something has come over the serial line. */
  handleLine(): void;
}

/** Begins to listen to a button. `handleChange` is called when it may have changed. Returns whether the button is down, when asked. */
export type ButtonInput = (handleChange: () => void) => () => boolean;

/** Tells what a finger does. */
export interface TouchInput {
  listen(handle: (gesture: Gesture) => void): void;
  /** Samples the panel again and again, also one with an interrupt: a chip in light sleep does not see its edge. */
  keepSampling(): void;
}

/** `onSample` is called when there is something to sample, on a panel with an interrupt. */
export type TouchMaker = (onSample: () => void) => TouchPanel;

/** A driver of the SDK (ECMA-419), or one with the same shape. */
export interface TouchPanel {
  readonly configuration?: { readonly interrupt?: boolean };
  /** Returns the fingers on the panel, without those on the board's buttons. None: the last one has left. undefined: nothing is new. */
  sample(): readonly TouchPoint[] | undefined;
}

/** In pixels of the screen. */
export interface TouchPoint {
  readonly x: number;
  readonly y: number;
}

/** Plays one pattern at a time. */
export interface Sound {
  /** Begins with this pattern. The former one has been stopped. */
  play(tones: readonly Tone[]): void;
  /** Ends the pattern, if it has not ended. Frees what it took. */
  stop(): void;
}

export interface Switch {
  write(on: boolean): void;
}

/** A kind of network, with its settings. */
export interface NetworkPart {
  readonly settings: SettingTable;
  /** Makes the interface. From now on sockets can be opened. They fail until there is an address. */
  open(guards: Guards): NetworkKeeper;
}

/** Connects to the network and stays connected. */
export interface NetworkKeeper {
  /** Hardware address, `xx:xx:xx:xx:xx:xx`. */
  readonly mac: string | undefined;
  /** What it measures of itself: the signal. */
  readonly figures: readonly Sensor[];
  /** Begins to connect. */
  start(own: Values, watcher: NetworkWatcher): void;
  /**
   * Opens what set-up needs, in the place of `start`.
   * @param startTime asks the time servers of these settings
   */
  openSetup(startTime: (own: Values) => void): SetupNetwork;
}

/** Is told of the network. */
export interface NetworkWatcher {
  /** There is an address again, or a new one. @param name of the network; what is learned of one does not hold for another */
  handleAddress(name: string): void;
  /** There is no connection. @param what in two words, such as `no Wi-Fi` @param why in a few words; empty: not known yet */
  handleTrouble(what: string, why: string): void;
}
