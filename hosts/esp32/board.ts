/** An ESP32 board of those the SDK knows: Wi-Fi, time from the network, flash, whatever buttons there are. */
import config from "mc/config";
import type { Board } from "../moddable/board.ts";
import { OneTimer } from "../moddable/clock.ts";
import { listenToButtons } from "./buttons.ts";
import { NetworkTime, networkSeconds } from "./network-time.ts";
import { NvsStore } from "./nvs-store.ts";
import { WifiKeeper } from "./wifi.ts";

/** Namespaces in flash: the gateway's records, and the settings, which outlive them. */
const RECORDS = "fp-records";
const SETTINGS = "fp-settings";

/** The one record of settings: a JSON object of names and values. NVS keys are shorter than names of settings. */
const SETTINGS_KEY = "settings";

/** What 802.11 and WPA2 allow, in bytes. The driver refuses more, too. */
const SSID_BYTES_MAX = 32;
const PASSWORD_BYTES_MAX = 64;

/** How long the motor runs for a page of priority 3 and more, in milliseconds. */
const VIBRATION_MS = 400;

/** Made first: it brings up the network stack, without which a socket cannot even be tried. */
const wifi = new WifiKeeper();
const networkTime = new NetworkTime();
const vibrationTimer = new OneTimer();

/** The SDK's module `system` exports nothing: it makes this global. */
declare const System: { restart(): void };

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

  checkOwnSettings(own) {
    const problems: string[] = [];
    const ssid = own["wifi.ssid"];
    if (ssid === undefined)
      problems.push("setting wifi.ssid: missing. To build it in: npm run deploy -- <board> wifi.ssid=…");
    else if (typeof ssid !== "string" || ssid === "" || bytesOf(ssid) > SSID_BYTES_MAX)
      problems.push(`setting wifi.ssid: ${JSON.stringify(ssid)}, expected text of 1 to ${SSID_BYTES_MAX} bytes`);
    const password = own["wifi.password"] ?? "";
    if (typeof password !== "string" || bytesOf(password) > PASSWORD_BYTES_MAX)
      problems.push(`setting wifi.password: a value that is not text of at most ${PASSWORD_BYTES_MAX} bytes`);
    return problems;
  },

  sensors: [],
  wallClock: networkSeconds,

  alert(priority) {
    const { vibration } = globalThis as unknown as { vibration?: Vibration };
    if (!vibration || priority < 3) return;
    vibration.write(true);
    vibrationTimer.set(VIBRATION_MS, () => vibration.write(false));
  },

  restart: () => System.restart(),

  start(pager, own) {
    listenToButtons((button) => pager.press(button));
    const timeHost = String(own["time.host"] ?? config.sntp ?? "");
    wifi.start(String(own["wifi.ssid"]), String(own["wifi.password"] ?? ""), () => {
      pager.networkChanged();
      // Until the clock is set every certificate looks as if it were not valid yet.
      if (timeHost !== "") networkTime.start(timeHost, () => pager.networkChanged());
    });
  },
};

function bytesOf(text: string): number {
  return ArrayBuffer.fromString(text).byteLength;
}
