/** What is noise of usual sensors, by SenML unit: a smaller change is not told. */
const DEADBANDS: Readonly<Record<string, number>> = Object.freeze({
  Cel: 0.1,
  "%RH": 0.5,
  "%EL": 1,
  hPa: 0.2,
  V: 0.02,
  "%": 0.5,
});

/** The deadband of a sensor with this unit, in the unit. */
export function deadbandOf(unit: string): number {
  return DEADBANDS[unit] ?? 0.01;
}
