/** The tests of one broker: it does what its table of capabilities says, and the scenarios pass. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { requireOrSkip } from "../require.ts";
import type { Broker } from "./broker.ts";
import { type BrokerName, CAPABILITIES, type Capabilities } from "./capabilities.ts";
import { ProbeClient } from "./probe-client.ts";
import { PROBES } from "./probes.ts";
import { PROBES_5 } from "./probes-5.ts";
import { describeQos2 } from "./qos2-scenarios.ts";
import { describeScenarios } from "./scenarios.ts";
import { describeBeside } from "./station-beside.ts";
import { TestPager } from "./test-pager.ts";

const START_TIMEOUT_MS = 90_000;
const READY_TIMEOUT_MS = 30_000;

/** Brokers beside which a station is run. */
const BESIDE: readonly BrokerName[] = ["mosquitto", "nats", "rabbitmq"];

/** @param isInstalled whether the broker is on this machine. If not, its tests are skipped, or fail if it is required. */
export function describeBroker(name: BrokerName, isInstalled: boolean, start: () => Promise<Broker>): void {
  const table: Capabilities = CAPABILITIES[name];

  describe.runIf(requireOrSkip(name, isInstalled))(`against ${name}`, () => {
    let broker: Broker;

    beforeAll(async () => {
      broker = await start();
      // An open port is not enough: ejabberd opens its port before it accepts logins.
      const isReady = async () => (await ProbeClient.open(broker, { clientId: "ready" })).cut();
      await vi.waitFor(isReady, { timeout: READY_TIMEOUT_MS, interval: 50 });
    }, START_TIMEOUT_MS + READY_TIMEOUT_MS);

    afterAll(() => broker?.stop(), START_TIMEOUT_MS);

    describe("does what the table of capabilities says, and nothing else", () => {
      const place = (question: string) => ({ broker, topic: `/probe/${question}`, client: `probe-${question}` });
      const basic = Object.keys(PROBES) as (keyof typeof PROBES)[];
      it.each(basic)("%s", async (question) => {
        expect(await PROBES[question](place(question))).toBe(table.basic[question]);
      });
      const further = table.mqtt5 ? (Object.keys(PROBES_5) as (keyof typeof PROBES_5)[]) : [];
      it.each(further)("MQTT 5: %s", async (question) => {
        expect(await PROBES_5[question](place(question))).toBe(table.mqtt5?.[question]);
      });
    });

    it(`finds by itself that ${table.mqtt5 ? "MQTT 5 is spoken" : "there is no MQTT 5"}, and remembers it across a reboot`, async () => {
      const store = new MemoryStore();
      const connected = `MQTT ${table.mqtt5 ? "5" : "3.1.1"}, session`;
      const failures: number[] = [];
      for (let life = 0; life < 2; life += 1) {
        const login = broker.login;
        const settings = login ? { "broker.userName": login.userName, "broker.password": login.password } : {};
        const pager = new TestPager({ port: broker.port, store, settings: { uid: "pager-auto", ...settings } });
        await vi.waitFor(() => expect(pager.logs.at(-1)).toContain(connected), { timeout: 10_000, interval: 10 });
        failures.push(pager.logs.filter((line) => line.startsWith("disconnected")).length);
        await pager.stop();
      }
      expect(failures).toEqual([table.mqtt5 ? 0 : 1, 0]);
    });

    if (BESIDE.includes(name)) describeBeside(() => broker, table);

    describe.each(table.mqtt5 ? (["3.1.1", "5"] as const) : (["3.1.1"] as const))("MQTT %s", (protocol) => {
      describeScenarios(() => broker, protocol);
      describeQos2(() => broker, protocol, table.basic);
    });
  });
}
