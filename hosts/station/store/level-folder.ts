/**
 * Reads the data folder of a former version: its broker (Aedes with aedes-persistence-level 9) and its pushes in two databases of
 * LevelDB. Gives them as records of the store.
 *
 * | key in `broker` | value, MessagePack |
 * |---|---|
 * | `subscriptions:{client}:{filter}` | a subscription |
 * | `outgoing:{client}:{broker}:{number}` | a packet that waits: PUBLISH, or PUBREL after PUBREC |
 * | `incoming:{client}:{packet identifier}` | a PUBLISH of QoS 2 that was passed on and not released |
 * | `retained:{topic}` | a retained PUBLISH |
 * | `will:{client}` | the will of a client that was connected |
 *
 * A client stands there as `encodeURIComponent` writes it. `outgoing-id:` and `station:boot` are not needed. In `pushes` keys and values
 * are those of `push/push-store.ts`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { decode } from "@msgpack/msgpack";
import { ClassicLevel } from "classic-level";
import type { MessageContent, QoS } from "../broker/message.ts";
import { Message } from "../broker/message.ts";
import {
  encodeEntry,
  encodeInbound,
  encodeMessage,
  encodeRetained,
  encodeSession,
  encodeSubscription,
  encodeWill,
  entryKey,
  inboundKey,
  messageKey,
  retainedKey,
  sessionKey,
  subscriptionKey,
  willKey,
} from "../broker/records.ts";
import { TopicTree } from "../broker/topic-tree.ts";
import { BROKER_LIMITS } from "../shared/limits.ts";
import { StoreInUse } from "./folder-lock.ts";
import type { StoredRecord } from "./station-store.ts";

type Database = ClassicLevel<string, Uint8Array>;

interface Packet {
  readonly cmd: "publish" | "pubrel";
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly messageId?: number | null;
}

interface StoredSubscription {
  readonly topic: string;
  readonly qos: QoS;
  readonly nl?: boolean | null;
  readonly rap?: boolean | null;
}

const IDENTIFIERS = 0xffff;
const SENT_MAX = 0xffff;

/** Rejects if a database cannot be read, or is open in another process. */
export async function* readLevelFolder(data: string): AsyncGenerator<StoredRecord> {
  yield* readDatabase(join(data, "pushes"), async function* (database) {
    for await (const [key, bytes] of database.iterator()) yield ["push", key, bytes] as const;
  });
  yield* readDatabase(join(data, "broker"), async function* (database) {
    const records = new BrokerRecords();
    for await (const [key, bytes] of database.iterator()) {
      const [kind = "", ...rest] = key.split(":");
      const value = () => decode(bytes);
      if (kind === "retained") records.addRetained(value() as Packet);
      else if (["subscriptions", "outgoing", "incoming", "will"].includes(kind))
        records.add(kind, decodeURIComponent(rest[0] ?? ""), value());
    }
    for (const [key, bytes] of records.finish()) yield ["broker", key, bytes] as const;
  });
}

async function* readDatabase(
  folder: string,
  read: (database: Database) => AsyncGenerator<StoredRecord>,
): AsyncGenerator<StoredRecord> {
  if (!existsSync(folder)) return;
  const database: Database = new ClassicLevel(folder, { valueEncoding: "view", createIfMissing: false });
  try {
    await database.open();
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause;
    if (cause?.code === "LEVEL_LOCKED") throw new StoreInUse(`${folder} is open in another process`);
    throw error;
  }
  try {
    yield* read(database);
  } finally {
    await database.close();
  }
}

interface Client {
  readonly number: number;
  readonly subscriptions: StoredSubscription[];
  /** In order. */
  readonly outgoing: Packet[];
  readonly incoming: Packet[];
}

class BrokerRecords {
  readonly #records = new Map<string, Uint8Array>();
  readonly #clients = new Map<string, Client>();
  /** By broker and number: a message is kept once. */
  readonly #messages = new Map<string, Message>();
  readonly #wallSeconds = Date.now() / 1_000;
  #messageCount = 0;

  add(kind: string, clientIdentifier: string, value: unknown): void {
    if (kind === "will") {
      const { topic, qos, retain, payload } = contentOf(value as Packet);
      const will = {
        topic,
        qos,
        retain,
        payload,
        forwarded: new Uint8Array(),
        delaySeconds: 0,
        expirySeconds: undefined,
      };
      this.#records.set(willKey(clientIdentifier), encodeWill(will));
      return;
    }
    const number = this.#clients.size + 1;
    const client = this.#clients.get(clientIdentifier) ?? { number, subscriptions: [], outgoing: [], incoming: [] };
    this.#clients.set(clientIdentifier, client);
    if (kind === "subscriptions") client.subscriptions.push(value as StoredSubscription);
    else if (kind === "outgoing") client.outgoing.push(value as Packet);
    else client.incoming.push(value as Packet);
  }

