/** Messages between brokers on the same Redis, with corrections of what Aedes and `mqemitter-redis` do. */
import type { EventEmitter } from "node:events";
import type { PublishPacket } from "aedes";
import mqemitterRedis from "mqemitter-redis";
import type { StationBroker } from "../broker.ts";
import type { RedisConnections } from "./redis-connections.ts";

/** A channel that nobody publishes to. */
const NOBODY = "fieldpager:nobody";

type Listener = (packet: PublishPacket, done: () => void) => void;

/** Members of `mqemitter-redis` that its types leave out. */
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
 * @param onBack is called when a lost connection is back. Messages of the meantime are only in the queues.
 */
export function openSharedEmitter(connections: RedisConnections, onBack: () => void): object {
  const [subConn, pubConn] = [connections.open({ enableReadyCheck: false }), connections.open()];
  const options = { subConn, pubConn, separator: "/", wildcardOne: "+", wildcardSome: "#", matchEmptyLevels: true };
  const mq = mqemitterRedis(options) as unknown as Emitter;
  mq.state.on("error", (error: Error) => console.error(`broker: Redis: ${error.message}`));
  // Redis answers in order: this answer comes after those to all earlier subscriptions. The answer to a PING would be taken for
  // one of them.
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
  // The second listener of a topic is told at once that it listens, though the subscription of the first is still under way.
  const on = mq.on.bind(mq);
  mq.on = (topic, listener, done) => on(topic, listener, done && (() => subscribed(done)));
  // The emitter's own `close` would wait for ever for a missing Redis.
  mq.close = (done) => void Promise.all([subConn, pubConn].map((each) => connections.end(each))).then(() => done());
  for (const connection of [subConn, pubConn]) connection.connect().catch(() => {});
  return mq;
}

/** To be called before the broker listens to the others itself. */
export function followOtherBrokers(broker: StationBroker): void {
  const { mq, clients } = broker as unknown as Inside;
  const isFromOther = (topic: string) => topic.split("/")[1] !== broker.id;
  // A client that goes on at another broker is not gone. Its will must not follow its new presence.
  mq.on("$SYS/+/new/clients", ({ topic, payload }, done) => {
    const client = isFromOther(topic) ? clients[payload.toString()] : undefined;
    if (client) {
      client.will = null;
      client._will = null;
    }
    done();
  });
  // A first subscription is told to all brokers.
  mq.on("$SYS/+/new/subscribes", ({ topic, payload }, done) => {
    const { subs } = isFromOther(topic) ? (JSON.parse(payload.toString()) as { subs: never }) : { subs: undefined };
    if (subs) broker.emit("subscribe", subs, undefined as never);
    done();
  });
}
