import type { AllowedProgram } from "../../../hosts/simulator/tools/memory.ts";

/** The programs of `npm run test:heap`, one for all boards with the same memory. `npm run test:sim` has that of the M5Stack. */
export function allowedPrograms(): readonly AllowedProgram[] {
  return JSON.parse(process.env.FIELDPAGER_ALLOWED_PROGRAMS ?? "[]");
}
