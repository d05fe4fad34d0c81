/**
 * Makes the state of a broker from its records. All connections have ended with the process: sessions that had one are absent from now
 * on, and their wills follow. Records that nothing refers to are removed.
 */
import type { Core } from "./core.ts";
import { Message } from "./message.ts";
import {
  decodeEntry,
  decodeMessage,
  decodeRetained,
  decodeSession,
  decodeSubscription,
  decodeWill,
  messageKey,
  partsOf,
} from "./records.ts";
import type { Session } from "./session.ts";

interface Record {
  readonly key: string;
  readonly session: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Throws if a record cannot be read: the host must not go on without it. */
export function restore(core: Core, records: Iterable<readonly [key: string, bytes: Uint8Array]>): void {
  const kinds = new Map<string, Record[]>();
  for (const [key, bytes] of records) {
    const { kind, session, name } = partsOf(key);
    if (!"mrstqiw".includes(kind) || key[1] !== "/") throw new Error(`record ${key}: not of this broker`);
    const found = kinds.get(kind) ?? [];
    kinds.set(kind, found);
    found.push({ key, session, name, bytes });
  }
  const each = (kind: string, take: (record: Record) => void) => {
    for (const record of kinds.get(kind) ?? []) reading(record.key, () => take(record));
  };
  const messages = restoreMessages(core, each);
  const sessions = new Map<number, Session>();
  /** Messages of a session that may have been sent. */
  const sent = new Map<Session, number>();
  const absent: (() => void)[] = [];
  each("s", ({ name, bytes }) => {
    const decoded = decodeSession(bytes, core.nowMs, core.wallSeconds);
    const session = core.sessions.create(name, decoded.number);
    sent.set(session, decoded.isConnected ? Number.POSITIVE_INFINITY : decoded.sent);
    sessions.set(session.number, session);
    absent.push(restoreSession(core, session, decoded));
  });
  const ofSession = (kind: string, take: (session: Session, record: Record) => void) =>
    each(kind, (record) => {
      const session = sessions.get(record.session);
      if (session) take(session, record);
      else core.writes.remove(record.key);
    });
  ofSession("i", (session, { name }) => session.inbound.add(Number.parseInt(name, 16)));
  kinds.get("q")?.sort((a, b) => (a.name < b.name ? -1 : 1));
  ofSession("q", (session, record) => restoreEntry(core, session, record, messages, sent.get(session) ?? 0));
  ofSession("t", (session, { name, bytes }) => restoreSubscription(core, session, name, bytes));
  for (const message of messages.values()) if (!message.isReferred) core.writes.remove(messageKey(message.number));
  each("w", ({ key, name, bytes }) => {
    const will = decodeWill(bytes);
    const session = core.sessions.get(name);
    if (session) session.will = will;
    else {
      core.writes.remove(key);
      core.dueWills.push({ will, clientIdentifier: name });
    }
  });
  for (const handle of absent) handle();
}

function reading(key: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    throw new Error(`record ${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function restoreMessages(
  core: Core,
  each: (kind: string, take: (record: Record) => void) => void,
): Map<number, Message> {
  const messages = new Map<number, Message>();
  each("m", ({ name, bytes }) => {
    const number = Number.parseInt(name, 16);
    core.lastMessageNumber = Math.max(core.lastMessageNumber, number);
    messages.set(number, new Message(number, decodeMessage(bytes, core.nowMs, core.wallSeconds)));
  });
  each("r", ({ key, bytes }) => {
    const message = messages.get(decodeRetained(bytes));
    if (message) core.retained.restore(message);
    else core.writes.remove(key);
  });
  return messages;
}

/** Returns what happens when everything is there. */
function restoreSession(core: Core, session: Session, record: ReturnType<typeof decodeSession>): () => void {
  const { level, expirySeconds, isConnected, expiresMs } = record;
  session.level = level;
  session.expirySeconds = expirySeconds;
  session.isStored = true;
  return () => {
    if (isConnected) core.sessions.handleClosed(session, true);
    else core.sessions.handleAbsent(session, expiresMs);
  };
}

function restoreEntry(
  core: Core,
  session: Session,
  { key, name, bytes }: Record,
  messages: Map<number, Message>,
  sent: number,
): void {
  const { qos, retain, messageNumber, subscriptionIdentifiers, queuedSeconds } = decodeEntry(bytes);
  const message = messageNumber === undefined ? undefined : messages.get(messageNumber);
  if (messageNumber !== undefined && !message) {
    core.writes.remove(key);
    return;
  }
  message?.handleRestored(core);
  const { wallSeconds, nowMs } = core;
  const passed = wallSeconds === undefined || queuedSeconds === 0 ? 0 : Math.max(0, wallSeconds - queuedSeconds);
  session.queue.restore({
    sequence: Number.parseInt(name, 16),
    message,
    qos,
    retain,
    subscriptionIdentifiers,
    gate: 0,
    isDup: session.queue.length < sent,
    queuedMs: nowMs - passed * 1_000,
  });
}

function restoreSubscription(core: Core, session: Session, filter: string, bytes: Uint8Array): void {
  const subscription = decodeSubscription(filter, bytes);
  session.subscriptions.set(filter, subscription);
  if (!subscription.isDeclined) core.subscriptions.set(session, subscription);
  if (subscription.isRetainedOwed) session.retainedOwed.set(filter, core.retained.topicsOf(filter));
}
