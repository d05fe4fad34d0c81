import { fnv1a, hexWord } from "../fnv.ts";
import type { HeldSubscription, ProtocolLevel, QoS, Subscription } from "../mqtt/packet.ts";
import { removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";
import { readText, writeText } from "./text-record.ts";

/**
 * What is remembered of a broker across reboots: the subscriptions that it may hold for this device, and the version that it
 * speaks. So a device with its session present sends no SUBSCRIBE, and takes back what the settings do not name any more.
 *
 * | record | holds |
 * |---|---|
 * | `b-<hash of the address>` | lines of text: host and port; 4 or 5, or nothing; then `<QoS> <topic filter>` each, `?` for a QoS that is in doubt |
 */
export class BrokerRecord {
  private readonly store: Store;
  private readonly key: string;
  private readonly broker: string;
  private readonly wanted: readonly Subscription[];
  private level: ProtocolLevel | undefined;
  private heldNow: readonly HeldSubscription[] = [];
  /** What was held before the connection that is being made. */
  private heldBefore: readonly HeldSubscription[] = [];
  private written = "";

  /** @param broker host and port @param wanted none: others subscribe for this device, and nothing of that is remembered */
  constructor(store: Store, broker: string, wanted: readonly Subscription[]) {
    this.store = store;
    this.key = `b-${hexWord(fnv1a(encodeUtf8(broker)))}`;
    this.broker = broker;
    this.wanted = wanted;
    // Of two brokers with one hash the one that was connected to last is remembered: the first line decides whose it is.
    let text = readText(store, this.key) ?? "";
    if (text.split("\n")[0] !== broker) text = readText(store, OLD_KEY) ?? "";
    else this.written = text;
    const [name, level, ...lines] = text.split("\n");
    if (name !== broker) return;
    this.level = level === "4" ? 4 : level === "5" ? 5 : undefined;
    if (wanted.length > 0) this.heldNow = lines.flatMap(heldOf);
  }

  /** What the broker may hold for this device. */
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
   * CONNECT is about to leave. From now until CONNACK nobody knows whether the broker still has the session: should the power
   * fail in between, the next life asks for its subscriptions again. Throws what the store throws.
   */
  handleConnecting(): void {
    this.heldBefore = this.heldNow;
    this.write(this.level, this.doubtful);
  }

  /** A broker without our session has forgotten the subscriptions, also where the connection ends before SUBACK. */
  handleConnected(level: ProtocolLevel, sessionPresent: boolean): void {
    this.write(level, sessionPresent ? [...this.heldBefore, ...this.askedAnew] : this.doubtful);
  }

  /** What is wanted and was not held before: its SUBSCRIBE may have left when the power fails. */
  private get askedAnew(): readonly HeldSubscription[] {
    const isNew = ({ topicFilter }: Subscription) => !this.heldBefore.some((held) => held.topicFilter === topicFilter);
    return this.wanted.filter(isNew).map(({ topicFilter }) => ({ topicFilter, qos: undefined }));
  }

  /** What was held, and what may be asked for. */
  private get doubtful(): readonly HeldSubscription[] {
    const filters = new Set([...this.heldNow, ...this.wanted].map(({ topicFilter }) => topicFilter));
    return [...filters].map((topicFilter) => ({ topicFilter, qos: undefined }));
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

/** Older firmware had one record for the broker, and before that one for its subscriptions alone, which are asked for again. */
const OLD_KEY = "broker";
const OLDEST_KEY = "subscribed";

/** A line that is not what was written holds nothing. */
function heldOf(line: string): readonly HeldSubscription[] {
  const at = "012?".indexOf(line.charAt(0));
  if (line.length < 3 || at < 0) return [];
  return [{ topicFilter: line.slice(2), qos: at < 3 ? (at as QoS) : undefined }];
}
