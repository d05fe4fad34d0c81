/** An ESP32 board of those the SDK knows: Wi-Fi, time from the network, flash, whatever buttons there are. */
import config from "mc/config";
import type { Sensor } from "../../src/seams.ts";
import type { Board } from "../moddable/board.ts";
import { MonotonicClock, OneTimer } from "../moddable/clock.ts";
import { listenToButtons } from "./buttons.ts";
import { NetworkTime, networkSeconds } from "./network-time.ts";
import { NvsStore } from "./nvs-store.ts";
import { WifiKeeper } from "./wifi.ts";

/** Namespaces in flash: the gateway's records, and the settings, which outlive them. */
const RECORDS = "fp-records";
const SETTINGS = "fp-settings";

/** The one record of settings: a JSON object of names and values. NVS keys are shorter than names of settings. */
const SETTINGS_KEY = "settings";

/** How long the motor runs for a page of priority 3 and more, in milliseconds. */
const VIBRATION_MS = 400;

/** Made first: it brings up the network stack, without which a socket cannot even be tried. */
const wifi = new WifiKeeper();
const networkTime = new NetworkTime();
const clock = new MonotonicClock();
const vibrationTimer = new OneTimer();

const uptime: Sensor = { name: "uptime", unit: "s", sample: () => Math.floor(clock.nowMs() / 1_000) };

/** Boards with a motor have this global. */
interface Vibration {
  write(on: boolean): void;
}

export const board: Board = {
  openStore: () => new NvsStore(RECORDS),

  readSettings() {
    const stored = new NvsStore(SETTINGS).read(SETTINGS_KEY);
    return stored ? JSON.parse(String.fromArrayBuffer(stored.slice().buffer)) : {};
  },

  defaultUid: () => wifi.mac && `pager-${wifi.mac.replaceAll(":", "").slice(-6).toLowerCase()}`,

  ownSettings: ["wifi.ssid", "wifi.password", "time.host"],
  sensors: [uptime],
  wallClock: networkSeconds,

  alert(priority) {
    const { vibration } = globalThis as unknown as { vibration?: Vibration };
    if (!vibration || priority < 3) return;
    vibration.write(true);
    vibrationTimer.set(VIBRATION_MS, () => vibration.write(false));
  },

  start(pager, own) {
    listenToButtons((button) => pager.press(button));
    const ssid = String(own["wifi.ssid"] ?? "");
    if (ssid === "") {
      trace("Wi-Fi: the setting wifi.ssid is missing\n");
      return;
    }
    const timeHost = String(own["time.host"] ?? config.sntp ?? "");
    wifi.start(ssid, String(own["wifi.password"] ?? ""), () => {
      pager.networkChanged();
      if (timeHost !== "") networkTime.start(timeHost);
    });
  },
};
