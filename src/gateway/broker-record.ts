import { fnv1a, hexWord } from "../fnv.ts";
import type { HeldSubscription, ProtocolLevel, Subscription } from "../mqtt/packet.ts";
import { removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";
import { readText, writeText } from "./text-record.ts";

/**
 * What the device remembers of a broker across reboots: its version of MQTT, and the subscriptions that it may hold. So the device
 * unsubscribes from what the settings no longer name. It subscribes to the others again after each start, because only the
 * broker knows what became of its session when the power failed. While the device runs, it sends no SUBSCRIBE when its session is
 * present. Flash is written only when the settings or the version have changed.
 *
 * | record | holds |
 * |---|---|
 * | `b-<hash of the address>` | lines of text: host and port; 4 or 5, or nothing; then `? <topic filter>` for each subscription. Older firmware wrote a QoS in the place of `?`. |
 */
export class BrokerRecord {
  private readonly store: Store;
  private readonly key: string;
  private readonly broker: string;
  private readonly wanted: readonly Subscription[];
  private level: ProtocolLevel | undefined;
  private heldNow: readonly HeldSubscription[] = [];
  /** The subscriptions that were held before the connection that is being made. */
  private heldBefore: readonly HeldSubscription[] = [];
  private written = "";

  /**
   * @param broker host and port
   * @param wanted the subscriptions of the settings; none where others subscribe for this device: then no subscription is
   * remembered
   */
  constructor(store: Store, broker: string, wanted: readonly Subscription[]) {
    this.store = store;
    this.key = `b-${hexWord(fnv1a(encodeUtf8(broker)))}`;
    this.broker = broker;
    this.wanted = wanted;
    // Two brokers may have the same hash. The record then belongs to the one that was connected last. Its first line names it.
    let text = readText(store, this.key) ?? "";
    if (text.split("\n")[0] !== broker) text = readText(store, OLD_KEY) ?? "";
    else this.written = text;
    const [name, level, ...lines] = text.split("\n");
    if (name !== broker) return;
    this.level = level === "4" ? 4 : level === "5" ? 5 : undefined;
    if (wanted.length > 0) this.heldNow = lines.flatMap(heldOf);
  }

  /** The subscriptions that the broker may hold for this device. Those of a former run are in doubt. */
  get held(): readonly HeldSubscription[] {
    return this.heldNow;
  }

  /** The version that this broker accepted last, or undefined. */
  get protocolLevel(): ProtocolLevel | undefined {
    return this.level;
  }

  /** Throws what the store throws. */
  setHeld(held: readonly HeldSubscription[]): void {
    this.heldNow = held;
    this.write();
  }

  /** CONNECT is about to leave. All subscriptions are in doubt. Throws what the store throws. */
  handleConnecting(): void {
    this.heldBefore = this.heldNow;
    this.heldNow = this.filters.map((topicFilter) => ({ topicFilter, qos: undefined }));
    this.write();
  }

  /** CONNACK has come. A broker without our session has no subscriptions. Throws what the store throws. */
  handleConnected(level: ProtocolLevel, sessionPresent: boolean): void {
    this.level = level;
    if (sessionPresent) this.heldNow = this.heldBefore;
    this.write();
  }

  /** SUBSCRIBE for what is wanted may have left before a power failure. */
  private get filters(): readonly string[] {
    return [...new Set([...this.heldNow, ...this.wanted].map(({ topicFilter }) => topicFilter))];
  }

  private write(): void {
    const text = [this.broker, this.level ?? "", ...this.filters.map((filter) => `? ${filter}`)].join("\n");
    if (text === this.written) return;
    writeText(this.store, this.key, text);
    this.written = text;
    removeRecord(this.store, OLD_KEY);
    removeRecord(this.store, OLDEST_KEY);
  }
}

/**
 * The record of older firmware for one broker. Before that, `subscribed` was a record of the subscriptions alone. The device
 * does not read it and subscribes again.
 */
const OLD_KEY = "broker";
const OLDEST_KEY = "subscribed";

/** A damaged line holds nothing. */
function heldOf(line: string): readonly HeldSubscription[] {
  return /^[012?] ./.test(line) ? [{ topicFilter: line.slice(2), qos: undefined }] : [];
}
