/** Pictures on a bad network, with power cuts and hostile answers, seed by seed. */
import { expect, it } from "vitest";
import { simulatePictures } from "./simulate-pictures.ts";

const SEEDS = 20;

it(`pictures keep their promises in ${SEEDS} seeds`, { timeout: 600_000 }, () => {
  const broken: string[] = [];
  let powerCuts = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = simulatePictures(seed);
    powerCuts += outcome.powerCuts;
    if (outcome.violations.length)
      broken.push(`npm run simulate -- --pictures --seeds 1 --first ${seed}: ${outcome.violations.join("; ")}`);
  }
  expect(broken).toEqual([]);
  expect(powerCuts).toBeGreaterThan(SEEDS);
});
