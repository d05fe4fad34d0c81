/**
 * An MQTT server, versions 3.1.1 and 5, as a state machine. It is given bytes and the time. It is asked what to write to the store,
 * what to send and when to wake. It touches no socket, no timer and no disk.
 *
 * After any input, or after all inputs of one turn, the host asks in this order:
 *
 * 1. `pollWrites`: one transaction. Once it is on the store: `handleCommitted`. If the store does not take it: `handleRefused`.
 * 2. `pollTransmit`, until it has nothing more: bytes for a connection, and whether it ends behind them.
 * 3. `pollTimeout`: when to call `handleTimeout`.
 *
 * What may only be said once something is on the store is not handed out before `handleCommitted`. Nothing else waits.
 */
import { handleVerdict } from "./connecting.ts";
import { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { REASON } from "./errors.ts";
import type { Verdict } from "./hooks.ts";
import type { MessageContent } from "./message.ts";
import { type CoreOptions, newCore } from "./new-core.ts";
import { handleFrames } from "./packets.ts";
import { restore } from "./restore.ts";
import { route } from "./router.ts";
import { type AddedSubscription, addedSubscription } from "./subscription.ts";
import { type Transmit, Transmitter } from "./transmitter.ts";
import { contentOf } from "./will.ts";
import type { Batch } from "./writes.ts";

export interface BrokerOptions extends CoreOptions {
  /** What is on the store, in any order. */
  readonly records?: Iterable<readonly [key: string, bytes: Uint8Array]>;
}

export class Broker {
  readonly #core: Core;
  readonly #connections = new Map<number, Connection>();
  readonly #transmitter: Transmitter;
  /** When a store that has refused is tried again. */
  #retryMs = 0;

  /** Throws if a record cannot be read. */
  constructor(options: BrokerOptions, nowMs: number) {
    this.#core = newCore(options, nowMs);
    this.#transmitter = new Transmitter(this.#core);
    restore(this.#core, options.records ?? []);
    this.#settle();
    this.#sweepLater();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get sessionCount(): number {
    return this.#core.sessions.size;
  }

  get retainedCount(): number {
    return this.#core.retained.size;
  }

  get subscriptionCount(): number {
    return this.#core.subscriptions.size;
  }

  /** Entries that wait for their time. */
  get deadlineCount(): number {
    return this.#core.deadlines.size;
  }

  /** The store has refused, and nothing is accepted that has to be written. */
  get isRefusing(): boolean {
    return this.#core.isRefusing;
  }

  /** What has this number, or a lower one, is on the store: see `publish`. */
  get committed(): number {
    return this.#core.writes.committed;
  }

  /** What slow readers have cost themselves: messages of QoS 0 that were dropped, connections that were closed. */
  get slowReaders(): Readonly<{ dropped: number; closed: number }> {
    return this.#core.slowReaders;
  }

  isConnected(clientIdentifier: string): boolean {
    return this.connectionOf(clientIdentifier) !== undefined;
  }

  /** Where a client is connected, and how. undefined: it is away. */
  connectionOf(
    clientIdentifier: string,
  ): { readonly connection: number; readonly level: 4 | 5; readonly keepAliveSeconds: number } | undefined {
    const found = this.#core.sessions.get(clientIdentifier)?.connection;
    return found && { connection: found.number, level: found.level, keepAliveSeconds: found.keepAliveSeconds };
  }

  /** Whether a client that has subscribed to exactly this filter is connected. */
  hasReceiver(filter: string): boolean {
    return this.#core.subscriptions.sessionsOf(filter).some(({ connection }) => connection !== undefined);
  }

  /** Whether this message waits for the acknowledgement of a client that is connected. */
  isHeld({ topic, payload }: Pick<MessageContent, "topic" | "payload">): boolean {
    return this.#core.subscriptions.sessionsOf(topic).some(({ connection, queue }) => {
      if (!connection) return false;
      for (const { message } of queue.entries)
        if (message?.topic === topic && isSame(message.payload, payload)) return true;
      return false;
    });
  }

  /** The retained messages that a filter matches. */
  retainedOf(filter: string): MessageContent[] {
    const { retained } = this.#core;
    return retained.topicsOf(filter).flatMap((topic) => retained.get(topic) ?? []);
  }

  /** Topic filters of a session, in the order in which they came. */
  filtersOf(clientIdentifier: string): readonly string[] {
    const subscriptions = [...(this.#core.sessions.get(clientIdentifier)?.subscriptions.values() ?? [])];
    return subscriptions.filter(({ isDeclined }) => !isDeclined).map(({ filter }) => filter);
  }

  /** Messages that wait for a client, in flight ones too. */
  queuedFor(clientIdentifier: string): number {
    return this.#core.sessions.get(clientIdentifier)?.queue.length ?? 0;
  }

  /** A client has opened a connection. @param connection a number that no other one has */
  handleConnected(connection: number, nowMs: number): void {
    const core = this.#begin(nowMs);
    const opened = new Connection(core, connection, this.#transmitter.handleReady);
    this.#connections.set(connection, opened);
    if (this.#connections.size > core.limits.connectionsMax) {
      opened.finish(`more than ${core.limits.connectionsMax} connections`, false);
      return;
    }
    core.deadlines.at(nowMs + core.limits.connectTimeoutMs, () => {
      if (opened.state !== "connected" && opened.state !== "closed") opened.finish("no CONNECT in time", false);
    });
  }

  /** Whether bytes of this connection may be handed in. Read nothing from its socket else, and ask again after `pollTransmit`. */
  canReceive(connection: number): boolean {
    const { writes, limits, isRefusing } = this.#core;
    // A store that refuses empties nothing. What would have to be written is refused then, and the rest goes on.
    return (
      (isRefusing || writes.bytes < limits.batchBytesMax) &&
      this.#connections.get(connection)?.isAwaitingVerdict !== true
    );
  }

  /** Bytes of a client. What is handed in while `canReceive` is false is taken, too. */
  handleBytes(connection: number, bytes: Uint8Array, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found || found.state === "closed") return;
    found.receivedMs = nowMs;
    this.#guard(found, () => {
      found.frames.push(bytes);
      handleFrames(this.#core, found);
    });
    this.#settle();
  }

  /** The connection has ended without a word of ours. */
  handleClosed(connection: number, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    this.#connections.delete(connection);
    if (!found) return;
    found.output.clear();
    found.finish("closed by the client", true);
    this.#transmitter.forget(found);
    this.#settle();
  }

  /** The host's buffer for this connection is full. `pollTransmit` gives nothing for it until `handleDrained`. */
  handleBlocked(connection: number, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found || found.blockedSinceMs !== undefined) return;
    found.blockedSinceMs = nowMs;
    found.stallAlarm.watch();
  }

  handleDrained(connection: number, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found) return;
    found.blockedSinceMs = undefined;
    this.#transmitter.handleReady(found);
  }

  /** The host has decided on what the hook `authenticate` has asked. */
  handleVerdict(connection: number, verdict: Verdict, nowMs: number): void {
    const core = this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found) return;
    this.#guard(found, () => {
      handleVerdict(core, found, verdict);
      handleFrames(this.#core, found);
    });
    this.#settle();
  }

  /** The host reads nothing from a client until then. So long it cannot be called silent. */
  handleHeld(connection: number, untilMs: number): void {
    const found = this.#connections.get(connection);
    if (found) found.receivedMs = Math.max(found.receivedMs, untilMs);
  }

  handleTimeout(nowMs: number): void {
    this.#begin(nowMs).deadlines.runDue(nowMs);
    this.#settle();
  }

  /** The transaction that `pollWrites` gave is on the store, all of it. */
  handleCommitted(nowMs: number): void {
    const core = this.#begin(nowMs);
    core.writes.handleCommitted();
    core.isRefusing = false;
    this.#transmitter.handleCommitted();
  }

  /** Nothing of it is on the store. It is offered again after `storeRetryMs`, with what has come meanwhile. */
  handleRefused(nowMs: number): void {
    const core = this.#begin(nowMs);
    core.writes.handleRefused();
    core.isRefusing = true;
    this.#retryMs = nowMs + core.limits.storeRetryMs;
    core.deadlines.at(this.#retryMs, () => {});
  }

  /** A message of the host. Returns a reason code of PUBACK, and the number at which `committed` says that it is on the store. */
  publish(content: MessageContent, nowMs: number): { readonly reasonCode: number; readonly commit: number } {
    const core = this.#begin(nowMs);
    const before = core.writes.count;
    const reasonCode = route(core, content, "");
    const commit = core.writes.count === before ? 0 : core.writes.gate;
    this.#settle();
    return { reasonCode, commit };
  }

  /** Takes a message of the host out of all queues where it was never sent. Returns of how many. */
  withdraw({ topic, payload }: Pick<MessageContent, "topic" | "payload">, nowMs: number): number {
    const core = this.#begin(nowMs);
    let count = 0;
    core.subscriptions.match(topic, (session) => {
      for (const entry of [...session.queue.entries]) {
        const { message, isDup } = entry;
        if (message?.topic !== topic || isDup || session.queue.isSent(entry)) continue;
        if (!isSame(message.payload, payload)) continue;
        session.removeEntry(entry);
        count += 1;
      }
    });
    this.#settle();
    return count;
  }

  /**
   * Subscribes a client, but to nothing that it has subscribed to, or taken back, itself. One that has no session yet gets one, and
   * finds it when it comes. A session that ends with its connection stays as it is.
   */
  addSubscriptions(clientIdentifier: string, added: readonly AddedSubscription[], nowMs: number): void {
    const core = this.#begin(nowMs);
    const session = core.sessions.get(clientIdentifier) ?? core.sessions.createAbsent(clientIdentifier);
    if (!session?.isStored) return;
    for (const each of added) {
      if (session.subscriptions.has(each.filter)) continue;
      const topics = core.retained.topicsOf(each.filter);
      core.sessions.subscribe(session, { ...addedSubscription(each), isRetainedOwed: topics.length > 0 });
      if (topics.length > 0) session.retainedOwed.set(each.filter, topics);
    }
    session.connection?.pump();
    this.#settle();
  }

  /** Ends a connection, for example because its credentials hold no more. */
  disconnect(connection: number, reasonCode: number, reason: string, nowMs: number): void {
    this.#begin(nowMs);
    this.#connections.get(connection)?.close(reasonCode, reason);
    this.#settle();
  }

  /** Ends a client's session and its connection: nobody gets what waits for it, nor its will. */
  removeSession(clientIdentifier: string, nowMs: number): void {
    const core = this.#begin(nowMs);
    const session = core.sessions.get(clientIdentifier);
    session?.setWill(undefined);
    session?.connection?.close(REASON.administrativeAction, "the session is removed");
    if (session) core.sessions.end(session);
    this.#settle();
  }

  /** Says goodbye to everybody. Sessions stay. */
  shutDown(nowMs: number): void {
    this.#begin(nowMs);
    for (const connection of [...this.#connections.values()])
      connection.close(REASON.serverShuttingDown, "the server shuts down", false);
  }

  /** The next transaction. undefined: nothing is to be written, one is under way, or the store has to rest. */
  pollWrites(): Batch | undefined {
    const core = this.#core;
    return core.isRefusing && core.nowMs < this.#retryMs ? undefined : core.writes.poll();
  }

  /** What to send. undefined: nothing now. Behind an `ending` the host closes the connection, and says no more of it. */
  pollTransmit(): Transmit | undefined {
    const sent = this.#transmitter.poll();
    if (sent?.ending !== undefined) this.#connections.delete(sent.connection);
    return sent;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock. */
  pollTimeout(): number | undefined {
    return this.#core.deadlines.next;
  }

  #begin(nowMs: number): Core {
    this.#core.nowMs = nowMs;
    return this.#core;
  }

  #guard(connection: Connection, run: () => void): void {
    try {
      run();
    } catch (error) {
      connection.fail(error);
    }
  }

  /** Closes connections for which too much waits, and publishes wills, which may make more of them. */
  #settle(): void {
    const core = this.#core;
    do {
      this.#transmitter.closeOverflowing();
      for (const { will, clientIdentifier } of core.dueWills.splice(0))
        route(core, contentOf(will, core.nowMs), clientIdentifier, true);
    } while (core.dueWills.length > 0 || this.#transmitter.isOverflowing);
  }

  #sweepLater(): void {
    const core = this.#core;
    core.deadlines.at(core.nowMs + core.limits.sweepMs, () => {
      core.sessions.sweep();
      core.retained.dropExpired();
      this.#sweepLater();
    });
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
