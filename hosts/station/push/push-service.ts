/**
 * Accepts pushes, sends them to devices, and keeps their receipts.
 *
 * A push is on disk before it is accepted. It stays open for each recipient until the device has answered, or it expired, was replaced or
 * was taken back. So a restart sends again what has no answer, under the same id. A device shows it once.
 */
import { createHash, randomBytes } from "node:crypto";
import { describeError } from "../../common/describe-error.ts";
import type { Directory } from "../directory/directory.ts";
import type { EventHub } from "../shared/event-hub.ts";
import {
  BROKER_HELD_MS,
  DELIVERIES_INLINE_MAX,
  DELIVERIES_LIST_MAX,
  DELIVERIES_OPEN_MAX,
  DELIVERIES_OPEN_PER_ACCOUNT_MAX,
  DELIVERIES_PER_DEVICE_MAX,
  KEYS_FORGOTTEN_EVERY_MS,
  PUSH_LIST_DEFAULT,
  PUSHES_LOOKED_THROUGH_MAX,
  RECEIPTS_MAX,
  RETRACT_SECONDS,
} from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import {
  type Delivery,
  isFinished,
  NO_PROGRESS,
  type Progress,
  type Push,
  type PushRequest,
  type Receipt,
} from "../shared/push.ts";
import { BrokerDoubts } from "./broker-doubts.ts";
import type { Consequence, ReceiptFollower } from "./consequence.ts";
import { atOnce, DeliveryQueue, type Ending } from "./delivery-queue.ts";
import type { OpenPush } from "./open-deliveries.ts";
import type { PushCall } from "./push-call.ts";
import { PushIds } from "./push-ids.ts";
import { decodeReceipts, encodePush, STATION_UID } from "./push-message.ts";
import { deviceFull, full, ownFull, PushRefused } from "./push-refused.ts";
import { nextTurn, type PushStore } from "./push-store.ts";
import { recipientsOf, requireSize } from "./recipients.ts";

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
  /** Requests that belong to its choices. */
  readonly calls?: readonly PushCall[];
}

export interface AcceptedPush {
  readonly id: string;
  /** True if the key was used before. Then nothing was sent again. */
  readonly isReplayed: boolean;
}

export class PushService {
  readonly counters: PushCounters = { malformed: 0, unknown: 0, dropped: 0 };
  readonly #env: string;
  readonly #broker: MessageBroker;
  readonly #store: PushStore;
  readonly #directory: Directory;
  readonly #events: EventHub;
  readonly #queue: DeliveryQueue;
  readonly #ids = new PushIds();
  readonly #doubts: BrokerDoubts;
  readonly #followers: ReceiptFollower[] = [];
  /** Pushes that are being written, so that a repeated request is not answered before its push is on disk. */
  readonly #accepting = new Map<string, Promise<void>>();
  /** Deliveries of the pushes that are being accepted. The queue keeps room for them. */
  #accepted = 0;
  #forgetting: NodeJS.Timeout | undefined;

