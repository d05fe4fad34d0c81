import type { AllowedProgram } from "../../../hosts/simulator/tools/memory.ts";

/** The programs that `npm run test:heap` has built, one for all boards with the same memory; none in `npm run test:sim`. */
export function allowedPrograms(): readonly AllowedProgram[] {
  return JSON.parse(process.env.FIELDPAGER_ALLOWED_PROGRAMS ?? "[]");
}
