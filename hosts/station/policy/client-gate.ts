/**
 * Decides for the broker who may connect and what each client may do. Counts and logs every refusal. No password and no message
 * of a client ever goes to the log.
 */
import type { Credentials } from "../broker/hooks.ts";
import type { MessageContent } from "../broker/message.ts";
import { AccessError } from "../identity/access-error.ts";
import { type Accounts, RESERVED_NAMES } from "../identity/accounts.ts";
import type { Origin } from "../identity/client-address.ts";
import { LoginGuard } from "../identity/login-guard.ts";
import { RefusalLog } from "../identity/refusal-log.ts";
import { TokenBucket } from "../identity/token-bucket.ts";
import {
  DEVICE_INFLIGHT_MAX,
  DEVICE_PUBLISH_BYTES_MAX,
  LOGIN_PLACES_MAX,
  MQTT_PACKET_BYTES_MAX,
  PASSWORD_BYTES_MAX,
  PUBLISHED_BYTES_PER_CLIENT,
  PUBLISHES_PER_CLIENT,
  REFUSALS_PER_CLIENT,
  RETAINED_BYTES_MAX,
} from "../shared/limits.ts";
import { type Identity, PRESUBSCRIPTION_TOPIC, type TopicRules } from "./topic-rules.ts";

/** Return codes of CONNACK (MQTT 3.1.1, table 3.1). */
export const CONNACK_CODE = Object.freeze({
  identifierRejected: 2,
  serverUnavailable: 3,
  badUserNameOrPassword: 4,
  notAuthorized: 5,
} as const);
export type ConnackCode = (typeof CONNACK_CODE)[keyof typeof CONNACK_CODE];

/** Name and password of the pre-subscriber. */
export const PRESUBSCRIBER_NAME = "presubscriber";
const PRESUBSCRIBER: Identity = Object.freeze({
  uid: PRESUBSCRIBER_NAME,
  kind: "presubscriber",
  isAdmin: false,
  hasAccount: false,
});

/** What is published, as far as it matters here. */
type Published = Pick<MessageContent, "topic" | "payload" | "retain">;

export interface GateOptions {
  readonly accounts: Accounts;
  readonly rules: TopicRules;
  /** Clients without a user name may connect and do everything. */
  readonly isAnonymousAllowed: boolean;
  /** A device has logged in with the local key. The directory may not know it yet. */
  readonly onLocalDevice: (uid: string) => Promise<void>;
}

/** An account as it was at a login. */
interface Holder {
  readonly createdAtMs: number;
  readonly credential: string | undefined;
}

/** A client that was let in. */
export interface Guest extends Allowance {
  /** Undefined: anonymous. */
  readonly identity: Identity | undefined;
  /** Undefined: it has no account. */
  readonly holder: Holder | undefined;
  /** For the log. */
  readonly name: string;
  /** Ends its connection. */
  close(reason: string): void;
}

interface Allowance {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  readonly refusals: TokenBucket;
}

export interface GateCounters {
  /** Logins that were refused. */
  logins: number;
  /** Logins that were refused without a look at the password, after too many failures. */
  loginsHeld: number;
  publishes: number;
  subscriptions: number;
  /** How often the broker stopped reading from a client for a while. */
  slowed: number;
}

