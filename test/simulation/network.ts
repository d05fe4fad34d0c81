/**
 * A bad network in virtual time. Bytes are delayed and come in other pieces than they were sent. Connections break at any byte, and
 * each end may learn of it soon, late or never. A NAT forgets connections that were idle too long.
 */
import type { Transport, TransportHandlers } from "../../hosts/runner.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface NetworkOptions {
  readonly latencyMsMax: number;
  /** Share of connections that break by themselves. */
  readonly breaking: number;
  /** Probability that an end never learns of a cut. */
  readonly silent: number;
  /** Rate of a direction, in bytes a second. Absent: unlimited. */
  readonly bytesPerSecond?: number;
  /** The NAT forgets a connection that is idle for longer. Later bytes are lost. Absent: never. */
  readonly natIdleMs?: number;
}

/** The broker's end of a connection. */
export interface Peer {
  /** Set by the broker. */
  onBytes: (bytes: Uint8Array) => void;
  /** Set by the broker. Called at most once. */
  onClosed: () => void;
  write(bytes: Uint8Array): void;
  /** Ends the connection after all written bytes. */
  close(): void;
}

/** A connection that breaks by itself does so within this many bytes of one direction. */
const BREAKING_BYTES_MAX = 2_000;
const NOTICE_MS_MAX = 200;

/** One direction of a connection. Bytes come in order, delayed, in random pieces, until it breaks. */
class Pipe {
  deliver: (bytes: Uint8Array) => void = () => {};
  onBreak: () => void = () => {};
  broken = false;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #latencyMsMax: number;
  /** So many more bytes pass before it breaks by itself. */
  bytesLeft: number;
  readonly #bytesPerSecond: number;
  #lastMs = 0;
  /** When the link has carried all written bytes. */
  #carriedMs = 0;

  constructor(
    clock: VirtualClock,
    random: Random,
    { latencyMsMax, bytesPerSecond = Number.POSITIVE_INFINITY }: NetworkOptions,
    bytesLeft: number,
  ) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#random = random;
    this.#latencyMsMax = latencyMsMax;
    this.bytesLeft = bytesLeft;
  }

  write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      const whole = bytes.length - offset;
      const drawn = this.#random() < 0.3 ? integerBetween(this.#random, 1, whole) : whole;
      // A slow link delivers small pieces.
      const length = Math.min(drawn, Math.max(1, Math.ceil(this.#bytesPerSecond / 2)));
      const piece = bytes.slice(offset, offset + length);
      this.#carriedMs = Math.max(this.#carriedMs, this.#clock.nowMs) + (length * 1_000) / this.#bytesPerSecond;
      this.#inOrder(() => this.#pass(piece));
      offset += length;
    }
  }

  /** Runs an action after all written bytes have passed. */
  behind(run: () => void): void {
    this.#inOrder(() => {
      if (!this.broken) run();
    });
  }

  #inOrder(run: () => void): void {
    const atMs = Math.max(this.#lastMs, this.#carriedMs, this.#clock.nowMs + this.#random() * this.#latencyMsMax);
    this.#lastMs = atMs;
    this.#clock.after(atMs - this.#clock.nowMs, run);
  }

  #pass(piece: Uint8Array): void {
    if (this.broken) return;
    if (piece.length < this.bytesLeft) {
      this.bytesLeft -= piece.length;
      this.deliver(piece);
      return;
    }
    if (this.bytesLeft > 0) this.deliver(piece.subarray(0, this.bytesLeft));
    this.onBreak();
  }
}

export class Network {
  /** Called when a connection has reached the broker. */
  onConnection: (peer: Peer) => void = () => {};
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #options: NetworkOptions;
  readonly #connections = new Set<{ readonly cut: () => void; readonly pipes: readonly Pipe[] }>();
  #up = true;
  #calm = false;

