/**
 * The broker on sockets: it reads, writes and wakes for it, and writes its transactions to a store. All inputs of one turn of the loop
 * are one transaction.
 */
import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { Broker } from "../broker/broker.ts";
import type { Hooks, Verdict } from "../broker/hooks.ts";
import type { Limits } from "../broker/limits.ts";
import type { MessageContent } from "../broker/message.ts";
import type { RecordStore } from "../store/record-store.ts";

/** How long a client may take to read the last words, in milliseconds. Then its socket is destroyed. */
const LAST_WORDS_MS = 2_000;
const RANDOM_RANGE = 2 ** 48 - 1;
/** Reason codes from here on are refusals. */
const REFUSED = 0x80;

export interface MqttServerOptions {
  readonly store: RecordStore;
  readonly limits?: Partial<Limits>;
  readonly hooks?: Partial<Hooks>;
  /** The store has refused, or is sound again: undefined. */
  readonly onStore?: (problem: unknown) => void;
  /** A connection has been ended from here, and why. */
  readonly onEnding?: (connection: number, reason: string) => void;
  /** A connection is over. Its number does not come again. */
  readonly onClosed?: (connection: number) => void;
  /** For how long nothing more is read from a client, in milliseconds. It is asked after each piece that was read. */
  readonly pauseMs?: (connection: number) => number;
}

/** A message of the host, until it is on the store. */
interface Waiter {
  readonly commit: number;
  resolve(): void;
  reject(error: Error): void;
}

export class MqttServer {
  readonly broker: Broker;
  readonly #options: MqttServerOptions;
  readonly #streams = new Map<number, Duplex>();
  readonly #paused = new Set<number>();
  /** Those of which nothing is read for a while. */
  readonly #held = new Map<number, NodeJS.Timeout>();
  #waiters: Waiter[] = [];
  #connection = 0;
  #isTurnSet = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Throws if the records cannot be read. */
  constructor(options: MqttServerOptions) {
    const { store, limits = {}, hooks = {} } = options;
    this.#options = options;
    this.broker = new Broker(
      {
        random: () => randomInt(RANDOM_RANGE) / RANDOM_RANGE,
        wallClock: () => Date.now() / 1_000,
        records: store.records(),
        limits,
        hooks,
      },
      performance.now(),
    );
    this.#setTurn();
  }

