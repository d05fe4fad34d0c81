/** An ESP32 board: its parts, time from the network, and flash. */

import resetReason from "resetReason";
import config from "mc/config";
import Timer from "timer";
import type { Battery } from "../../src/gateway/battery.ts";
import { KeptSettings } from "../../src/gateway/kept-settings.ts";
import type { Light } from "../../src/gateway/screen-light.ts";
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Sleeper } from "../../src/gateway/sleeper.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import type { Sensor, Store } from "../../src/seams.ts";
import type { Board, BoardSensors, Pager, ResetCause, SetupNetwork } from "../moddable/board.ts";
import { TIME_SETTINGS } from "../moddable/board-settings.ts";
import { Guards } from "../moddable/guard.ts";
import type { CertificateTime } from "../moddable/tls/certificate-time.ts";
import type { BoardClock } from "./board-clock.ts";
import type { BoardParts, LightSleeper, NetworkKeeper, TouchInput } from "./board-parts.ts";
import { NetworkTime, networkSeconds } from "./network-time.ts";
import { NvsStore } from "./nvs-store.ts";
import { Alerter } from "./parts/alerter.ts";
import { Buttons } from "./parts/buttons.ts";
import { Sensing } from "./sensing.ts";
import { SerialLine } from "./serial-line.ts";
import { takeSetup } from "./setup-partition.ts";
import { Esp32Updates } from "./update/esp32-updates.ts";

/** Namespaces in flash. One holds the gateway's records; the other holds the settings, which outlive them. */
const RECORDS = "fp-records";
const SETTINGS = "fp-settings";

/** The SDK's names of resets by a fault, and of the reset after a restart by the program or after a stack overflow. */
const FAULTS: readonly string[] = Object.freeze(["Panic", "Interrupt WDT", "Task WDT", "Other WDT", "Brownout"]);
const PROGRAM = "Software";

const LIGHT_PERCENT = Object.freeze({ full: 100, dim: 20, off: 0 });

/** How long the last words stay on the screen, in milliseconds. */
const LINGER_MS = 10_000;

/** The value of `time.host` for a network without a time server. */
const NO_TIME_HOST = "none";

/** The SDK's module `system` exports nothing. It makes this global. */
declare const System: { restart(): void };

export class Esp32Board implements Board {
  readonly ownSettings: SettingTable;
  readonly guards = new Guards((line) => this.log(line));
  readonly setupLine: SerialLine;
  readonly setLight: ((light: Light) => void) | undefined;
  private readonly parts: BoardParts;
  private sensing: Sensing | undefined;
  private readonly alerter: Alerter;
  private keeper: NetworkKeeper | undefined;
  readonly updates: Esp32Updates | undefined;
  private buttons: Buttons | undefined;
  private touch: TouchInput | undefined;
  private lightSleeper: LightSleeper | undefined;
  private afterPicture: (() => void) | undefined;
  private time: NetworkTime | undefined;
  private readonly clock: BoardClock | undefined;

  constructor(parts: BoardParts) {
    this.parts = parts;
    this.setupLine = new SerialLine(parts.logPin, this.guards);
    this.updates = Esp32Updates.open((line) => this.log(line));
    const { network, sleep, lightSleep, battery, clock, backlight, sensorParts = [] } = parts;
    this.clock = clock?.(this.guards);
    this.ownSettings = Object.assign(
      {},
      network.settings,
      TIME_SETTINGS,
      sleep?.settings,
      lightSleep?.settings,
      battery?.settings,
      ...sensorParts.map(({ settings }) => settings),
    );
    this.setLight =
      backlight &&
      ((light) => {
        backlight(LIGHT_PERCENT[light]);
        this.lightSleeper?.handleLight(light !== "off");
      });
    this.alerter = new Alerter(parts, this.guards);
  }

  get screenKind(): ScreenKind | undefined {
    return this.parts.screenKind;
  }

