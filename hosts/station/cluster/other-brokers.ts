/** What a broker hears from the others on the same Redis, and what Aedes leaves out of that. */
import type { EventEmitter } from "node:events";
import type { PublishPacket } from "aedes";
import { Redis } from "ioredis";
import mqemitterRedis from "mqemitter-redis";
import type { StationBroker } from "../broker.ts";

interface Inside {
  readonly mq: { on(topic: string, listener: (packet: PublishPacket, done: () => void) => void): void };
  readonly clients: Record<string, { will: unknown; _will: unknown }>;
}

/**
 * Carries messages between the brokers.
 * @param onBack the connection was lost and stands again: what was carried meanwhile is only in the queues
 */
export function openSharedEmitter(redisUrl: string, onBack: () => void): object {
  const connect = () => new Redis(redisUrl, { enableReadyCheck: false, maxRetriesPerRequest: null });
  const [subConn, pubConn] = [connect(), connect()];
  let isFirst = true;
  subConn.on("ready", () => {
    if (!isFirst) onBack();
    isFirst = false;
  });
  const options = { subConn, pubConn, separator: "/", wildcardOne: "+", wildcardSome: "#", matchEmptyLevels: true };
  const mq = mqemitterRedis(options);
  const { state } = mq as unknown as { readonly state: EventEmitter };
  state.on("error", (error: Error) => console.error(`broker: Redis: ${error.message}`));
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
