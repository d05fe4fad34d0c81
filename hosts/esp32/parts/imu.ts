import { accelerations, GRAVITY, type Imu } from "../../../src/sensor/acceleration.ts";
import type { SensorPart } from "../sensing.ts";

/**
 * What measures the acceleration of a board.
 * @param open throws where no sensor answers: boards of one name have different ones, or none
 * @param scale what the driver's unit is, in m/s²
 */
export function imu(open: () => Imu, scale = GRAVITY): SensorPart {
  return {
    settings: {},
    open(_own, { sensors }) {
      try {
        sensors.push(...accelerations(open(), scale));
      } catch {
        // There is none.
      }
      return { carriers: [], start: () => {} };
    },
  };
}
