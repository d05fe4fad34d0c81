/** A sensor of temperature and humidity, Sensirion's SHT3x, at pins that the settings name. */
import I2C from "embedded:io/i2c";
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
import { parsePinPair } from "../../../src/gateway/sensor-settings.ts";
import type { MonotonicClock } from "../../moddable/clock.ts";
import type { SensorPart } from "../sensing.ts";
import { SHT3X_SETTINGS } from "../settings.ts";

/** The driver measures both at once, which takes 0.15 s. A measurement serves both sensors for this long, in milliseconds. */
const FRESH_MS = 1_000;

export const sht3x: SensorPart = {
  settings: SHT3X_SETTINGS,
  open(own, { problems, sensors, clock }) {
    const pins = parsePinPair("sht3x", String(own.sht3x), problems);
    if (pins) {
      const [data, clockPin] = pins;
      const probe = new Probe(data, clockPin, clock);
      const temperature = () => probe.measure().thermometer.temperature;
      const humidity = () => probe.measure().hygrometer.humidity;
      sensors.push(
        { name: "temperature", unit: "Cel", deadband: 0.1, sample: () => rounded(temperature()) },
        { name: "humidity", unit: "%RH", deadband: 0.5, sample: () => rounded(humidity()) },
      );
    }
    return { carriers: [], start: () => {} };
  },
};

/** The driver leaves out a value whose checksum is wrong. */
function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}

type Measurement = ReturnType<SHT3x["sample"]>;

/** Makes the driver when it is needed, and again after it has failed: the sensor may have been plugged in again. */
class Probe {
  private readonly data: number;
  private readonly clockPin: number;
  private readonly clock: MonotonicClock;
  private driver: SHT3x | undefined;
  private measured: Measurement | undefined;
  private measuredMs = 0;

  constructor(data: number, clockPin: number, clock: MonotonicClock) {
    this.data = data;
    this.clockPin = clockPin;
    this.clock = clock;
  }

  measure(): Measurement {
    const nowMs = this.clock.nowMs();
    if (this.measured && nowMs - this.measuredMs < FRESH_MS) return this.measured;
    try {
      this.driver ??= new SHT3x({ sensor: { io: I2C, data: this.data, clock: this.clockPin } });
      this.measured = this.driver.sample();
      this.measuredMs = nowMs;
      return this.measured;
    } catch (error) {
      this.measured = undefined;
      const failed = this.driver;
      this.driver = undefined;
      failed?.close();
      throw error;
    }
  }
}
