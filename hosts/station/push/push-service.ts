/**
 * Accepts pushes, hands them to the broker, and keeps their receipts.
 *
 * A push is on disk before it is accepted, and is published after that. If the station ends in between, it publishes the push at the
 * next start. A crash may publish a push twice, under the same id. A device shows it once.
 */
import { createHash, randomBytes } from "node:crypto";
import { describeError } from "../../common/describe-error.ts";
import { type Directory, EVERYONE } from "../directory/directory.ts";
import type { StationBroker } from "../mqtt-server/station-broker.ts";
import type { EventHub } from "../shared/event-hub.ts";
import {
  DELIVERIES_INLINE_MAX,
  DELIVERIES_LIST_MAX,
  DELIVERIES_OPEN_PER_ACCOUNT_MAX,
  DEVICE_PACKET_BYTES_MAX,
  KEYS_FORGOTTEN_EVERY_MS,
  PUSH_LIST_DEFAULT,
  PUSHES_LOOKED_THROUGH_MAX,
  RECEIPTS_MAX,
  RETRACT_SECONDS,
} from "../shared/limits.ts";
import {
  type Delivery,
  isFinished,
  NO_PROGRESS,
  type Progress,
  type Push,
  type PushRequest,
  type Receipt,
} from "../shared/push.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { decodeReceipts, encodePush, STATION_UID } from "./push-message.ts";
import { expiringAt, nextTurn, type OpenDelivery, type PushStore } from "./push-store.ts";

/** Fixed header, topic length and packet identifier of a PUBLISH, in bytes at the most. */
const PUBLISH_OVERHEAD_BYTES = 5 + 2 + 2;

/** A push is refused. Status and message are the answer of the HTTP interface. */
export class PushRefused extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export interface PushCounters {
  /** Malformed messages to the station, and receipts without their keys. */
  malformed: number;
  /** Receipts for unknown or forgotten pushes, and receipts of devices that were no recipients. */
  unknown: number;
  /** Repeated receipts, and receipts beyond `RECEIPTS_MAX`. */
  dropped: number;
}

/** The account that asks for a push, and the key that tells a repeated request. */
export interface PushOrigin {
  readonly account: string;
  /** May send to everyone. */
  readonly isAdmin: boolean;
  readonly idempotencyKey?: string | undefined;
}

export interface AcceptedPush {
  readonly id: string;
  /** True if the key was used before. Then nothing was sent again. */
  readonly isReplayed: boolean;
}

export class PushService {
  readonly counters: PushCounters = { malformed: 0, unknown: 0, dropped: 0 };
  readonly #env: string;
  readonly #broker: StationBroker;
  readonly #store: PushStore;
  readonly #directory: Directory;
  readonly #events: EventHub;
  readonly #queue: DeliveryQueue;
  /** Pushes that are being written, so that a repeated request is not answered before its push is on disk. */
  readonly #accepting = new Map<string, Promise<void>>();
  /** Deliveries of the pushes that are being accepted. The queue keeps room for them. */
  #accepted = 0;
  #forgetting: NodeJS.Timeout | undefined;
  /** Counts pushes, so that ids of one millisecond sort in the order of acceptance. */
  #idMs = 0;
  #idCount = 0;

