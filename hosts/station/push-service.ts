/**
 * Takes pushes, hands them to the broker, and keeps what the devices say of them.
 *
 * A push is on disk before it is accepted, and published after that; one that was accepted and not yet published when the
 * station ended is published at the next start. A crash in between publishes it twice under the same id, of which a device
 * shows one.
 */
import { randomBytes } from "node:crypto";
import { CONTENT_TYPE, decodeContent, encodeText } from "../../src/payload/content.ts";
import { decodeMessage, encodeMessage, IM_TYPE } from "../../src/payload/message.ts";
import type { StationBroker } from "./broker.ts";
import type { Push, PushRequest, Receipt } from "./push.ts";
import type { PushStore } from "./push-store.ts";
import { DEVICE_PACKET_BYTES_MAX, RECEIPTS_MAX } from "./station-limits.ts";

/** uid of the station: sender of its pushes, receiver of their receipts. */
export const STATION_UID = "station";

/** Fixed header, topic length and packet identifier of a PUBLISH, in bytes at the most. */
const PUBLISH_OVERHEAD_BYTES = 5 + 2 + 2;
const ANSWER_CHARACTERS_MAX = 200;

/** A push that cannot be taken: what the API answers. */
export class PushRefused extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export interface PushCounters {
  /** Messages to the station that are no message, or a receipt without its keys. */
  malformed: number;
  /** Receipts of pushes that are not known, or no more. */
  unknown: number;
  /** Receipts that came again, or beyond `RECEIPTS_MAX`. */
  dropped: number;
}

export class PushService {
  readonly counters: PushCounters = { malformed: 0, unknown: 0, dropped: 0 };
  readonly #env: string;
  readonly #broker: StationBroker;
  readonly #store: PushStore;
  readonly #listeners = new Set<(push: Push) => void>();
  /** Pushes that are being written, so that a repeated request is not answered before its push is on disk. */
  readonly #accepting = new Map<string, Promise<void>>();
  readonly #publishing = new Set<string>();
  /** Counts within one millisecond, so that ids sort as the pushes came. */
  #idMs = 0;
  #idCount = 0;

  constructor(env: string, broker: StationBroker, store: PushStore) {
    this.#env = env;
    this.#broker = broker;
    this.#store = store;
  }

  /** Takes receipts from now on, and publishes what a former run accepted. */
  async start(): Promise<void> {
    this.#broker.inbox = { topic: this.#topicOf(STATION_UID), accept: (payload) => this.#takeMessage(payload) };
    this.#broker.on("subscribe", (subscriptions) => {
      const topics = new Set(subscriptions.map((subscription) => subscription.topic));
      for (const push of this.#store.all()) {
        if (push.state === "waiting" && topics.has(this.#topicOf(push.to))) void this.#publish(push.id);
      }
    });
    for (const push of this.#store.all()) {
      if (push.state === "accepted" || push.state === "waiting") await this.#publish(push.id);
    }
  }

