import type { AllowedProgram } from "../../../hosts/simulator/tools/memory.ts";

/** The programs of `npm run test:heap`, one for all boards with the same memory. In `npm run test:sim` there are none. */
export function allowedPrograms(): readonly AllowedProgram[] {
  return JSON.parse(process.env.FIELDPAGER_ALLOWED_PROGRAMS ?? "[]");
}
