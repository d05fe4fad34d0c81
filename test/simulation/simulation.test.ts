/** Seeds in virtual time, and proofs that the simulation finds mistakes. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { OutboundTable } from "../../src/mqtt/outbound.ts";
import { Session } from "../../src/mqtt/session.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import { simulateAny } from "./any-seed.ts";
import { PowerCut, PowerCutStore } from "./power-cut-store.ts";
import { simulate } from "./simulate.ts";
import { VirtualClock } from "./virtual-clock.ts";

const SEEDS = 2_000;
const MUTANT_SEEDS = 40;

describe("simulation", () => {
  it(`keeps its promises in ${SEEDS} seeds`, { timeout: 600_000 }, () => {
    const broken: string[] = [];
    let pushes = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const outcome = simulateAny(seed);
      pushes += outcome.pushes;
      if (outcome.violations.length)
        broken.push(`npm run simulate -- --seeds 1 --first ${seed}: ${outcome.violations.join("; ")}`);
    }
    expect(broken).toEqual([]);
    expect(pushes).toBeGreaterThan(SEEDS);
  });

  it("gives the same run for the same seed", () => {
    expect(simulate(7)).toEqual(simulate(7));
    expect(simulate(7)).not.toEqual(simulate(8));
  });
});

describe("the simulation sees", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const violations = () => Array.from({ length: MUTANT_SEEDS }, (_, index) => simulate(index + 1).violations).flat();

  it("a firmware that does not recognise duplicates", () => {
    vi.spyOn(Inbox.prototype, "has").mockReturnValue(false);
    expect(violations()).toContainEqual(expect.stringMatching(/sounded \d+ times/));
  });

  it("a firmware that acknowledges before it has stored", () => {
    const acknowledge = Session.prototype.acknowledge;
    const pollEvent = Session.prototype.pollEvent;
    vi.spyOn(Session.prototype, "acknowledge").mockImplementation(() => {});
    vi.spyOn(Session.prototype, "pollEvent").mockImplementation(function (this: Session) {
      const event = pollEvent.call(this);
      if (event?.type === "message" && event.message.qos === 1) acknowledge.call(this, event.token);
      return event;
    });
    const insert = Inbox.prototype.insert;
    // Every fifth message is lost, as after a power cut between acknowledging and storing.
    let count = 0;
    vi.spyOn(Inbox.prototype, "insert").mockImplementation(function (this: Inbox, ...args) {
      count += 1;
      return count % 5 === 0 ? "stored" : insert.apply(this, args);
    });
    expect(violations()).toContainEqual(expect.stringContaining("was not told that it was stored"));
  });

  it("a firmware that never wakes", () => {
    vi.spyOn(Session.prototype, "handleTimeout").mockImplementation(() => {});
    vi.spyOn(Session.prototype, "pollTimeout").mockReturnValue(undefined);
    expect(violations()).toContainEqual(expect.stringContaining("not connected"));
  });

  it("a firmware that uses a packet identifier twice", () => {
    vi.spyOn(OutboundTable.prototype, "allocateIdentifier").mockReturnValue(7);
    expect(violations()).toContainEqual(expect.stringContaining("the identifier 7 twice"));
  });

  it("a firmware that throws", () => {
    vi.spyOn(Inbox.prototype, "markShown").mockImplementation(() => {
      throw new TypeError("a mistake");
    });
    vi.spyOn(Inbox.prototype, "nextReceipts").mockImplementation(() => {
      throw new TypeError("a mistake");
    });
    expect(violations()).toContainEqual(expect.stringContaining("TypeError: a mistake"));
  });
});

describe("virtual time", () => {
  it("runs actions in order, and those of the same time in the order in which they were set", () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`late at ${clock.nowMs}`));
    clock.after(10, () => clock.after(0, () => seen.push(`third at ${clock.nowMs}`)));
    clock.after(10, () => seen.push(`second at ${clock.nowMs}`));
    const cancel = clock.after(15, () => seen.push("never"));
    cancel();
    clock.runUntil(30);
    expect(seen).toEqual(["second at 10", "third at 10", "late at 20"]);
    expect(clock.nowMs).toBe(30);
  });

  it("ends with an error when it stands still", () => {
    const clock = new VirtualClock();
    const spin = () => clock.after(0, spin);
    spin();
    expect(() => clock.runUntil(1)).toThrow("time stands still");
  });
});

describe("storage with power cuts", () => {
  it.each([0.2, 0.8])("has the old or the new value after a cut during a write (%d)", (chosen) => {
    const store = PowerCutStore.empty(() => chosen);
    store.write("a", Uint8Array.of(1));
    store.cutAtWrite(2);
    store.write("b", Uint8Array.of(2));
    expect(() => store.write("a", Uint8Array.of(3))).toThrow(PowerCut);
    expect(() => store.write("c", Uint8Array.of(4))).toThrow(PowerCut);
    const next = store.reborn();
    expect(next.read("a")).toEqual(Uint8Array.of(chosen < 0.5 ? 3 : 1));
    expect([...next.keys()].sort()).toEqual(["a", "b"]);
  });
});
