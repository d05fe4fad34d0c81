import { describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/node/memory-store.ts";
import { startAedes } from "./aedes.ts";
import { describeScenarios } from "./scenarios.ts";
import { TestPager } from "./test-pager.ts";

describe("against Aedes", () => {
  describeScenarios(startAedes, "3.1.1");

  it("finds by itself that there is no MQTT 5, and remembers it across a reboot", async () => {
    const broker = await startAedes();
    const store = new MemoryStore();
    const logs: string[][] = [];
    for (let life = 0; life < 2; life += 1) {
      const pager = new TestPager({ port: broker.port, store });
      await vi.waitFor(() => expect(pager.logs.at(-1)).toMatch(/^connected to .*, MQTT 3\.1\.1, session/), {
        timeout: 5_000,
      });
      logs.push(pager.logs);
      await pager.stop();
    }
    await broker.stop();
    expect(logs.map((lines) => lines.filter((line) => line.includes("unsupported protocol version")).length)).toEqual([
      1, 0,
    ]);
  });
});
