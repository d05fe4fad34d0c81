/** A cluster of three nodes of NATS, with a station and a pager that reach another node when theirs is killed. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import type { BrokerStatus } from "../../hosts/station/shared/broker-status.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import { getPush, postPush, StationBench, startStation, statusesOf, until } from "../hosts/station/harness.ts";
import { requireOrSkip } from "../require.ts";
import { findNats } from "./nats.ts";
import { type NatsCluster, startNatsCluster } from "./nats-cluster.ts";
import { ProbeClient } from "./probe-client.ts";
import { TestPager } from "./test-pager.ts";

const START_TIMEOUT_MS = 120_000;
const SHOWN_TIMEOUT_MS = 120_000;

describe.runIf(requireOrSkip("nats", findNats() !== undefined))("beside a cluster of three nodes of NATS", () => {
  const bench = new StationBench();
  let cluster: NatsCluster;

  beforeAll(async () => {
    cluster = await startNatsCluster();
    bench.add(() => cluster.stop());
    // A node accepts connections before the cluster has agreed on its stores.
    for (const [index, port] of cluster.nodePorts.entries())
      await vi.waitFor(
        async () => (await ProbeClient.open({ ...cluster, port }, { clientId: `ready-${index}` })).cut(),
        { timeout: START_TIMEOUT_MS, interval: 200 },
      );
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    await bench.end();
    vi.restoreAllMocks();
  });

  it("a pager and the station move to another node, nothing that was accepted is lost, nothing is shown twice", {
    timeout: 240_000,
  }, async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const [first = 0, second = 0, third = 0] = cluster.nodePorts;
    const node = (port: number) => ({ host: "127.0.0.1", port });
    const station = await startStation({
      data: bench.folder(),
      broker: { ...node(first), fallback: [node(second), node(third)], isSecure: false, userName: "", password: "" },
    });
    bench.add(() => station.close());
    const statusOf = async () =>
      ((await (await fetch(`${station.url}/healthz`)).json()) as { broker: BrokerStatus }).broker;
    const store = new MemoryStore();
    const pager = new TestPager({
      port: second,
      store,
      settings: {
        "broker.fallback": `127.0.0.1:${third},127.0.0.1:${first}`,
        "broker.keepAlive": 5,
        "broker.keepAliveMin": 5,
      },
      eager: true,
    });
    bench.add(() => pager.stop());
    await until(
      "both are connected",
      async () => (await statusOf()).protocol && pager.logs.some((line) => line.startsWith("connected")),
    );
    const ids: string[] = [];
    const send = async (count: number) => {
      for (const end = ids.length + count; ids.length < end; ) {
        const { answer } = await postPush(station.url, { to: "pager-1", text: `mark${ids.length}` });
        ids.push(answer.id ?? "");
      }
    };
    const isShown = async (id: string) => statusesOf(await getPush(station.url, id)).includes("shown");
    const allShown = async () => {
      for (const id of ids) await until(`${id} shown`, () => isShown(id), SHOWN_TIMEOUT_MS);
    };
    // In the middle of pushes the station's node dies, then the pager's.
    await send(10);
    await cluster.kill();
    await send(10);
    await allShown();
    expect((await statusOf()).address).not.toBe(`mqtt://127.0.0.1:${first}`);
    await cluster.restart();
    await send(10);
    await cluster.kill();
    await send(10);
    await allShown();
    expect(pager.logs.findLast((line) => line.startsWith("connected"))).not.toContain(`:${second},`);
    await cluster.restart();
    const pushes = await Promise.all(ids.map((id) => getPush(station.url, id)));
    expect(pushes.map((push) => statusesOf(push).sort().join())).toEqual(ids.map(() => "shown,stored"));
    const inbox = new Inbox(store);
    const stored: (string | undefined)[] = [];
    for (let at = inbox.older(); at !== undefined; at = inbox.older(at)) stored.unshift(inbox.read(at)?.id);
    expect(stored).toEqual(ids);
    expect(pager.marks).toEqual(ids.map((_, number) => `mark${number}`));
  });
});