  constructor(clock: VirtualClock, random: Random, options: NetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Cuts every open connection. */
  cut(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  /** Changes to another network. The open connections carry nothing more, and neither end learns of it. */
  change(): void {
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.broken = true;
    this.#connections.clear();
  }

  /** Down: all connections are cut, and new ones fail or hang. */
  setUp(up: boolean): void {
    this.#up = up;
    if (!up) this.cut();
  }

  /** From now on nothing breaks by itself. */
  calm(): void {
    this.#calm = true;
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.bytesLeft = Number.POSITIVE_INFINITY;
    this.setUp(true);
  }

  openTransport(handlers: TransportHandlers): Transport {
    let alive = true;
    let connection: { write: (bytes: Uint8Array) => void; close: () => void } | undefined;
    /** Events that came while the pager read nothing. The end of the connection comes after the bytes. */
    const held: (() => void)[] = [];
    let isPaused = false;
    const tell = (run: () => void) => {
      held.push(run);
      while (alive && !isPaused && held.length > 0) held.shift()?.();
    };
    this.#clock.after(1 + this.#random() * this.#options.latencyMsMax, () => {
      if (!alive) return;
      if (this.#up) {
        connection = this.#connect(
          (bytes) => tell(() => handlers.onBytes(bytes)),
          () => tell(() => handlers.onClosed("cut")),
        );
        handlers.onConnected();
      } else if (this.#random() >= this.#options.silent) handlers.onClosed("unreachable");
    });
    return {
      write: (bytes) => connection?.write(bytes),
      pause() {
        isPaused = true;
      },
      resume: () => {
        isPaused = false;
        this.#clock.after(0, () => tell(() => {}));
      },
      close() {
        alive = false;
        connection?.close();
      },
    };
  }

  #connect(onBytes: (bytes: Uint8Array) => void, onClosed: () => void) {
    const { breaking, silent, natIdleMs } = this.#options;
    const breaks = !this.#calm && this.#random() < breaking;
    const budget = () => (breaks ? integerBetween(this.#random, 1, BREAKING_BYTES_MAX) : Number.POSITIVE_INFINITY);
    const toBroker = new Pipe(this.#clock, this.#random, this.#options, budget());
    const toPager = new Pipe(this.#clock, this.#random, this.#options, budget());
    const peer: Peer = {
      onBytes: () => {},
      onClosed: () => {},
      write: (bytes) => {
        passNat();
        toPager.write(bytes);
      },
      close: () => toPager.behind(() => end(onClosed, undefined)),
    };
    const end = (tellPager: (() => void) | undefined, tellBroker: (() => void) | undefined) => {
      if (toBroker.broken) return;
      toBroker.broken = toPager.broken = true;
      this.#connections.delete(connection);
      if (tellPager) this.#clock.after(this.#random() * NOTICE_MS_MAX, tellPager);
      if (tellBroker) this.#clock.after(this.#random() * NOTICE_MS_MAX, tellBroker);
    };
    const maybe = (tell: () => void) => (this.#random() < silent ? undefined : tell);
    let activeMs = this.#clock.nowMs;
    /** Bytes reach the NAT. If it has forgotten the connection, it may tell the pager, but not the broker. */
    const passNat = () => {
      const isForgotten = !this.#calm && this.#clock.nowMs - activeMs > (natIdleMs ?? Number.POSITIVE_INFINITY);
      activeMs = this.#clock.nowMs;
      if (isForgotten) end(maybe(onClosed), undefined);
    };
    const cut = () =>
      end(
        maybe(onClosed),
        maybe(() => peer.onClosed()),
      );
    const connection = { cut, pipes: [toBroker, toPager] };
    toBroker.deliver = (bytes) => peer.onBytes(bytes);
    toPager.deliver = onBytes;
    toBroker.onBreak = toPager.onBreak = cut;
    this.#connections.add(connection);
    this.onConnection(peer);
    return {
      write: (bytes: Uint8Array) => {
        passNat();
        toBroker.write(bytes);
      },
      close: () => toBroker.behind(() => end(undefined, () => peer.onClosed())),
    };
  }
}
