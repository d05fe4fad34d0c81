/**
 * A broker that is there already, and that the station is a client of. Who is there is what the retained presence of each device says. A
 * push is handed over when its device is there, and a receipt is acknowledged when it is on the disk. So nothing is lost with the broker,
 * whatever it keeps.
 */
import { randomBytes } from "node:crypto";
import type { IConnackPacket } from "mqtt";
import { decodePresence, PRESENCE_STATUS } from "../../../src/payload/presence.ts";
import { describeError } from "../../common/describe-error.ts";
import { TopicTree } from "../broker/topic-tree.ts";
import type { BrokerStatus } from "../shared/broker-status.ts";
import { BROKER_PROBE_MS, BROKER_RETAINED_OWED_MAX, DEVICES_WATCHED_MAX } from "../shared/limits.ts";
import type {
  MessageBroker,
  MessageHandler,
  OwnMessage,
  ReceiverListener,
  StationInbox,
} from "../shared/message-broker.ts";
import { type BrokerAddress, describeBrokerAddress } from "./broker-address.ts";
import { BrokerLink } from "./broker-link.ts";
import { type Capabilities, describeLacks, FOREIGN_LOSSES } from "./capabilities.ts";

export interface ForeignBrokerOptions {
  readonly address: BrokerAddress;
  readonly env: string;
  /** Devices that the station knows. Without wildcards their presence is asked for one by one. */
  readonly devices: () => readonly string[];
  /** Whether it is one of these. */
  readonly isKnown: (uid: string) => boolean;
  readonly onLog: (line: string) => void;
}

const MQTT_5 = 5;
/** States in which a device takes nothing. */
const ABSENT: readonly number[] = [PRESENCE_STATUS.offline, PRESENCE_STATUS.asleep];

export class ForeignBroker implements MessageBroker {
  inbox: StationInbox | undefined;
  /** Who logs in is the broker's business. */
  onNewHolder: MessageBroker["onNewHolder"];
  readonly #options: ForeignBrokerOptions;
  readonly #watchers = new TopicTree<MessageHandler>();
  readonly #filters = new Set<string>();
  readonly #presencePrefix: string;
  readonly #messagePrefix: string;
  /** By device: whether it is there. Of devices that the station does not know `DEVICES_WATCHED_MAX` at the most. */
  readonly #presences = new Map<string, boolean>();
  /** Devices whose presence was asked for on this connection, likewise. */
  readonly #asked = new Set<string>();
  /** What is to be retained when the broker is back: the newest of each topic. */
  readonly #owed = new Map<string, OwnMessage>();
  #listener: ReceiverListener | undefined;
  #link: BrokerLink | undefined;
  #capabilities: Capabilities | undefined;
  /** A session was kept here. */
  #hadSession = false;
  #reason: string | undefined = "not reached yet";
  #watcherCount = 0;
  #probe: { readonly payload: string; hear(): void } | undefined;

  constructor(options: ForeignBrokerOptions) {
    this.#options = options;
    this.#presencePrefix = `/${options.env}/pres/`;
    this.#messagePrefix = `/${options.env}/im/`;
    this.#filters.add(`${this.#presencePrefix}+`);
  }