  constructor(env: string, broker: MessageBroker, store: PushStore, directory: Directory, events: EventHub) {
    this.#env = env;
    this.#broker = broker;
    this.#store = store;
    this.#directory = directory;
    this.#events = events;
    this.#queue = new DeliveryQueue(store.open, {
      isThere: (device) => broker.hasReceiver(this.#topicOf(device)),
      isHeld: (push, device) => this.#isHeld(push, device),
      send: (push, device) => this.#send(push, device),
      end: (push, device, ending) => this.#end(push, device, ending),
    });
    this.#doubts = new BrokerDoubts(broker, store, (device) => this.#topicOf(device));
    store.health.listen((isSound) => (isSound ? this.#queue.resume() : this.#queue.pause()));
  }

  /** Begins to take receipts, and to send what devices lack. */
  async start(): Promise<void> {
    this.#broker.inbox = { topic: this.#topicOf(STATION_UID), accept: (payload) => this.#takeMessage(payload) };
    this.#broker.onNewHolder = (name, sinceMs) => {
      this.forget(name, sinceMs).catch((error) => console.error(`pushes to ${name}: ${describeError(error)}`));
    };
    const deviceOf = this.#deviceOf.bind(this);
    this.#broker.listenToReceivers({
      handleArrived: (topic) => {
        const device = deviceOf(topic);
        if (device === undefined) return;
        this.#queue.arrived(device);
        this.#doubts.arrived(device);
      },
      handleDoubt: () => this.#doubts.begin(),
      handleAcknowledged: (message) => {
        const device = deviceOf(message.topic);
        if (device !== undefined) this.#takeAcknowledgement(device, message.payload);
      },
    });
    this.#queue.start();
    await this.#store.forgetKeys(Date.now());
    this.#forgetting = setInterval(() => {
      this.#store.forgetKeys(Date.now()).catch((error) => console.error(`idempotency keys: ${error}`));
    }, KEYS_FORGOTTEN_EVERY_MS).unref();
  }

  /** Has something follow from each receipt, in its transaction. */
  follow(follower: ReceiptFollower): void {
    this.#followers.push(follower);
  }

  /** Sends nothing more. What is open is sent after the next start. */
  stop(): void {
    clearInterval(this.#forgetting);
    this.#doubts.stop();
    this.#queue.stop();
  }

  /**
   * Accepts a push: on disk when this resolves. The same key again gives the same push. Rejects with `PushRefused`, or
   * with `StoreFailed`.
   */
  async push(request: PushRequest, origin: PushOrigin): Promise<AcceptedPush> {
    const { account, isAdmin, idempotencyKey } = origin;
    const requestHash = hashOf(request);
    const replayed = idempotencyKey !== undefined && (await this.#replay(account, idempotencyKey, requestHash));
    if (replayed) return { id: replayed, isReplayed: true };
    this.#store.health.require();
    const devices = recipientsOf(this.#directory, request.to, isAdmin);
    if (!isAdmin && this.#store.openOf(account) + devices.length > DELIVERIES_OPEN_PER_ACCOUNT_MAX) throw ownFull();
    if (this.#store.open.size + this.#accepted + devices.length > DELIVERIES_OPEN_MAX) throw full();
    const [first = ""] = devices;
    if (!isAdmin && devices.length === 1 && this.openFor(first) >= DELIVERIES_PER_DEVICE_MAX) throw deviceFull(first);
    // The room is reserved at once: pushes at the same time must not share the last place.
    this.#accepted += devices.length;
    try {
      return await this.#accept(request, devices, origin, requestHash);
    } finally {
      this.#accepted -= devices.length;
    }
  }

  /** Keeps a push and hands it to the queue. */
  async #accept(
    request: PushRequest,
    devices: readonly string[],
    { account, isAdmin, idempotencyKey, calls }: PushOrigin,
    requestHash: string,
  ): Promise<AcceptedPush> {
    const acceptedAtMs = Date.now();
    const push: Push = {
      ...request,
      id: this.#ids.next(acceptedAtMs),
      sender: account,
      acceptedAtMs,
      progress: { ...NO_PROGRESS, recipients: devices.length },
    };
    requireSize(push, devices, (device) => this.#topicOf(device));
    const room = await this.#store.makeRoom(isAdmin ? undefined : account);
    if (room !== "free") throw room === "full" ? full() : ownFull();
    // While room was made the same key may have come again.
    const again = idempotencyKey !== undefined && (await this.#replay(account, idempotencyKey, requestHash));
    if (again) return { id: again, isReplayed: true };
    const key = idempotencyKey === undefined ? undefined : { id: push.id, requestHash, key: idempotencyKey };
    const saved = this.#store.add(push, devices, key, calls);
    this.#accepting.set(push.id, saved);
    await saved.finally(() => this.#accepting.delete(push.id));
    // All deliveries of a push to thousands of devices would be too much for the reader of an event stream.
    const deliveries = this.#store.deliveries(push.id, DELIVERIES_INLINE_MAX);
    this.#events.emit({ type: "push", push: { ...push, deliveries } });
    for (const device of devices) this.#queue.wake(device);
    await this.#makeRoomFor(push.id, devices);
    const [only] = devices.length === 1 ? deliveries : [];
    const seen = only && this.#seen(push.id, only);
    if (seen && seen !== only) this.#tell(push.id, seen);
    return { id: push.id, isReplayed: false };
  }

  /** What a new push replaces, and what a device has no room for beside it, goes. */
  async #makeRoomFor(id: string, devices: readonly string[]): Promise<void> {
    const { open } = this.#store;
    const push = devices.map((device) => open.of(device).find((each) => each.id === id)).find((found) => found);
    try {
      if (push) await this.#queue.replaceBy(push, devices);
      const full = devices.filter((device) => open.of(device).length > DELIVERIES_PER_DEVICE_MAX);
      await atOnce(full, (device) => this.#queue.crowdOut(device, DELIVERIES_PER_DEVICE_MAX));
    } catch (error) {
      // It is accepted. What should have gone goes before it is sent.
      console.error(`push ${id}: what it replaces stays for now: ${describeError(error)}`);
    }
  }

  /** The id of the push with this key of this account. Resolves when that push is on disk. */
  async acceptedBefore(account: string, key: string): Promise<string | undefined> {
    const id = this.#store.key(account, key)?.id;
    if (id !== undefined) await this.#accepting.get(id);
    return id;
  }

  get(id: string): Push | undefined {
    return this.#store.get(id);
  }

  /** Requests that belong to the choices of a push. */
  callsOf(id: string): readonly PushCall[] {
    return this.#store.callsOf(id);
  }

  /** Records beside an answer what came of its request. Rejects as `StationStore.write`. */
  async noteCall(id: string, device: string, from: string, words: string): Promise<void> {
    const call = { atMs: Date.now(), words };
    await this.#change(id, device, (now) => ({
      ...now,
      receipts: now.receipts.map((each) =>
        each.status === "answered" && each.from === from ? { ...each, call } : each,
      ),
    }));
  }

  delivery(id: string, device: string): Delivery | undefined {
    const delivery = this.#store.delivery(id, device);
    return delivery && this.#seen(id, delivery);
  }

  /** By device, at most `max`. */
  deliveries(id: string, max: number): Promise<readonly Delivery[]> {
    return Promise.resolve(this.#store.deliveries(id, max).map((delivery) => this.#seen(id, delivery)));
  }

  /** Pushes that this device lacks. */
  openFor(device: string): number {
    return this.#store.open.of(device).length;
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
    // What it lacks goes first: the next device of that name may be there already.
    for (const { id } of [...this.#store.open.of(device)]) if (isOlder(id)) await this.#drop(id, device);
    for await (const id of this.#store.ids()) if (isOlder(id)) await this.#drop(id, device);
  }

  /**
   * Takes a push back from everyone who has not read it: from the queues here and at the broker, and from the inboxes of devices, which
   * are told to remove it. Resolves when that is on disk.
   */
  async takeBack(push: Push): Promise<void> {
    await atOnce(this.#store.deliveries(push.id, DELIVERIES_LIST_MAX), async ({ device, state, receipts }) => {
      if (isTakenBack({ receipts })) return;
      const isSent = this.#sentMs(push.id, device) !== undefined;
      if (isSent || state === "published") await this.#takeFrom(device, push);
      await this.#drop(push.id, device, () => true);
    });
  }

  /** Takes a push back that was sent. */
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
    return this.acceptedBefore(account, key);
  }

  #deviceOf(topic: string): string | undefined {
    const prefix = this.#topicOf("");
    return topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
  }

  #isHeld({ id }: OpenPush, device: string): boolean {
    const push = this.#store.get(id);
    return push !== undefined && this.#broker.isHeld({ topic: this.#topicOf(device), payload: encodePush(push) });
  }

  async #send(open: OpenPush, device: string): Promise<void> {
    const push = this.#store.get(open.id);
    if (!push) return;
    const expirySeconds = Math.max(1, Math.ceil(Math.min(BROKER_HELD_MS, open.expiresMs - performance.now()) / 1_000));
    const message = { topic: this.#topicOf(device), payload: encodePush(push), isPromised: true, expirySeconds };
    const sent = this.#broker.publish(message);
    // Nobody will acknowledge it where all who are there have subscribed with QoS 0.
    const isOver = !this.#givesReceipts(device) && !this.#broker.isHeld(message);
    await sent;
    const delivery = this.#store.delivery(open.id, device);
    if (delivery && isTakenBack(delivery)) return this.#takeFrom(device, push);
    if (isOver) await this.#handOver(open.id, device);
    // A receipt may come before the broker's answer.
    else if (delivery && isOpen(delivery)) this.#tell(open.id, this.#seen(open.id, delivery));
  }

  /** A client without a presence is no pager: it gives no receipts, and has what it has acknowledged. */
  #givesReceipts(device: string): boolean {
    return this.#broker.hasRetained(`/${this.#env}/pres/${device}`);
  }

  #takeAcknowledgement(device: string, payload: Uint8Array): void {
    const sent = this.#queue.sentTo(device);
    if (sent.length === 0 || this.#givesReceipts(device)) return;
    const acknowledged = sent.find(({ id }) => {
      const push = this.#store.get(id);
      return push !== undefined && Buffer.compare(encodePush(push), payload) === 0;
    });
    if (!acknowledged || this.#isHeld(acknowledged, device)) return;
    this.#handOver(acknowledged.id, device).catch((error) => {
      console.error(`push to ${device}: what it has acknowledged is not recorded: ${describeError(error)}`);
    });
  }

  #handOver(id: string, device: string): Promise<void> {
    return this.#change(id, device, (now) => (isOpen(now) ? { ...now, ...this.#published(id, device) } : now));
  }

  #published(id: string, device: string): Pick<Delivery, "state" | "publishedAtMs"> {
    const sentMs = this.#sentMs(id, device);
    const agoMs = sentMs === undefined ? 0 : performance.now() - sentMs;
    return { state: "published", publishedAtMs: Math.round(Date.now() - agoMs) };
  }

  #sentMs(id: string, device: string): number | undefined {
    const push = this.#store.open.of(device).find((each) => each.id === id);
    return push && this.#queue.sentMs(push, device);
  }

  /** A delivery with what is not on disk: whether it was sent, and whether the device is away. */
  #seen(id: string, delivery: Delivery): Delivery {
    const { device } = delivery;
    if (!isOpen(delivery)) return delivery;
    if (this.#sentMs(id, device) !== undefined) return { ...delivery, ...this.#published(id, device) };
    return this.#broker.hasReceiver(this.#topicOf(device)) ? delivery : { ...delivery, state: "waiting" };
  }

  #tell(id: string, delivery: Delivery): void {
    const progress = this.#store.get(id)?.progress;
    if (progress) this.#events.emit({ type: "delivery", id, delivery, progress });
  }

  #end({ id }: OpenPush, device: string, ending: Ending): Promise<void> {
    if (ending !== "expired") return this.#drop(id, device, isOpen);
    const receipt: Receipt = { status: "expired", from: STATION_UID, atMs: Date.now(), deviceSeconds: 0 };
    return this.#change(id, device, (now) =>
      isOpen(now) ? { ...now, state: "expired", receipts: [...now.receipts, receipt] } : now,
    );
  }

  /** Takes a message to the station. Resolves when what it says is on disk. A malformed one is counted. */
  async #takeMessage(payload: Uint8Array): Promise<void> {
    let receipts: ReturnType<typeof decodeReceipts>;
    try {
      receipts = decodeReceipts(payload, Date.now());
    } catch {
      this.counters.malformed += 1;
      return;
    }
    await Promise.all(receipts.map(({ id, receipt }) => this.#takeReceipt(id, receipt)));
  }

  async #takeReceipt(id: string, receipt: Receipt): Promise<void> {
    const delivery = this.#deliveryOf(id, receipt.from);
    if (!delivery) {
      this.counters.unknown += 1;
      return;
    }
    const { device, receipts } = delivery;
    const isKnown =
      receipts.length >= RECEIPTS_MAX ||
      receipts.some(({ status, from }) => status === receipt.status && from === receipt.from);
    if (isKnown) this.counters.dropped += 1;
    else await this.#change(id, device, (now) => this.#withReceipt(id, now, receipt), true);
    this.#doubts.heard(id, device, isKnown);
  }

  /** A device that gives a receipt has it. */
  #withReceipt(id: string, now: Delivery, receipt: Receipt): Delivery {
    const receipts = [...now.receipts, receipt];
    return isOpen(now) ? { ...now, ...this.#published(id, now.device), receipts } : { ...now, receipts };
  }

  /** The delivery to this device. If the push went to a single uid that only devices know as a group, that delivery. */
  #deliveryOf(id: string, from: string): Delivery | undefined {
    const own = this.#store.delivery(id, from);
    if (own) return own;
    const push = this.#store.get(id);
    if (push?.progress.recipients !== 1 || this.#directory.resolve(push.to)) return undefined;
    return this.#store.delivery(id, push.to);
  }

  #consequencesOf(push: Push, device: string, receipts: readonly Receipt[]): readonly Consequence[] {
    return this.#followers.flatMap((follower) => follower.consequenceOf(push, device, receipts) ?? []);
  }

  /** Changes a delivery in memory at once, then on disk, then in the event stream. */
  async #change(id: string, device: string, change: (delivery: Delivery) => Delivery, isOwed = false): Promise<void> {
    const push = this.#store.get(id);
    const former = this.#store.delivery(id, device);
    if (!push || !former) return;
    const delivery = change(former);
    if (delivery === former) return;
    const progress = progressWith(push.progress, former, delivery);
    const lacked = this.#store.open.of(device).find((each) => each.id === id);
    const receipts = delivery.receipts.slice(former.receipts.length);
    const consequences = receipts.length === 0 ? [] : this.#consequencesOf(push, device, receipts);
    const further = consequences.flatMap(({ changes }) => changes);
    await this.#store.change({ ...push, progress }, delivery, isOwed, further);
    for (const consequence of consequences) consequence.happened();
    if (lacked) this.#queue.closed(lacked, device);
    this.#events.emit({ type: "delivery", id, delivery, progress });
  }
}

/** The station has dropped it. */
function isTakenBack({ receipts }: Pick<Delivery, "receipts">): boolean {
  return receipts.some(({ status, from }) => status === "dropped" && from === STATION_UID);
}

/** The device lacks it. */
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
