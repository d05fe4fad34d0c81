/** The acceleration of a board, with made-up drivers. */
import { expect, it } from "vitest";
import { accelerations, GRAVITY, type Imu } from "../../src/sensor/acceleration.ts";

/** Tells each of these once. */
function driverOf(samples: readonly ReturnType<Imu["sample"]>[]): Imu {
  const left = [...samples];
  return { sample: () => left.shift() ?? {} };
}

const read = (sensors: ReturnType<typeof accelerations>) => sensors.map((sensor) => sensor.sample());

it("is told in m/s², one measurement for the three axes", () => {
  const sensors = accelerations(
    driverOf([{ accelerometer: { x: 0, y: -0.5, z: 1 } }, { accelerometer: { x: 1, y: 0, z: 0 } }]),
    GRAVITY,
  );
  expect(sensors.map(({ name, unit }) => `${name} ${unit}`)).toEqual([
    "acceleration-x m/s2",
    "acceleration-y m/s2",
    "acceleration-z m/s2",
  ]);
  expect(read(sensors)).toEqual([0, -4.9, 9.81]);
  expect(read(sensors)).toEqual([9.81, 0, 0]);
});

it("is no reading where the driver has nothing new, and one again later", () => {
  const sensors = accelerations(driverOf([{}, {}, {}, { accelerometer: { x: 1, y: 2, z: 3 } }]), 1);
  expect(read(sensors)).toEqual([undefined, undefined, undefined]);
  expect(read(sensors)).toEqual([1, 2, 3]);
});

it("an axis that is asked alone is measured anew each time", () => {
  const [x] = accelerations(driverOf([{ accelerometer: { x: 1, y: 2, z: 3 } }, { accelerometer: { x: 4 } }]), 1);
  expect([x?.sample(), x?.sample(), x?.sample()]).toEqual([1, 4, undefined]);
});
