/** Seeds that once failed, each with the fault that it found. The random numbers of a seed change with the simulation. */
import { expect, it } from "vitest";
import { simulateAny } from "./any-seed.ts";

const SEEDS: readonly (readonly [number, string])[] = [
  [899, "a small message was given up: it took over what was counted of a larger one on its topic"],
  [921, "a group that was asked for before the power failed stayed subscribed after it had left the settings"],
  [1382, "groups that had left the settings stayed subscribed: a wait that began at time 0 had no deadline"],
  [1515, "UNSUBSCRIBE had left before the power failed; a group that was joined again was not subscribed to"],
  [1524, "the first attempt to connect hung for ever: a wait that began at time 0 had no deadline"],
  [2533, "the same as 899: every small message on the topic was given up"],
  [2984, "the same as 899"],
  [6016, "the broker made a new session while the power failed, and the device did not subscribe again"],
  [7834, "the same as 6016"],
  [8339, "the same as 6016"],
  [10287, "one ending of a bad link was enough to give PUBREL up, and the broker held its identifier for ever"],
  [10501, "the same as 6016"],
  [
    11210,
    "none of the firmware: a page was silent shortly after the sound of another one, and the model did not expect it",
  ],
  [10943, "the same as 64250, of the engine alone"],
  [51562, "none of the firmware: a token that a message had in a former life was taken for that message"],
  [
    64250,
    "none of the firmware: the store had refused to keep that a group was subscribed to, and the group left the settings",
  ],
  [65162, "five connections ended on a message within seconds, each time by chance, and it was given up"],
];

it.each(SEEDS)("seed %d: %s", (seed, _fault) => {
  expect(simulateAny(seed).violations).toEqual([]);
});
