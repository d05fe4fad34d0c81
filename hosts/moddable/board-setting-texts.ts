/** What each setting of a board does, for a person who sets it: in the README and on the page of set-up. */
import type { SettingText } from "../../src/gateway/setting-texts.ts";
import type { BoardSettingName } from "./board-settings.ts";

export const BOARD_SETTING_TEXTS: Readonly<Record<BoardSettingName, SettingText>> = Object.freeze({
  "wifi.ssid": { text: "Name of the Wi-Fi network." },
  "wifi.password": { text: "Password of the Wi-Fi network. Empty: the network has none." },
  "wifi.2.ssid": { text: "Name of a second network. Empty: there is none." },
  "wifi.2.password": { text: "Its password." },
  "wifi.3.ssid": { text: "Name of a third network." },
  "wifi.3.password": { text: "Its password." },
  "wifi.4.ssid": { text: "Name of a fourth network." },
  "wifi.4.password": { text: "Its password." },
  "network.address": {
    text: "Fixed address of the board and the prefix of its network, such as `10.0.0.7/24`. Empty: the network gives an address. With a fixed address no name can be resolved: broker and time servers must be addresses too.",
  },
  "network.gateway": { text: "The router, where the address is fixed. Empty: there is none." },
  "time.host": {
    text: "Names of time servers. Empty: those that the firmware was built with. `none`: the board has no time server. When the clock is set for the first time, or jumps by more than a day, two answers must agree.",
  },
  inputs: {
    text: "Inputs, separated by commas: `door=14:contact` (to ground; 1 is open), `pump=15:level` (0 or 1), `tank=35:analog:0:100:l` (value at the lowest and at the highest voltage, unit). Each begins with a name and a pin.",
  },
  "input.pages": {
    text: "Whom a contact pages when it opens, `door=night-shift`, separated by commas: a person, a group or another device.",
  },
  "bthome.devices": {
    text: "Bluetooth devices whose readings this board passes on, `a4:c1:38:8d:18:b2=fridge`, separated by commas. They advertise in BTHome v2.",
  },
  sht3x: { text: "Pins of data and clock of a sensor SHT3x, `21:22`. Empty: there is none." },
  "sleep.interval": {
    unit: "seconds",
    text: "Time from one start of the board to the next. In between it sleeps. 0: it never sleeps.",
  },
  "sleep.awake": {
    unit: "seconds",
    text: "How long a board that sleeps stays awake after it was switched on, or a button was pressed.",
  },
  "sleep.light": {
    text: "Whether a board that is on stops its clocks between two events. A button must then be down for a tenth of a second.",
  },
  "battery.low": {
    unit: "percent",
    text: "From this level down the board warns that its battery is low, and sleeps four times as long. 0: it never warns.",
  },
  "battery.empty": {
    unit: "percent",
    text: "From this level down a board that can sleep says goodbye and sleeps until it is charged. 0: never.",
  },
  "bthome.keys": {
    text: "Keys of those devices that encrypt, `fridge=` and 32 hexadecimal digits, separated by commas.",
  },
});
