/** What a broker hears from the others on the same Redis, and what Aedes leaves out of that. */
import type { EventEmitter } from "node:events";
import type { PublishPacket } from "aedes";
import mqemitterRedis from "mqemitter-redis";
import type { StationBroker } from "../broker.ts";
import type { RedisConnections } from "./redis-connections.ts";

/** A channel that nothing is published to: no topic has a colon before its first slash. */
const NOBODY = "fieldpager:nobody";

type Listener = (packet: PublishPacket, done: () => void) => void;

/** The parts of `mqemitter-redis` that its types do not tell. */
interface Emitter {
  readonly state: EventEmitter;
  on(topic: string, listener: Listener, done?: () => void): unknown;
  close(done: () => void): void;
}

interface Inside {
  readonly mq: Emitter;
  readonly clients: Record<string, { will: unknown; _will: unknown }>;
}

/**
 * Carries messages between the brokers.
 * @param onBack the connection was lost and stands again: what was carried meanwhile is only in the queues
 */
export function openSharedEmitter(connections: RedisConnections, onBack: () => void): object {
  const [subConn, pubConn] = [connections.open({ enableReadyCheck: false }), connections.open()];
  const options = { subConn, pubConn, separator: "/", wildcardOne: "+", wildcardSome: "#", matchEmptyLevels: true };
  const mq = mqemitterRedis(options) as unknown as Emitter;
  mq.state.on("error", (error: Error) => console.error(`broker: Redis: ${error.message}`));
  // Its answer is behind the answers to all that was subscribed to before. (A PING's would be taken for one of those.)
  const subscribed = (then: () => void) =>
    void subConn
      .subscribe(NOBODY)
      .finally(then)
      .catch(() => {});
  let isFirst = true;
  subConn.on("ready", () => {
    if (!isFirst) subscribed(onBack);
    isFirst = false;
  });
  // Who is the second to listen to a topic is told that it does while the subscription of the first is still on its way.
  const on = mq.on.bind(mq);
  mq.on = (topic, listener, done) => on(topic, listener, done && (() => subscribed(done)));
  // Its own would wait for ever for a Redis that is not there.
  mq.close = (done) => void Promise.all([subConn, pubConn].map((each) => connections.end(each))).then(() => done());
  for (const connection of [subConn, pubConn]) connection.connect().catch(() => {});
  return mq;
}

/** To be called before the broker listens to the others itself. */
export function followOtherBrokers(broker: StationBroker): void {
  const { mq, clients } = broker as unknown as Inside;
  const isFromOther = (topic: string) => topic.split("/")[1] !== broker.id;
  // A client that goes on at another broker is not gone. Its will would say so, after it has said that it is there.
  mq.on("$SYS/+/new/clients", ({ topic, payload }, done) => {
    const client = isFromOther(topic) ? clients[payload.toString()] : undefined;
    if (client) {
      client.will = null;
      client._will = null;
    }
    done();
  });
  // Who waits for a first subscription hears of it wherever it is made.
  mq.on("$SYS/+/new/subscribes", ({ topic, payload }, done) => {
    const { subs } = isFromOther(topic) ? (JSON.parse(payload.toString()) as { subs: never }) : { subs: undefined };
    if (subs) broker.emit("subscribe", subs, undefined as never);
    done();
  });
}
