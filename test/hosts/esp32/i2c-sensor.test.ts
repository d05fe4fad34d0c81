/** Sensors of the air on an I2C bus, with drivers that are made up: found, asked once for all quantities, closed and opened again. */
import { beforeEach, describe, expect, it } from "vitest";
import {
  AirProbe,
  type AirSensorKind,
  findAirSensor,
  type Measurement,
} from "../../../hosts/esp32/parts/i2c-sensor.ts";

const PINS = { data: 21, clock: 22 };

/** What answers at each address. undefined: nothing does. */
let there: Map<number, Measurement | undefined>;
let opened: number[];
let measuredCount: number;
let nowMs: number;

const clock = { nowMs: () => nowMs };

const KIND: AirSensorKind = {
  name: "made up",
  addresses: [0x44, 0x45],
  quantities: ["temperature", "humidity"],
  open(_pins, address) {
    const answer = () => {
      const measurement = there.get(address);
      if (!measurement) throw new Error("no answer");
      return measurement;
    };
    answer();
    opened.push(address);
    const measure = () => {
      measuredCount += 1;
      return answer();
    };
    return { measure, close: () => opened.splice(opened.indexOf(address), 1) };
  },
};

beforeEach(() => {
  there = new Map();
  opened = [];
  measuredCount = 0;
  nowMs = 0;
});

describe("a sensor of the air", () => {
  it("is found at any of its addresses, or not at all", () => {
    expect(findAirSensor(KIND, PINS, clock)).toBeUndefined();
    there.set(0x45, { temperature: 20.126, humidity: 40 });
    expect(findAirSensor(KIND, PINS, clock)?.sensorOf("temperature").sample()).toBe(20.13);
    expect(opened).toEqual([0x45]);
  });

  it("is another one where no checksum is right, and that one is closed", () => {
    there.set(0x44, { temperature: undefined });
    expect(findAirSensor(KIND, PINS, clock)).toBeUndefined();
    expect(opened).toEqual([]);
  });

  it("measures once for all quantities, and anew after a second", () => {
    there.set(0x44, { temperature: 20, humidity: 40 });
    const probe = new AirProbe(() => KIND.open(PINS, 0x44), clock);
    const [temperature, humidity] = [probe.sensorOf("temperature"), probe.sensorOf("humidity")];
    expect([temperature.sample(), humidity.sample(), measuredCount]).toEqual([20, 40, 1]);
    nowMs = 999;
    expect([humidity.sample(), measuredCount]).toEqual([40, 1]);
    nowMs = 1_000;
    there.set(0x44, { temperature: 21 });
    expect([temperature.sample(), humidity.sample(), measuredCount]).toEqual([21, undefined, 2]);
  });

  it("fails for each quantity while it does not answer, is closed, and is opened again when it does", () => {
    there.set(0x44, { temperature: 20, humidity: 40 });
    const probe = new AirProbe(() => KIND.open(PINS, 0x44), clock);
    const temperature = probe.sensorOf("temperature");
    expect(temperature.sample()).toBe(20);
    there.delete(0x44);
    nowMs = 1_000;
    for (const _ of [1, 2]) expect(() => temperature.sample()).toThrow("no answer");
    expect(opened).toEqual([]);
    there.set(0x44, { temperature: 19 });
    expect([temperature.sample(), opened]).toEqual([19, [0x44]]);
  });
});