  /**
   * Accepts a push: on disk when this resolves. The same key again gives the same push. Rejects with `PushRefused`, or
   * with the error of the disk.
   */
  async push(request: PushRequest, idempotencyKey?: string): Promise<Push> {
    const former = idempotencyKey === undefined ? undefined : this.#store.byIdempotencyKey(idempotencyKey);
    if (former) {
      if (!sameRequest(former, request))
        throw new PushRefused(422, "Idempotency-Key: was used for another push; expected a new key");
      await this.#accepting.get(former.id);
      return former;
    }
    if (request.to === STATION_UID) throw new PushRefused(400, `to: ${STATION_UID} is the station itself`);
    const push: Push = {
      ...request,
      id: this.#newId(),
      state: "accepted",
      acceptedAtMs: Date.now(),
      receipts: [],
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
    const bytes = this.#encode(push).length + Buffer.byteLength(this.#topicOf(push.to)) + PUBLISH_OVERHEAD_BYTES;
    if (bytes > DEVICE_PACKET_BYTES_MAX)
      throw new PushRefused(
        400,
        `text: the message takes ${bytes} bytes, expected at most ${DEVICE_PACKET_BYTES_MAX}, which is what a pager takes`,
      );
    if (!this.#store.makeRoom())
      throw new PushRefused(503, "the station holds as many pushes as it can, and all of them wait for their device");
    const saved = this.#store.save(push);
    this.#accepting.set(push.id, saved);
    try {
      await saved;
    } catch (error) {
      this.#store.forget(push);
      throw error;
    } finally {
      this.#accepting.delete(push.id);
    }
    this.#tell(push);
    void this.#publish(push.id);
    return push;
  }

  get(id: string): Push | undefined {
    return this.#store.get(id);
  }

  /** Pushes that are remembered. */
  get count(): number {
    return this.#store.size;
  }

  /** Newest first. */
  list(max: number): readonly Push[] {
    return this.#store.all().slice(-max).reverse();
  }

  /** Calls back with every push that changed. Returns what ends it. */
  listen(listener: (push: Push) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #topicOf(uid: string): string {
    return `/${this.#env}/im/${uid}`;
  }

  #encode(push: Push): Uint8Array {
    return encodeMessage({
      timestampSeconds: Math.floor(push.acceptedAtMs / 1000),
      imType: IM_TYPE.notification,
      contents: [
        encodeText(push.text, {
          id: push.id,
          priority: push.priority,
          expirySeconds: push.expirySeconds,
          collapseKey: push.collapseKey,
          title: push.title,
          uri: push.uri,
          choices: push.choices,
        } as Parameters<typeof encodeText>[1]),
      ],
      sender: STATION_UID,
    });
  }

  /** 8 characters of time, 2 of a count, 8 of chance: sorts by time until the year 2059. */
  #newId(): string {
    const nowMs = Math.max(Date.now(), this.#idMs);
    this.#idCount = nowMs === this.#idMs ? this.#idCount + 1 : 0;
    this.#idMs = nowMs;
    const count = (this.#idCount % 1_296).toString(36).padStart(2, "0");
    return nowMs.toString(36).padStart(8, "0") + count + randomBytes(6).toString("hex").slice(0, 8);
  }

  /** Publishes, or lets it wait. Never rejects: what could not be done now is done at the next subscription or start. */
  async #publish(id: string): Promise<void> {
    const push = this.#store.get(id);
    if (!push || (push.state !== "accepted" && push.state !== "waiting") || this.#publishing.has(id)) return;
    this.#publishing.add(id);
    try {
      const { expirySeconds, acceptedAtMs } = push;
      if (expirySeconds !== undefined && Math.floor(acceptedAtMs / 1000) + expirySeconds < Date.now() / 1000) {
        const receipt: Receipt = { status: "expired", from: STATION_UID, atMs: Date.now(), deviceSeconds: 0 };
        await this.#change(id, (now) => ({ ...now, state: "expired", receipts: [...now.receipts, receipt] }));
        return;
      }
      const topic = this.#topicOf(push.to);
      if (!(await this.#broker.hasSubscriber(topic))) {
        if (push.state !== "waiting") await this.#change(id, (now) => ({ ...now, state: "waiting" }));
        // Someone may have subscribed while that was written.
        if (!(await this.#broker.hasSubscriber(topic))) return;
      }
      await this.#broker.publishStored(topic, this.#encode(push));
      await this.#change(id, (now) => ({ ...now, state: "published", publishedAtMs: Date.now() }));
    } catch (error) {
      console.error(`push ${id}: not published yet: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#publishing.delete(id);
    }
  }

  /** A message for the station. What is malformed is counted; only the disk can make this reject. */
  async #takeMessage(payload: Uint8Array): Promise<void> {
    let receipt: { id: string; receipt: Receipt } | undefined;
    try {
      receipt = readReceipt(payload);
    } catch {
      this.counters.malformed += 1;
      return;
    }
    if (!receipt) return;
    const push = this.#store.get(receipt.id);
    const { status, from } = receipt.receipt;
    if (!push) this.counters.unknown += 1;
    else if (
      push.receipts.length >= RECEIPTS_MAX ||
      push.receipts.some((known) => known.status === status && known.from === from)
    )
      this.counters.dropped += 1;
    else {
      const added = receipt.receipt;
      await this.#change(receipt.id, (now) => ({ ...now, receipts: [...now.receipts, added] }));
    }
  }

  /** Changes a push in memory at once, then on disk, then tells it. */
  async #change(id: string, change: (push: Push) => Push): Promise<void> {
    const former = this.#store.get(id);
    if (!former) return;
    const push = change(former);
    await this.#store.save(push);
    this.#tell(this.#store.get(id) ?? push);
  }

  #tell(push: Push): void {
    for (const listener of this.#listeners) listener(push);
  }
}

/** undefined where it is a message of another kind. Throws where it is no message. */
function readReceipt(payload: Uint8Array): { id: string; receipt: Receipt } | undefined {
  const message = decodeMessage(payload);
  const [first] = message.contents;
  if (message.imType !== IM_TYPE.receipt || first?.contentType !== CONTENT_TYPE.receipt) return undefined;
  const content = decodeContent(first);
  if (content.type !== "receipt") return undefined;
  return {
    id: content.id,
    receipt: {
      status: content.state,
      from: message.sender,
      atMs: Date.now(),
      deviceSeconds: message.timestampSeconds,
      ...(content.answer === undefined ? {} : { answer: content.answer.slice(0, ANSWER_CHARACTERS_MAX) }),
    },
  };
}

function sameRequest(push: Push, request: PushRequest): boolean {
  const { to, text, title, priority, expirySeconds, collapseKey, uri, choices } = push;
  const keys = ["to", "text", "title", "priority", "expirySeconds", "collapseKey", "uri", "choices"] as const;
  const former: PushRequest = { to, text, title, priority, expirySeconds, collapseKey, uri, choices } as PushRequest;
  return keys.every((key) => JSON.stringify(former[key]) === JSON.stringify(request[key]));
}
