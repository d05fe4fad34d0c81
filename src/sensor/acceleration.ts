/** The acceleration that a board feels: 9.8 m/s² away from the floor at rest. It tells how the board lies, and that it is moved. */
import type { Sensor } from "../seams.ts";

const AXES = Object.freeze(["x", "y", "z"] as const);

/** As the sensors of BTHome have it. */
const UNIT = "m/s2";

/** A smaller change is that of a table that somebody knocks on, in m/s². */
const DEADBAND = 1;

/** Standard gravity, in m/s². Most drivers measure in it. */
export const GRAVITY = 9.80665;

type Acceleration = Readonly<Partial<Record<(typeof AXES)[number], number>>>;

/** A driver of the SDK (ECMA-419). */
export interface Imu {
  /** A measurement is told once. An axis that is not new is left out. */
  sample(): { readonly accelerometer?: Acceleration };
}

/** One measurement serves each axis once. @param scale what the driver's unit is, in m/s² */
export function accelerations(driver: Imu, scale: number): readonly Sensor[] {
  let measured: Acceleration = {};
  return AXES.map((axis) => ({
    name: `acceleration-${axis}`,
    unit: UNIT,
    deadband: DEADBAND,
    sample() {
      if (measured[axis] === undefined) measured = driver.sample().accelerometer ?? {};
      const value = measured[axis];
      measured = { ...measured, [axis]: undefined };
      return value === undefined ? undefined : Math.round(100 * scale * value) / 100;
    },
  }));
}
