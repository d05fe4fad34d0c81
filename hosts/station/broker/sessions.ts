/** All sessions: how they begin, how they end, and what becomes of their wills. */
import type { Core } from "./core.ts";
import { Session } from "./session.ts";
import type { Subscription } from "./subscription.ts";
import type { Will } from "./will.ts";

const NO_END = Number.POSITIVE_INFINITY;
/** A round over all sessions takes so many sweeps. */
const SWEEPS_PER_ROUND = 12;

export class Sessions {
  readonly #core: Core;
  readonly #sessions = new Map<string, Session>();
  #nextNumber = 1;
  #sweep: Iterator<Session> | undefined;

  constructor(core: Core) {
    this.#core = core;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get(clientIdentifier: string): Session | undefined {
    return this.#sessions.get(clientIdentifier);
  }

  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** A session without anything. */
  create(clientIdentifier: string, number = this.#nextNumber): Session {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    const session = new Session(this.#core, clientIdentifier, number);
    this.#sessions.set(clientIdentifier, session);
    return session;
  }

  /** A session of a client that has not come yet. undefined: there are as many as there may be. */
  createAbsent(clientIdentifier: string): Session | undefined {
    const { limits, nowMs } = this.#core;
    if (this.size >= limits.sessionsMax) return undefined;
    const session = this.create(clientIdentifier);
    session.expirySeconds = limits.sessionExpirySecondsMax;
    session.store();
    this.handleAbsent(session, session.endsAt(nowMs));
    return session;
  }

  /** It is over: a will that waits is published [MQTT-3.1.3-9], everything of it goes. */
  end(session: Session): void {
    if (this.#sessions.get(session.clientIdentifier) !== session) return;
    this.#sessions.delete(session.clientIdentifier);
    for (const filter of session.subscriptions.keys()) this.#core.subscriptions.delete(session, filter);
    if (session.will) this.#publishWill(session);
    session.erase();
  }

  /** Subscribes a session. @param subscription replaces the one of the same filter [MQTT-3.8.4-3] */
  subscribe(session: Session, subscription: Subscription): void {
    session.setSubscription(subscription);
    if (subscription.isDeclined) return;
    this.#core.subscriptions.set(session, subscription);
    this.#core.hooks.handleSubscribed?.(session.clientIdentifier, subscription.filter);
  }

  /** Returns whether there was such a subscription. What the host had added is remembered as declined. */
  unsubscribe(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (!subscription || subscription.isDeclined) return false;
    this.#core.subscriptions.delete(session, filter);
    session.deleteSubscription(filter);
    if (subscription.isAdded) session.setSubscription({ ...subscription, isDeclined: true, isRetainedOwed: false });
    return true;
  }

  /** The connection of a session has ended. @param isWillWanted it did not end by DISCONNECT [MQTT-3.1.2-8] [MQTT-3.1.2-10] */
  handleClosed(session: Session, isWillWanted: boolean): void {
    const core = this.#core;
    session.connection = undefined;
    session.queue.handleClosed();
    if (!isWillWanted) session.setWill(undefined);
    this.handleAbsent(session, session.endsAt(core.nowMs));
    if (this.get(session.clientIdentifier) === session) session.store();
  }

  /** Its client is not there. @param endsMs when it ends if the client does not return */
  handleAbsent(session: Session, endsMs: number): void {
    const { nowMs } = this.#core;
    session.endsMs = endsMs;
    if (session.will) {
      session.willDueMs = Math.min(nowMs + session.will.delaySeconds * 1_000, endsMs);
      if (session.willDueMs <= nowMs) this.#publishWill(session);
      else session.willAlarm.watch();
    }
    if (endsMs <= nowMs) this.end(session);
    else session.endAlarm.watch();
  }

  /** Its client is back. */
  handleConnected(session: Session, will: Will | undefined): void {
    session.endsMs = NO_END;
    session.setWill(will);
    session.store();
  }

  /** Its client did not return in time. */
  handleWillDue(session: Session): void {
    if (session.will) this.#publishWill(session);
  }

  /** Looks through a part of the sessions for messages that are worthless. */
  sweep(): void {
    for (let count = Math.ceil(this.#sessions.size / SWEEPS_PER_ROUND); count > 0; count -= 1) {
      this.#sweep ??= this.#sessions.values();
      const { value, done } = this.#sweep.next();
      if (done) this.#sweep = undefined;
      else (value as Session).dropExpired();
    }
  }

  /** Its record goes in the same transaction: it is published once. */
  #publishWill(session: Session): void {
    const core = this.#core;
    const will = session.will as Will;
    session.setWill(undefined);
    core.dueWills.push({ will, clientIdentifier: session.clientIdentifier });
  }
}