  /** Begins to connect, and goes on until `close`. Those who watch and listen do so already. */
  start(): void {
    const { address, env } = this.#options;
    this.#link = new BrokerLink({
      address,
      clientIdentifier: `fieldpager-${env}`,
      handlers: {
        handleConnected: (version, connack) => this.#handleConnected(version, connack),
        handleAway: (reason) => this.#handleAway(reason),
        handleMessage: (topic, payload) => this.#handleMessage(topic, payload),
      },
    });
  }

  async close(): Promise<void> {
    await this.#link?.close();
  }

  get status(): BrokerStatus {
    const found = this.#capabilities;
    return {
      address: this.#shownAddress,
      isConnected: this.#link?.isConnected === true,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(found && { protocol: found.protocol }),
      lacks: [...(found ? describeLacks(found) : []), ...FOREIGN_LOSSES],
    };
  }

  /** Rejects with a `BrokerAway`. What is to be retained waits for the broker instead. */
  async publish(message: OwnMessage): Promise<void> {
    if (message.retain && this.#link?.isConnected !== true && this.#owed.size < BROKER_RETAINED_OWED_MAX) {
      this.#owed.set(message.topic, message);
      return;
    }
    await this.#requireLink().publish(message);
  }

  /** Only the device can: it is told so. */
  withdraw(): boolean {
    return false;
  }

  watch(topicFilter: string, onMessage: MessageHandler): void {
    this.#watcherCount += 1;
    this.#watchers.set(topicFilter, String(this.#watcherCount), onMessage);
    this.#filters.add(topicFilter);
    if (this.#link?.isConnected) void this.#subscribe(topicFilter);
  }

  /** Of a topic that the station does not read: it may. */
  hasRetained(topic: string): boolean {
    if (!topic.startsWith(this.#presencePrefix)) return true;
    return this.#presences.has(topic.slice(this.#presencePrefix.length));
  }

  listenToReceivers(listener: ReceiverListener): void {
    this.#listener = listener;
  }

  hasReceiver(topic: string): boolean {
    if (!topic.startsWith(this.#messagePrefix) || this.#link?.isConnected !== true) return false;
    const uid = topic.slice(this.#messagePrefix.length);
    this.#ask(uid);
    return this.#presences.get(uid) === true;
  }

  noteReceiver(topic: string): void {
    if (!topic.startsWith(this.#messagePrefix)) return;
    const uid = topic.slice(this.#messagePrefix.length);
    const former = this.#presences.get(uid);
    if (former === undefined && !this.#hasRoom(this.#presences.size, uid)) return;
    this.#presences.set(uid, true);
    this.#listener?.handleArrived(topic);
    // The console wants to know what it says of itself.
    if (former === undefined) this.#subscribe(this.#presencePrefix + uid).catch(() => {});
  }

  isHeld(): boolean {
    return false;
  }

  connectionOf(): undefined {
    return undefined;
  }

  subscriptionsOf(): readonly string[] {
    return [];
  }

  disconnect(): void {}

  forget(uid: string): void {
    this.#presences.delete(uid);
  }

  /** Of the node that it is connected to, or tries. */
  get #shownAddress(): string {
    const { address } = this.#options;
    return describeBrokerAddress({ isSecure: address.isSecure, ...(this.#link?.node ?? address) });
  }

  #requireLink(): BrokerLink {
    if (!this.#link) throw new Error("the broker's link is not started");
    return this.#link;
  }

  #handleConnected(version: 4 | 5, connack: IConnackPacket): void {
    const hasForgotten = this.#hadSession && !connack.sessionPresent;
    this.#hadSession = true;
    this.#capabilities = undefined;
    this.#asked.clear();
    this.#settle(version, connack, hasForgotten).catch((error) => {
      // The connection has ended meanwhile. The next one does it anew.
      this.#reason ??= describeError(error);
    });
  }

  /** Subscribes, finds out what the broker can do, and says so. */
  async #settle(version: 4 | 5, connack: IConnackPacket, hasForgotten: boolean): Promise<void> {
    const { inbox } = this;
    const topics = inbox ? [inbox.topic] : [];
    const granted = new Map<string, 0 | 1 | 2 | undefined>();
    for (const filter of [...topics, ...this.#filters]) granted.set(filter, await this.#subscribe(filter));
    const properties = connack.properties ?? {};
    const isWildcardGranted = granted.get(`${this.#presencePrefix}+`) !== undefined;
    const isV5 = version === MQTT_5;
    const { retain, qosMax } = await this.#find(properties.retainAvailable !== false);
    const found: Capabilities = {
      protocol: isV5 ? "MQTT 5" : "MQTT 3.1.1",
      qosMax: Math.min(qosMax, properties.maximumQoS ?? 2) as 0 | 1 | 2,
      retain,
      hasWildcards: isWildcardGranted && properties.wildcardSubscriptionAvailable !== false,
      hasSharedSubscriptions: isV5 ? properties.sharedSubscriptionAvailable !== false : undefined,
      hasMessageExpiry: isV5,
      sessionSecondsMax: properties.sessionExpiryInterval ?? Number.POSITIVE_INFINITY,
      packetBytesMax: properties.maximumPacketSize,
      hasForgotten,
    };
    this.#capabilities = found;
    this.#reason = undefined;
    const address = this.#shownAddress;
    this.#options.onLog(`broker ${address}: connected, ${found.protocol}`);
    for (const lack of describeLacks(found)) this.#options.onLog(`broker ${address}: ${lack}`);
    for (const [topic, message] of [...this.#owed]) {
      await this.#requireLink().publish(message);
      if (this.#owed.get(topic) === message) this.#owed.delete(topic);
    }
    this.#listener?.handleDoubt();
    for (const uid of this.#options.devices()) this.#ask(uid);
    // Those of whom nothing new was heard are there as before.
    for (const [uid, isThere] of this.#presences) if (isThere) this.#listener?.handleArrived(this.#messagePrefix + uid);
  }

  #handleAway(reason: string): void {
    if (this.#reason !== reason)
      this.#options.onLog(`broker ${this.#shownAddress}: away (${reason}); it is tried again`);
    this.#reason = reason;
  }

  async #subscribe(filter: string): Promise<0 | 1 | 2 | undefined> {
    const qos = await this.#requireLink().subscribe(filter);
    if (qos === undefined)
      this.#options.onLog(`broker ${this.#shownAddress}: refuses to let the station read ${filter}`);
    return qos;
  }

  /** Asks for the presence of one device, where a wildcard does not bring it. */
  #ask(uid: string): void {
    const found = this.#capabilities;
    if (!found || (found.retain !== "byTopic" && found.hasWildcards) || this.#asked.has(uid)) return;
    if (!this.#hasRoom(this.#asked.size, uid)) return;
    this.#asked.add(uid);
    this.#subscribe(this.#presencePrefix + uid).catch(() => this.#asked.delete(uid));
  }

  /** Leaves a message, and looks whether it comes, and with which QoS it may. */
  async #find(isRetainAvailable: boolean): Promise<Pick<Capabilities, "retain" | "qosMax">> {
    const link = this.#requireLink();
    const topic = `/${this.#options.env}/probe/station`;
    const payload = randomBytes(8);
    let qosMax: 0 | 1 | 2 = 2;
    const hears = async (filter: string) => {
      let hear: (isHeard: boolean) => void = () => {};
      const heard = new Promise<boolean>((resolve) => {
        hear = resolve;
      });
      this.#probe = { payload: payload.toString("hex"), hear: () => hear(true) };
      const timer = setTimeout(() => hear(false), isRetainAvailable ? BROKER_PROBE_MS : 0);
      try {
        const granted = await link.subscribe(filter, 2);
        if (granted === undefined) return false;
        qosMax = granted;
        return await heard;
      } finally {
        clearTimeout(timer);
        this.#probe = undefined;
        await link.unsubscribe(filter);
      }
    };
    if (isRetainAvailable) await link.publish({ topic, payload, retain: true });
    const isHeardByAll = await hears(topic.replace(/[^/]*$/, "+"));
    const retain = isHeardByAll ? "all" : (await hears(topic)) ? "byTopic" : "none";
    if (isRetainAvailable) await link.publish({ topic, payload: new Uint8Array(), retain: true });
    return { retain, qosMax };
  }

  async #handleMessage(topic: string, payload: Uint8Array): Promise<void> {
    if (topic === this.inbox?.topic) return this.inbox.accept(payload);
    if (topic.startsWith(this.#presencePrefix)) this.#takePresence(topic.slice(this.#presencePrefix.length), payload);
    if (this.#probe?.payload === Buffer.from(payload).toString("hex")) this.#probe.hear();
    this.#watchers.match(topic, (watcher) => {
      try {
        watcher(topic, payload);
      } catch (error) {
        console.error(`broker: a message to ${topic}: ${describeError(error)}`);
      }
    });
  }

  /** Anybody may name devices: a broker's own logins let them, and pushes do. Those that the station knows always have room. */
  #hasRoom(size: number, uid: string): boolean {
    return size < DEVICES_WATCHED_MAX || this.#options.isKnown(uid);
  }

  /** Every presence of a device that is there may be its first on a new connection. */
  #takePresence(uid: string, payload: Uint8Array): void {
    if (payload.length === 0) {
      this.#presences.delete(uid);
      return;
    }
    if (!this.#presences.has(uid) && !this.#hasRoom(this.#presences.size, uid)) return;
    try {
      const isThere = !ABSENT.includes(decodePresence(payload).status);
      this.#presences.set(uid, isThere);
      if (isThere) this.#listener?.handleArrived(this.#messagePrefix + uid);
    } catch {
      // It is no presence. The watch of devices counts it.
    }
  }
}
