/**
 * A client of XMPP (RFC 6120, RFC 6121) as a state machine. It is given bytes and the time. It is asked what to send, when to wake and
 * what to tell. Everything that changes the state of the connection lives here. `dialogue.ts` holds what is said on a stream that
 * stands, `login.ts` what comes before.
 *
 * ```
 * stopped ─start→ opening ─handleConnected→ beginning ─login→ connected
 *                   ↑ timer      ↑ TLS stands ↓ │               │
 *                 waiting      securing ←───────┘               │
 *                   ↑──────────── any failure ──────────────────┘
 * ```
 *
 * After any call the owner drains `pollEvent` until undefined and takes one `pollTransmit`, both again until there is neither, then
 * `pollTimeout`. Stanzas are read in `pollEvent`.
 */
import { ByteWriter } from "../bytes.ts";
import { Backoff } from "../connection/backoff.ts";
import type { LearnedInterval } from "../connection/interval-learner.ts";
import { UsageError } from "../errors.ts";
import {
  STABLE_MS,
  STANZA_BYTES_MAX,
  STANZA_OUT_BYTES_MAX,
  TRANSMIT_BYTES_MAX,
  XML_NAME_BYTES_MAX,
} from "../limits.ts";
import type { Random } from "../seams.ts";
import { utf8Length } from "../utf8.ts";
import { Dialogue } from "./dialogue.ts";
import type { Element } from "./element.ts";
import { domainOf, isJid } from "./jid.ts";
import { Login, type Outcome } from "./login.ts";
import { CLIENT, STREAM_ERRORS, STREAMS } from "./namespaces.ts";
import type { Outgoing, SessionEvent, SessionOptions } from "./session-types.ts";
import { stanzaOf } from "./stanzas.ts";
import { LoginError, StreamError } from "./stream-error.ts";
import { ANSWER, COMPUTE, KEEP_ALIVE, LOGIN, newTimers, OPEN, RECONNECT, STABLE, TAKE } from "./timers.ts";
import { XmlReader } from "./xml-reader.ts";
import { xml } from "./xml-writer.ts";

/** States, in the order in which they come. */
const STOPPED = 0;
const WAITING = 1;
const OPENING = 2;
const SECURING = 3;
const BEGINNING = 4;
const CONNECTED = 5;

const END = "</stream:stream>";

export class Session {
  private readonly options: SessionOptions;
  private readonly backoff: Backoff;
  private readonly reader: XmlReader;
  private readonly transmit = new ByteWriter(TRANSMIT_BYTES_MAX);
  /** What waits for room in the transmit buffer, in front of all stanzas. */
  private readonly waiting: string[] = [];
  private readonly events: SessionEvent[] = [];
  private readonly timers = newTimers();
  private readonly login: Login;
  private readonly dialogue: Dialogue;
  private state = STOPPED;
  private isReading = true;
  private nowMs = 0;
  /** Names the stream for `resume`. Empty: there is none. */
  private resumeId = "";
  private jid: string;

  /** Throws a `UsageError` if the address is none. */
  constructor(options: SessionOptions, random: Random) {
    if (!isJid(options.jid)) throw new UsageError(`address ${options.jid}: expected local@domain`);
    this.options = options;
    this.jid = options.jid;
    this.backoff = new Backoff(random, options.backoff);
    this.reader = new XmlReader(Math.max(options.stanzaBytesMax ?? STANZA_BYTES_MAX, XML_NAME_BYTES_MAX));
    const write = (text: string) => {
      this.waiting.push(text);
    };
    this.login = new Login(options, random, write);
    this.dialogue = new Dialogue(options, random, write, (event) => {
      this.events.push(event);
    });
  }

  get isConnected(): boolean {
    return this.state === CONNECTED;
  }

  /** On the way to a connection. */
  get isConnecting(): boolean {
    return this.state >= OPENING && this.state < CONNECTED;
  }

  /** Stanzas that were accepted and that the server does not have. */
  get outboxCount(): number {
    return this.dialogue.queue.count;
  }

  /** Whether the server has all that was accepted, and everything written was handed out. Nothing is lost by sleeping then. */
  get isDrained(): boolean {
    return this.outboxCount === 0 && this.transmit.length === 0;
  }

  /** Whether bytes may be handed in. It is false while the former ones are not used up. Read nothing from the transport then. */
  get canReceive(): boolean {
    return this.reader.isEmpty && this.waiting.length === 0 && (this.state < CONNECTED || this.dialogue.canReceive);
  }

