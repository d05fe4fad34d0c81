/** One connection: what its client has said of itself, what leaves to it, and how it ends. */
import type { IDisconnectPacket, Packet } from "mqtt-packet";
import type { Core } from "./core.ts";
import { Alarm } from "./deadlines.ts";
import { Delivery } from "./delivery.ts";
import { PeerError, REASON } from "./errors.ts";
import type { Client } from "./hooks.ts";
import type { Message } from "./message.ts";
import { Output } from "./output.ts";
import type { Session } from "./session.ts";
import { Decoder, encode, encodeConnack } from "./wire/codec.ts";
import { Frames } from "./wire/frames.ts";

export type ConnectionState = "awaitingConnect" | "authenticating" | "connected" | "closed";

/** Reason strings are for the owner of a client. They are cut. */
const REASON_STRING_CHARACTERS_MAX = 120;
/** How long after the keep alive a silent client is dropped, in milliseconds a second [MQTT-3.1.2-22]. */
const SILENCE_MS_FACTOR = 1_500;
const NEVER = Number.POSITIVE_INFINITY;
/** How long an entry for the keep alive waits at the most, in milliseconds. */
const SILENCE_LOOK_MS = 60_000;

export class Connection {
  /** The host's number. */
  readonly number: number;
  readonly frames: Frames;
  readonly decoder = new Decoder();
  readonly output = new Output();
  readonly delivery: Delivery;
  state: ConnectionState = "awaitingConnect";
  session: Session | undefined;
  client: Client;
  /** What the client's topic aliases stand for. */
  readonly aliases = new Map<number, string>();
  /** Largest packet that the client takes. */
  packetBytesMax = Number.POSITIVE_INFINITY;
  /** Method of authentication of its CONNECT. */
  authenticationMethod: string | undefined;
  /** 0: none. */
  keepAliveSeconds = 0;
  receivedMs: number;
  /** Messages of QoS 1 and 2 that came and are not answered. */
  unanswered = 0;
  /** The host's buffer is full since then. */
  blockedSinceMs: number | undefined;
  /** The host has to decide first. What comes meanwhile is kept. */
  isAwaitingVerdict = false;
  /** Its queue has no room for what must not be dropped. */
  isFull = false;
  /** Why it has ended. */
  ending = "";
  readonly stallAlarm: Alarm;
  readonly #core: Core;
  /** Tells the broker that something can be sent. */
  readonly #onReady: (connection: Connection) => void;

  constructor(core: Core, number: number, onReady: (connection: Connection) => void) {
    this.#core = core;
    this.number = number;
    this.#onReady = onReady;
    this.frames = new Frames(core.limits.connectBytesMax);
    this.delivery = new Delivery(core, this);
    const stallDue = () =>
      this.state === "closed" || this.blockedSinceMs === undefined ? NEVER : this.blockedSinceMs + core.limits.stallMs;
    this.stallAlarm = new Alarm(core.deadlines, stallDue, () => this.closeSlow());
    this.receivedMs = core.nowMs;
    this.client = { connection: number, clientIdentifier: "", userName: undefined, identity: undefined };
  }

  get level(): 4 | 5 {
    return this.decoder.level ?? 4;
  }

  send(packet: Packet, gate = 0, isAnswer = false): void {
    this.sendWhole(encode(packet, this.level), gate, isAnswer);
  }

  /** A packet that is no PUBLISH. A client that does not take it cannot be served [MQTT-3.1.2-24]. */
  sendWhole(bytes: Uint8Array, gate = 0, isAnswer = false): void {
    if (bytes.length <= this.packetBytesMax) this.sendParts([bytes], gate, isAnswer);
    else this.close(REASON.packetTooLarge, `a packet of ${bytes.length} bytes is to be sent`);
  }

  sendParts(parts: readonly Uint8Array[], gate = 0, isAnswer = false): void {
    if (this.state === "closed") return;
    this.output.push(parts, gate, isAnswer);
    this.#onReady(this);
  }

  /** More waits than a client that reads slowly may have. It is closed after the input that did it, not within. */
  get isOverflowing(): boolean {
    return this.state !== "closed" && (this.isFull || this.output.bytes > this.#core.limits.outgoingBytesMax);
  }

  /** What waits for it does not fit any more. It is closed after this input. */
  handleFull(): void {
    this.isFull = true;
    this.#onReady(this);
  }

  closeSlow(): void {
    this.#core.slowReaders.closed += 1;
    this.close(REASON.quotaExceeded, `it does not read: ${this.output.bytes} bytes wait`);
  }

  sendQos0(message: Message, retain: boolean, subscriptionIdentifiers: readonly number[]): void {
    this.delivery.sendQos0(message, retain, subscriptionIdentifiers);
  }

  /** Sends what waits in the queue of its session, as far as there is room. */
  pump(): void {
    if (this.state === "connected") this.delivery.pump();
  }

  /** A client that says nothing for one and a half keep alives is gone [MQTT-3.1.2-22]. */
  watchSilence(): void {
    const { deadlines, nowMs } = this.#core;
    if (this.state === "closed" || this.keepAliveSeconds === 0) return;
    const dueMs = this.receivedMs + this.keepAliveSeconds * SILENCE_MS_FACTOR;
    // A connection that has ended is forgotten soon, however long its keep alive was.
    if (dueMs > nowMs) deadlines.at(Math.min(dueMs, nowMs + SILENCE_LOOK_MS), () => this.watchSilence());
    else
      this.close(REASON.keepAliveTimeout, `nothing came for ${(this.keepAliveSeconds * SILENCE_MS_FACTOR) / 1_000} s`);
  }

  /** A packet or a bound was broken. */
  fail(error: unknown): void {
    if (!(error instanceof PeerError)) throw error;
    this.close(error.reasonCode, error.message);
  }

  /**
   * This side ends the connection. MQTT 5 is told why, by DISCONNECT [MQTT-4.13.1-1] or CONNACK. What was not handed out is not said.
   * @param isWillWanted the client did not say goodbye
   */
  close(
    reasonCode: number,
    reason: string,
    isWillWanted = true,
    properties: IDisconnectPacket["properties"] = {},
  ): void {
    if (this.state === "closed") return;
    const wasConnected = this.state === "connected";
    this.output.clear();
    const reasonString = reason.slice(0, REASON_STRING_CHARACTERS_MAX);
    if (this.decoder.level === 5 && reasonCode >= 0x80) {
      const whole = wasConnected
        ? encode({ cmd: "disconnect", reasonCode, properties: { reasonString, ...properties } }, 5)
        : encodeConnack(reasonCode, false, { reasonString, ...properties }, 5);
      const bare = wasConnected
        ? encode({ cmd: "disconnect", reasonCode }, 5)
        : encodeConnack(reasonCode, false, undefined, 5);
      const packet = [whole, bare].find(({ length }) => length <= this.packetBytesMax);
      if (packet) this.output.push([packet]);
    } else if (!wasConnected && this.decoder.level === 4 && reasonCode >= 0x80)
      this.output.push([encodeConnack(reasonCode, false, undefined, 4)]);
    this.finish(reason, isWillWanted);
  }

  /** It is over, and what is in `output` is the last of it. */
  finish(reason: string, isWillWanted: boolean): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.ending = reason;
    const { session } = this;
    if (session) this.#core.sessions.handleClosed(session, isWillWanted);
    this.#onReady(this);
  }
}
