/// <reference path="../modules.d.ts" />
/**
 * The broker's database in Redis, for several broker processes at once. A collection is a hash and, beside it, the order in
 * which its keys came: a sorted set whose scores one counter gives. So a queue that several brokers write is read as it was
 * written, whoever wrote it; in one process the keys alone say that.
 *
 * A write is one script, and what Redis does it does whole. Whether it outlasts a power cut of Redis is Redis' own setting
 * (`appendonly yes`, `appendfsync always`); it outlasts the end of every broker.
 */
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { Redis } from "ioredis";
import msgpack from "msgpack-lite";
import type { Database, KeyRange, Operation } from "../database.ts";
import type { RedisConnections } from "./redis-connections.ts";

const PREFIX = "fieldpager:";
const PAGE = 200;
/** Collections of these have the client's name in theirs, which is escaped and holds no colon. */
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

/** `replace` writes only where there is something already. */
type Todo = Operation | { readonly type: "replace"; readonly key: string; readonly value: Buffer };

interface Scripted extends Redis {
  /** The list is one argument here, and many for the script. */
  write(sequenceKey: string, parts: readonly (string | Buffer)[]): Promise<unknown>;
}

export class RedisDatabase implements Database {
  readonly #connections: RedisConnections;
  readonly #redis: Scripted;

  /** Rejects where there is no Redis. */
  static async open(connections: RedisConnections): Promise<RedisDatabase> {
    const redis = connections.open();
    // Why it cannot be reached is in the last of these; without a listener they would go to the log one by one.
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

  /** Counts for all processes together. */
  increment(name: string): Promise<number> {
    return this.#redis.incr(PREFIX + name);
  }

  async get(key: string): Promise<Buffer | undefined> {
    return (await this.#redis.hgetBuffer(`${PREFIX}${collectionOf(key)}:v`, key)) ?? undefined;
  }

  /**
   * Aedes reads a packet from a queue and puts it back with its identifier. Where another broker has taken it out since then,
   * because its client went there and acknowledged it, it stays out: it would be sent again.
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

  /** Of one collection, in the order in which its keys first came. Of all collections of a kind: none. */
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

/** `outgoing:<client>` of `outgoing:<client>:…`, `retained` of `retained:…`. */
function collectionOf(key: string): string {
  const [kind = "", client = ""] = key.split(":", 2);
  return PER_CLIENT.includes(kind) ? `${kind}:${client}` : kind;
}
