/**
 * What both sides say on a stream that stands: messages, presence, questions, acknowledgements (XEP-0198), pings (XEP-0199) and the
 * heartbeat, a space.
 */
import type { ByteWriter } from "../bytes.ts";
import { KeepAlive } from "../connection/keep-alive.ts";
import { OUTBOX_MESSAGES_MAX, PINGRESP_TIMEOUT_MS, STANZAS_UNTAKEN_MAX } from "../limits.ts";
import type { Random } from "../seams.ts";
import type { Element } from "./element.ts";
import { answerOf, isStanza, ROSTER, resultOf, subscribedOf } from "./iq-answers.ts";
import { bareJid, domainOf } from "./jid.ts";
import { countOf, MANAGEMENT } from "./login.ts";
import { CLIENT, PING } from "./namespaces.ts";
import type { SessionEvent, SessionOptions } from "./session-types.ts";
import { StanzaQueue } from "./stanza-queue.ts";
import { describeError, errorOf, readMessage, readNotification, readReceipt, readShow } from "./stanzas.ts";
import { StreamError } from "./stream-error.ts";
import { Untaken } from "./untaken.ts";
import { xml } from "./xml-writer.ts";

/** A notification whose answer is awaited. */
interface Asked {
  readonly iqId: string;
  readonly to: string;
  readonly token: number;
}

export class Dialogue {
  readonly queue = new StanzaQueue();
  readonly untaken = new Untaken();
  readonly keepAlive: KeepAlive;
  private readonly options: SessionOptions;
  private readonly write: (text: string) => void;
  private readonly tell: (event: SessionEvent) => void;
  private readonly asked: Asked[] = [];
  /** The answers to notifications that are not acknowledged, by token. */
  private readonly answers = new Map<number, string>();
  private readonly idPrefix: string;
  private idNumber = 0;
  private jid: string;
  private pingId = "";
  private rosterId = "";
  /** So many stanzas had been sent before the ping. */
  private sentBeforePing = 0;
  /** An acknowledgement was asked for, and has not come. */
  private isAsking = false;
  /** The server was told a count that is less than what has come. */
  private isCountDue = false;
  /** Since when an acknowledgement is awaited. undefined: none is. */
  awaitedSinceMs: number | undefined;

  constructor(
    options: SessionOptions,
    random: Random,
    write: (text: string) => void,
    tell: (event: SessionEvent) => void,
  ) {
    this.options = options;
    this.jid = options.jid;
    this.write = write;
    this.tell = tell;
    this.keepAlive = new KeepAlive(options);
    this.idPrefix = Math.floor(random() * 0x1_0000_0000).toString(36);
  }

  get canReceive(): boolean {
    return this.untaken.count < STANZAS_UNTAKEN_MAX;
  }

  /** An identifier that no other stanza of ours has. */
  newId(): string {
    this.idNumber += 1;
    return `${this.idPrefix}-${this.idNumber.toString(36)}`;
  }

  /** A new stream stands. @param isCounting stream management is on */
  begin(jid: string, isCounting: boolean): void {
    this.jid = jid;
    this.untaken.handled = 0;
    this.tellAcknowledged(this.queue.handleNewStream(isCounting));
    for (const { token } of this.asked.splice(0)) this.tell({ type: "result", token, problem: "the stream was lost" });
    this.rosterId = "";
    if (this.options.contacts.length === 0) return;
    this.rosterId = this.newId();
    this.queue.addAnswer(xml("iq", { id: this.rosterId, type: "get" }, xml("query", { xmlns: ROSTER })));
  }

  /** The former stream goes on. @param handled how many of our stanzas the server has */
  resume(handled: number): void {
    this.tellAcknowledged(this.queue.handleResumed(handled));
  }

  /** The answer to this notification will be told. Of too many the oldest is given up. */
  awaitResult(iqId: string, to: string, token: number): void {
    this.asked.push({ iqId, to, token });
    if (this.asked.length <= OUTBOX_MESSAGES_MAX) return;
    const [oldest] = this.asked.splice(0, 1) as [Asked];
    this.tell({ type: "result", token: oldest.token, problem: "too many others wait" });
  }

