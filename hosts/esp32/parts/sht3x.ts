/** Sensirion's SHT3x, a sensor of temperature and humidity. */
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import { parsePinPair } from "../../../src/gateway/sensor-settings.ts";
import type { SensorPart } from "../sensing.ts";
import { SHT3X_SETTINGS } from "../settings.ts";
import { openI2cDriver } from "./i2c-device.ts";
import { AirProbe, type AirSensorKind } from "./i2c-sensor.ts";

export const SHT3X: AirSensorKind = Object.freeze({
  name: "SHT3x",
  addresses: Object.freeze([0x44, 0x45]),
  quantities: Object.freeze(["temperature", "humidity"] as const),
  open(pins, address) {
    const driver = openI2cDriver(pins, address, (sensor) => new SHT3x({ sensor }));
    return {
      measure() {
        const { thermometer, hygrometer } = driver.sample();
        return { temperature: thermometer.temperature, humidity: hygrometer.humidity };
      },
      close: () => driver.close(),
    };
  },
} satisfies AirSensorKind);

/** One at pins that the settings name. */
export const sht3x: SensorPart = {
  settings: SHT3X_SETTINGS,
  open(own, { problems, sensors, clock }) {
    const pair = parsePinPair("sht3x", String(own.sht3x), problems);
    if (pair) {
      const pins = { data: pair[0], clock: pair[1] };
      const probe = new AirProbe(() => SHT3X.open(pins, SHT3X.addresses[0] as number), clock);
      sensors.push(...SHT3X.quantities.map((name) => probe.sensorOf(name)));
    }
    return { carriers: [], start: () => {} };
  },
};
