/** A station beside a broker that is there already, as its client, with pagers on that broker. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import type { BrokerStatus } from "../../hosts/station/shared/broker-status.ts";
import type { PushWithDeliveries } from "../../hosts/station/shared/push.ts";
import type { Station } from "../../hosts/station/station.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import type { Store } from "../../src/seams.ts";
import { ask, getPush, postPush, StationBench, startStation, statusesOf, until } from "../hosts/station/harness.ts";
import type { Broker, MortalBroker } from "./broker.ts";
import type { Capabilities } from "./capabilities.ts";

/** Each broker has an environment of its own for each test: what a former one has retained is none of the next one's. */
let environments = 0;

export function describeBeside(broker: () => Broker, table: Capabilities): void {
  describe("a station beside it", () => {
    let bench: StationBench;
    let env: string;
    let data: string;
    let log: string[];

    beforeEach(() => {
      bench = new StationBench();
      environments += 1;
      env = `env${environments}`;
      data = bench.folder();
      log = [];
      vi.spyOn(console, "error").mockImplementation((line: string) => void log.push(line));
    });
    afterEach(async () => {
      await bench.end();
      vi.restoreAllMocks();
    });

    const start = async (): Promise<Station> => {
      const { port, login } = broker();
      const address = { host: "127.0.0.1", port, isSecure: false, userName: "", password: "", ...login };
      return startStation({ data, env, broker: address });
    };
    const pager = (uid: string, store = new MemoryStore()) => {
      const { port, login } = broker();
      const settings = {
        env,
        "screen.dwell": 0,
        "telemetry.interval": 0,
        ...(login && { "broker.userName": login.userName, "broker.password": login.password }),
      };
      return bench.pager(port, uid, { store, settings });
    };
    const send = async ({ url }: Station, text: string, more: object = {}): Promise<string> => {
      const { status, answer } = await postPush(url, { to: "pager-1", text, ...more });
      expect([status, answer.error]).toEqual([202, undefined]);
      return answer.id ?? "";
    };
    const statusOf = async ({ url }: Station) =>
      ((await (await fetch(`${url}/healthz`)).json()) as { broker: BrokerStatus }).broker;
    const connected = (station: Station) => until("the broker", async () => (await statusOf(station)).protocol);
    const stateOf = async ({ url }: Station, id: string) => (await getPush(url, id))?.state;
    const shown = (station: Station, id: string) =>
      until(`${id} shown`, async () => statusesOf(await getPush(station.url, id)).includes("shown"));

    it("says what it cannot do", async () => {
      const station = await start();
      bench.add(() => station.close());
      const protocol = await connected(station);
      const { isConnected, lacks } = await statusOf(station);
      const { basic, mqtt5 } = table;
      expect([isConnected, protocol]).toEqual([true, mqtt5 ? "MQTT 5" : "MQTT 3.1.1"]);
      const says = (words: string) => lacks.some((lack) => lack.includes(words));
      expect({
        expiry: says("no message expiry"),
        qos: says("QoS 1 at most"),
        retained: says("no retained messages for wildcards"),
        senders: says("senders are not checked"),
      }).toEqual({
        expiry: mqtt5 === undefined,
        qos: basic.qos2Granted === 1,
        retained: !basic.retainedByPlus,
        senders: true,
      });
      expect(log.join("\n")).toContain(`: connected, ${protocol}`);
      const told = (await (await ask(station.url, "/api/station")).json()) as { broker: BrokerStatus };
      expect(told.broker).toEqual(await statusOf(station));
    });

    it("sends what a device lacks when it is there, also after a restart, and nothing that has ended", async () => {
      let station = await start();
      const store = new MemoryStore();
      const kept = [await send(station, "number 1."), await send(station, "number 2.", { collapseKey: "k" })];
      const back = await send(station, "taken back");
      await connected(station);
      expect(await stateOf(station, kept[0] ?? "")).toBe("waiting");
      const newest = await send(station, "number 3.", { collapseKey: "k" });
      const short = await send(station, "too late", { expirySeconds: 1 });
      expect((await ask(station.url, `/api/pushes/${back}`, { method: "DELETE" })).status).toBe(204);
      await until("its time is over", async () => (await stateOf(station, short)) === "expired");
      await station.close();
      station = await start();
      bench.add(() => station.close());

      const first = pager("pager-1", store);
      for (const id of [kept[0] ?? "", newest]) await shown(station, id);
      const on = await send(station, "number 4.");
      await shown(station, on);
      await first.stop();
      // One that is sent before the station hears of its absence stays sent.
      const probes = new Set<string>();
      await until("its absence", async () => {
        const probe = await send(station, "is it away?");
        probes.add(probe);
        return (await stateOf(station, probe)) === "waiting";
      });
      const away = await send(station, "number 5.");
      const second = pager("pager-1", store);
      await shown(station, away);
      const screens = [...first.screens, ...second.screens];
      for (const text of ["number 1", "number 3", "number 4", "number 5"])
        expect(
          screens.some((lines) => lines.join(" ").includes(text)),
          text,
        ).toBe(true);
      for (const text of ["number 2", "taken back", "too late"])
        expect(
          screens.some((lines) => lines.join(" ").includes(text)),
          text,
        ).toBe(false);
      expect(storedIn(store).filter((id) => !probes.has(id ?? ""))).toEqual([kept[0], newest, on, away]);
      const { pushes } = (await (await ask(station.url, "/api/pushes")).json()) as { pushes: PushWithDeliveries[] };
      const receipts = (id: string | undefined) =>
        pushes.find((push) => push.id === id)?.deliveries[0]?.receipts.map(({ status, from }) => `${status} ${from}`);
      for (const id of [kept[0], newest, on, away]) expect(receipts(id)).toEqual(["stored pager-1", "shown pager-1"]);
      for (const id of [kept[1], back]) expect(receipts(id)).toEqual(["dropped station"]);
      expect(receipts(short)).toEqual(["expired station"]);
      // It goes from a device that has it.
      expect((await ask(station.url, `/api/pushes/${away}`, { method: "DELETE" })).status).toBe(204);
      await until("the end of it", () => !second.screens.at(-1)?.join(" ").includes("number 5"));
    });

    it("accepts while the broker is away, loses nothing when that is killed, and shows nothing twice", async (context) => {
      const mortal = broker() as Partial<MortalBroker>;
      const { kill, restart } = mortal;
      if (!kill || !restart) return context.skip();
      await kill();
      const station = await start();
      bench.add(() => station.close());
      const ids = [await send(station, "number 0.")];
      expect((await statusOf(station)).isConnected).toBe(false);
      await restart();
      const store = new MemoryStore();
      pager("pager-1", store);
      await shown(station, ids[0] ?? "");
      for (let number = 1; number <= 30; number += 1) {
        ids.push(await send(station, `number ${number}.`));
        if (number !== 10 && number !== 20) continue;
        await kill();
        await restart();
      }
      await until("all of them", () => storedIn(store).length >= ids.length);
      expect(storedIn(store)).toEqual(ids);
      // What a killed broker has lost was sent again, and receipts were asked for again.
      for (const id of ids) await shown(station, id);
      const pushes = await Promise.all(ids.map((id) => getPush(station.url, id)));
      expect(pushes.map((push) => statusesOf(push).sort().join())).toEqual(ids.map(() => "shown,stored"));
    });
  });
}

/** The ids of what a pager has stored, each as often as it is there, in order. */
function storedIn(store: Store): (string | undefined)[] {
  const inbox = new Inbox(store);
  const ids: (string | undefined)[] = [];
  for (let at = inbox.older(); at !== undefined; at = inbox.older(at)) ids.unshift(inbox.read(at)?.id);
  return ids;
}
