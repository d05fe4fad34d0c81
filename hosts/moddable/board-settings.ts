/** The settings that a board reads itself: its network, its sensors. They are one part of a device's settings, beside those of the gateway. */
import type { SettingTable } from "../../src/gateway/setting.ts";

/** The largest values that 802.11 and WPA allow, in bytes. */
const SSID_BYTES_MAX = 32;
const PASSWORD_BYTES_MAX = 64;

const TIME_HOSTS_MAX = 4;

/** An address of IPv4 with a prefix has at most 18 characters. */
const ADDRESS_BYTES_MAX = 18;

const FURTHER_SSID = Object.freeze({ kind: "text", default: "", bytesMax: SSID_BYTES_MAX } as const);
const PASSWORD = Object.freeze({
  kind: "text",
  default: "",
  bytesMax: PASSWORD_BYTES_MAX,
  isVerbatim: true,
  isSecret: true,
} as const);

export const WIFI_SETTINGS = Object.freeze({
  "wifi.ssid": { kind: "text", default: "", bytesMax: SSID_BYTES_MAX, isRequired: true },
  "wifi.password": PASSWORD,
  "wifi.2.ssid": FURTHER_SSID,
  "wifi.2.password": PASSWORD,
  "wifi.3.ssid": FURTHER_SSID,
  "wifi.3.password": PASSWORD,
  "wifi.4.ssid": FURTHER_SSID,
  "wifi.4.password": PASSWORD,
} as const satisfies SettingTable);

/** For each kind of network. */
export const ADDRESS_SETTINGS = Object.freeze({
  "network.address": { kind: "text", default: "", bytesMax: ADDRESS_BYTES_MAX, address: "with prefix" },
  "network.gateway": { kind: "text", default: "", bytesMax: ADDRESS_BYTES_MAX, address: "alone" },
} as const satisfies SettingTable);

export const TIME_SETTINGS = Object.freeze({
  "time.host": { kind: "list", default: "", countMax: TIME_HOSTS_MAX, of: "text" },
} as const satisfies SettingTable);

/** Longest list of inputs or of devices, in bytes. */
const SENSORS_BYTES_MAX = 1_024;

export const INPUT_SETTINGS = /* @__PURE__ */ Object.freeze({
  inputs: { kind: "text", default: "", bytesMax: SENSORS_BYTES_MAX },
  "input.pages": { kind: "text", default: "", bytesMax: SENSORS_BYTES_MAX },
} as const satisfies SettingTable);

export const BTHOME_SETTINGS = /* @__PURE__ */ Object.freeze({
  "bthome.devices": { kind: "text", default: "", bytesMax: SENSORS_BYTES_MAX },
  "bthome.keys": { kind: "text", default: "", bytesMax: SENSORS_BYTES_MAX, isSecret: true },
} as const satisfies SettingTable);

/** Two pins. */
const PINS_BYTES_MAX = 5;

export const SHT3X_SETTINGS = /* @__PURE__ */ Object.freeze({
  sht3x: { kind: "text", default: "", bytesMax: PINS_BYTES_MAX },
} as const satisfies SettingTable);

export const SLEEP_SETTINGS = /* @__PURE__ */ Object.freeze({
  "sleep.interval": { kind: "number", default: 0, min: 0, max: 86_400 },
  "sleep.awake": { kind: "number", default: 30, min: 0, max: 600 },
} as const satisfies SettingTable);

export const LIGHT_SLEEP_SETTINGS = /* @__PURE__ */ Object.freeze({
  "sleep.light": { kind: "choice", default: "no", choices: ["no", "yes"] },
} as const satisfies SettingTable);

/** In percent. */
export const BATTERY_SETTINGS = /* @__PURE__ */ Object.freeze({
  "battery.low": { kind: "number", default: 15, min: 0, max: 100 },
  "battery.empty": { kind: "number", default: 2, min: 0, max: 50 },
} as const satisfies SettingTable);

/** Those of all boards. Each board has the ones of its kind of network, those of its clock, and those of what it can sense. */
export const BOARD_SETTINGS = /* @__PURE__ */ Object.freeze({
  ...WIFI_SETTINGS,
  ...ADDRESS_SETTINGS,
  ...TIME_SETTINGS,
  ...INPUT_SETTINGS,
  ...BTHOME_SETTINGS,
  ...SHT3X_SETTINGS,
  ...SLEEP_SETTINGS,
  ...LIGHT_SLEEP_SETTINGS,
  ...BATTERY_SETTINGS,
});

export type BoardSettingName = keyof typeof BOARD_SETTINGS;