  addRetained(packet: Packet): void {
    const { number } = this.#messageOf({ ...packet, retain: true }, `retained ${packet.topic}`);
    this.#records.set(retainedKey(packet.topic), encodeRetained(number));
  }

  /** The records of the broker when all is added. */
  finish(): ReadonlyMap<string, Uint8Array> {
    for (const [clientIdentifier, client] of this.#clients) this.#addClient(clientIdentifier, client);
    return this.#records;
  }

  #addClient(clientIdentifier: string, { number, subscriptions, outgoing, incoming }: Client): void {
    const expirySeconds = BROKER_LIMITS.sessionExpirySecondsMax;
    const sent = Math.min(SENT_MAX, outgoing.findLastIndex(({ messageId }) => messageId) + 1);
    const session = { number, level: 4, expirySeconds, isConnected: false, sent } as const;
    this.#records.set(sessionKey(clientIdentifier), encodeSession(session, this.#wallSeconds));
    for (const { topic, qos, nl, rap } of subscriptions) {
      const subscription = {
        filter: topic,
        qos,
        noLocal: nl === true,
        retainAsPublished: rap === true,
        retainHandling: 0,
        identifier: 0,
        isAdded: false,
        isDeclined: false,
        isRetainedOwed: false,
      } as const;
      this.#records.set(subscriptionKey(number, topic), encodeSubscription(subscription));
    }
    for (const { messageId } of incoming) this.#records.set(inboundKey(number, messageId ?? 0), encodeInbound());
    const granted = new TopicTree<QoS>();
    for (const { topic, qos } of subscriptions) granted.set(topic, topic, qos);
    const sequences = sequencesOf(outgoing);
    for (const [index, packet] of outgoing.entries())
      this.#addEntry(number, sequences[index] as number, packet, granted);
  }

  #addEntry(session: number, sequence: number, packet: Packet, granted: TopicTree<QoS>): void {
    const isReleased = packet.cmd === "pubrel";
    let qos: number = packet.qos;
    if (!packet.messageId) {
      let most = 0;
      granted.match(packet.topic, (each) => {
        most = Math.max(most, each);
      });
      qos = Math.min(qos, most);
    }
    const entry = {
      sequence,
      packetIdentifier: 1 + (sequence % IDENTIFIERS),
      message: isReleased ? undefined : this.#messageOf(packet, `${packet.brokerId} ${packet.brokerCounter}`),
      // What waits is owed. A former version has stored some of it above the granted QoS, and some with QoS 0.
      qos: (isReleased ? 2 : qos || 1) as QoS,
      retain: packet.retain === true,
      subscriptionIdentifiers: [],
      gate: 0,
      isDup: false,
      queuedMs: 0,
    } as const;
    this.#records.set(entryKey(session, sequence), encodeEntry(entry, this.#wallSeconds));
  }

  #messageOf(packet: Packet, name: string): Message {
    const known = this.#messages.get(name);
    if (known) return known;
    this.#messageCount += 1;
    const message = new Message(this.#messageCount, contentOf(packet));
    this.#messages.set(name, message);
    this.#records.set(messageKey(message.number), encodeMessage(message, 0, this.#wallSeconds));
    return message;
  }
}

function contentOf({ topic, payload, qos, retain }: Packet): MessageContent {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : new Uint8Array(payload);
  const expiresMs = Number.POSITIVE_INFINITY;
  return { topic, payload: bytes, qos, retain: retain === true, forwarded: new Uint8Array(), expiresMs };
}

/** Numbers that keep the order, and give each packet that was sent its identifier again: it follows from the number. */
function sequencesOf(packets: readonly Packet[]): readonly number[] {
  const taken = new Set(packets.map(({ messageId }) => messageId));
  let last = -1;
  return packets.map(({ messageId }) => {
    last += 1;
    if (messageId) last += (messageId - 1 - (last % IDENTIFIERS) + IDENTIFIERS) % IDENTIFIERS;
    else while (taken.has(1 + (last % IDENTIFIERS))) last += 1;
    return last;
  });
}
