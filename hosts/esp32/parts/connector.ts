import type { SensorPart } from "../sensing.ts";
import { type AirSensorKind, findAirSensor, type I2cPins, type Quantity } from "./i2c-sensor.ts";

/**
 * What is found on these buses when the board starts, such as at its Grove connector. Nothing there is no fault. Each quantity is taken
 * from the first sensor that measures it, in the order of the buses and of the kinds.
 */
export function connector(buses: readonly I2cPins[], kinds: readonly AirSensorKind[]): SensorPart {
  return {
    settings: {},
    open(_own, { sensors, clock, guards }) {
      const taken: Quantity[] = [];
      for (const pins of buses)
        for (const kind of kinds) {
          const probe = findAirSensor(kind, pins, clock);
          if (!probe) continue;
          const wanted = kind.quantities.filter((name) => !taken.includes(name));
          taken.push(...wanted);
          sensors.push(...wanted.map((name) => probe.sensorOf(name)));
          if (wanted.length === 0) probe.close();
          guards.tell(`sensors: ${kind.name} at pins ${pins.data} and ${pins.clock}`);
        }
      return { carriers: [], start: () => {} };
    },
  };
}
