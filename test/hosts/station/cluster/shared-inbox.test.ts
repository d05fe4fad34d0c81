/** The station's own queue: nothing stays in it because a try failed, or because nobody said that there was more. */
import { EventEmitter } from "node:events";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StationBroker } from "../../../../hosts/station/broker.ts";
import { SharedInbox } from "../../../../hosts/station/cluster/shared-inbox.ts";
import { DELIVERY_RETRY_MS } from "../../../../hosts/station/station-limits.ts";

const TOPIC = "/field/im/station";

/** A broker whose one queue is a list. */
function brokerWith(queue: string[]): { readonly broker: StationBroker; readonly tell: () => void } {
  let listener: (packet: object, done: () => void) => void = () => {};
  const mq = {
    on: (_topic: string, heard: typeof listener, done: () => void) => {
      listener = heard;
      done();
    },
  };
  const persistence = {
    grant: async () => {},
    outgoingStream: async function* () {
      for (const text of [...queue]) yield { payload: Buffer.from(text) } as StoredPacket;
    },
    outgoingUpdate: async () => {},
    outgoingClearMessageId: async () => void queue.shift(),
  };
  const broker = Object.assign(new EventEmitter(), { mq, persistence }) as unknown as StationBroker;
  return { broker, tell: () => listener({ qos: 1 }, () => {}) };
}

afterEach(() => vi.useRealTimers());

describe("SharedInbox", () => {
  it("comes back by itself to what it could not take", async () => {
    vi.useFakeTimers();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const queue = ["m0", "m1"];
    const taken: string[] = [];
    let failures = 1;
    const accept = async (payload: Uint8Array) => {
      if (payload.toString() === "m1" && failures-- > 0) throw new Error("disk");
      taken.push(payload.toString());
    };
    const inbox = new SharedInbox(brokerWith(queue).broker, { topic: TOPIC, accept }, "station");
    await inbox.start();
    await vi.advanceTimersByTimeAsync(DELIVERY_RETRY_MS - 1);
    expect(taken).toEqual(["m0"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(taken).toEqual(["m0", "m1"]);
    expect(queue).toEqual([]);
    await inbox.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes what comes while it is at the end of the queue", async () => {
    const queue: string[] = [];
    const { broker, tell } = brokerWith(queue);
    const taken: string[] = [];
    const accept = async (payload: Uint8Array) => void taken.push(payload.toString());
    const inbox = new SharedInbox(broker, { topic: TOPIC, accept }, "station");
    await inbox.start();
    // At every turn of the microtask queue once, so also at the one at which the reading ends.
    for (let turns = 0; turns < 40; turns += 1) {
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      queue.push(`m${turns}`);
      tell();
    }
    await vi.waitFor(() => expect(taken).toHaveLength(40));
    await inbox.close();
    queue.push("late");
    tell();
    expect(taken).not.toContain("late");
  });
});
