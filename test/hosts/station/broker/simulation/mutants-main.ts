/** Each mutant must be seen within its number of seeds, and the broker as it is in none. Exit status 1 when one survives. */
import { BROKER_MUTANTS, mutatedBroker } from "./mutants.ts";

const UNCHANGED_SEEDS = 20;

const unchanged = await mutatedBroker();
for (let seed = 1; seed <= UNCHANGED_SEEDS; seed += 1) {
  const { violations } = unchanged.simulateBroker(seed);
  if (violations.length) throw new Error(`seed ${seed} fails though nothing is changed: ${violations[0]}`);
}
let survivors = 0;
for (const mutant of BROKER_MUTANTS) {
  const { simulateBroker } = await mutatedBroker(mutant);
  let seed = 1;
  let seen: readonly string[] = [];
  for (; seed <= mutant.seeds; seed += 1) {
    seen = simulateBroker(seed).violations;
    if (seen.length) break;
  }
  if (seen.length) console.log(`killed at seed ${seed}: ${mutant.name}\n  ${seen[0]?.split("\n")[0]}`);
  else {
    survivors += 1;
    console.log(`SURVIVED ${mutant.seeds} seeds: ${mutant.name}`);
  }
}
console.log(`${BROKER_MUTANTS.length} mutants, ${survivors} survived`);
process.exitCode = survivors ? 1 : 0;