  /** Something has come. Throws a `StreamError`. */
  handle(element: Element, nowMs: number): void {
    if (element.namespace === MANAGEMENT) this.handleManagement(element);
    else if (!isStanza(element)) throw new StreamError("unsupported-stanza-type", `<${element.name}>`);
    else {
      const number = this.untaken.add(nowMs);
      if (!this.handleStanza(element, number, nowMs)) this.untaken.take(number);
    }
  }

  /** A stanza above the limits counts as taken: it would come again for ever. */
  handleOversize(element: Element, bytes: number, nowMs: number): void {
    this.tell({ type: "oversize", from: element.attribute("from"), bytes });
    // One whose tag is above the limits has no name. The server counts it as well.
    if (element.name !== "" && !isStanza(element)) return;
    this.answer(errorOf(element, "modify", "policy-violation"));
    this.untaken.take(this.untaken.add(nowMs));
  }

  /** The message with this token is safe. */
  acknowledge(token: number): void {
    const answer = this.answers.get(token);
    this.answers.delete(token);
    if (!this.untaken.take(token)) return;
    if (answer !== undefined) this.answer(answer);
  }

  /** Writes what there is room for. */
  flush(transmit: ByteWriter, nowMs: number): void {
    this.queue.flush(transmit);
    if (this.isCountDue && this.untaken.count === 0) this.tellCount();
    if (this.queue.sentCount > 0) this.awaitedSinceMs ??= nowMs;
    // One question is enough for all that has left. The next one follows its answer.
    if (this.isAsking || this.queue.sentCount === 0 || !this.queue.isFlushed) return;
    this.isAsking = true;
    if (this.queue.isCounting) this.write(xml("r", { xmlns: MANAGEMENT }));
    else this.ping(nowMs);
  }

  /** Asks the server whether it is there. */
  ping(nowMs: number): void {
    this.pingId = this.newId();
    this.sentBeforePing = this.queue.sentCount;
    const text = xml(
      "iq",
      { to: domainOf(this.options.jid), id: this.pingId, type: "get" },
      xml("ping", { xmlns: PING }),
    );
    // With stream management it counts like any other stanza.
    if (this.queue.isCounting) this.queue.addAnswer(text);
    else this.write(text);
    this.keepAlive.handlePingSent(nowMs);
  }

  /** Returns why the connection ends, or undefined. @param isReaderEmpty all bytes that came are read */
  handleKeepAlive(isReaderEmpty: boolean, nowMs: number): string | undefined {
    const { keepAlive } = this;
    // What was handed in and not looked at may hold the answer.
    if (!isReaderEmpty) keepAlive.handleReceived(nowMs);
    if (keepAlive.overdueMs <= nowMs) return `no answer to a ping after ${PINGRESP_TIMEOUT_MS / 1000} s`;
    if (keepAlive.pingDueMs > nowMs) return undefined;
    // While the server is heard, a space keeps the way to it open. Else only an answer shows that it is there.
    if (keepAlive.isHeard(nowMs)) {
      this.write(" ");
      keepAlive.handleSent(nowMs);
    } else this.ping(nowMs);
    return undefined;
  }

  /** The connection has ended. */
  handleClosed(): void {
    this.untaken.handleClosed();
    this.answers.clear();
    this.pingId = "";
    this.isAsking = false;
    this.isCountDue = false;
    this.awaitedSinceMs = undefined;
  }

  /** The connection was lost: the network may have forgotten it. */
  handleLost(nowMs: number): void {
    if (this.keepAlive.handleEnded(nowMs)) this.tell({ type: "intervalLearned", learned: this.keepAlive.learned });
  }

  /** Returns whether the application has to take it. */
  private handleStanza(stanza: Element, token: number, nowMs: number): boolean {
    switch (stanza.name) {
      case "message":
        return this.handleMessage(stanza, token);
      case "presence":
        this.handlePresence(stanza);
        return false;
      default:
        return this.handleIq(stanza, token, nowMs);
    }
  }

  private handleMessage(stanza: Element, token: number): boolean {
    const from = stanza.attribute("from");
    if (stanza.attribute("type") === "error") {
      this.tell({ type: "bounced", id: stanza.attribute("id"), from, reason: describeError(stanza) });
      return false;
    }
    const receipt = readReceipt(stanza);
    if (receipt) this.tell({ type: "receipt", from, ...receipt });
    const message = receipt ? undefined : readMessage(stanza, domainOf(this.jid));
    if (message) this.tell({ type: "message", message, token });
    return message !== undefined;
  }

