/**
 * The connections of one broker to its Redis. A connection that is lost comes back by itself and does what was asked of it
 * meanwhile, however long that takes, until the broker is to end: then what waits for a Redis that is not there fails.
 */
import { Redis } from "ioredis";
import { REDIS_RETRY_MAX_MS, REDIS_RETRY_STEP_MS } from "../station-limits.ts";

export class RedisConnections {
  readonly #url: string;
  #isEnding = false;

  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Connects when `connect()` is called or the first command is given.
   * @param enableReadyCheck whether to wait until Redis has read its files; not for one that subscribes, which may ask for nothing
   *   else, that question included
   */
  open({ enableReadyCheck = true } = {}): Redis {
    return new Redis(this.#url, {
      lazyConnect: true,
      enableReadyCheck,
      // A command that a lost connection has not answered is sent again: each of ours may be done twice.
      maxRetriesPerRequest: null,
      retryStrategy: (tries) => (this.#isEnding ? null : Math.min(tries * REDIS_RETRY_STEP_MS, REDIS_RETRY_MAX_MS)),
    });
  }

  /** From here on a connection that is lost stays lost. */
  ending(): void {
    this.#isEnding = true;
  }

  /** Ends a connection, after what was asked of it. Resolves when it has ended, however it did. */
  async end(connection: Redis): Promise<void> {
    this.ending();
    if (connection.status === "end") return;
    if (connection.status === "wait") return connection.disconnect();
    const ended = new Promise((resolve) => connection.once("end", resolve));
    const quit = () => void connection.quit().catch(() => {});
    // `quit` on one that is trying to come back would stop the trying and never say that it has ended.
    if (connection.status === "ready") quit();
    else connection.once("ready", quit);
    await ended;
  }
}