  constructor(env: string, broker: StationBroker, store: PushStore, directory: Directory, events: EventHub) {
    this.#env = env;
    this.#broker = broker;
    this.#store = store;
    this.#directory = directory;
    this.#events = events;
    this.#queue = new DeliveryQueue({
      hasReceiver: (device) => broker.hasSubscriber(this.#topicOf(device)),
      deliver: (delivery) => this.#deliver(delivery),
      wait: ({ id, device }) =>
        this.#change(id, device, (now) => (now.state === "accepted" ? { ...now, state: "waiting" } : now)),
      expire: (delivery) => this.#expire(delivery),
    });
    store.health.listen((isSound) => (isSound ? this.#queue.resume() : this.#queue.pause()));
  }

  /** Begins to take receipts, and publishes what a former run has accepted. */
  async start(): Promise<void> {
    this.#broker.inbox = { topic: this.#topicOf(STATION_UID), accept: (payload) => this.#takeMessage(payload) };
    this.#broker.onNewHolder = (name, sinceMs) => {
      this.forget(name, sinceMs).catch((error) => console.error(`pushes to ${name}: ${describeError(error)}`));
    };
    const prefix = this.#topicOf("");
    this.#broker.listenToSubscriptions((filter) => {
      if (filter.startsWith(prefix)) this.#queue.wake(filter.slice(prefix.length));
    });
    for (const delivery of this.#store.takeOpen()) this.#queue.add(delivery);
    this.#queue.start();
    await this.#store.forgetKeys(Date.now());
    this.#forgetting = setInterval(() => {
      this.#store.forgetKeys(Date.now()).catch((error) => console.error(`idempotency keys: ${error}`));
    }, KEYS_FORGOTTEN_EVERY_MS).unref();
  }

  /** Publishes nothing more. Open deliveries are published at the next start. */
  stop(): void {
    clearInterval(this.#forgetting);
    this.#queue.stop();
  }

  /**
   * Accepts a push: on disk when this resolves. The same key again gives the same push. Rejects with `PushRefused`, or
   * with `StoreFailed`.
   */
  async push(request: PushRequest, { account, isAdmin, idempotencyKey }: PushOrigin): Promise<AcceptedPush> {
    const requestHash = hashOf(request);
    const replayed = idempotencyKey !== undefined && (await this.#replay(account, idempotencyKey, requestHash));
    if (replayed) return { id: replayed, isReplayed: true };
    this.#store.health.require();
    const devices = this.#resolve(request.to, isAdmin);
    if (!isAdmin && this.#store.openOf(account) + devices.length > DELIVERIES_OPEN_PER_ACCOUNT_MAX) throw ownFull();
    if (!this.#queue.hasRoom(this.#accepted + devices.length)) throw full();
    // The room is reserved at once: pushes at the same time must not share the last place.
    this.#accepted += devices.length;
    try {
      return await this.#accept(request, devices, { account, isAdmin, idempotencyKey }, requestHash);
    } finally {
      this.#accepted -= devices.length;
    }
  }

  /** Keeps a push and hands it to the queue. */
  async #accept(
    request: PushRequest,
    devices: readonly string[],
    { account, isAdmin, idempotencyKey }: PushOrigin,
    requestHash: string,
  ): Promise<AcceptedPush> {
    const acceptedAtMs = Date.now();
    const push: Push = {
      ...request,
      id: this.#newId(acceptedAtMs),
      sender: account,
      acceptedAtMs,
      progress: { ...NO_PROGRESS, recipients: devices.length },
    };
    this.#requireSize(push, devices);
    const room = await this.#store.makeRoom(isAdmin ? undefined : account);
    if (room !== "free") throw room === "full" ? full() : ownFull();
    // While room was made the same key may have come again.
    const again = idempotencyKey !== undefined && (await this.#replay(account, idempotencyKey, requestHash));
    if (again) return { id: again, isReplayed: true };
    const deliveries = devices.map((device): Delivery => ({ device, state: "accepted", receipts: [] }));
    const key = idempotencyKey === undefined ? undefined : { id: push.id, requestHash, key: idempotencyKey };
    const saved = this.#store.add(push, deliveries, key);
    this.#accepting.set(push.id, saved);
    await saved.finally(() => this.#accepting.delete(push.id));
    // All deliveries of a push to thousands of devices would be too much for the reader of an event stream.
    this.#events.emit({ type: "push", push: { ...push, deliveries: deliveries.slice(0, DELIVERIES_INLINE_MAX) } });
    const expiring = expiringAt(push, acceptedAtMs);
    for (const device of devices) this.#queue.add({ id: push.id, device, ...expiring });
    return { id: push.id, isReplayed: false };
  }

  get(id: string): Push | undefined {
    return this.#store.get(id);
  }

  delivery(id: string, device: string): Delivery | undefined {
    return this.#store.delivery(id, device);
  }

  /** By device, at most `max`. */
  deliveries(id: string, max: number): Promise<readonly Delivery[]> {
    return Promise.resolve(this.#store.deliveries(id, max));
  }

  /** Pushes that are still to be handed to the broker for this device. */
  openFor(device: string): number {
    return this.#queue.sizeOf(device);
  }

  /** Pushes that are remembered. */
  get count(): number {
    return this.#store.size;
  }

  /**
   * Pushes, newest first; with `before` those that are older than that id. `see` gives each push as the reader may see it, or undefined.
   * At most `PUSHES_LOOKED_THROUGH_MAX` pushes are looked at.
   */
  async list<Seen>(
    max: number,
    before: string | undefined,
    see: (push: Push) => Promise<Seen | undefined>,
  ): Promise<readonly Seen[]> {
    const found: Seen[] = [];
    let last = before;
    for (let looked = 0; looked < PUSHES_LOOKED_THROUGH_MAX && found.length < max; ) {
      const page = this.#store.list(Math.max(max, PUSH_LIST_DEFAULT), last);
      for (const push of page) {
        const seen = found.length < max ? await see(push) : undefined;
        if (seen !== undefined) found.push(seen);
      }
      last = page.at(-1)?.id;
      looked += page.length;
      if (page.length === 0) break;
      if (found.length < max) await nextTurn();
    }
    return found;
  }

  /** Ends all pushes to a removed device, or those from before `sinceMs`. The next device of that name gets none of them. */
  async forget(device: string, sinceMs = Number.POSITIVE_INFINITY): Promise<void> {
    const isOlder = (id: string) => (this.#store.get(id)?.acceptedAtMs ?? 0) < sinceMs;
    this.#queue.forget(device, isOlder);
    for await (const id of this.#store.ids()) if (isOlder(id)) await this.#drop(id, device);
  }

  /**
   * Takes a push back from everyone who has not read it: from the queues here and at the broker, and from the inboxes of devices, which
   * are told to remove it. Resolves when that is on disk.
   */
  async takeBack(push: Push): Promise<void> {
    const deliveries = this.#store.deliveries(push.id, DELIVERIES_LIST_MAX);
    for (const { device, state, receipts } of deliveries) {
      if (receipts.some(({ status, from }) => status === "dropped" && from === STATION_UID)) continue;
      this.#queue.forget(device, (id) => id === push.id);
      if (state === "published") await this.#takeFrom(device, push);
      await this.#drop(push.id, device, () => true);
    }
  }

  /** Takes a push back that the broker has. */
  async #takeFrom(device: string, push: Push): Promise<void> {
    if (this.#broker.withdraw({ topic: this.#topicOf(device), payload: encodePush(push) })) return;
    const command = {
      id: randomBytes(8).toString("hex"),
      at: Math.floor(Date.now() / 1_000),
      ex: RETRACT_SECONDS,
      do: "retract",
      message: push.id,
      from: STATION_UID,
    };
    await this.#broker.publish({ topic: `/${this.#env}/cmd/${device}`, payload: Buffer.from(JSON.stringify(command)) });
  }

  /** Ends a delivery: one of which something is still waited for, or which `isEnded` says. */
  async #drop(id: string, device: string, isEnded = (now: Delivery) => !isFinished(now)): Promise<void> {
    const receipt: Receipt = { status: "dropped", from: STATION_UID, atMs: Date.now(), deviceSeconds: 0 };
    await this.#change(id, device, (now) =>
      isEnded(now) ? { ...now, state: isOpen(now) ? "expired" : now.state, receipts: [...now.receipts, receipt] } : now,
    );
  }

  #topicOf(uid: string): string {
    return `/${this.#env}/im/${uid}`;
  }

  /** The id of the push with this key. Resolves when that push is on disk. */
  async #replay(account: string, key: string, requestHash: string): Promise<string | undefined> {
    const former = this.#store.key(account, key);
    if (!former) return undefined;
    if (former.requestHash !== requestHash)
      throw new PushRefused(422, "Idempotency-Key: was used for another push; expected a new key");
    await this.#accepting.get(former.id);
    return former.id;
  }

  /** The recipients' devices. An administrator may send to an unknown name, which is taken for a device that may still come. */
  #resolve(to: string, isAdmin: boolean): readonly string[] {
    if (to === STATION_UID) throw new PushRefused(400, `to: ${STATION_UID} is the station itself`);
    if (to === EVERYONE && !isAdmin) throw new PushRefused(403, `to: only an administrator may send to ${EVERYONE}`);
    const known = this.#directory.resolve(to);
    if (!known && !isAdmin) throw new PushRefused(404, `to: the directory knows no ${JSON.stringify(to)}`);
    const devices = known?.devices ?? [to];
    if (devices.length === 0) throw new PushRefused(400, `to: ${to} has no device`);
    return devices;
  }

  #requireSize(push: Push, devices: readonly string[]): void {
    const longest = devices.reduce((most, device) => Math.max(most, Buffer.byteLength(this.#topicOf(device))), 0);
    const bytes = encodePush(push).length + longest + PUBLISH_OVERHEAD_BYTES;
    if (bytes > DEVICE_PACKET_BYTES_MAX)
      throw new PushRefused(
        400,
        `text: the message takes ${bytes} bytes, expected at most ${DEVICE_PACKET_BYTES_MAX}, which is what a pager takes`,
      );
  }

  /** An id: 8 characters of time, 2 of a counter, 8 random ones. Ids sort by time until the year 2059. */
  #newId(atMs: number): string {
    const nowMs = Math.max(atMs, this.#idMs);
    this.#idCount = nowMs === this.#idMs ? this.#idCount + 1 : 0;
    this.#idMs = nowMs;
    const count = (this.#idCount % 1_296).toString(36).padStart(2, "0");
    return nowMs.toString(36).padStart(8, "0") + count + randomBytes(6).toString("hex").slice(0, 8);
  }

  async #deliver({ id, device }: OpenDelivery): Promise<void> {
    const push = this.#store.get(id);
    if (!push) return;
    await this.#broker.publish({ topic: this.#topicOf(device), payload: encodePush(push), isPromised: true });
    const delivery = this.#store.delivery(id, device);
    // It was taken back meanwhile.
    if (delivery && !isOpen(delivery)) return this.#takeFrom(device, push);
    await this.#change(id, device, (now) => ({ ...now, state: "published", publishedAtMs: Date.now() }));
  }

  async #expire({ id, device }: OpenDelivery): Promise<void> {
    const receipt: Receipt = { status: "expired", from: STATION_UID, atMs: Date.now(), deviceSeconds: 0 };
    await this.#change(id, device, (delivery) => ({
      ...delivery,
      state: "expired",
      receipts: [...delivery.receipts, receipt],
    }));
  }

  /** Takes a message to the station, in the transaction that its PUBACK waits for. A malformed one is counted. */
  #takeMessage(payload: Uint8Array): void {
    let receipts: ReturnType<typeof decodeReceipts>;
    try {
      receipts = decodeReceipts(payload, Date.now());
    } catch {
      this.counters.malformed += 1;
      return;
    }
    for (const { id, receipt } of receipts) this.#takeReceipt(id, receipt);
  }

  #takeReceipt(id: string, receipt: Receipt): void {
    const delivery = this.#deliveryOf(id, receipt.from);
    if (!delivery) this.counters.unknown += 1;
    else if (
      delivery.receipts.length >= RECEIPTS_MAX ||
      delivery.receipts.some(({ status, from }) => status === receipt.status && from === receipt.from)
    )
      this.counters.dropped += 1;
    else void this.#change(id, delivery.device, (now) => ({ ...now, receipts: [...now.receipts, receipt] }), true);
  }

  /** The delivery to this device. If the push went to a single uid that only devices know as a group, that delivery. */
  #deliveryOf(id: string, from: string): Delivery | undefined {
    const own = this.#store.delivery(id, from);
    if (own) return own;
    const push = this.#store.get(id);
    if (push?.progress.recipients !== 1 || this.#directory.resolve(push.to)) return undefined;
    return this.#store.delivery(id, push.to);
  }

  /** Changes a delivery in memory at once, then on disk, then in the event stream. */
  async #change(id: string, device: string, change: (delivery: Delivery) => Delivery, isOwed = false): Promise<void> {
    const push = this.#store.get(id);
    const former = this.#store.delivery(id, device);
    if (!push || !former) return;
    const delivery = change(former);
    if (delivery === former) return;
    const progress = progressWith(push.progress, former, delivery);
    await this.#store.change({ ...push, progress }, delivery, isOpen(former) && !isOpen(delivery), isOwed);
    this.#events.emit({ type: "delivery", id, delivery, progress });
  }
}

function full(): PushRefused {
  return new PushRefused(503, "the station holds as many pushes as it can, and they wait for their devices");
}

function ownFull(): PushRefused {
  return new PushRefused(429, "this account has as many pushes here as it may, and they wait for their devices");
}

function isOpen({ state }: Delivery): boolean {
  return state === "accepted" || state === "waiting";
}

function progressWith(progress: Progress, former: Delivery, delivery: Delivery): Progress {
  const counts: { -readonly [Key in keyof Progress]: number } = { ...progress };
  if (former.state !== "published" && delivery.state === "published") counts.published += 1;
  for (const { status } of delivery.receipts.slice(former.receipts.length)) counts[status] += 1;
  if (!isFinished(former) && isFinished(delivery)) counts.finished += 1;
  return counts;
}

/** A digest of the request. The order of its fields does not matter. */
function hashOf(request: PushRequest): string {
  const fields = Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64url");
}
