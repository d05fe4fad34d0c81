/**
 * Decides for the broker who may connect and what each client may do. Counts and logs every refusal. No password and no message
 * of a client ever goes to the log.
 */
import type { Client, PublishPacket } from "aedes";
import {
  CONNECT_PACKET_BYTES_MAX,
  DEVICE_PUBLISH_BYTES_MAX,
  LOGIN_PLACES_MAX,
  MQTT_PACKET_BYTES_MAX,
  PASSWORD_BYTES_MAX,
  PUBLISHED_BYTES_PER_CLIENT,
  PUBLISHES_PER_CLIENT,
  REFUSALS_PER_CLIENT,
} from "../station-limits.ts";
import { AccessError } from "./access-error.ts";
import { type Accounts, RESERVED_NAMES } from "./accounts.ts";
import { addressOf, isSameMachine } from "./client-address.ts";
import { LoginGuard } from "./login-guard.ts";
import { RefusalLog } from "./refusal-log.ts";
import { TokenBucket } from "./token-bucket.ts";
import { type Identity, PRESUBSCRIPTION_TOPIC, type TopicRules } from "./topic-rules.ts";

/** Return codes of CONNACK (MQTT 3.1.1, table 3.1). */
export const CONNACK_CODE = Object.freeze({
  identifierRejected: 2,
  serverUnavailable: 3,
  badUserNameOrPassword: 4,
  notAuthorized: 5,
} as const);
type ConnackCode = (typeof CONNACK_CODE)[keyof typeof CONNACK_CODE];

/** Name and password of the pre-subscriber. */
export const PRESUBSCRIBER_NAME = "presubscriber";

/** Fields of CONNECT. */
export interface LoginRequest {
  /** Empty: the broker chooses one for this connection. */
  readonly clientIdentifier: string;
  /** The session ends with its connection. */
  readonly isClean: boolean;
  readonly userName: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly will: PublishPacket | undefined;
}

export interface GateOptions {
  readonly accounts: Accounts;
  readonly rules: TopicRules;
  /** Clients without a user name may connect and do everything. */
  readonly isAnonymousAllowed: boolean;
  /** A device has logged in with the local key. The directory may not know it yet. */
  readonly onLocalDevice: (uid: string) => Promise<void>;
}

