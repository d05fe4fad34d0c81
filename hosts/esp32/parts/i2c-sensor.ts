/** A sensor of the air on an I2C bus: found at its known addresses, asked, and opened again when it has failed. */
import type { Sensor } from "../../../src/seams.ts";
import { deadbandOf } from "../../../src/sensor/noise.ts";

/** The part of `MonotonicClock` that is used. */
interface Clock {
  nowMs(): number;
}

/** A driver measures all quantities at once, which takes up to 0.2 s. A measurement serves all of them for this long, in milliseconds. */
const FRESH_MS = 1_000;

/** The quantities, each with its SenML unit, in which drivers measure it. */
const UNITS = Object.freeze({ temperature: "Cel", humidity: "%RH", pressure: "hPa" } as const);

export type Quantity = keyof typeof UNITS;

/** A quantity is left out when its checksum is wrong. */
export type Measurement = Readonly<Partial<Record<Quantity, number | undefined>>>;

/** Pins of an I2C bus. */
export interface I2cPins {
  readonly data: number;
  readonly clock: number;
}

/** Throws when the sensor does not answer. */
export interface AirSensor {
  measure(): Measurement;
  close(): void;
}

/** A kind of sensor that the SDK has a driver for. */
export interface AirSensorKind {
  readonly name: string;
  readonly addresses: readonly number[];
  readonly quantities: readonly Quantity[];
  /** Throws when no such sensor is there. Then nothing is left open. */
  open(pins: I2cPins, address: number): AirSensor;
}

/** One sensor at its address. It opens the driver when it is asked, and again after a failure: the sensor may have been plugged in again. */
export class AirProbe {
  private readonly open: () => AirSensor;
  private readonly clock: Clock;
  private sensor: AirSensor | undefined;
  private measured: Measurement | undefined;
  private measuredMs = 0;

  constructor(open: () => AirSensor, clock: Clock) {
    this.open = open;
    this.clock = clock;
  }

  /** Throws what the driver throws. */
  measure(): Measurement {
    const nowMs = this.clock.nowMs();
    if (this.measured && nowMs - this.measuredMs < FRESH_MS) return this.measured;
    this.measured = undefined;
    try {
      this.sensor ??= this.open();
      this.measured = this.sensor.measure();
      this.measuredMs = nowMs;
      return this.measured;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    const { sensor } = this;
    this.sensor = undefined;
    sensor?.close();
  }

  sensorOf(name: Quantity): Sensor {
    const unit = UNITS[name];
    const rounded = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 100) / 100);
    return { name, unit, deadband: deadbandOf(unit), sample: () => rounded(this.measure()[name]) };
  }
}

/** Looks for a sensor of this kind at each of its addresses. One that gives no value with a right checksum is another sensor. */
export function findAirSensor(kind: AirSensorKind, pins: I2cPins, clock: Clock): AirProbe | undefined {
  for (const address of kind.addresses) {
    const probe = new AirProbe(() => kind.open(pins, address), clock);
    try {
      const measurement = probe.measure();
      if (kind.quantities.some((name) => measurement[name] !== undefined)) return probe;
      probe.close();
    } catch {
      // Nothing is there, or something else is.
    }
  }
  return undefined;
}
