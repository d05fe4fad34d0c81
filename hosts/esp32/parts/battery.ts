import { Battery } from "../../../src/gateway/battery.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { BATTERY_SETTINGS } from "../../moddable/board-settings.ts";
import type { BatteryPart } from "../board-parts.ts";
import { type BoardGauge, openGauge } from "./gauge.ts";

/** The battery of a board that can measure it. @param open opens its gauge, when the board starts */
export function battery(open: () => BoardGauge): BatteryPart {
  return {
    settings: BATTERY_SETTINGS,
    open(own: Values) {
      const gauge = openGauge(open);
      const levels = { lowPercent: Number(own["battery.low"]), emptyPercent: Number(own["battery.empty"]) };
      return gauge && new Battery(gauge, levels);
    },
  };
}
