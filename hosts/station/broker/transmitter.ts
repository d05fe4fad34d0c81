/** Which connections have something to send, and which of it may leave. */
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";

export interface Transmit {
  readonly connection: number;
  /** Views that stay as they are. */
  readonly parts: readonly Uint8Array[];
  /** Why the connection ends behind these bytes. undefined: it stays. */
  readonly ending: string | undefined;
}

export class Transmitter {
  readonly #core: Core;
  /** Those that may have something to send. */
  readonly #ready = new Set<Connection>();
  /** Those whose next bytes wait for a transaction. */
  readonly #gated = new Set<Connection>();
  /** Those for which too much waits. */
  readonly #overflowing = new Set<Connection>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Something can be sent on this connection, or it has ended. */
  readonly handleReady = (connection: Connection): void => {
    this.#ready.add(connection);
    if (connection.isOverflowing) this.#overflowing.add(connection);
  };

  /** A transaction is on the store. */
  handleCommitted(): void {
    for (const connection of this.#gated) this.#ready.add(connection);
    this.#gated.clear();
  }

  forget(connection: Connection): void {
    this.#ready.delete(connection);
    this.#gated.delete(connection);
    this.#overflowing.delete(connection);
  }

  get isOverflowing(): boolean {
    return this.#overflowing.size > 0;
  }

  closeOverflowing(): void {
    for (const connection of this.#overflowing) {
      this.#overflowing.delete(connection);
      connection.closeSlow();
    }
  }

  /** The next that may leave. One connection comes after the other. */
  poll(): Transmit | undefined {
    for (const connection of this.#ready) {
      this.#ready.delete(connection);
      const sent = this.#take(connection);
      if (sent) return sent;
    }
    return undefined;
  }

  #take(connection: Connection): Transmit | undefined {
    const { number, output, state } = connection;
    const { committed } = this.#core.writes;
    if (state !== "closed" && connection.blockedSinceMs !== undefined) return undefined;
    const parts = output.take(committed, () => {
      connection.unanswered = Math.max(0, connection.unanswered - 1);
    });
    if (state === "closed") {
      this.forget(connection);
      return { connection: number, parts, ending: connection.ending };
    }
    // There may be room for more now.
    if (parts.length > 0) connection.pump();
    if (output.isReady(committed)) this.#ready.add(connection);
    else if (output.bytes > 0) this.#gated.add(connection);
    return parts.length > 0 ? { connection: number, parts, ending: undefined } : undefined;
  }
}
