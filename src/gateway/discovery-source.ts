import { DISCOVERY_BYTES_MAX } from "../limits.ts";
import { type DiscoveredSensor, discoveryTopic, encodeDiscovery } from "../payload/discovery.ts";
import { isUid } from "../payload/uid.ts";
import { type Device, keeping } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { readText, writeText } from "./text-record.ts";

/** The record of the topic that holds a document of this device. */
const KEY = "discovery";
const EMPTY = new Uint8Array();

/**
 * The retained document for Home Assistant. The device sends it at each connection with QoS 0: the next connection repeats it.
 * The device records its topic before it sends it. So it can clear the topic, with QoS 1, when discovery is turned off or the
 * prefix changes.
 */
export class DiscoverySource implements OutgoingSource {
  private readonly device: Device;
  private readonly sensors: readonly DiscoveredSensor[];
  private readonly topic: string | undefined;
  private publishedTopic: string | undefined;
  private isDue = false;
  private isTakingBack = false;
  /** The log has the names of the sensors that do not fit. */
  private hasTold = false;

  constructor(device: Device, sensors: readonly DiscoveredSensor[]) {
    const { settings, topics, store } = device;
    const { isDiscovered, prefix } = settings.homeAssistant;
    this.device = device;
    this.sensors = sensors;
    this.topic = isDiscovered ? discoveryTopic(prefix, topics.uid) : undefined;
    this.publishedTopic = readPublishedTopic(readText(store, KEY), topics.uid);
  }

  handleConnected(): void {
    this.isDue = true;
  }

  next(): Outgoing | undefined {
    if (!this.isDue || this.isTakingBack) return undefined;
    if (this.publishedTopic !== undefined && this.publishedTopic !== this.topic)
      return this.takeBack(this.publishedTopic);
    if (this.topic === undefined || !this.record(this.topic)) {
      this.isDue = false;
      return undefined;
    }
    return this.discoveryDocument(this.topic);
  }

  private discoveryDocument(topic: string): Outgoing {
    const { topics, events } = this.device;
    const { env, uid, presence: presenceTopic, telemetry: telemetryTopic, pages: pageTopic } = topics;
    const device = { env, uid, presenceTopic, telemetryTopic, pageTopic, sensors: this.sensors };
    const { payload, omitted } = encodeDiscovery(device, DISCOVERY_BYTES_MAX);
    const handleSent = () => {
      this.isDue = false;
      if (omitted.length && !this.hasTold)
        events.log(`the document for Home Assistant has no room for ${omitted.join(", ")}`);
      this.hasTold = true;
    };
    return { topic, payload, qos: 0, retain: true, handleSent };
  }

  private takeBack(topic: string): Outgoing {
    const handleSent = () => {
      this.isTakingBack = true;
    };
    const handleTaken = () => {
      this.isTakingBack = false;
      this.publishedTopic = undefined;
      this.device.store.remove(KEY);
    };
    return { topic, payload: EMPTY, qos: 1, retain: true, handleSent, handleTaken };
  }

  /** Returns false where the store failed. Then the document is not sent, since the device could not clear it later. */
  private record(topic: string): boolean {
    if (this.publishedTopic === topic) return true;
    return (
      keeping(this.device, () => {
        writeText(this.device.store, KEY, topic);
        this.publishedTopic = topic;
        return true;
      }) ?? false
    );
  }
}

/** Returns undefined for a record that is no topic of this device's document. */
function readPublishedTopic(text: string | undefined, uid: string): string | undefined {
  const prefix = text?.slice(0, text.indexOf("/")) ?? "";
  return isUid(prefix) && text === discoveryTopic(prefix, uid) ? text : undefined;
}
