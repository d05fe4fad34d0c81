/**
 * The records on the store. A session has a number, so that its records go with it however its client is named.
 *
 * | key | record |
 * |---|---|
 * | `m/{number}` | a message |
 * | `r/{topic}` | the number of the retained message |
 * | `s/{client identifier}` | a session |
 * | `t/{session}/{filter}` | a subscription of it |
 * | `q/{session}/{sequence}` | a message that waits for it, or a PUBREL that it has to answer |
 * | `i/{session}/{packet identifier}` | a message of QoS 2 that came from it and was not released |
 * | `w/{client identifier}` | its will |
 *
 * Numbers in keys are hexadecimal digits, a sequence has 12 of them. A record begins with its version.
 */
import { encodeFields, FieldReader } from "./fields.ts";
import type { MessageContent, QoS } from "./message.ts";
import type { Entry } from "./queue.ts";
import type { Subscription } from "./subscription.ts";
import type { Will } from "./will.ts";

const VERSION = 1;
const NEVER = 0xffffffff;
const CLOCK_UNSET = 0;

export const messageKey = (number: number): string => `m/${number.toString(16)}`;
export const retainedKey = (topic: string): string => `r/${topic}`;
export const sessionKey = (clientIdentifier: string): string => `s/${clientIdentifier}`;
export const willKey = (clientIdentifier: string): string => `w/${clientIdentifier}`;
export const subscriptionKey = (session: number, filter: string): string => `t/${session.toString(16)}/${filter}`;
export const entryKey = (session: number, sequence: number): string =>
  `q/${session.toString(16)}/${sequence.toString(16).padStart(12, "0")}`;
export const inboundKey = (session: number, identifier: number): string =>
  `i/${session.toString(16)}/${identifier.toString(16)}`;

/** A key in its parts: kind, then number of a session where there is one, then name. */
export function partsOf(key: string): { readonly kind: string; readonly session: number; readonly name: string } {
  const kind = key.slice(0, 1);
  const name = key.slice(2);
  if (!"tqi".includes(kind)) return { kind, session: 0, name };
  const end = name.indexOf("/");
  return { kind, session: Number.parseInt(name.slice(0, end), 16), name: name.slice(end + 1) };
}

function reader(bytes: Uint8Array): FieldReader {
  const fields = new FieldReader(bytes);
  const version = fields.number(1);
  if (version !== VERSION) throw new Error(`record of version ${version}, expected ${VERSION}`);
  return fields;
}

const flagsOf = ({ qos, retain }: { readonly qos: QoS; readonly retain: boolean }): number => qos | (retain ? 4 : 0);

/** What is left of a time, in seconds, and when that was. The clock on the wall may be set meanwhile, or never. */
function secondsLeft(atMs: number, nowMs: number): number {
  return atMs === Number.POSITIVE_INFINITY
    ? NEVER
    : Math.min(NEVER - 1, Math.max(0, Math.ceil((atMs - nowMs) / 1_000)));
}

/** The opposite. @param writtenSeconds when the record was written */
function timeOf(left: number, writtenSeconds: number, nowMs: number, wallSeconds: number | undefined): number {
  if (left === NEVER) return Number.POSITIVE_INFINITY;
  const isKnown = wallSeconds !== undefined && writtenSeconds !== CLOCK_UNSET;
  const passed = isKnown ? Math.max(0, wallSeconds - writtenSeconds) : 0;
  return nowMs + (left - passed) * 1_000;
}

const wall = (seconds: number | undefined): readonly [4, number] => [4, Math.floor(seconds ?? CLOCK_UNSET)];

export function encodeMessage(message: MessageContent, nowMs: number, wallSeconds: number | undefined): Uint8Array {
  const { topic, forwarded, payload, expiresMs } = message;
  const left = secondsLeft(expiresMs, nowMs);
  const flags = flagsOf(message) | (message.isPromised ? 8 : 0);
  return encodeFields([[1, VERSION], [1, flags], [4, left], wall(wallSeconds), topic, forwarded, payload]);
}

export function decodeMessage(bytes: Uint8Array, nowMs: number, wallSeconds: number | undefined): MessageContent {
  const fields = reader(bytes);
  const flags = fields.number(1);
  const left = fields.number(4);
  const expiresMs = timeOf(left, fields.number(4), nowMs, wallSeconds);
  const [topic, forwarded, payload] = [fields.text(), fields.bytes(), fields.bytes()];
  const isPromised = (flags & 8) !== 0;
  return { topic, payload, qos: (flags & 3) as QoS, retain: (flags & 4) !== 0, forwarded, expiresMs, isPromised };
}

export const encodeRetained = (number: number): Uint8Array =>
  encodeFields([
    [1, VERSION],
    [6, number],
  ]);
export const decodeRetained = (bytes: Uint8Array): number => reader(bytes).number(6);
export const encodeInbound = (): Uint8Array => encodeFields([[1, VERSION]]);

