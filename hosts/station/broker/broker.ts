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
import type { Random, WallClock } from "../../../src/seams.ts";
import { handleAuth, handleConnect, handleDisconnect, handleVerdict, isSpoken } from "./connecting.ts";
import { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { Deadlines } from "./deadlines.ts";
import { PeerError, REASON } from "./errors.ts";
import { type Hooks, OPEN_HOOKS, type Verdict } from "./hooks.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { MessageContent } from "./message.ts";
import { handlePublish, handlePubrel } from "./receiving.ts";
import { restore } from "./restore.ts";
import { Retained } from "./retained.ts";
import { route } from "./router.ts";
import { Sessions } from "./sessions.ts";
import { handleSubscribe, handleUnsubscribe } from "./subscribing.ts";
import { type AddedSubscription, addedSubscription } from "./subscription.ts";
import { SubscriptionTable } from "./subscription-table.ts";
import { contentOf } from "./will.ts";
import type { Decoded } from "./wire/codec.ts";
import { type Batch, Writes } from "./writes.ts";

export interface BrokerOptions {
  /** Also chooses client identifiers that nobody can guess, so a host gives a strong one. */
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly limits?: Partial<Limits>;
  readonly hooks?: Partial<Hooks>;
  /** What is on the store, in any order. */
  readonly records?: Iterable<readonly [key: string, bytes: Uint8Array]>;
}

export interface Transmit {
  readonly connection: number;
  /** Views that stay as they are. */
  readonly parts: readonly Uint8Array[];
  /** Why the connection ends behind these bytes. undefined: it stays. */
  readonly ending: string | undefined;
}

export class Broker {
  readonly #core: Core;
  readonly #connections = new Map<number, Connection>();
  /** Those that may have something to send. */
  readonly #ready = new Set<Connection>();
  /** Those whose next bytes wait for a transaction. */
  readonly #gated = new Set<Connection>();
  /** Those for which too much waits. */
  readonly #overflowing = new Set<Connection>();
  /** When a store that has refused is tried again. */
  #retryMs = 0;

  /** Throws if a record cannot be read. */
  constructor(options: BrokerOptions, nowMs: number) {
    this.#core = newCore(options, nowMs);
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

  /** The store has refused, and nothing is accepted that has to be written. */
  get isRefusing(): boolean {
    return this.#core.isRefusing;
  }

  /** What has this number, or a lower one, is on the store: see `publish`. */
  get committed(): number {
    return this.#core.writes.committed;
  }

  isConnected(clientIdentifier: string): boolean {
    return this.#core.sessions.get(clientIdentifier)?.connection !== undefined;
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
    const opened = new Connection(core, connection, (ready) => this.#handleReady(ready));
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
    const { writes, limits } = this.#core;
    return writes.bytes < limits.batchBytesMax && this.#connections.get(connection)?.isAwaitingVerdict !== true;
  }

  /** Bytes of a client. What is handed in while `canReceive` is false is taken, too. */
  handleBytes(connection: number, bytes: Uint8Array, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found || found.state === "closed") return;
    found.receivedMs = nowMs;
    this.#guard(found, () => {
      found.frames.push(bytes);
      this.#handleFrames(found);
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
    this.#ready.delete(found);
    this.#gated.delete(found);
    this.#settle();
  }

  /** The host's buffer for this connection is full. `pollTransmit` gives nothing for it until `handleDrained`. */
  handleBlocked(connection: number, nowMs: number): void {
    const core = this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found || found.blockedSinceMs !== undefined) return;
    found.blockedSinceMs = nowMs;
    core.deadlines.at(nowMs + core.limits.stallMs, () => {
      if (found.blockedSinceMs === nowMs) found.close(REASON.quotaExceeded, "it does not read");
    });
  }

  handleDrained(connection: number, nowMs: number): void {
    this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found) return;
    found.blockedSinceMs = undefined;
    this.#ready.add(found);
  }

  /** The host has decided on what the hook `authenticate` has asked. */
  handleVerdict(connection: number, verdict: Verdict, nowMs: number): void {
    const core = this.#begin(nowMs);
    const found = this.#connections.get(connection);
    if (!found) return;
    this.#guard(found, () => {
      handleVerdict(core, found, verdict);
      this.#handleFrames(found);
    });
    this.#settle();
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
    for (const connection of this.#gated) this.#ready.add(connection);
    this.#gated.clear();
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

  /** Subscribes a client that has a session, but to nothing that it has subscribed to, or taken back, itself. */
  addSubscriptions(clientIdentifier: string, added: readonly AddedSubscription[], nowMs: number): void {
    const core = this.#begin(nowMs);
    const session = core.sessions.get(clientIdentifier);
    if (!session) return;
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

  /** Ends a client's session and its connection: nobody gets what waits for it. */
  removeSession(clientIdentifier: string, nowMs: number): void {
    const core = this.#begin(nowMs);
    const session = core.sessions.get(clientIdentifier);
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
    const { committed } = this.#core.writes;
    for (const connection of this.#ready) {
      const { number, output, state } = connection;
      if (state !== "closed" && connection.blockedSinceMs !== undefined) {
        this.#ready.delete(connection);
        continue;
      }
      const parts = output.take(committed, () => {
        connection.unanswered = Math.max(0, connection.unanswered - 1);
      });
      if (state === "closed") {
        this.#ready.delete(connection);
        this.#gated.delete(connection);
        this.#connections.delete(number);
        return { connection: number, parts, ending: connection.ending };
      }
      // There may be room for more now.
      if (parts.length > 0) connection.pump();
      if (!output.isReady(committed)) {
        this.#ready.delete(connection);
        if (output.bytes > 0) this.#gated.add(connection);
      }
      if (parts.length > 0) return { connection: number, parts, ending: undefined };
    }
    return undefined;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock. */
  pollTimeout(): number | undefined {
    return this.#core.deadlines.next;
  }

  #handleReady(connection: Connection): void {
    this.#ready.add(connection);
    if (connection.isOverflowing) this.#overflowing.add(connection);
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
    const { dueWills, nowMs } = this.#core;
    do {
      for (const connection of this.#overflowing) {
        this.#overflowing.delete(connection);
        connection.close(REASON.quotaExceeded, `${connection.output.bytes} bytes wait to be read`);
      }
      for (const { will, clientIdentifier } of dueWills.splice(0))
        route(this.#core, contentOf(will, nowMs), clientIdentifier, true);
    } while (dueWills.length > 0 || this.#overflowing.size > 0);
  }

  /** Packets, until one has to wait for the host's verdict. */
  #handleFrames(connection: Connection): void {
    const core = this.#core;
    while (connection.state !== "closed") {
      if (connection.isAwaitingVerdict) {
        connection.frames.keep();
        return;
      }
      const bytes = connection.frames.next();
      if (!bytes) return;
      if (connection.decoder.level === undefined && !isSpoken(connection, bytes)) return;
      const packet = connection.decoder.decode(bytes);
      this.#handlePacket(core, connection, packet);
    }
  }

  #handlePacket(core: Core, connection: Connection, packet: Decoded): void {
    if (packet.cmd === "connect") {
      handleConnect(core, connection, packet);
      return;
    }
    if (packet.cmd === "auth") {
      handleAuth(core, connection, packet);
      return;
    }
    if (packet.cmd === "disconnect") {
      const { reasonCode = 0, properties } = packet;
      handleDisconnect(connection, reasonCode, properties?.sessionExpiryInterval, core.limits.sessionExpirySecondsMax);
      return;
    }
    const { session, delivery } = connection;
    if (!session) throw new PeerError(`${packet.cmd}: before CONNACK`);
    const identifier = packet.messageId ?? 0;
    switch (packet.cmd) {
      case "publish":
        handlePublish(core, connection, session, packet);
        break;
      case "puback":
        delivery.handlePuback(session, identifier);
        break;
      case "pubrec":
        delivery.handlePubrec(session, identifier, packet.reasonCode ?? 0);
        break;
      case "pubrel":
        handlePubrel(connection, session, identifier);
        break;
      case "pubcomp":
        delivery.handlePubcomp(session, identifier);
        break;
      case "subscribe":
        handleSubscribe(core, connection, session, packet);
        break;
      case "unsubscribe":
        handleUnsubscribe(core, connection, session, packet);
        break;
      case "pingreq":
        connection.send({ cmd: "pingresp" });
        break;
    }
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

function newCore({ random, wallClock, limits, hooks }: BrokerOptions, nowMs: number): Core {
  const core = {
    nowMs,
    limits: Object.freeze({ ...LIMITS, ...limits }),
    hooks: Object.freeze({ ...OPEN_HOOKS, ...hooks }),
    random,
    wallClock,
    deadlines: new Deadlines(),
    writes: new Writes(),
    subscriptions: new SubscriptionTable(),
    dueWills: [],
    isRefusing: false,
    get wallSeconds() {
      return wallClock();
    },
    lastMessageNumber: 0,
  };
  const made = core as typeof core & { retained: Retained; sessions: Sessions };
  made.retained = new Retained(made);
  made.sessions = new Sessions(made);
  return made;
}