export class ClientGate {
  readonly refused: GateCounters = { logins: 0, loginsHeld: 0, publishes: 0, subscriptions: 0, slowed: 0 };
  readonly #options: GateOptions;
  readonly #logins: LoginGuard;
  readonly #log = new RefusalLog();
  /** By uid: a new connection goes on with the allowance of the last one. At the limit, full allowances are forgotten. */
  readonly #buckets = new Map<string, Allowance>();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#logins = new LoginGuard(options.accounts);
  }

  /**
   * A client that may connect, otherwise the return code of CONNACK. Never rejects.
   * @param origin where it comes from @param close ends its connection
   */
  async admit(login: Credentials, origin: Origin, close: (reason: string) => void): Promise<Guest | ConnackCode> {
    const found = await this.#identify(login, origin);
    if (typeof found === "number") return found;
    if (found && login.will) {
      const problem = this.#options.rules.whyNotPublish(found, login.will.topic, login.will.payload);
      if (problem) return this.#refuseLogin(login, origin, CONNACK_CODE.notAuthorized, `last will: ${problem}`);
    }
    const account = found?.hasAccount ? this.#options.accounts.get(found.uid) : undefined;
    const holder = account && { createdAtMs: account.createdAtMs, credential: this.#credentialOf(account.name) };
    return { identity: found, holder, name: login.clientIdentifier, close, ...this.#allowanceOf(found) };
  }

  /** Whether the client's account still is what it was at its login. */
  isCurrent({ identity, holder }: Guest): boolean {
    if (!identity?.hasAccount) return true;
    return holder?.credential !== undefined && this.#credentialOf(identity.uid) === holder.credential;
  }

  #credentialOf(name: string): string | undefined {
    return this.#options.accounts.credentialOf(name);
  }

  /** Messages that may be in flight to this client. undefined: as many as the broker allows. */
  inflightMax({ identity }: Guest): number | undefined {
    return identity?.kind === "device" ? DEVICE_INFLIGHT_MAX : undefined;
  }

  /** Largest packet that this client may send, in bytes with its fixed header. */
  packetBytesMax({ identity }: Guest): number {
    return identity?.kind === "device" ? DEVICE_PUBLISH_BYTES_MAX : MQTT_PACKET_BYTES_MAX;
  }

  /** Whether a message may be published. The broker acknowledges and drops any other. Takes message and bytes off the allowance. */
  mayPublish(guest: Guest, packet: Published): boolean {
    // The pre-subscriber has no allowance: it sends an answer for each new client, however many come at once.
    if (guest.identity?.kind === "presubscriber") return packet.topic === PRESUBSCRIPTION_TOPIC;
    this.#count(guest, packet);
    if (!guest.identity) return true;
    if (!this.#isKnown(guest)) return false;
    const problem =
      this.#options.rules.whyNotPublish(guest.identity, packet.topic, packet.payload) ?? this.#whyNotRetain(packet);
    if (!problem) return true;
    this.#refusePublish(guest, packet, problem);
    return false;
  }

  #whyNotRetain({ topic, payload, retain }: Published): string | undefined {
    if (!retain || payload.length === 0) return undefined;
    if (!this.#options.rules.mayRetain(topic)) return "is retained, which is for what a client says of itself";
    return payload.length > RETAINED_BYTES_MAX ? "retained, and too large for it" : undefined;
  }

  /** Counts and logs a message that nobody may publish. It counts towards the client's refusals. */
  refusePublish(guest: Guest, packet: Published, problem: string): void {
    this.#count(guest, packet);
    this.#refusePublish(guest, packet, problem);
  }

  #count({ messages, bytes }: Guest, { topic, payload }: Published): void {
    const nowMs = performance.now();
    messages.take(1, nowMs);
    bytes.take(payload.length + topic.length, nowMs);
  }

  #refusePublish(guest: Guest, packet: Published, problem: string): void {
    this.refused.publishes += 1;
    this.#refuse(guest, `PUBLISH to ${quoted(packet.topic)}: ${problem}`);
  }

  /** For how long the broker reads nothing more from a client, in milliseconds. */
  pauseMs({ messages, bytes }: Guest): number {
    const nowMs = performance.now();
    const pauseMs = Math.max(messages.debtMs(nowMs), bytes.debtMs(nowMs));
    if (pauseMs > 0) this.refused.slowed += 1;
    return pauseMs;
  }

  maySubscribe(guest: Guest, filter: string): boolean {
    if (!guest.identity) return true;
    const problem = this.#options.rules.whyNotSubscribe(guest.identity, filter);
    if (!problem) return true;
    this.refused.subscriptions += 1;
    this.#refuse(guest, `SUBSCRIBE to ${quoted(filter)}: ${problem}`);
    return false;
  }

  /**
   * Whether a client may receive a message now. It may have left the group since it subscribed.
   * @param guest undefined: it is away, and its kept session gets it
   */
  mayReceive(guest: Guest | undefined, clientIdentifier: string, topic: string): boolean {
    if (guest) {
      if (!guest.identity) return true;
      return this.#isKnown(guest) && !this.#options.rules.whyNotSubscribe(guest.identity, topic);
    }
    const identity = this.#absent(clientIdentifier);
    return identity === undefined || !this.#options.rules.whyNotSubscribe(identity, topic);
  }

  /** Who has a kept session of this name. undefined: an anonymous client. */
  #absent(uid: string): Identity | undefined {
    if (uid === PRESUBSCRIBER_NAME) return PRESUBSCRIBER;
    const account = this.#options.accounts.get(uid);
    if (account) return { uid, kind: account.kind, isAdmin: account.isAdmin, hasAccount: true };
    return this.#options.isAnonymousAllowed ? undefined : { uid, kind: "device", isAdmin: false, hasAccount: false };
  }

  /** As `isCurrent`. If it is not, closes the connection. */
  #isKnown(guest: Guest): boolean {
    if (this.isCurrent(guest)) return true;
    this.#log.write(`${quoted(guest.name)}: closed, its account is another one`);
    setImmediate(() => guest.close("its account is another one"));
    return false;
  }

  async #identify(login: Credentials, origin: Origin): Promise<Identity | undefined | ConnackCode> {
    const { userName, clientIdentifier, isIdentifierAssigned, isSessionKept } = login;
    if (userName === undefined) {
      if (this.#options.isAnonymousAllowed && !RESERVED_NAMES.includes(clientIdentifier)) return undefined;
      if (this.#options.isAnonymousAllowed)
        return this.#refuseLogin(
          login,
          origin,
          CONNACK_CODE.identifierRejected,
          "client identifier of the station's own",
        );
      return this.#refuseLogin(login, origin, CONNACK_CODE.notAuthorized, "no user name");
    }
    const identity = await this.#checkPassword(login, origin, userName);
    if (typeof identity === "number") return identity;
    const mayChoose = isIdentifierAssigned || identity.kind === "person" || identity.kind === "program";
    if (clientIdentifier !== identity.uid && (isSessionKept || !mayChoose))
      return this.#refuseLogin(login, origin, CONNACK_CODE.identifierRejected, "client identifier that is not its uid");
    return identity;
  }

  async #checkPassword(login: Credentials, origin: Origin, userName: string): Promise<Identity | ConnackCode> {
    const { accounts, onLocalDevice } = this.#options;
    const bytes = login.password ?? new Uint8Array();
    const password = bytes.length > PASSWORD_BYTES_MAX ? "" : Buffer.from(bytes).toString();
    const known = accounts.get(userName);
    if ((!known || known.kind === "device") && origin.isHere && accounts.isLocalPassword(userName, password)) {
      if (userName === PRESUBSCRIBER_NAME) return PRESUBSCRIBER;
      await onLocalDevice(userName);
      return { uid: userName, kind: "device", isAdmin: false, hasAccount: false };
    }
    try {
      const found = await this.#logins.logIn(userName, password, origin.address);
      if (typeof found === "object")
        return { uid: found.name, kind: found.kind, isAdmin: found.isAdmin, hasAccount: true };
      if (found === "wrong")
        return this.#refuseLogin(login, origin, CONNACK_CODE.badUserNameOrPassword, "user name or password");
      this.refused.loginsHeld += 1;
      return this.#refuseLogin(login, origin, CONNACK_CODE.serverUnavailable, "too many failures");
    } catch (error) {
      if (!(error instanceof AccessError)) console.error(`login: ${error instanceof Error ? error.message : error}`);
      return this.#refuseLogin(login, origin, CONNACK_CODE.serverUnavailable, "too many at once");
    }
  }

  #refuseLogin(login: Credentials, origin: Origin, code: ConnackCode, reason: string): ConnackCode {
    this.refused.logins += 1;
    this.#log.write(
      `CONNECT of ${quoted(login.isIdentifierAssigned ? "" : login.clientIdentifier)} from ${origin.address}: ${reason}`,
    );
    return code;
  }

  #refuse(guest: Guest, what: string): void {
    const nowMs = performance.now();
    guest.refusals.take(1, nowMs);
    this.#log.write(`${quoted(guest.name)}: ${what}`);
    if (guest.refusals.debtMs(nowMs) === 0) return;
    this.#log.write(`${quoted(guest.name)}: closed after too much that it may not do`);
    setImmediate(() => guest.close("too much that it may not do"));
  }

  #allowanceOf(identity: Identity | undefined): Allowance {
    const nowMs = performance.now();
    const former = identity && this.#buckets.get(identity.uid);
    const allowance: Allowance = {
      messages: former?.messages ?? new TokenBucket(PUBLISHES_PER_CLIENT, nowMs),
      bytes: former?.bytes ?? new TokenBucket(PUBLISHED_BYTES_PER_CLIENT, nowMs),
      refusals: former?.refusals ?? new TokenBucket(REFUSALS_PER_CLIENT, nowMs),
    };
    if (!identity) return allowance;
    this.#buckets.delete(identity.uid);
    this.#buckets.set(identity.uid, allowance);
    for (const [oldest, { messages, bytes, refusals }] of this.#buckets) {
      if (this.#buckets.size <= LOGIN_PLACES_MAX) break;
      if (![messages, bytes, refusals].every((bucket) => bucket.isFull(nowMs))) break;
      this.#buckets.delete(oldest);
    }
    return allowance;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
