import { DISCOVERY_BYTES_MAX } from "../limits.ts";
import { type DiscoveredSensor, discoveryTopic, encodeDiscovery } from "../payload/discovery.ts";
import { isUid } from "../payload/uid.ts";
import { type Device, keeping } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { readText, writeText } from "./text-record.ts";

/** The topic on which a document of this device stands. */
const KEY = "discovery";
const EMPTY = new Uint8Array();

/**
 * The document for Home Assistant, retained: said at each connection, with QoS 0, since the next connection says it again.
 * Where it stands is on record before it goes out, so that it is taken back, with QoS 1, when discovery is turned off or its
 * prefix is another one.
 */
export class DiscoverySource implements OutgoingSource {
  private readonly device: Device;
  private readonly sensors: readonly DiscoveredSensor[];
  private readonly topic: string | undefined;
  private standsOn: string | undefined;
  private isDue = false;
  private isTakingBack = false;

  constructor(device: Device, sensors: readonly DiscoveredSensor[]) {
    const { settings, topics, store } = device;
    const { isDiscovered, prefix } = settings.homeAssistant;
    this.device = device;
    this.sensors = sensors;
    this.topic = isDiscovered ? discoveryTopic(prefix, topics.uid) : undefined;
    this.standsOn = standingOn(readText(store, KEY), topics.uid);
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
    return this.discoveryDocument(this.topic);
  }

  private discoveryDocument(topic: string): Outgoing {
    const { topics, events } = this.device;
    const { env, uid, presence: presenceTopic, telemetry: telemetryTopic, pages: pageTopic } = topics;
    const device = { env, uid, presenceTopic, telemetryTopic, pageTopic, sensors: this.sensors };
    const { payload, left } = encodeDiscovery(device, DISCOVERY_BYTES_MAX);
    const handleSent = () => {
      this.isDue = false;
      if (left.length) events.log(`Home Assistant is not told of ${left.join(", ")}`);
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
      this.device.store.remove(KEY);
    };
    return { topic, payload: EMPTY, qos: 1, retain: true, handleSent, handleTaken };
  }

  /** False where the store failed: nothing is said that could not be taken back. */
  private record(topic: string): boolean {
    if (this.standsOn === topic) return true;
    return (
      keeping(this.device, () => {
        writeText(this.device.store, KEY, topic);
        this.standsOn = topic;
        return true;
      }) ?? false
    );
  }
}

/** undefined for a record that names no topic of this device's document. */
function standingOn(text: string | undefined, uid: string): string | undefined {
  const prefix = text?.slice(0, text.indexOf("/")) ?? "";
  return isUid(prefix) && text === discoveryTopic(prefix, uid) ? text : undefined;
}
