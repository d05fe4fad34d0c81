import { DISCOVERY_BYTES_MAX } from "../limits.ts";
import { type DiscoveredSensor, discoveryTopic, encodeDiscovery } from "../payload/discovery.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { Journal } from "./journal.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import { readText } from "./text-record.ts";
import type { Topics } from "./topics.ts";

export interface DiscoverySourceOptions {
  readonly topics: Topics;
  readonly settings: Settings["homeAssistant"];
  readonly store: Store;
  readonly journal: Journal;
  readonly sensors: readonly DiscoveredSensor[];
}

/** The topic on which a document of this device stands. */
const KEY = "discovery";
const EMPTY = new Uint8Array();

/**
 * The document for Home Assistant, retained: said at each connection, with QoS 0, since the next connection says it again.
 * Where it stands is on record before it goes out, so that it is taken back, with QoS 1, when discovery is turned off or its
 * prefix is another one.
 */
export class DiscoverySource implements OutgoingSource {
  private readonly options: DiscoverySourceOptions;
  private readonly topic: string | undefined;
  private standsOn: string | undefined;
  private isDue = false;
  private isTakingBack = false;

  constructor(options: DiscoverySourceOptions) {
    const { settings, topics, store } = options;
    this.options = options;
    this.topic = settings.isDiscovered ? discoveryTopic(settings.prefix, topics.uid) : undefined;
    this.standsOn = readText(store, KEY);
  }

  handleConnected(): void {
    this.isDue = true;
  }

  next(): Outgoing | undefined {
    if (!this.isDue || this.isTakingBack) return undefined;
    if (this.standsOn !== undefined && this.standsOn !== this.topic) return this.takeBack(this.standsOn);
    if (this.topic === undefined || !this.record(this.topic)) {
      this.isDue = false;
      return undefined;
    }
    return this.document(this.topic);
  }

  private document(topic: string): Outgoing {
    const { topics, sensors, journal } = this.options;
    const { env, uid, presence: presenceTopic, telemetry: telemetryTopic, pages: pageTopic } = topics;
    const device = { env, uid, presenceTopic, telemetryTopic, pageTopic, sensors };
    const { payload, left } = encodeDiscovery(device, DISCOVERY_BYTES_MAX);
    const handleSent = () => {
      this.isDue = false;
      if (left.length) journal.log(`Home Assistant is not told of ${left.join(", ")}`);
    };
    return { topic, payload, qos: 0, retain: true, handleSent };
  }

  private takeBack(topic: string): Outgoing {
    const handleSent = () => {
      this.isTakingBack = true;
    };
    const handleTaken = () => {
      this.isTakingBack = false;
      this.standsOn = undefined;
      this.options.store.remove(KEY);
    };
    return { topic, payload: EMPTY, qos: 1, retain: true, handleSent, handleTaken };
  }

  /** False where the store failed: nothing is said that could not be taken back. */
  private record(topic: string): boolean {
    if (this.standsOn === topic) return true;
    const { journal, store } = this.options;
    return (
      journal.keeping(() => {
        store.write(KEY, encodeUtf8(topic));
        this.standsOn = topic;
        return true;
      }) ?? false
    );
  }
}
