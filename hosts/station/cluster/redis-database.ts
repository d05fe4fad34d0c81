/// <reference path="../modules.d.ts" />
/**
 * The broker's database in Redis, for several broker processes. A collection is a hash, and a sorted set with the order in which its
 * keys came. One counter gives the scores. So a queue is read in the order in which it was written, whichever broker wrote.
 *
 * A write is one script, which Redis executes as a whole. It outlasts the end of every broker. Whether it outlasts a power cut is
 * a setting of Redis (`appendonly yes`, `appendfsync always`).
 */
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { Redis } from "ioredis";
import msgpack from "msgpack-lite";
import type { Database, KeyRange, Operation } from "../database.ts";
import type { RedisConnections } from "./redis-connections.ts";

const PREFIX = "fieldpager:";
const PAGE = 200;
/** Kinds of keys with a collection for each client. The escaped client identifier holds no colon. */
const PER_CLIENT = ["outgoing", "outgoing-id", "subscriptions", "incoming", "topic"];

const WRITE = `
for i = 1, #ARGV, 4 do
  local todo, values, order, key = ARGV[i], ARGV[i + 1] .. ":v", ARGV[i + 1] .. ":o", ARGV[i + 2]
  if todo == "del" then
    redis.call("HDEL", values, key)
    redis.call("ZREM", order, key)
  elseif todo == "put" or redis.call("HEXISTS", values, key) == 1 then
    if redis.call("HSET", values, key, ARGV[i + 3]) == 1 then
      redis.call("ZADD", order, redis.call("INCR", KEYS[1]), key)
    end
  end
end`;

/** `replace` writes only if the key exists. */
type Todo = Operation | { readonly type: "replace"; readonly key: string; readonly value: Buffer };

interface Scripted extends Redis {
  /** Takes the list as one argument and gives it to the script as many. */
  write(sequenceKey: string, parts: readonly (string | Buffer)[]): Promise<unknown>;
}

export class RedisDatabase implements Database {
  readonly #connections: RedisConnections;
  readonly #redis: Scripted;

  /** Rejects if there is no Redis. */
  static async open(connections: RedisConnections): Promise<RedisDatabase> {
    const redis = connections.open();
    // The last error says why Redis cannot be reached. Without a listener ioredis would log each of them.
    let problem: Error | undefined;
    redis.on("error", (error) => {
      problem = error;
    });
    try {
      await redis.connect();
      await redis.ping();
    } catch (error) {
      redis.disconnect();
      throw problem ?? error;
    }
    redis.defineCommand("write", { numberOfKeys: 1, lua: WRITE });
    return new RedisDatabase(connections, redis as Scripted);
  }

  private constructor(connections: RedisConnections, redis: Scripted) {
    this.#connections = connections;
    this.#redis = redis;
  }

  /** Increments a counter that all processes share. */
  increment(name: string): Promise<number> {
    return this.#redis.incr(PREFIX + name);
  }

  async get(key: string): Promise<Buffer | undefined> {
    return (await this.#redis.hgetBuffer(`${PREFIX}${collectionOf(key)}:v`, key)) ?? undefined;
  }

  /**
   * Aedes reads a packet from a queue and puts it back with its identifier. If another broker has removed it since then, because
   * its client has acknowledged it there, it stays removed. Otherwise it would be sent again.
   */
  put(key: string, value: Buffer): Promise<void> {
    const isPutBack = key.startsWith("outgoing:") && Boolean((msgpack.decode(value) as StoredPacket).messageId);
    return this.#write([{ type: isPutBack ? "replace" : "put", key, value }]);
  }

  del(key: string): Promise<void> {
    return this.#write([{ type: "del", key }]);
  }

  batch(operations: readonly Operation[]): Promise<void>;
  batch(): { del(key: string): void; write(): Promise<void> };
  batch(operations?: readonly Operation[]): unknown {
    if (operations) return this.#write(operations);
    const chain: Operation[] = [];
    return {
      del: (key: string) => void chain.push({ type: "del", key }),
      write: () => this.#write(chain),
    };
  }

  async clear({ gte }: KeyRange): Promise<void> {
    const collection = PREFIX + collectionOf(gte);
    await this.#redis.del(`${collection}:v`, `${collection}:o`);
  }

  /** Keys of one collection, in the order in which they first came. A range over all collections of a kind gives none. */
  async *values({ gte }: KeyRange): AsyncGenerator<Buffer> {
    const collection = PREFIX + collectionOf(gte);
    let after = "-inf";
    for (;;) {
      const page = await this.#redis.zrangebyscore(`${collection}:o`, after, "+inf", "WITHSCORES", "LIMIT", 0, PAGE);
      if (page.length === 0) return;
      const keys = page.filter((_, index) => index % 2 === 0);
      for (const value of await this.#redis.hmgetBuffer(`${collection}:v`, ...keys)) if (value) yield value;
      after = `(${page.at(-1)}`;
    }
  }

  close(): Promise<void> {
    return this.#connections.end(this.#redis);
  }

  async #write(operations: readonly Todo[]): Promise<void> {
    if (operations.length === 0) return;
    const parts = operations.flatMap((operation) => [
      operation.type,
      PREFIX + collectionOf(operation.key),
      operation.key,
      operation.type === "del" ? "" : operation.value,
    ]);
    await this.#redis.write(`${PREFIX}sequence`, parts);
  }
}

/** The collection of a key: `outgoing:<client>` for `outgoing:<client>:…`, `retained` for `retained:…`. */
function collectionOf(key: string): string {
  const [kind = "", client = ""] = key.split(":", 2);
  return PER_CLIENT.includes(kind) ? `${kind}:${client}` : kind;
}
