/**
 * `npm run simulate:mutants`: the simulation must fail for each mutant within its number of seeds, and never for the unchanged
 * engine. The exit status is 1 if a mutant survives.
 */
import { MUTANTS, mutated } from "./mutants.ts";

const UNCHANGED_SEEDS = 20;

for (const [name, simulate] of Object.entries(await mutated()))
  for (let seed = 1; seed <= UNCHANGED_SEEDS; seed += 1) {
    const { violations } = simulate(seed);
    if (violations.length) throw new Error(`${name}(${seed}) fails though nothing is changed: ${violations[0]}`);
  }

let survivors = 0;
for (const mutant of MUTANTS) {
  const simulate = (await mutated(mutant))[mutant.by ?? "simulateAny"];
  let seed = 1;
  let seen: readonly string[] = [];
  for (; seed <= mutant.seeds; seed += 1) {
    seen = simulate(seed).violations;
    if (seen.length) break;
  }
  if (seen.length) console.log(`killed at seed ${seed}: ${mutant.name}\n  ${seen[0]}`);
  else {
    survivors += 1;
    console.log(`SURVIVED ${mutant.seeds} seeds: ${mutant.name}`);
  }
}
console.log(`${MUTANTS.length} mutants, ${survivors} survived`);
process.exitCode = survivors ? 1 : 0;
