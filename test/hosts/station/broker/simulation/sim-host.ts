/**
 * Hosts the broker in a virtual world: its store commits late, refuses and loses power in the middle of a transaction; its sockets are
 * full now and then. A life of the broker ends by a power cut, and the next begins with the records.
 */
import { Broker, type BrokerOptions } from "../../../../../hosts/station/broker/broker.ts";
import type { Batch } from "../../../../../hosts/station/broker/writes.ts";
import { integerBetween } from "../../../../random.ts";
import type { Network, Peer } from "../../../../simulation/network.ts";
import type { VirtualClock } from "../../../../simulation/virtual-clock.ts";

const DOWN_MS_MAX = 20_000;
const COMMIT_MS_MAX = 60;
/** The wall clock at the beginning. */
const WALL_SECONDS = 1_700_000_000;

export interface SimHostOptions extends Pick<BrokerOptions, "random" | "limits" | "hooks"> {
  readonly clock: VirtualClock;
  readonly network: Network;
  /** Share of the bytes after which the socket is full for a while. */
  readonly slowness: number;
}

export class SimHost {
  readonly errors: string[] = [];
  readonly records = new Map<string, Uint8Array>();
  broker: Broker | undefined;
  lives = 0;
  /** Number of the transaction that collects now. */
  gate = 1;
  /** Number of the last transaction that is on the store. */
  committed = 0;
  /** The transaction with this number is on the store. It comes before what may be said then. */
  onCommitted: (gate: number) => void = () => {};
  /** What was not on the store is gone. */
  onPowerCut: () => void = () => {};
  /** Bytes of a client, before the broker gets them. */
  onBytes: (connection: number, bytes: Uint8Array) => void = () => {};
  /** Bytes to a client, before they leave. */
  onSent: (connection: number, bytes: Uint8Array) => void = () => {};
  /** What the broker made of them. */
  onHandled: (connection: number) => void = () => {};
  isRefusing = false;
  readonly #options: SimHostOptions;
  readonly #peers = new Map<number, Peer>();
  #connection = 0;
  #untilCut = Number.POSITIVE_INFINITY;
  #isCalm = false;
  #cancelTimer: () => void = () => {};

  constructor(options: SimHostOptions) {
    this.#options = options;
    options.network.onConnection = (peer) => this.#accept(peer);
  }

  boot(): void {
    const { clock, random, limits = {}, hooks = {} } = this.#options;
    this.lives += 1;
    this.#guard(() => {
      const wallClock = () => WALL_SECONDS + Math.floor(clock.nowMs / 1_000);
      this.broker = new Broker({ random, wallClock, limits, hooks, records: this.records }, clock.nowMs);
    });
    this.drain();
  }

  /** Whether all that the broker has done is on the store. */
  get isWritten(): boolean {
    return this.committed === this.gate - 1;
  }

  /** The power fails during the `count`-th transaction from now. */
  cutAtCommit(count: number): void {
    this.#untilCut = count;
  }

  cut(): void {
    if (!this.broker) return;
    const { clock, random } = this.#options;
    this.broker = undefined;
    this.#cancelTimer();
    this.onPowerCut();
    for (const peer of this.#peers.values()) {
      peer.onBytes = () => {};
      // Some hosts answer with a reset when they are back, some links are silent.
      if (random() < 0.6) peer.close();
    }
    this.#peers.clear();
    clock.after(random() * DOWN_MS_MAX, () => this.boot());
  }

  /** Nothing fails any more. */
  calm(): void {
    this.#isCalm = true;
    this.isRefusing = false;
    this.#untilCut = Number.POSITIVE_INFINITY;
  }

  /** After anything that happened. */
  drain(): void {
    this.#guard(() => {
      this.#commit();
      this.#transmit();
      const { broker } = this;
      const { clock } = this.#options;
      this.#cancelTimer();
      const wakeMs = broker?.pollTimeout();
      if (broker && wakeMs !== undefined)
        this.#cancelTimer = clock.after(wakeMs - clock.nowMs, () =>
          this.#run(broker, () => broker.handleTimeout(clock.nowMs)),
        );
    });
  }

  #accept(peer: Peer): void {
    const { broker } = this;
    const { clock } = this.#options;
    if (!broker) {
      peer.close();
      return;
    }
    this.#connection += 1;
    const number = this.#connection;
    this.#peers.set(number, peer);
    peer.onBytes = (bytes) =>
      this.#run(broker, () => {
        this.onBytes(number, bytes);
        broker.handleBytes(number, bytes, clock.nowMs);
        this.onHandled(number);
      });
    peer.onClosed = () => {
      this.#peers.delete(number);
      this.#run(broker, () => broker.handleClosed(number, clock.nowMs));
    };
    this.#run(broker, () => broker.handleConnected(number, clock.nowMs));
  }

  #run(broker: Broker, run: () => void): void {
    if (broker !== this.broker) return;
    this.#guard(run);
    this.drain();
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.errors.push((error as Error).stack ?? String(error));
      this.broker = undefined;
    }
  }

  #commit(): void {
    const { clock, random } = this.#options;
    const { broker } = this;
    const batch = broker?.pollWrites();
    if (!broker || !batch) return;
    const gate = this.gate;
    this.gate += 1;
    const finish = () => this.#finish(broker, batch, gate);
    // Inputs come while a transaction is under way.
    if (random() < 0.3) finish();
    else clock.after(random() * COMMIT_MS_MAX, finish);
  }

  #finish(broker: Broker, batch: Batch, gate: number): void {
    const { clock, random } = this.#options;
    if (broker !== this.broker) return;
    this.#untilCut -= 1;
    const isCut = this.#untilCut <= 0;
    if (isCut) this.#untilCut = Number.POSITIVE_INFINITY;
    if (this.isRefusing && !isCut) {
      this.#run(broker, () => broker.handleRefused(clock.nowMs));
      return;
    }
    const isApplied = !isCut || random() < 0.5;
    if (isApplied) {
      for (const [key, bytes] of batch.writes)
        if (bytes) this.records.set(key, bytes.slice());
        else this.records.delete(key);
    }
    if (isApplied) this.committed = gate;
    // A transaction that was on the store counts, though nobody was told.
    if (isApplied) this.#guard(() => this.onCommitted(gate));
    if (isCut) this.cut();
    else this.#run(broker, () => broker.handleCommitted(clock.nowMs));
  }

  #transmit(): void {
    const { clock, random, slowness } = this.#options;
    const { broker } = this;
    for (let sent = broker?.pollTransmit(); broker && sent; sent = broker.pollTransmit()) {
      const { connection, parts, ending } = sent;
      const peer = this.#peers.get(connection);
      const bytes = Buffer.concat(parts);
      this.onSent(connection, bytes);
      if (bytes.length > 0) peer?.write(bytes);
      if (ending !== undefined) {
        this.#peers.delete(connection);
        if (peer) {
          peer.onBytes = () => {};
          peer.onClosed = () => {};
          peer.close();
        }
      } else if (!this.#isCalm && random() < slowness) {
        broker.handleBlocked(connection, clock.nowMs);
        const ms = integerBetween(random, 10, 20_000);
        clock.after(ms, () => this.#run(broker, () => broker.handleDrained(connection, clock.nowMs)));
      }
    }
  }
}
