import ChipTemperature from "chip-temperature";
import type { Sensor } from "../../../src/seams.ts";

/** The sensor tells whole degrees. */
const STEP_CELSIUS = 2;

/** The temperature of the chip, for boards whose manifest includes `native/chip-temperature.json`. */
export const chipTemperature: Sensor = Object.freeze({
  name: "chip-temperature",
  unit: "Cel",
  deadband: STEP_CELSIUS,
  isDiagnostic: true,
  sample: () => ChipTemperature.read(),
});
