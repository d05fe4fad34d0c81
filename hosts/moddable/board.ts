/** What `hosts/esp32` and `hosts/simulator` each supply. Types only. */
import type { Battery } from "../../src/gateway/battery.ts";
import type { KeptSettings } from "../../src/gateway/kept-settings.ts";
import type { Light } from "../../src/gateway/screen-light.ts";
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Sleeper } from "../../src/gateway/sleeper.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Gesture } from "../../src/pager/screen/gesture.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import type { Sensor, Store, WallClock } from "../../src/seams.ts";
import type { Guards } from "./guard.ts";
import type { TrialNetwork } from "./setup/trial.ts";
import type { VisibleNetwork } from "./setup/visible-network.ts";
import type { CertificateClock } from "./tls/certificate-time.ts";
import type { BoardUpdates } from "./update/board-updates.ts";

/** Why the board started. */
export interface ResetCause {
  /**
   * `program`: the program started itself again, on purpose or not. `fault`: a fault ended the former run. `other`: power or a button,
   * or the cause is not known.
   */
  readonly kind: "program" | "fault" | "other";
  /** The cause in a few words. */
  readonly words: string;
}

/** The network while the device is set up. */
export interface SetupNetwork extends TrialNetwork {
  /** undefined: the network has none. Then the device is set up over its serial line alone. */
  readonly accessPoints?: AccessPoints;
}

/** What a radio can do for set-up. */
export interface AccessPoints {
  /**
   * Opens an access point with this name and password (WPA2). Returns the device's IPv4 address there, and the ports of its servers.
   * Throws if there is none.
   */
  openAccessPoint(
    ssid: string,
    password: string,
  ): { readonly address: string; readonly httpPort: number; readonly dnsPort: number };
  /** Looks for networks, and calls `done` later. Throws where it cannot. */
  scan(done: (networks: readonly VisibleNetwork[]) => void): void;
}

/** Takes what comes over a serial line. */
export interface SerialReader {
  /** The bytes are valid during the call. */
  handleBytes(bytes: Uint8Array): void;
  /** Whether something has begun whose rest is on its way. */
  readonly isReading: boolean;
}

/** The serial line over which a board can be set up. */
export interface SetupLine {
  /** Name of the board, and version of its program, as far as the build has written them into it. */
  readonly firmware: { readonly board?: string; readonly version?: string };
  /** Writes bytes as one piece. Lines of the log come before or after it. */
  send(bytes: Uint8Array): void;
  /** From now on this reader takes what comes, with what has come before. It is made when something comes: most devices need none. */
  listen(makeReader: () => SerialReader): void;
}

/** What a board may do with the running pager. */
export interface Pager {
  press(button: Button): void;
  touch(gesture: Gesture): void;
  /** The network is back, or it is another one. @param name of the network; undefined: the same one */
  networkChanged(name?: string): void;
  /** There is no network. @param what in two words, such as `no Wi-Fi` @param why in a few words, or empty */
  networkLost(what: string, why: string): void;
  /** A sensor that is told at once may have changed, or there is a new sensor. */
  sensed(): void;
  /** Writes to a person, a group or another device. */
  send(to: string, text: string): void;
  /** `certificateClock` has a time now, or a better one. */
  timeChanged(): void;
  /**
   * Says goodbye to the broker. It calls `done` when that has been sent, or after some time if it could not be sent.
   */
  stop(done: () => void): void;
}

export interface BoardSensors {
  /** The list may grow. Then the board calls `Pager.sensed`. */
  readonly sensors: readonly Sensor[];
  /** The names of other devices that may carry some of them. */
  readonly carriers: readonly string[];
  /** What is wrong with their settings, one sentence each. */
  readonly problems: readonly string[];
}

export interface Board {
  /** All callbacks of the SDK run under these. */
  readonly guards: Guards;
  /** Writes one line for the person who reads the output of this board. */
  log(line: string): void;
  /** undefined: the board has none. */
  readonly setupLine?: SetupLine;
  /**
   * Sets up what the board has. It is called first. If it throws, that is shown as the reason why the pager cannot
   * start.
   */
  open(): void;
  /** Why the board started, as far as it knows. */
  resetCause(): ResetCause;
  /** The program is about to end, and its last words are on the screen. Waits a while so that they can be read. */
  linger(): void;
  /** Opens the store. Throws if the medium cannot be used. */
  openStore(): Store;
  /**
   * The settings that were given to this device from outside: built in, or beside the program. The same record may hold other
   * values. Throws an error with a message for the reader if they cannot be read.
   */
  givenSettings(): Values;
  /** Opens the settings that this device keeps. Throws if the medium cannot be used. */
  openSettings(): KeptSettings;
  /** The uid of a device that has none in its settings. undefined: the general default is used. */
  defaultUid(): string | undefined;
  /** The settings that the board reads. The gateway does not know them. */
  readonly ownSettings: SettingTable;
  /** The sensors that the board has with these settings. `own` holds the settings that `ownSettings` names. */
  openSensors(own: Values): BoardSensors;
  /** What the board measures of itself, apart from the memory: the signal, for example. */
  readonly figures: readonly Sensor[];
  readonly wallClock: WallClock;
  readonly certificateClock: CertificateClock;
  /** undefined: this board takes no updates. */
  readonly updates: BoardUpdates | undefined;
  /** Default: `color`. */
  readonly screenKind?: ScreenKind | undefined;
  /** Sets the light behind the screen, which is full at the start. undefined: the board cannot. */
  readonly setLight?: ((light: Light) => void) | undefined;
  /** A picture of the pager is on the screen. */
  handlePicture?(): void;
  /**
   * Sound, light, vibration for a message of this priority, 1 to 5, as far as the board can.
   * @param melody the sender's choice, see `tonesOf`
   */
  alert(priority: number, melody: string | undefined): void;
  /** undefined: the board has no battery, or cannot measure it. `own` holds the settings of `ownSettings`. */
  openBattery?(own: Values): Battery | undefined;
  /** undefined: the board never sleeps. `own` holds the settings of `ownSettings`. */
  openSleeper?(own: Values): Sleeper | undefined;
  /** Ends the program. It starts again after that time, or when a button is pressed. */
  sleep?(durationMs: number): void;
  /** undefined: the board cannot be set up. */
  openSetupNetwork?(): SetupNetwork | undefined;
  /** Whether a button is down. It is asked while the device starts, before `start`. */
  isButtonDown?(): boolean;
  /** Starts the board again as after power-on. */
  restart(): void;
  /** Begins to listen to the buttons and to set up the network. `own` holds the settings of `ownSettings`. */
  start(pager: Pager, own: Values): void;
}