  /** Connects at once. */
  start(nowMs: number): void {
    if (this.state !== STOPPED) throw new UsageError("session: started already");
    this.nowMs = nowMs;
    this.open();
  }

  /** Ends the stream and stays away until `start`. The server tells the contacts that we are gone. */
  stop(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.state === STOPPED) return;
    if (this.state >= BEGINNING) {
      this.flush();
      this.endStream();
    }
    if (this.state > WAITING) this.events.push(CLOSE);
    this.resumeId = "";
    this.leave(STOPPED);
  }

  /** Gives the connection up and comes back after the back-off. The server then sends again what was not acknowledged. */
  restart(reason: string, nowMs: number): void {
    this.nowMs = nowMs;
    if (this.state > WAITING) this.giveUp(reason);
  }

  /** The transport is open, or TLS stands on it. */
  handleConnected(nowMs: number): void {
    if (this.state !== OPENING && this.state !== SECURING) return;
    this.nowMs = nowMs;
    if (this.state === SECURING) this.login.handleSecured();
    else
      this.login.begin(
        this.resumeId === "" ? undefined : { id: this.resumeId, handled: this.dialogue.untaken.handled },
      );
    if (this.state === OPENING) this.transmit.clear();
    this.state = BEGINNING;
    this.timers.set(OPEN, undefined);
    this.beginStream();
  }

  /**
   * Bytes of the server. `pollEvent` reads them. They have to stay as they are until `canReceive` is true again. Bytes that are handed
   * in while the former ones are not read end the connection.
   */
  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (this.state < BEGINNING) return;
    this.nowMs = nowMs;
    this.dialogue.keepAlive.handleReceived(nowMs);
    if (this.reader.isEmpty) this.reader.push(bytes);
    else this.giveUp("bytes before the former were read");
  }

  /** Whether the application has room for a message. Without room `pollEvent` reads nothing, and `canReceive` is soon false. */
  setReading(isReading: boolean, nowMs: number): void {
    this.nowMs = nowMs;
    this.isReading = isReading;
  }

  /** The transport has ended, or could not be opened. @param isRefusal one side has refused the other for its certificate */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    if (this.state <= WAITING) return;
    this.nowMs = nowMs;
    if (isRefusal) this.backoff.refused();
    this.disconnect(reason);
  }

  handleTimeout(nowMs: number): void {
    this.nowMs = nowMs;
    for (let due = this.timers.takeDue(nowMs); due !== undefined; due = this.timers.takeDue(nowMs)) this.handleDue(due);
  }

  /** What was learned of the former network does not hold. @param learned what is known of this one */
  handleOtherNetwork(learned: LearnedInterval | undefined): void {
    this.dialogue.keepAlive.handleOtherNetwork(learned);
  }

  /** There is another network, or one again. An attempt that waits is made at once. A ping tries a connection that stands. */
  handleNetworkChanged(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.state === WAITING) this.open();
    if (this.isConnected) this.dialogue.ping(nowMs);
    this.watch();
  }

  /** The next attempt goes to another server, which does not know our stream. */
  handleServerChanged(): void {
    this.resumeId = "";
  }

  /**
   * Accepts a stanza, connected or not. Returns the token that `acknowledged` will name, or undefined where there is no room. It is
   * sent again after a reconnect until the server has it. Its receiver may get it twice then, with the same id. Throws a `UsageError`
   * for what can never be sent.
   */
  send(outgoing: Outgoing, nowMs: number): number | undefined {
    this.nowMs = nowMs;
    const iqId = this.dialogue.newId();
    const text = stanzaOf(outgoing, iqId);
    if ("to" in outgoing && !isJid(outgoing.to)) throw new UsageError(`address ${outgoing.to}: expected local@domain`);
    const bytes = utf8Length(text);
    if (bytes > STANZA_OUT_BYTES_MAX)
      throw new UsageError(`stanza of ${bytes} bytes, expected at most ${STANZA_OUT_BYTES_MAX}`);
    const token = this.dialogue.queue.add(text, outgoing.type === "presence");
    if (token !== undefined && outgoing.type === "notification") this.dialogue.awaitResult(iqId, outgoing.to, token);
    this.flush();
    return token;
  }

  /** The message with this token is safe. A token of a former connection means nothing. */
  acknowledge(token: number): void {
    if (!this.isConnected) return;
    this.dialogue.acknowledge(token);
    this.flush();
  }

  /** What to tell next. undefined: nothing. */
  pollEvent(): SessionEvent | undefined {
    for (;;) {
      const event = this.events.shift();
      if (event || !this.readOne()) return event;
    }
  }

  /** Bytes to send. undefined: none. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    this.flush();
    if (this.transmit.length === 0) return undefined;
    this.dialogue.keepAlive.handleSent(this.nowMs);
    const bytes = this.transmit.view();
    this.transmit.clear();
    return bytes;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock. undefined: never. */
  pollTimeout(): number | undefined {
    return this.timers.next();
  }

  private open(): void {
    this.state = OPENING;
    this.timers.set(RECONNECT, undefined);
    this.timers.watch(OPEN, this.nowMs);
    this.events.push({ type: "open" });
  }

  private beginStream(): void {
    this.reader.reset();
    const to = domainOf(this.options.jid);
    const header = xml("stream:stream", {
      to,
      version: "1.0",
      "xml:lang": "en",
      xmlns: CLIENT,
      "xmlns:stream": STREAMS,
    });
    // The element stays open until the stream ends.
    this.waiting.push(`<?xml version='1.0'?>${header.slice(0, -2)}>`);
    this.timers.watch(LOGIN, this.nowMs);
  }

  /** Reads one stanza. Returns whether there was one, or bytes that are none. */
  private readOne(): boolean {
    const isWaiting = this.waiting.length > 0 && !this.flush();
    if (this.state < BEGINNING || isWaiting || this.login.isComputing) return false;
    if (this.isConnected && (!this.isReading || !this.dialogue.canReceive)) return false;
    try {
      if (!this.reader.isEmpty) this.dialogue.keepAlive.handleReceived(this.nowMs);
      const read = this.reader.next();
      if (!read) return false;
      if (read.type === "open") this.login.handleHeader(read.element);
      else if (read.type === "close") this.handleEnd("the server has ended the stream");
      else if (read.type === "oversize") this.handleOversize(read.element, read.bytes);
      else this.handleElement(read.element);
    } catch (error) {
      this.handleError(error);
    }
    this.watch();
    return true;
  }

  private handleElement(element: Element): void {
    if (element.is("error", STREAMS)) {
      this.handleStreamError(element);
      return;
    }
    if (this.isConnected) {
      this.dialogue.handle(element, this.nowMs);
      this.flush();
      return;
    }
    const outcome = this.login.handle(element);
    this.timers.watch(LOGIN, this.nowMs);
    if (this.login.isComputing) this.timers.set(COMPUTE, this.nowMs);
    if (outcome) this.handleOutcome(outcome);
  }

  private handleOutcome(outcome: Outcome): void {
    switch (outcome.type) {
      case "secure":
        // What came with this would be taken for what comes over TLS.
        if (!this.reader.isEmpty) throw new StreamError("policy-violation", "bytes before TLS");
        this.state = SECURING;
        this.timers.set(LOGIN, undefined);
        this.timers.watch(OPEN, this.nowMs);
        this.events.push({ type: "secure" });
        break;
      case "restart":
        if (!this.reader.isEmpty) throw new StreamError("policy-violation", "bytes before the new stream");
        this.beginStream();
        break;
      case "registered":
        this.events.push(outcome);
        break;
      case "bound":
        this.jid = outcome.jid;
        this.resumeId = outcome.resumeId;
        this.beginDialogue(false, () => this.dialogue.begin(outcome.jid, outcome.isCounting));
        break;
      case "resumed":
        this.beginDialogue(true, () => this.dialogue.resume(outcome.handled));
        break;
    }
  }

  private beginDialogue(isResumed: boolean, begin: () => void): void {
    this.state = CONNECTED;
    this.timers.set(LOGIN, undefined);
    this.timers.set(STABLE, this.nowMs + STABLE_MS);
    this.dialogue.keepAlive.handleConnected(this.options.keepAliveSeconds, this.nowMs);
    this.events.push({ type: "connected", isResumed, jid: this.jid, mechanism: this.login.mechanism });
    begin();
  }

  /** A stanza above the limits. Only its own tag is known. */
  private handleOversize(element: Element, bytes: number): void {
    if (!this.isConnected) throw new StreamError("policy-violation", `${bytes} bytes during the login`);
    this.dialogue.handleOversize(element, bytes, this.nowMs);
  }

  private handleStreamError(error: Element): void {
    const condition = error.children.find((child) => child.namespace === STREAM_ERRORS && child.name !== "text");
    const words = error.childText("text", STREAM_ERRORS);
    const name = condition?.name ?? "error";
    // Another client with our resource: an early return would take the place back.
    if (name === "conflict") this.backoff.refused();
    const isTrusted = this.options.tls === "none" || this.login.isEncrypted;
    const redirect = name === "see-other-host" && isTrusted ? condition?.text.trim() : undefined;
    this.handleEnd(`by the server: ${words === "" ? name : `${name}: ${words}`}`, redirect);
  }

  /** The stream is over. It cannot be resumed. */
  private handleEnd(reason: string, redirect?: string): void {
    this.resumeId = "";
    this.giveUp(reason, redirect, () => this.endStream());
  }

  /** A stanza or the login has failed. The connection ends with the reason. */
  private handleError(error: unknown): void {
    if (error instanceof LoginError) {
      if (error.isLasting) this.backoff.refused();
      this.handleEnd(error.message);
    } else if (error instanceof StreamError) {
      this.resumeId = "";
      const told = xml("stream:error", {}, xml(error.condition, { xmlns: STREAM_ERRORS }));
      this.giveUp(error.message, undefined, () => this.endStream(told));
    } else throw error;
  }

  /** Writes the end of the stream, in front of nothing. */
  private endStream(told = ""): void {
    const last = told + END;
    if (this.transmit.free >= utf8Length(last)) this.transmit.text(last);
  }

  /** Writes what there is room for. Returns whether nothing waits in front of the stanzas. */
  private flush(): boolean {
    if (this.state < BEGINNING) return true;
    let isRoom = this.writeWaiting();
    if (isRoom && this.isConnected) {
      this.dialogue.flush(this.transmit, this.nowMs);
      isRoom = this.writeWaiting();
      this.watch();
    }
    return isRoom;
  }

  private writeWaiting(): boolean {
    for (let text = this.waiting[0]; text !== undefined; text = this.waiting[0]) {
      if (utf8Length(text) > this.transmit.free) return false;
      this.transmit.text(text);
      this.waiting.shift();
    }
    return true;
  }

  private watch(): void {
    if (!this.isConnected) return;
    const { keepAlive, untaken, awaitedSinceMs } = this.dialogue;
    this.timers.watch(ANSWER, awaitedSinceMs, this.reader.isEmpty ? keepAlive.lastReceivedMs : this.nowMs);
    this.timers.watch(TAKE, untaken.oldestMs);
    this.timers.set(KEEP_ALIVE, keepAlive.deadlineMs);
  }

  private handleDue(due: number): void {
    const missed = this.timers.missedAt(due);
    if (due === RECONNECT) this.open();
    else if (due === STABLE) this.backoff.reset();
    else if (due === COMPUTE) this.compute();
    else if (due === KEEP_ALIVE) {
      const overdue = this.dialogue.handleKeepAlive(this.reader.isEmpty, this.nowMs);
      if (overdue !== undefined) this.giveUp(overdue);
    } else if (missed !== undefined) {
      this.watch();
      // It may have begun anew since.
      if (due < ANSWER || this.timers.isDue(due, this.nowMs)) this.giveUp(missed);
    }
    this.watch();
  }

  private compute(): void {
    this.login.step();
    this.timers.watch(LOGIN, this.nowMs);
    // Not at once: between two slices other things have their turn.
    if (this.login.isComputing) this.timers.set(COMPUTE, this.nowMs + 1);
  }

  /** This side ends the connection. @param sayLast writes what is said last */
  private giveUp(reason: string, redirect?: string, sayLast?: () => void): void {
    const wasOpen = this.state >= BEGINNING;
    this.events.push(CLOSE);
    this.disconnect(reason, redirect);
    if (wasOpen) sayLast?.();
  }

  private leave(next: number): void {
    this.state = next;
    this.waiting.length = 0;
    this.reader.reset();
    this.dialogue.handleClosed();
    this.timers.clearAll();
  }

  private disconnect(reason: string, redirect?: string): void {
    this.leave(WAITING);
    this.dialogue.handleLost(this.nowMs);
    this.transmit.clear();
    const retryMs = this.backoff.nextDelayMs();
    this.timers.set(RECONNECT, this.nowMs + retryMs);
    this.events.push({ type: "disconnected", reason, retryMs, redirect });
  }
}

const CLOSE: SessionEvent = Object.freeze({ type: "close" });
