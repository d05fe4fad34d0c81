import { expect, it } from "vitest";
import { EventQueue } from "../../src/gateway/event-queue.ts";
import { LogLines } from "../../src/gateway/log-lines.ts";
import { EVENTS_MAX } from "../../src/limits.ts";

it("the queue of events keeps all requests to the host and a limited number of log lines, and says how many are missing", () => {
  const queue = new EventQueue(new LogLines([]));
  for (let index = 0; index < EVENTS_MAX + 2; index += 1) queue.log(`line ${index}`);
  queue.tell({ type: "restart" });
  const events = Array.from({ length: EVENTS_MAX + 2 }, () => queue.poll());
  expect(events.slice(EVENTS_MAX - 1)).toEqual([
    { type: "log", line: `line ${EVENTS_MAX - 1}` },
    { type: "restart" },
    { type: "log", line: "2 more log lines were dropped here" },
  ]);
  expect(queue.poll()).toBeUndefined();
});
