/**
 * Finds out about connections at other brokers on the same Redis. The station asks all brokers, and the one with the connection
 * answers.
 */
import type { PublishPacket } from "aedes";
import type { StationBroker } from "../broker.ts";
import type { BrokerView } from "../broker-view.ts";
import type { DeviceConnection } from "../device.ts";
import { CONNECTION_ASKED_MS } from "../station-limits.ts";

interface Answer {
  readonly uid: string;
  readonly connection: DeviceConnection;
}

interface Heard {
  readonly mq: { on(topic: string, listener: (packet: PublishPacket, done: () => void) => void): void };
}

/** Answers the others for the clients of this broker. */
export function answerOthers(broker: StationBroker, view: BrokerView): void {
  hear(broker, "asked/connection", (uid) => {
    const connection = view.ownConnectionOf(uid);
    if (connection) say(broker, "told/connection", JSON.stringify({ uid, connection } satisfies Answer));
  });
}

/** Lets the view ask the other brokers. */
export function askOthers(broker: StationBroker, view: BrokerView): void {
  const waiting = new Map<string, Set<(connection: DeviceConnection) => void>>();
  hear(broker, "told/connection", (payload) => {
    const { uid, connection } = JSON.parse(payload) as Answer;
    for (const told of waiting.get(uid) ?? []) told(connection);
  });
  view.askOthers = (uid) =>
    new Promise((resolve) => {
      const asking = waiting.get(uid) ?? new Set();
      const end = (connection?: DeviceConnection) => {
        clearTimeout(timer);
        asking.delete(end);
        if (asking.size === 0) waiting.delete(uid);
        resolve(connection);
      };
      const timer = setTimeout(end, CONNECTION_ASKED_MS);
      waiting.set(uid, asking.add(end));
      say(broker, "asked/connection", uid);
    });
}

function hear(broker: StationBroker, what: string, heard: (payload: string) => void): void {
  (broker as unknown as Heard).mq.on(`$SYS/+/${what}`, ({ payload }, done) => {
    heard(payload.toString());
    done();
  });
}

function say(broker: StationBroker, what: string, payload: string): void {
  const topic = `$SYS/${broker.id}/${what}`;
  broker.publish({ cmd: "publish", topic, payload: Buffer.from(payload), qos: 0, retain: false, dup: false }, () => {});
}