  private handlePresence(stanza: Element): void {
    const type = stanza.attribute("type");
    const from = bareJid(stanza.attribute("from"));
    if (type === "subscribe" && this.options.contacts.includes(from)) {
      this.answer(xml("presence", { to: from, type: "subscribed" }));
      // The account may be new. Where the server knows of our subscription, it answers by itself (RFC 6121, 3.1.3).
      this.answer(xml("presence", { to: from, type: "subscribe" }));
    }
    if ((type !== "" && type !== "unavailable") || from === bareJid(this.jid)) return;
    this.tell({ type: "presence", from, show: readShow(stanza), status: stanza.childText("status", CLIENT) });
  }

  private handleIq(iq: Element, token: number, nowMs: number): boolean {
    const type = iq.attribute("type");
    if (type === "result" || type === "error") {
      this.handleAnswer(iq, type === "error", nowMs);
      return false;
    }
    const message = type === "set" ? readNotification(iq, domainOf(this.jid)) : undefined;
    if (!message) {
      this.answer(answerOf(iq, this.isOfServer(iq)));
      return false;
    }
    this.answers.set(token, resultOf(iq));
    this.tell({ type: "message", message, token });
    return true;
  }

  /** An answer counts only if it was asked for, and comes from whom it was asked of. */
  private handleAnswer(iq: Element, isError: boolean, nowMs: number): void {
    const id = iq.attribute("id");
    const isOfServer = this.isOfServer(iq);
    if (isOfServer && id === this.pingId && id !== "") {
      this.pingId = "";
      if (this.keepAlive.handleAnswered(nowMs)) this.tell({ type: "intervalLearned", learned: this.keepAlive.learned });
      if (!this.queue.isCounting) this.handleTaken(this.queue.take(this.sentBeforePing));
      return;
    }
    if (isOfServer && id === this.rosterId && id !== "") {
      this.rosterId = "";
      this.subscribe(isError ? [] : subscribedOf(iq));
      return;
    }
    const from = iq.attribute("from");
    const index = this.asked.findIndex(({ iqId, to }) => iqId === id && from.toLowerCase() === to.toLowerCase());
    const [asked] = index < 0 ? [] : this.asked.splice(index, 1);
    if (asked) this.tell({ type: "result", token: asked.token, problem: isError ? describeError(iq) : "" });
  }

  /** Asks for the presence of the contacts whose presence does not come. */
  private subscribe(known: readonly string[]): void {
    for (const to of this.options.contacts)
      if (!known.includes(to)) this.answer(xml("presence", { to, type: "subscribe" }));
  }

  private handleManagement(element: Element): void {
    if (!this.queue.isCounting) throw new StreamError("unsupported-stanza-type", `<${element.name}>`);
    if (element.name === "r") this.tellCount();
    else if (element.name === "a") this.handleTaken(this.queue.handleAcknowledged(countOf(element)));
    else throw new StreamError("unsupported-stanza-type", `<${element.name}>`);
  }

  private handleTaken(tokens: readonly number[]): void {
    this.isAsking = false;
    this.awaitedSinceMs = undefined;
    this.tellAcknowledged(tokens);
  }

  private tellAcknowledged(tokens: readonly number[]): void {
    for (const token of tokens) this.tell({ type: "acknowledged", token });
  }

  /** Tells how many stanzas are taken. Those that wait for the application are not. */
  private tellCount(): void {
    this.isCountDue = this.untaken.count > 0;
    this.write(xml("a", { xmlns: MANAGEMENT, h: String(this.untaken.handled) }));
  }

  private answer(text: string): void {
    if (text !== "") this.queue.addAnswer(text);
  }

  /** Our server or our own account speaks (RFC 6120, 8.1.2.1). */
  private isOfServer(stanza: Element): boolean {
    const from = stanza.attribute("from").toLowerCase();
    return from === "" || from === domainOf(this.jid) || from === bareJid(this.jid) || from === this.jid.toLowerCase();
  }
}
