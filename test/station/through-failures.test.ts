/** A short run of `npm run simulate:station`: a network that cuts, pagers that lose power, a station that is killed. */
import { expect, it } from "vitest";
import type { PushWithDeliveries, ReceiptStatus } from "../../hosts/station/shared/push.ts";
import { historyViolations, pagerViolations, runThroughFailures } from "./through-failures.ts";

it("finds lost, doubled and unexpected pushes and receipts", () => {
  const sent = new Map([
    ["a", "p"],
    ["b", "p"],
  ]);
  const pager = (...storedIds: string[]) => [{ uid: "p", storedIds }];
  expect(pagerViolations(sent, pager("a", "b"))).toEqual([]);
  expect(pagerViolations(sent, pager("a"))).toEqual(["p: b is stored 0 times"]);
  expect(pagerViolations(sent, pager("a", "b", "b"))).toEqual(["p: b is stored 2 times"]);
  expect(pagerViolations(sent, pager("a", "b", "c"))).toEqual(["p: c is stored and was not sent to it"]);
  const push = (id: string, ...statuses: ReceiptStatus[]) => {
    const receipts = statuses.map((status) => ({ status, from: "p", atMs: 1, deviceSeconds: 1 }));
    return {
      id,
      to: "p",
      deliveries: [{ device: "p", state: "published", receipts }],
    } as unknown as PushWithDeliveries;
  };
  const whole = [push("a", "stored", "shown"), push("b", "shown", "stored")];
  expect(historyViolations(sent, whole)).toEqual([]);
  expect(historyViolations(sent, whole.slice(1))).toEqual(["push a to p: no such push"]);
  expect(historyViolations(sent, [push("a", "stored"), ...whole.slice(1)])).toEqual(["push a to p: stored"]);
  expect(historyViolations(sent, [...whole, push("c")])).toEqual(["push c to p: nobody has asked for it"]);
  expect(historyViolations(sent, [push("a", "stored", "shown", "shown"), ...whole.slice(1)])).toHaveLength(1);
});

it("stores each push once and delivers each receipt once, whatever fails", { timeout: 180_000 }, async () => {
  const seed = Number(process.env.FIELDPAGER_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`FIELDPAGER_SEED=${seed}`);
  const options = { seed, pagers: 10, pushes: 300, kills: 2, fulls: 1, powerCuts: 15, senders: 5, settleMs: 60_000 };
  const report = await runThroughFailures(options);
  expect(report.violations).toEqual([]);
  expect(report).toMatchObject({ pushes: 300, receipts: 600, stationStarts: 3, fulls: 1 });
  expect(report.powerCuts).toBeGreaterThan(5);
  expect(report.losses).toBeGreaterThan(5);
});
