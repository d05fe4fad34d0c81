import { describe, expect, it, vi } from "vitest";
import { DeliveryQueue } from "../../../../hosts/station/push/delivery-queue.ts";

describe("DeliveryQueue", () => {
  it("delivers to a device whose arrival was not announced when all devices are checked", async () => {
    const known = new Set<string>();
    const delivered: string[] = [];
    const queue = new DeliveryQueue({
      hasReceiver: (device) => known.has(device),
      deliver: async ({ device, id }) => void delivered.push(`${device} ${id}`),
      wait: async () => {},
      expire: async () => {},
    });
    for (const device of ["pager-1", "pager-2"]) queue.add({ id: "p1", device });
    await vi.waitFor(() => expect([queue.sizeOf("pager-1"), queue.sizeOf("pager-2")]).toEqual([1, 1]));
    known.add("pager-2");
    expect(delivered).toEqual([]);
    queue.wakeAll();
    await vi.waitFor(() => expect(delivered).toEqual(["pager-2 p1"]));
    expect([queue.sizeOf("pager-1"), queue.sizeOf("pager-2")]).toEqual([1, 0]);
    queue.stop();
  });
});
