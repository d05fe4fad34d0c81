/** Many pagers and one sender, smaller than `npm run simulate -- --pagers 50 --messages 10000`. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { INBOX_RECORDS_MAX } from "../../src/limits.ts";
import { Inbox, type OwedReceipts, type Receipt } from "../../src/pager/inbox.ts";
import { simulateFleet } from "./simulate-fleet.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a fleet of pagers on bad networks, with power cuts", () => {
  it("stores every message once, and every receipt arrives once and in order", { timeout: 60_000 }, () => {
    const outcome = simulateFleet(1, 8, 800);
    expect(outcome.violations).toEqual([]);
    expect(outcome.stored).toBe(800);
    expect(outcome.receipts).toBeGreaterThanOrEqual(2 * 800);
    expect(Math.min(outcome.powerCuts, outcome.repeated)).toBeGreaterThan(0);
  });

  it("keeps its promises when the inboxes overflow", { timeout: 60_000 }, () => {
    expect(simulateFleet(2, 1, 2 * INBOX_RECORDS_MAX).violations).toEqual([]);
  });
});

describe("the simulation of a fleet sees", () => {
  const violations = () => simulateFleet(1, 8, 320).violations.join("\n");

  it("a message that is stored twice", () => {
    vi.spyOn(Inbox.prototype, "has").mockReturnValue(false);
    // This needs a cut between a message and its acknowledgement.
    const found = [1, 2, 3, 4].map((seed) => simulateFleet(seed, 8, 320).violations.join("\n"));
    expect(found.join("\n")).toMatch(/stored 2 times/);
  });

  it("a receipt for another message, one out of order, and one that is sent again", () => {
    /** Changes the receipts that leave, without the inbox. */
    const lie = (change: (receipt: Receipt) => Partial<Receipt>) => {
      const truths = new WeakMap<OwedReceipts, OwedReceipts>();
      const { nextReceipts, handleReceiptsSent, handleReceiptsTaken } = Inbox.prototype;
      vi.spyOn(Inbox.prototype, "nextReceipts").mockImplementation(function (this: Inbox, ...args) {
        const truth = nextReceipts.apply(this, args);
        if (!truth) return undefined;
        const told = { ...truth, receipts: truth.receipts.map((receipt) => ({ ...receipt, ...change(receipt) })) };
        truths.set(told, truth);
        return told;
      });
      vi.spyOn(Inbox.prototype, "handleReceiptsSent").mockImplementation(function (this: Inbox, owed) {
        handleReceiptsSent.call(this, truths.get(owed) as OwedReceipts);
      });
      vi.spyOn(Inbox.prototype, "handleReceiptsTaken").mockImplementation(function (this: Inbox, owed) {
        handleReceiptsTaken.call(this, truths.get(owed) as OwedReceipts);
      });
      const found = violations();
      vi.restoreAllMocks();
      return found;
    };
    expect(lie(({ id }) => ({ id: `${id}0` }))).toMatch(/not in the history/);
    expect(lie(({ stage }) => (stage === "stored" ? { stage: "shown" } : {}))).toMatch(/told shown|in the same life/);
    expect(lie(({ stage }) => (stage === "read" ? { stage: "shown" } : {}))).toMatch(/told again in the same life/);
  });
});
