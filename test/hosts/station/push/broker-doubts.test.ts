/** A broker that knows less than there is: the device is connected, and the station believes that it is away. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Directory } from "../../../../hosts/station/directory/directory.ts";
import { PushService } from "../../../../hosts/station/push/push-service.ts";
import { PushStore } from "../../../../hosts/station/push/push-store.ts";
import { EventHub } from "../../../../hosts/station/shared/event-hub.ts";
import { SILENT_TRIED_MS, SWEEP_MS } from "../../../../hosts/station/shared/limits.ts";
import type { OwnMessage, ReceiverListener, StationInbox } from "../../../../hosts/station/shared/message-broker.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { encodeReceipt } from "../../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { until } from "../harness.ts";
import { scene } from "../scene.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const TOPIC = "/field/im/p";

function receiptFor(id: string): Uint8Array {
  const contents = [encodeReceipt(id, "stored")];
  return encodeMessage({ timestampSeconds: 1, imType: IM_TYPE.receipt, contents, sender: "p" });
}

/** Gives everything to the device, which answers with a receipt. */
class BrokerInTheDark {
  inbox: StationInbox | undefined;
  onNewHolder: unknown;
  readonly given: string[] = [];
  #listener: ReceiverListener | undefined;
  #isKnown = false;

  listenToReceivers(listener: ReceiverListener): void {
    this.#listener = listener;
  }

  doubt(): void {
    this.#listener?.handleDoubt();
  }

  hasReceiver(): boolean {
    return this.#isKnown;
  }

  noteReceiver(topic: string): void {
    this.#isKnown = true;
    this.#listener?.handleArrived(topic);
  }

  hasRetained(): boolean {
    return true;
  }

  isHeld(): boolean {
    return false;
  }

  async publish({ topic, payload, qos = 1 }: OwnMessage): Promise<void> {
    const text = Buffer.from(payload).toString();
    this.given.push(`${topic} ${qos} ${/"co":"([^"]*)"/.exec(text)?.[1]}`);
    const id = /"id":"([^"]*)"/.exec(text)?.[1] ?? "";
    await this.inbox?.accept(receiptFor(id));
  }
}

it("a device that is there gets what it lacks, whatever is known of its presence", async () => {
  const bench = scene();
  const store = new StationStore(join(bench.folder(), "station.db"));
  bench.add(() => store.close());
  const directory = await Directory.open({
    name: "one",
    load: async () => ({ people: [], devices: [{ uid: "p" }], groups: [] }),
  });
  const broker = new BrokerInTheDark();
  const pushes = new PushStore(store, 10);
  const service = new PushService("field", broker as never, pushes, directory, new EventHub());
  bench.add(() => service.stop());
  await service.start();
  broker.doubt();
  const origin = { account: "admin", isAdmin: true };
  for (const text of ["one", "two", "three"]) await service.push({ to: "p", text }, origin);
  vi.advanceTimersByTime(SILENT_TRIED_MS);
  expect(broker.given).toEqual([]);
  vi.advanceTimersByTime(2 * SWEEP_MS);
  await until("all is there", () => pushes.open.size === 0);
  expect(broker.given).toEqual([`${TOPIC} 0 one`, `${TOPIC} 1 two`, `${TOPIC} 1 three`]);
});
