/**
 * The connections of one broker to its Redis. A lost connection comes back by itself, and then executes the commands of the meantime.
 * When the broker is about to end, commands that wait for a missing Redis fail.
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
      // A command without an answer is sent again after a lost connection. Each of our commands may run twice.
      maxRetriesPerRequest: null,
      retryStrategy: (tries) => (this.#isEnding ? null : Math.min(tries * REDIS_RETRY_STEP_MS, REDIS_RETRY_MAX_MS)),
    });
  }

  /** From now on a lost connection does not come back. */
  ending(): void {
    this.#isEnding = true;
  }

  /** Ends a connection after its last command. Resolves when it has ended, also with an error. */
  async end(connection: Redis): Promise<void> {
    this.ending();
    if (connection.status === "end") return;
    if (connection.status === "wait") return connection.disconnect();
    const ended = new Promise((resolve) => connection.once("end", resolve));
    const quit = () => void connection.quit().catch(() => {});
    // On a connection that is trying to come back, `quit` stops the trying and never tells that it has ended.
    if (connection.status === "ready") quit();
    else connection.once("ready", quit);
    await ended;
  }
}
