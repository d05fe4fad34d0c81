import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { type Bench, eventually } from "./bench.ts";

export const settingsFolder = (bench: Bench) => join(bench.home, "flash", "fp-settings");

export const WIFI_PASSWORD = "correct horse";

/** A network with two access points, an open one, and a hidden one. */
export const AIR = [
  { ssid: "lab", rssi: -70, bssid: "02:00:00:00:00:01", password: WIFI_PASSWORD },
  { ssid: "lab", rssi: -48, bssid: "02:00:00:00:00:02", password: WIFI_PASSWORD },
  { ssid: "<b>guests</b>", rssi: -60 },
  { ssid: "", rssi: -50, password: WIFI_PASSWORD },
];

/** The uid that belongs to the hardware address of the made-up Wi-Fi. */
export const WIFI_UID = "pager-aabbcc";

/** Exit statuses of the launcher: a restart of the board, deep sleep, and the engine's reason for an abort. */
export const RESTARTED = 3;
export const ASLEEP = 4;
export const UNHANDLED_EXCEPTION = 5;

/** Writes a record of settings into the flash of the board. One byte stands before each value, because NVS keeps no empty one. */
export function keep(bench: Bench, key: string, bytes: Uint8Array): void {
  mkdirSync(settingsFolder(bench), { recursive: true });
  writeFileSync(join(settingsFolder(bench), key), Uint8Array.of(0, ...bytes));
}

/** Starts the program of the boards with what the flash holds. */
export function switchOn(
  bench: Bench,
  script: BoardScript = {},
  program = process.env.FIELDPAGER_ESP32_PROGRAM,
): LaunchedSimulator {
  writeFileSync(join(bench.home, "board.json"), JSON.stringify(script));
  return bench.launch(program, {}, 110);
}

/** Writes these settings and the network's into the flash, as an installer would, and starts the program. */
export function launchBoard(bench: Bench, script: BoardScript, settings: Values, program?: string): LaunchedSimulator {
  const network = script.board === "wt32_eth01" ? {} : { "wifi.ssid": "lab" };
  keep(bench, "settings-a", encodeCopy({ ...network, ...settings }, 1));
  return switchOn(bench, script, program);
}

/** The lines of the board's log that contain these words. */
export function said(simulator: LaunchedSimulator, words: string): string[] {
  const serial = simulator.lines.filter((line) => line.startsWith("serial: "));
  return serial.map((line) => line.slice("serial: ".length)).filter((line) => line.includes(words));
}

/** Waits until the log contains these words. */
export const says = (simulator: LaunchedSimulator, words: string, timeout?: number) =>
  eventually(() => expect(said(simulator, words), simulator.lines.join("\n")).not.toEqual([]), timeout);