  handlePicture(): void {
    this.afterPicture?.();
  }

  get figures(): readonly Sensor[] {
    return this.keeper?.figures ?? [];
  }

  log(line: string): void {
    this.setupLine.write(line);
  }

  /** Takes the time, and starts the network stack, without which no socket can be made, and the buttons. */
  open(): void {
    this.clock?.take();
    const { network, buttons = [], touch, afterPicture } = this.parts;
    this.keeper = network.open(this.guards);
    this.buttons = new Buttons(buttons, this.guards);
    this.touch = touch?.(this.guards);
    this.afterPicture = afterPicture?.(this.guards);
  }

  resetCause(): ResetCause {
    const { string: reason } = resetReason();
    const kind = reason === PROGRAM ? "program" : FAULTS.includes(reason) ? "fault" : "other";
    return { kind, words: reason };
  }

  linger(): void {
    Timer.delay(LINGER_MS);
  }

  openStore(): Store {
    return new NvsStore(RECORDS);
  }

  givenSettings(): Values {
    return config;
  }

  openSettings(): KeptSettings {
    const kept = new KeptSettings(new NvsStore(SETTINGS));
    takeSetup(kept, (line) => this.log(line));
    return kept;
  }

  openSensors(own: Values): BoardSensors {
    const { sensors = [], sensorParts = [] } = this.parts;
    this.sensing = new Sensing(sensors, sensorParts, own, this.guards);
    return this.sensing;
  }

  openBattery(own: Values): Battery | undefined {
    return this.parts.battery?.open(own);
  }

  openSleeper(own: Values): Sleeper | undefined {
    return this.parts.sleep?.open(own);
  }

  sleep(durationMs: number): void {
    this.parts.sleep?.start(durationMs);
  }

  defaultUid(): string | undefined {
    const mac = this.keeper?.mac;
    return mac && `pager-${mac.replaceAll(":", "").slice(-6).toLowerCase()}`;
  }

  wallClock(): number | undefined {
    return networkSeconds();
  }

  certificateClock(): CertificateTime | undefined {
    return this.time?.certificateTime();
  }

  alert(priority: number, melody: string | undefined): void {
    this.lightSleeper?.handleAlert();
    this.alerter.alert(priority, melody);
  }

  restart(): void {
    System.restart();
  }

  isButtonDown(): boolean {
    return this.buttons?.isAnyDown === true;
  }

  openSetupNetwork(): SetupNetwork | undefined {
    const time = this.openTime(() => {});
    return this.keeper?.openSetup((own) => time.handleNetwork(timeHostsOf(own)));
  }

  start(pager: Pager, own: Values): void {
    this.buttons?.listen((button) => pager.press(button));
    this.touch?.listen((gesture) => pager.touch(gesture));
    this.sensing?.start(pager);
    this.startLightSleep(own);
    const time = this.openTime(() => pager.timeChanged());
    this.keeper?.start(own, {
      handleAddress: (name) => {
        pager.networkChanged(name);
        time.handleNetwork(timeHostsOf(own));
      },
      handleTrouble: (what, why) => pager.networkLost(what, why),
    });
  }

  private startLightSleep(own: Values): void {
    const sleeper = this.parts.lightSleep?.open(own, this.setLight !== undefined, this.guards);
    if (!sleeper) return;
    this.lightSleeper = sleeper;
    this.setupLine.onReceived = () => sleeper.handleLine();
    this.buttons?.poll(this.guards.of("buttons"));
    this.touch?.keepSampling();
  }

  private openTime(onChanged: () => void): NetworkTime {
    const time = new NetworkTime(this.guards, onChanged, this.clock);
    this.time = time;
    return time;
  }
}

function timeHostsOf(own: Values): readonly string[] {
  const hosts = String(own["time.host"] || config.sntp || NO_TIME_HOST);
  return hosts === NO_TIME_HOST ? [] : hosts.split(",").map((host) => host.trim());
}
