/** The station's own queue. No message stays in it after a failed try, or because nobody announced it. */
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
  it("tries a failed message again by itself", async () => {
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

  it("takes a message that comes while it reads the end of the queue", async () => {
    const queue: string[] = [];
    const { broker, tell } = brokerWith(queue);
    const taken: string[] = [];
    const accept = async (payload: Uint8Array) => void taken.push(payload.toString());
    const inbox = new SharedInbox(broker, { topic: TOPIC, accept }, "station");
    await inbox.start();
    // One message comes at each turn of the microtask queue, so one also comes at the turn in which reading ends.
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
