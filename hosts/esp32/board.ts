/** An ESP32 board that the SDK supports: Wi-Fi, time from the network, flash, and the buttons that the board has. */

import resetReason from "resetReason";
import config from "mc/config";
import Timer from "timer";
import { KeptSettings } from "../../src/gateway/kept-settings.ts";
import type { Values } from "../../src/gateway/setting.ts";
import type { Sensor, Store } from "../../src/seams.ts";
import type { Board, Pager, ResetCause } from "../moddable/board.ts";
import { OneTimer } from "../moddable/clock.ts";
import { Guards } from "../moddable/guard.ts";
import type { CertificateTime } from "../moddable/tls/certificate-time.ts";
import { listenToButtons } from "./buttons.ts";
import { NetworkTime, networkSeconds } from "./network-time.ts";
import { NvsStore } from "./nvs-store.ts";
import { SerialLine } from "./serial-line.ts";
import { BOARD_SETTINGS } from "./settings.ts";
import { takeSetup } from "./setup-partition.ts";
import { WifiKeeper } from "./wifi.ts";

/** Namespaces in flash. One holds the gateway's records; the other holds the settings, which outlive them. */
const RECORDS = "fp-records";
const SETTINGS = "fp-settings";

/** The SDK's names of resets by a fault, and of the reset after a restart by the program or after a stack overflow. */
const FAULTS: readonly string[] = Object.freeze(["Panic", "Interrupt WDT", "Task WDT", "Other WDT", "Brownout"]);
const PROGRAM = "Software";

/** How long the last words stay on the screen, in milliseconds. */
const LINGER_MS = 10_000;

/** The value of `time.host` for a network without a time server. */
const NO_TIME_HOST = "none";

/** A smaller change of the Wi-Fi signal is not told. */
const SIGNAL_STEP_DBM = 6;

/** How long the motor runs for a message of priority 3 or more, in milliseconds. */
const VIBRATION_MS = 400;

/** The SDK's module `system` exports nothing. It makes this global. */
declare const System: { restart(): void };

/** Boards with a motor have this global. */
interface Vibration {
  write(on: boolean): void;
}

export class Esp32Board implements Board {
  readonly ownSettings = BOARD_SETTINGS;
  readonly sensors: readonly Sensor[] = [];
  readonly figures: readonly Sensor[] = [
    { name: "signal", unit: "dBm", deadband: SIGNAL_STEP_DBM, isDiagnostic: true, sample: () => this.wifi?.signal },
  ];
  readonly guards = new Guards((line) => this.log(line));
  private readonly line = new SerialLine(config.logPin as number | undefined);
  private readonly motorTimer = new OneTimer(this.guards.of("motor"));
  private wifi: WifiKeeper | undefined;
  private time: NetworkTime | undefined;

  log(line: string): void {
    this.line.write(line);
  }

  /** Starts the network stack. Without it no socket can be made. */
  open(): void {
    this.wifi = new WifiKeeper(this.guards);
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

  defaultUid(): string | undefined {
    const mac = this.wifi?.mac;
    return mac && `pager-${mac.replaceAll(":", "").slice(-6).toLowerCase()}`;
  }

  wallClock(): number | undefined {
    return networkSeconds();
  }

  certificateClock(): CertificateTime | undefined {
    return this.time?.certificateTime();
  }

  alert(priority: number): void {
    const { vibration } = globalThis as unknown as { vibration?: Vibration };
    if (!vibration || priority < 3) return;
    vibration.write(true);
    this.motorTimer.set(VIBRATION_MS, () => vibration.write(false));
  }

  restart(): void {
    System.restart();
  }

  start(pager: Pager, own: Values): void {
    listenToButtons((button) => pager.press(button), this.guards);
    const time = new NetworkTime(this.guards, () => pager.timeChanged());
    this.time = time;
    const timeHosts = timeHostsOf(String(own["time.host"] || config.sntp || NO_TIME_HOST));
    this.wifi?.start(String(own["wifi.ssid"]), String(own["wifi.password"]), () => {
      pager.networkChanged();
      time.handleNetwork(timeHosts);
    });
  }
}

function timeHostsOf(setting: string): readonly string[] {
  return setting === NO_TIME_HOST ? [] : setting.split(",").map((host) => host.trim());
}
