import { fnv1a, hexWord } from "../fnv.ts";
import type { ProtocolLevel, Subscription } from "../mqtt/packet.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";
import { readText } from "./text-record.ts";

/**
 * What is remembered of a broker across reboots: which subscriptions it has granted, so that a device with its session
 * present sends no SUBSCRIBE, and one whose firmware wants others, or that was cut off before SUBACK, does; and which version
 * it speaks, so that it is not asked again. One record a broker, `b-<hash of its address>`.
 */
export class BrokerRecord {
  private readonly store: Store;
  private readonly key: string;
  private readonly broker: string;
  private readonly wanted: string;
  private level: ProtocolLevel | undefined;
  private granted = "";
  /** What was granted before the connection that is being made. */
  private grantedBefore = "";

  /** @param broker host and port */
  constructor(store: Store, broker: string, subscriptions: readonly Subscription[]) {
    this.store = store;
    this.key = `b-${hexWord(fnv1a(encodeUtf8(broker)))}`;
    this.broker = broker;
    this.wanted = subscriptions.map(({ topicFilter, qos }) => `${qos} ${topicFilter}`).join("\n");
    const [name, level, ...granted] = readText(store, this.key)?.split("\n") ?? [];
    if (name !== broker) return;
    this.level = level === "4" ? 4 : level === "5" ? 5 : undefined;
    this.granted = granted.join("\n");
  }

  get isGranted(): boolean {
    return this.granted === this.wanted;
  }

  /** The version that this broker accepted last, or undefined. */
  get protocolLevel(): ProtocolLevel | undefined {
    return this.level;
  }

  /** Throws what the store throws. */
  setGranted(isGranted: boolean): void {
    this.write(this.level, isGranted ? this.wanted : "");
  }

  /**
   * CONNECT is about to leave. From now until CONNACK nobody knows whether the broker still has the session: should the power
   * fail in between, the next life asks for its subscriptions again.
   */
  handleConnecting(): void {
    this.grantedBefore = this.granted;
    this.write(this.level, "");
  }

  /** A broker without our session has forgotten the subscriptions, also where the connection ends before SUBACK. */
  handleConnected(level: ProtocolLevel, sessionPresent: boolean): void {
    this.write(level, sessionPresent ? this.grantedBefore : "");
  }

  private write(level: ProtocolLevel | undefined, granted: string): void {
    if (level === this.level && granted === this.granted) return;
    this.level = level;
    this.granted = granted;
    this.store.write(this.key, encodeUtf8(`${this.broker}\n${level ?? ""}\n${granted}`));
  }
}