  /** Serves a client. Returns the number of its connection. */
  accept(stream: Duplex): number {
    this.#connection += 1;
    const number = this.#connection;
    this.#streams.set(number, stream);
    this.#act((nowMs) => this.broker.handleConnected(number, nowMs));
    stream.on("error", () => {});
    stream.on("data", (bytes: Uint8Array) => {
      this.#act((nowMs) => this.broker.handleBytes(number, bytes, nowMs));
      this.#hold(number, stream);
      if (this.broker.canReceive(number)) return;
      stream.pause();
      this.#paused.add(number);
    });
    stream.on("drain", () => this.#act((nowMs) => this.broker.handleDrained(number, nowMs)));
    stream.on("end", () => stream.destroy());
    stream.on("close", () => {
      this.#paused.delete(number);
      if (!this.#streams.delete(number)) return;
      this.#act((nowMs) => this.broker.handleClosed(number, nowMs));
      this.#forget(number);
    });
    return number;
  }

  /** The host has decided on a CONNECT, see `Hooks.authenticate`. */
  handleVerdict(connection: number, verdict: Verdict): void {
    this.#act((nowMs) => this.broker.handleVerdict(connection, verdict, nowMs));
  }

  /** Something that the host does to the broker. What comes of it leaves at the end of this turn of the loop. */
  act(run: (broker: Broker, nowMs: number) => void): void {
    this.#act((nowMs) => run(this.broker, nowMs));
  }

  /** Publishes a message of the host. Resolves when it is on the store for all whose sessions are. Rejects if it is refused. */
  publish(content: MessageContent): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) reject(new Error("the broker has ended"));
      this.#act((nowMs) => {
        const { reasonCode, commit } = this.broker.publish(content, nowMs);
        if (reasonCode >= REFUSED) reject(new Error(`${content.topic}: refused with reason code ${reasonCode}`));
        else if (commit <= this.broker.committed) resolve();
        else this.#waiters.push({ commit, resolve, reject });
      });
    });
  }

  #act(run: (nowMs: number) => void): void {
    if (this.#isClosed) return;
    run(performance.now());
    this.#setTurn();
  }

  /** Says goodbye to everybody. The store stays open. */
  close(): void {
    if (this.#isClosed) return;
    this.broker.shutDown(performance.now());
    this.#turn();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const timer of this.#held.values()) clearTimeout(timer);
    for (const { reject } of this.#waiters.splice(0)) reject(new Error("the broker has ended"));
  }

  /** Reads nothing more from a client for as long as the host says. */
  #hold(number: number, stream: Duplex): void {
    const pauseMs = this.#options.pauseMs?.(number) ?? 0;
    if (pauseMs === 0 || this.#isClosed) return;
    stream.pause();
    this.broker.handleHeld(number, performance.now() + pauseMs);
    const release = () => {
      this.#held.delete(number);
      if (this.broker.canReceive(number)) stream.resume();
      else this.#paused.add(number);
    };
    clearTimeout(this.#held.get(number));
    this.#held.set(number, setTimeout(release, pauseMs));
  }

  #forget(number: number): void {
    clearTimeout(this.#held.get(number));
    this.#held.delete(number);
    this.#options.onClosed?.(number);
  }

  #setTurn(): void {
    if (this.#isTurnSet) return;
    this.#isTurnSet = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnSet = false;
    if (this.#isClosed) return;
    const { broker } = this;
    // What waits for no transaction leaves before the disk is asked.
    this.#transmit();
    for (let batch = broker.pollWrites(); batch; batch = broker.pollWrites()) {
      const wasRefusing = broker.isRefusing;
      try {
        this.#options.store.write(batch.writes);
        broker.handleCommitted(performance.now());
        this.#settle();
        if (wasRefusing) this.#options.onStore?.(undefined);
      } catch (error) {
        broker.handleRefused(performance.now());
        if (!wasRefusing) this.#options.onStore?.(error);
      }
      this.#transmit();
    }
    this.#resume();
    this.#wakeLater();
  }

  #settle(): void {
    const { committed } = this.broker;
    const settled = this.#waiters.filter(({ commit }) => commit <= committed);
    if (settled.length === 0) return;
    this.#waiters = this.#waiters.filter(({ commit }) => commit > committed);
    for (const { resolve } of settled) resolve();
  }

  #transmit(): void {
    const { broker } = this;
    for (let sent = broker.pollTransmit(); sent; sent = broker.pollTransmit()) {
      const { connection, parts, ending } = sent;
      const stream = this.#streams.get(connection);
      if (!stream) continue;
      stream.cork();
      let hasRoom = true;
      for (const part of parts) hasRoom = stream.write(part);
      stream.uncork();
      if (ending !== undefined) this.#end(connection, stream, ending);
      else if (!hasRoom) broker.handleBlocked(connection, performance.now());
    }
  }

  #end(connection: number, stream: Duplex, reason: string): void {
    this.#streams.delete(connection);
    this.#options.onEnding?.(connection, reason);
    this.#paused.delete(connection);
    this.#forget(connection);
    stream.end();
    const timer = setTimeout(() => stream.destroy(), LAST_WORDS_MS);
    timer.unref();
    stream.once("close", () => clearTimeout(timer));
    stream.resume();
  }

  #resume(): void {
    for (const number of this.#paused) {
      if (this.#held.has(number) || !this.broker.canReceive(number)) continue;
      this.#paused.delete(number);
      this.#streams.get(number)?.resume();
    }
  }

  #wakeLater(): void {
    clearTimeout(this.#timer);
    const wakeMs = this.broker.pollTimeout();
    if (wakeMs === undefined) return;
    this.#timer = setTimeout(
      () => this.#act((nowMs) => this.broker.handleTimeout(nowMs)),
      Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(wakeMs - performance.now()))),
    );
  }
}
