/** What each setting of a board does, for a person who sets it: in the README and on the page of set-up. */
import type { SettingText } from "../../src/gateway/setting-texts.ts";
import type { BoardSettingName } from "./settings.ts";

export const BOARD_SETTING_TEXTS: Readonly<Record<BoardSettingName, SettingText>> = Object.freeze({
  "wifi.ssid": { text: "Name of the Wi-Fi network." },
  "wifi.password": { text: "Password of the Wi-Fi network. Empty: the network has none." },
  "time.host": {
    text: "Names of time servers. Empty: those that the firmware was built with. `none`: the board has no time server. When the clock is set for the first time, or jumps by more than a day, two answers must agree.",
  },
});
