import { expect, it } from "vitest";
import { Journal } from "../../src/gateway/journal.ts";
import { EVENTS_MAX } from "../../src/limits.ts";

it("the journal keeps as many lines as its limit says, and what a host is asked for beside them, and tells what is missing", () => {
  const journal = new Journal();
  for (let index = 0; index < EVENTS_MAX + 2; index += 1) journal.log(`line ${index}`);
  journal.tell({ type: "restart" });
  const events = Array.from({ length: EVENTS_MAX + 2 }, () => journal.pollEvent());
  expect(events.slice(EVENTS_MAX - 1)).toEqual([
    { type: "log", line: `line ${EVENTS_MAX - 1}` },
    { type: "restart" },
    { type: "log", line: "2 further lines are missing here" },
  ]);
  expect(journal.pollEvent()).toBeUndefined();
});