interface Guest {
  /** Undefined: anonymous. */
  readonly identity: Identity | undefined;
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
  readonly #guests = new WeakMap<Client, Guest>();
  /** By uid: a new connection goes on with the allowance of the last one. At the limit, full allowances are forgotten. */
  readonly #buckets = new Map<string, Guest>();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#logins = new LoginGuard(options.accounts);
  }

  /** Undefined for a client that may connect, otherwise the return code of CONNACK. Never rejects. */
  async admit(client: Client, login: LoginRequest): Promise<ConnackCode | undefined> {
    const found = await this.#identify(client, login);
    if (typeof found === "number") return found;
    const guest = this.#guestOf(found);
    if (found && login.will) {
      const problem = this.#options.rules.whyNotPublish(found, login.will.topic, login.will.payload as Uint8Array);
      if (problem) return this.#refuseLogin(client, login, CONNACK_CODE.notAuthorized, `last will: ${problem}`);
    }
    this.#guests.set(client, guest);
    return undefined;
  }

  /** The client's account; undefined for an anonymous client and for one that has not logged in. */
  identityOf(client: Client): Identity | undefined {
    return this.#guests.get(client)?.identity;
  }

  /** Largest packet that this client may send now, in bytes after the fixed header. */
  packetBytesMax(client: Client): number {
    const guest = this.#guests.get(client);
    if (!guest) return CONNECT_PACKET_BYTES_MAX;
    return guest.identity?.kind === "device" ? DEVICE_PUBLISH_BYTES_MAX : MQTT_PACKET_BYTES_MAX;
  }

  /** Whether a message may be published. The broker acknowledges and drops any other. Takes message and bytes off the allowance. */
  mayPublish(client: Client, packet: PublishPacket): boolean {
    const guest = this.#guests.get(client);
    if (!guest) return false;
    // The pre-subscriber has no allowance: it sends an answer for each new client, however many come at once.
    if (guest.identity?.kind === "presubscriber") return packet.topic === PRESUBSCRIPTION_TOPIC;
    this.#count(guest, packet);
    if (!guest.identity) return true;
    if (!this.#isKnown(client, guest.identity)) return false;
    const problem = this.#options.rules.whyNotPublish(guest.identity, packet.topic, packet.payload as Uint8Array);
    if (!problem) return true;
    this.#refusePublish(client, guest, packet, problem);
    return false;
  }

  /** Counts and logs a message that nobody may publish. It counts towards the client's refusals. */
  refusePublish(client: Client, packet: PublishPacket, problem: string): void {
    const guest = this.#guests.get(client);
    if (!guest) return;
    this.#count(guest, packet);
    this.#refusePublish(client, guest, packet, problem);
  }

  #count({ messages, bytes }: Guest, { topic, payload }: PublishPacket): void {
    const nowMs = performance.now();
    messages.take(1, nowMs);
    bytes.take(payload.length + topic.length, nowMs);
  }

  #refusePublish(client: Client, guest: Guest, packet: PublishPacket, problem: string): void {
    this.refused.publishes += 1;
    this.#refuse(client, guest, `PUBLISH to ${quoted(packet.topic)}: ${problem}`);
  }

  /** For how long the broker reads nothing more from a client, in milliseconds. */
  pauseMs(client: Client): number {
    const guest = this.#guests.get(client);
    const nowMs = performance.now();
    const pauseMs = guest ? Math.max(guest.messages.debtMs(nowMs), guest.bytes.debtMs(nowMs)) : 0;
    if (pauseMs > 0) this.refused.slowed += 1;
    return pauseMs;
  }

  maySubscribe(client: Client, filter: string): boolean {
    const guest = this.#guests.get(client);
    if (!guest) return false;
    if (!guest.identity) return true;
    const problem = this.#options.rules.whyNotSubscribe(guest.identity, filter);
    if (!problem) return true;
    this.refused.subscriptions += 1;
    this.#refuse(client, guest, `SUBSCRIBE to ${quoted(filter)}: ${problem}`);
    return false;
  }

  /** Whether this client may receive a message now. It may have left the group since it subscribed. */
  mayReceive(client: Client, topic: string): boolean {
    const guest = this.#guests.get(client);
    if (!guest?.identity) return guest !== undefined;
    return this.#isKnown(client, guest.identity) && !this.#options.rules.whyNotSubscribe(guest.identity, topic);
  }

  /** Whether the client's account still exists. If not, closes the connection. */
  #isKnown(client: Client, { uid, hasAccount }: Identity): boolean {
    if (!hasAccount || this.#options.accounts.get(uid)) return true;
    this.#log.write(`${quoted(uid)}: closed, its account is gone`);
    setImmediate(() => client.close());
    return false;
  }

  async #identify(client: Client, login: LoginRequest): Promise<Identity | undefined | ConnackCode> {
    const { userName, clientIdentifier } = login;
    if (userName === undefined) {
      if (this.#options.isAnonymousAllowed && !RESERVED_NAMES.includes(clientIdentifier)) return undefined;
      if (this.#options.isAnonymousAllowed)
        return this.#refuseLogin(
          client,
          login,
          CONNACK_CODE.identifierRejected,
          "client identifier of the station's own",
        );
      return this.#refuseLogin(client, login, CONNACK_CODE.notAuthorized, "no user name");
    }
    const identity = await this.#checkPassword(client, login, userName);
    if (typeof identity === "number") return identity;
    const isOwn = clientIdentifier === "" || clientIdentifier === identity.uid;
    const mayChoose = login.isClean && (identity.kind === "person" || identity.kind === "program");
    if (!isOwn && !mayChoose)
      return this.#refuseLogin(client, login, CONNACK_CODE.identifierRejected, "client identifier that is not its uid");
    return identity;
  }

  async #checkPassword(client: Client, login: LoginRequest, userName: string): Promise<Identity | ConnackCode> {
    const { accounts, onLocalDevice } = this.#options;
    const bytes = login.password ?? new Uint8Array();
    const password = bytes.length > PASSWORD_BYTES_MAX ? "" : Buffer.from(bytes).toString();
    const known = accounts.get(userName);
    if ((!known || known.kind === "device") && isSameMachine(client) && accounts.isLocalPassword(userName, password)) {
      if (userName === PRESUBSCRIBER_NAME)
        return { uid: userName, kind: "presubscriber", isAdmin: false, hasAccount: false };
      await onLocalDevice(userName);
      return { uid: userName, kind: "device", isAdmin: false, hasAccount: false };
    }
    try {
      const found = await this.#logins.logIn(userName, password, addressOf(client));
      if (typeof found === "object")
        return { uid: found.name, kind: found.kind, isAdmin: found.isAdmin, hasAccount: true };
      if (found === "wrong")
        return this.#refuseLogin(client, login, CONNACK_CODE.badUserNameOrPassword, "user name or password");
      this.refused.loginsHeld += 1;
      return this.#refuseLogin(client, login, CONNACK_CODE.serverUnavailable, "too many failures");
    } catch (error) {
      if (!(error instanceof AccessError)) console.error(`login: ${error instanceof Error ? error.message : error}`);
      return this.#refuseLogin(client, login, CONNACK_CODE.serverUnavailable, "too many at once");
    }
  }

  #refuseLogin(client: Client, login: LoginRequest, code: ConnackCode, reason: string): ConnackCode {
    this.refused.logins += 1;
    this.#log.write(`CONNECT of ${quoted(login.clientIdentifier)} from ${addressOf(client)}: ${reason}`);
    return code;
  }

  #refuse(client: Client, guest: Guest, what: string): void {
    const nowMs = performance.now();
    guest.refusals.take(1, nowMs);
    this.#log.write(`${quoted(client.id)}: ${what}`);
    if (guest.refusals.debtMs(nowMs) === 0) return;
    this.#log.write(`${quoted(client.id)}: closed after too much that it may not do`);
    setImmediate(() => client.close());
  }

  #guestOf(identity: Identity | undefined): Guest {
    const nowMs = performance.now();
    const former = identity && this.#buckets.get(identity.uid);
    const guest: Guest = {
      identity,
      messages: former?.messages ?? new TokenBucket(PUBLISHES_PER_CLIENT, nowMs),
      bytes: former?.bytes ?? new TokenBucket(PUBLISHED_BYTES_PER_CLIENT, nowMs),
      refusals: former?.refusals ?? new TokenBucket(REFUSALS_PER_CLIENT, nowMs),
    };
    if (!identity) return guest;
    this.#buckets.delete(identity.uid);
    this.#buckets.set(identity.uid, guest);
    for (const [oldest, { messages, bytes, refusals }] of this.#buckets) {
      if (this.#buckets.size <= LOGIN_PLACES_MAX) break;
      if (![messages, bytes, refusals].every((bucket) => bucket.isFull(nowMs))) break;
      this.#buckets.delete(oldest);
    }
    return guest;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
