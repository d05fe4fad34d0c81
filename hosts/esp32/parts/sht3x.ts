/** Sensirion's SHT3x, a sensor of temperature and humidity. The SDK's driver waits 150 ms and takes 5 KB more of flash. */
import I2C from "embedded:io/i2c";
import Timer from "timer";
import { parsePinPair } from "../../../src/gateway/sensor-settings.ts";
import { decodeSht3x, SHT3X_BYTES } from "../../../src/sensor/sht3x.ts";
import { SHT3X_SETTINGS } from "../../moddable/board-settings.ts";
import type { SensorPart } from "../sensing.ts";
import { HERTZ } from "./i2c-device.ts";
import { AirProbe, type AirSensorKind } from "./i2c-sensor.ts";

/** Measures once, with high repeatability. Until it has, it does not answer. */
const MEASURE = /* @__PURE__ */ Object.freeze([0x24, 0x00]);

/** The longest that it takes, in milliseconds. */
const MEASURE_MS = 16;

export const SHT3X: AirSensorKind = Object.freeze({
  name: "SHT3x",
  addresses: Object.freeze([0x44, 0x45]),
  quantities: Object.freeze(["temperature", "humidity"] as const),
  open(pins, address) {
    const io = new I2C({ ...pins, address, hz: HERTZ });
    return {
      measure() {
        io.write(Uint8Array.from(MEASURE));
        Timer.delay(MEASURE_MS);
        const bytes = new Uint8Array(SHT3X_BYTES);
        io.read(bytes);
        return decodeSht3x(bytes);
      },
      close: () => io.close(),
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
