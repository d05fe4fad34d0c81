/** The kind of a run is in its seed: every fifth is a pager as a whole, the others are the MQTT engine alone. */
import { type Outcome, simulate } from "./simulate.ts";
import { simulateSession } from "./simulate-session.ts";

export function simulateAny(seed: number, onLog?: (line: string) => void): Outcome {
  return seed % 5 === 0 ? simulate(seed, onLog) : simulateSession(seed, onLog);
}
