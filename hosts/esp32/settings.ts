/** The settings that a board reads itself: its network. They are one part of a device's settings, beside those of the gateway. */
import type { SettingTable } from "../../src/gateway/setting.ts";

/** The largest values that 802.11 and WPA allow, in bytes. */
const SSID_BYTES_MAX = 32;
const PASSWORD_BYTES_MAX = 64;

const TIME_HOSTS_MAX = 4;

export const WIFI_SETTINGS = Object.freeze({
  "wifi.ssid": { kind: "text", default: "", bytesMax: SSID_BYTES_MAX, isRequired: true },
  "wifi.password": { kind: "text", default: "", bytesMax: PASSWORD_BYTES_MAX, isVerbatim: true, isSecret: true },
} as const satisfies SettingTable);

export const TIME_SETTINGS = Object.freeze({
  "time.host": { kind: "list", default: "", countMax: TIME_HOSTS_MAX, of: "text" },
} as const satisfies SettingTable);

/** Those of all boards. Each board has the ones of its kind of network, and those of its clock. */
export const BOARD_SETTINGS = /* @__PURE__ */ Object.freeze({ ...WIFI_SETTINGS, ...TIME_SETTINGS });

export type BoardSettingName = keyof typeof BOARD_SETTINGS;
