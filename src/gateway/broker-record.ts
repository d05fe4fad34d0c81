import { fnv1a, hexWord } from "../fnv.ts";
import type { HeldSubscription, ProtocolLevel, QoS, Subscription } from "../mqtt/packet.ts";
import { removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";
import { readText, writeText } from "./text-record.ts";

/**
 * What the device remembers of a broker across reboots: the subscriptions that the broker may hold, and its version of MQTT. So
 * the device sends no SUBSCRIBE when its session is present. It also unsubscribes from what the settings no longer name.
 *
 * | record | holds |
 * |---|---|
 * | `b-<hash of the address>` | lines of text: host and port; 4 or 5, or nothing; then one `<QoS> <topic filter>` each, with `?` for a QoS that is in doubt |
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

  /** The subscriptions that the broker may hold for this device. */
  get held(): readonly HeldSubscription[] {
    return this.heldNow;
  }

  /** The version that this broker accepted last, or undefined. */
  get protocolLevel(): ProtocolLevel | undefined {
    return this.level;
  }

  /** Throws what the store throws. */
  setHeld(held: readonly HeldSubscription[]): void {
    this.write(this.level, held);
  }

  /**
   * CONNECT is about to leave. Until CONNACK nobody knows whether the broker still has the session. If the power fails in
   * between, the device subscribes again after its next start. Throws what the store throws.
   */
  handleConnecting(): void {
    this.heldBefore = this.heldNow;
    this.write(this.level, this.doubtfulBut([]));
  }

  /** CONNACK has come. A broker without our session has no subscriptions, even if the connection ends before SUBACK. */
  handleConnected(level: ProtocolLevel, sessionPresent: boolean): void {
    const isKept = (held: HeldSubscription) => this.wanted.some(({ topicFilter }) => topicFilter === held.topicFilter);
    this.write(level, sessionPresent ? this.doubtfulBut(this.heldBefore.filter(isKept)) : this.doubtfulBut([]));
  }

  /**
   * All subscriptions that were held or are wanted, in doubt but for these. SUBSCRIBE for a new one, or UNSUBSCRIBE for one that
   * is no longer wanted, may leave before a power failure.
   */
  private doubtfulBut(known: readonly HeldSubscription[]): readonly HeldSubscription[] {
    const filters = new Set([...this.heldNow, ...this.wanted].map(({ topicFilter }) => topicFilter));
    return [...filters].map(
      (topicFilter) => known.find((one) => one.topicFilter === topicFilter) ?? { topicFilter, qos: undefined },
    );
  }

  private write(level: ProtocolLevel | undefined, held: readonly HeldSubscription[]): void {
    this.level = level;
    this.heldNow = held;
    const lines = held.map(({ topicFilter, qos }) => `${qos ?? "?"} ${topicFilter}`);
    const text = [this.broker, level ?? "", ...lines].join("\n");
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
  const at = "012?".indexOf(line.charAt(0));
  if (line.length < 3 || at < 0) return [];
  return [{ topicFilter: line.slice(2), qos: at < 3 ? (at as QoS) : undefined }];
}
