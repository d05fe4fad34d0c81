/**
 * The door of the broker: who may connect, and what each may do then. The broker asks; here it is decided, counted and
 * written to the log, in which never stands what a client sent as a password or as a message.
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

/** What CONNECT said. */
export interface LoginRequest {
  /** Empty: the broker chooses one for this connection. */
  readonly clientIdentifier: string;
  readonly userName: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly will: PublishPacket | undefined;
}

export interface GateOptions {
  readonly accounts: Accounts;
  readonly rules: TopicRules;
  /** Takes everyone without a user name, and lets them do everything. */
  readonly isAnonymousAllowed: boolean;
  /** A device that showed the local key: it is to be known from now on. */
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
  /** Logins that were refused unseen, since there were too many failures. */
  loginsHeld: number;
  publishes: number;
  subscriptions: number;
  /** Times that a client was not read from for a while. */
  slowed: number;
}

export class ClientGate {
  readonly refused: GateCounters = { logins: 0, loginsHeld: 0, publishes: 0, subscriptions: 0, slowed: 0 };
  readonly #options: GateOptions;
  readonly #logins: LoginGuard;
  readonly #log = new RefusalLog();
  readonly #guests = new WeakMap<Client, Guest>();
  /** By uid, so that a new connection begins where the last one ended. Where there are too many, those that are full again leave. */
  readonly #buckets = new Map<string, Guest>();

  constructor(options: GateOptions) {
    this.#options = options;
    this.#logins = new LoginGuard(options.accounts);
  }

  /** Undefined where the client may come in, the code of CONNACK otherwise. Rejects never. */
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

  /** Who this is; undefined for an anonymous one and for one that has not logged in. */
  identityOf(client: Client): Identity | undefined {
    return this.#guests.get(client)?.identity;
  }

  /** Largest packet that is taken from this client now, in bytes after its fixed header. */
  packetBytesMax(client: Client): number {
    const guest = this.#guests.get(client);
    if (!guest) return CONNECT_PACKET_BYTES_MAX;
    return guest.identity?.kind === "device" ? DEVICE_PUBLISH_BYTES_MAX : MQTT_PACKET_BYTES_MAX;
  }

  /** Whether a message is published; one that is not is acknowledged and dropped. Counts it and its bytes. */
  mayPublish(client: Client, packet: PublishPacket): boolean {
    const guest = this.#guests.get(client);
    if (!guest) return false;
    // One question and one answer a client, however many come at once.
    if (guest.identity?.kind === "presubscriber") return packet.topic === PRESUBSCRIPTION_TOPIC;
    this.#count(guest, packet);
    if (!guest.identity) return true;
    if (!this.#isKnown(client, guest.identity)) return false;
    const problem = this.#options.rules.whyNotPublish(guest.identity, packet.topic, packet.payload as Uint8Array);
    if (!problem) return true;
    this.#refusePublish(client, guest, packet, problem);
    return false;
  }

  /** A message that nobody may publish: counted, told and held against the client. It is acknowledged and dropped. */
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

  /** How long nothing more is to be read from a client, in milliseconds. */
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

  /** Whether a message still is this client's to get: a group may have lost it since it subscribed. */
  mayReceive(client: Client, topic: string): boolean {
    const guest = this.#guests.get(client);
    if (!guest?.identity) return guest !== undefined;
    return this.#isKnown(client, guest.identity) && !this.#options.rules.whyNotSubscribe(guest.identity, topic);
  }

  /** An account that is removed ends with the next thing that its client does or is to be sent. */
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
    if (clientIdentifier !== "" && clientIdentifier !== identity.uid)
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
