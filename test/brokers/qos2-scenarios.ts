/** Messages of QoS 2 between two engines, over a broker and a proxy that cuts. The pager does not use QoS 2. */
import { afterEach, expect, it, vi } from "vitest";
import { integerBetween, seededRandom } from "../random.ts";
import type { Broker } from "./broker.ts";
import type { Capabilities } from "./capabilities.ts";
import { CuttingProxy, type Direction } from "./cutting-proxy.ts";
import { TestSession } from "./test-session.ts";

const MESSAGES = 100;
const CUTS = 20;

let scenarioCount = 0;

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });

export function describeQos2(broker: () => Broker, protocol: "3.1.1" | "5", capabilities: Capabilities["basic"]): void {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const start = async (port: number) => {
    scenarioCount += 1;
    const topic = `/two/${scenarioCount}`;
    const common = { port, protocol, login: broker().login } as const;
    const subscriptions = [{ topicFilter: topic, qos: 2 }] as const;
    const receiver = new TestSession({ ...common, clientIdentifier: `receiver-${scenarioCount}`, subscriptions });
    const sender = new TestSession({ ...common, clientIdentifier: `sender-${scenarioCount}` });
    stops.push(
      () => receiver.stop(),
      () => sender.stop(),
    );
    await eventually(() => expect([receiver.isSubscribed, sender.isConnected]).toEqual([true, true]));
    return { receiver, sender, topic };
  };

  // A connection may end between CONNECT and CONNACK. The broker may have lost the session then, and given the identifier to
  // another message. Without DUP a message that comes again looks like that one.
  const isOnce = capabilities.redelivery.startsWith("DUP");

  if (capabilities.qos2Publish === "pubrec") {
    const how = isOnce ? "each once and in order" : "each at least once";
    it(`tells ${MESSAGES} messages of QoS 2, ${how}, while cut ${CUTS} times`, async () => {
      const seed = Number(process.env.FIELDPAGER_SEED ?? Math.floor(Math.random() * 2 ** 31));
      const told = `FIELDPAGER_SEED=${seed} replays the cuts`;
      const random = seededRandom(seed);
      const proxy = await CuttingProxy.start(broker().port, protocol === "5" ? 5 : 4);
      stops.push(() => proxy.stop());
      const { receiver, sender, topic } = await start(proxy.port);
      const wanted: string[] = [];
      const allTold = () => {
        expect(new Set(receiver.received).size, told).toBe(wanted.length);
        expect(sender.outcomes.size, told).toBe(wanted.length);
      };
      for (let cut = 0; cut < CUTS; cut += 1) {
        const direction: Direction = random() < 0.5 ? "toBroker" : "toPager";
        let isCut = false;
        void proxy.cutAfter(direction, integerBetween(random, 1, 300)).then(() => {
          isCut = true;
        });
        for (let index = 0; index < MESSAGES / CUTS; index += 1) {
          wanted.push(String(wanted.length));
          sender.publish(topic, wanted.at(-1) as string, 2);
        }
        await eventually(() => isCut || allTold());
        if (isCut) continue;
        // Only an open connection can be cut.
        await eventually(() => expect([receiver.isConnected, sender.isConnected], told).toEqual([true, true]));
        proxy.cut();
      }
      await eventually(allTold);
      if (isOnce) {
        expect([...new Set(receiver.received)], told).toEqual(wanted);
        const begun = exchangesOf(proxy);
        for (const text of wanted) {
          const times = receiver.received.filter((each) => each === text).length;
          expect(times, `${text}; ${told}`).toBeLessThanOrEqual(begun.get(text) ?? 1);
        }
      }
      expect([...sender.outcomes.values()].every((outcome) => outcome === "acknowledged")).toBe(true);
      // The engines may not know yet that the last connection has ended.
      await eventually(() => expect(sender.ends.length + receiver.ends.length, told).toBeGreaterThanOrEqual(CUTS));
    });
    return;
  }

  if (capabilities.qos2Publish === "puback") {
    it("works with a broker that treats QoS 2 as QoS 1", async () => {
      const { receiver, sender, topic } = await start(broker().port);
      sender.publish(topic, "two", 2);
      sender.publish(topic, "one", 1);
      await eventually(() => expect(receiver.received).toEqual(["two", "one"]));
      await eventually(() => expect([...sender.outcomes.values()]).toEqual(["acknowledged", "acknowledged"]));
      expect(sender.ends).toEqual([]);
    });
    return;
  }

  it("gives up a message of QoS 2 at a broker that closes the connection on it", async () => {
    const { receiver, sender, topic } = await start(broker().port);
    sender.publish(topic, "two", 2);
    sender.publish(topic, "one", 1);
    await eventually(() => expect([...sender.outcomes.values()].sort()).toEqual(["acknowledged", "rejected"]));
    await eventually(() => expect(receiver.received).toEqual(["one"]));
  });
}

/**
 * How many exchanges the broker has begun with each message. PUBREL ends an exchange: the same PUBLISH after it counts as a new
 * message, with DUP or without. mosquitto 2.0.11 sends one when a CONNECT comes before the former connection got its CONNACK.
 */
function exchangesOf(proxy: CuttingProxy): Map<string, number> {
  const begun = new Map<string, number>();
  const open = new Map<number | undefined, string>();
  for (const { packet } of proxy.packets("toPager", "publish", "pubrel")) {
    if (packet.cmd === "pubrel") open.delete(packet.messageId);
    if (packet.cmd !== "publish") continue;
    const text = packet.payload.toString();
    if (open.get(packet.messageId) !== text) begun.set(text, (begun.get(text) ?? 0) + 1);
    open.set(packet.messageId, text);
  }
  return begun;
}