/** A session as it is on the store. */
export interface SessionRecord {
  readonly number: number;
  readonly level: 4 | 5;
  readonly expirySeconds: number;
  readonly isConnected: boolean;
  /** So many of its oldest messages have been sent. While its client is connected nobody knows. */
  readonly sent: number;
}

export function encodeSession(session: SessionRecord, wallSeconds: number | undefined): Uint8Array {
  const { number, level, expirySeconds, isConnected, sent } = session;
  const flags = isConnected ? 1 : 0;
  return encodeFields([
    [1, VERSION],
    [6, number],
    [1, level],
    [4, expirySeconds],
    [1, flags],
    [2, sent],
    wall(wallSeconds),
  ]);
}

/** `expiresMs`: when it ends if its client stays away. */
export function decodeSession(
  bytes: Uint8Array,
  nowMs: number,
  wallSeconds: number | undefined,
): SessionRecord & { readonly expiresMs: number } {
  const fields = reader(bytes);
  const number = fields.number(6);
  const level = fields.number(1) === 5 ? 5 : 4;
  const expirySeconds = fields.number(4);
  const isConnected = fields.number(1) === 1;
  const sent = fields.number(2);
  const sinceSeconds = isConnected ? CLOCK_UNSET : fields.number(4);
  return {
    number,
    level,
    expirySeconds,
    isConnected,
    sent,
    expiresMs: timeOf(expirySeconds, sinceSeconds, nowMs, wallSeconds),
  };
}

export function encodeSubscription(subscription: Subscription): Uint8Array {
  const { qos, noLocal, retainAsPublished, retainHandling, identifier, isAdded, isDeclined, isRetainedOwed } =
    subscription;
  const flags =
    (noLocal ? 1 : 0) |
    (retainAsPublished ? 2 : 0) |
    (retainHandling << 2) |
    (isAdded ? 16 : 0) |
    (isDeclined ? 32 : 0) |
    (isRetainedOwed ? 64 : 0);
  return encodeFields([
    [1, VERSION],
    [1, qos],
    [1, flags],
    [4, identifier],
  ]);
}

export function decodeSubscription(filter: string, bytes: Uint8Array): Subscription {
  const fields = reader(bytes);
  const qos = fields.number(1) as QoS;
  const flags = fields.number(1);
  return {
    filter,
    qos,
    noLocal: (flags & 1) !== 0,
    retainAsPublished: (flags & 2) !== 0,
    retainHandling: ((flags >> 2) & 3) as 0 | 1 | 2,
    isAdded: (flags & 16) !== 0,
    isDeclined: (flags & 32) !== 0,
    isRetainedOwed: (flags & 64) !== 0,
    identifier: fields.number(4),
  };
}

export function encodeEntry(entry: Entry, wallSeconds: number | undefined): Uint8Array {
  const { message, subscriptionIdentifiers } = entry;
  return encodeFields([
    [1, VERSION],
    [1, flagsOf(entry) | (message ? 0 : 8)],
    wall(wallSeconds),
    [6, message?.number ?? 0],
    [2, subscriptionIdentifiers.length],
    ...subscriptionIdentifiers.map((identifier) => [4, identifier] as const),
  ]);
}

export interface EntryRecord {
  readonly qos: QoS;
  readonly retain: boolean;
  /** undefined: PUBREC has come, and the message is gone. */
  readonly messageNumber: number | undefined;
  readonly subscriptionIdentifiers: readonly number[];
  /** 0: the clock was not set. */
  readonly queuedSeconds: number;
}

export function decodeEntry(bytes: Uint8Array): EntryRecord {
  const fields = reader(bytes);
  const flags = fields.number(1);
  const queuedSeconds = fields.number(4);
  const number = fields.number(6);
  const count = fields.number(2);
  const subscriptionIdentifiers = Array.from({ length: count }, () => fields.number(4));
  const messageNumber = flags & 8 ? undefined : number;
  return { qos: (flags & 3) as QoS, retain: (flags & 4) !== 0, messageNumber, subscriptionIdentifiers, queuedSeconds };
}

export function encodeWill(will: Will): Uint8Array {
  const { topic, payload, forwarded, delaySeconds, expirySeconds } = will;
  const expiry = expirySeconds ?? NEVER;
  return encodeFields([[1, VERSION], [1, flagsOf(will)], [4, delaySeconds], [4, expiry], topic, forwarded, payload]);
}

export function decodeWill(bytes: Uint8Array): Will {
  const fields = reader(bytes);
  const flags = fields.number(1);
  const delaySeconds = fields.number(4);
  const expiry = fields.number(4);
  const [topic, forwarded, payload] = [fields.text(), fields.bytes(), fields.bytes()];
  const expirySeconds = expiry === NEVER ? undefined : expiry;
  return { topic, payload, qos: (flags & 3) as QoS, retain: (flags & 4) !== 0, forwarded, delaySeconds, expirySeconds };
}
