/** The seed decides what runs: every fifth seed a whole pager, all others the MQTT engine alone. */
import { type Outcome, simulate } from "./simulate.ts";
import { simulateSession } from "./simulate-session.ts";

export function simulateAny(seed: number, onLog?: (line: string) => void): Outcome {
  return seed % 5 === 0 ? simulate(seed, onLog) : simulateSession(seed, onLog);
}

export { simulatePictures } from "./simulate-pictures.ts";
