import { DISCOVERY_BYTES_MAX } from "../limits.ts";
import { type DiscoveredSensor, discoveryTopic, encodeDiscovery } from "../payload/discovery.ts";
import { isUid } from "../payload/uid.ts";
import type { Sensor } from "../seams.ts";
import { type Device, keeping } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import { readText, writeText } from "./text-record.ts";

/** The record of the topics that hold documents of this device, one a line. */
const KEY = "discovery";
const EMPTY = new Uint8Array();

/** The document of this device, or of one that carries sensors and that this device hears. */
interface Announcement {
  readonly topic: string;
  /** Empty for this device. */
  readonly carrier: string;
  readonly sensors: DiscoveredSensor[];
  isDue: boolean;
  /** The log has the names of the sensors that do not fit. */
  hasTold: boolean;
}

/**
 * The retained documents for Home Assistant. The device sends them at each connection with QoS 0: the next connection repeats them.
 * The device records a topic before it sends there. So it can clear the topic, with QoS 1, when discovery is turned off, the prefix
 * changes, or a device leaves the settings.
 */
export class DiscoverySource implements OutgoingSource {
  private readonly device: Device;
  private readonly announcements: readonly Announcement[];
  /** The topics on record. */
  private published: readonly string[];
  private isTakingBack = false;

  /** @param carriers the names of other devices that may carry sensors */
  constructor(
    device: Device,
    sensors: readonly (DiscoveredSensor & { readonly carrier?: string })[],
    carriers: readonly string[] = [],
  ) {
    const { settings, topics, store } = device;
    const { isDiscovered, prefix } = settings.homeAssistant;
    this.device = device;
    this.announcements = ["", ...(isDiscovered ? carriers : [])].map((carrier) => ({
      topic: isDiscovered ? discoveryTopic(prefix, topics.uid, carrier) : "",
      carrier,
      sensors: sensors.filter((sensor) => (sensor.carrier ?? "") === carrier),
      isDue: false,
      hasTold: false,
    }));
    this.published = readTopics(readText(store, KEY), topics.uid);
  }

  handleConnected(): void {
    for (const announcement of this.announcements)
      announcement.isDue = announcement.carrier === "" || announcement.sensors.length > 0;
  }

  /** A sensor that the device has only now. */
  add(sensor: Sensor): void {
    const announcement = this.announcements.find(({ carrier }) => carrier === (sensor.carrier ?? ""));
    announcement?.sensors.push(sensor);
    if (announcement) announcement.isDue = true;
  }

  next(): Outgoing | undefined {
    const due = this.announcements.find(({ isDue }) => isDue);
    if (!due || this.isTakingBack) return undefined;
    const former = this.published.find(
      (topic) => !this.announcements.some((announcement) => announcement.topic === topic),
    );
    if (former !== undefined) return this.takeBack(former);
    if (due.topic === "" || !this.record([...this.published, due.topic])) {
      due.isDue = false;
      return undefined;
    }
    return this.announce(due);
  }

  private announce(announcement: Announcement): Outgoing {
    const { topics, events } = this.device;
    const { env, uid, presence: presenceTopic, telemetry: telemetryTopic, pages: pageTopic } = topics;
    const { topic, carrier, sensors } = announcement;
    const described = { env, uid, presenceTopic, telemetryTopic, pageTopic, carrier, sensors };
    const { payload, omitted } = encodeDiscovery(described, DISCOVERY_BYTES_MAX);
    const handleSent = () => {
      announcement.isDue = false;
      if (omitted.length && !announcement.hasTold)
        events.log(`the document for Home Assistant has no room for ${omitted.join(", ")}`);
      announcement.hasTold = true;
    };
    return { topic, payload, qos: 0, retain: true, handleSent };
  }

  private takeBack(topic: string): Outgoing {
    const handleSent = () => {
      this.isTakingBack = true;
    };
    const handleTaken = () => {
      this.isTakingBack = false;
      this.record(this.published.filter((each) => each !== topic));
    };
    return { topic, payload: EMPTY, qos: 1, retain: true, handleSent, handleTaken };
  }

  /** Returns false where the store failed. Then the document is not sent, since the device could not clear it later. */
  private record(topics: readonly string[]): boolean {
    const distinct = topics.filter((topic, index) => topics.indexOf(topic) === index);
    if (distinct.length === this.published.length) return true;
    return (
      keeping(this.device, () => {
        if (distinct.length === 0) this.device.store.remove(KEY);
        else writeText(this.device.store, KEY, distinct.join("\n"));
        this.published = distinct;
        return true;
      }) ?? false
    );
  }
}

/** Leaves out what is no topic of a document of this device. */
function readTopics(text: string | undefined, uid: string): readonly string[] {
  return (text?.split("\n") ?? []).filter((topic) => {
    const [prefix = "", , , carrier = "", end] = topic.split("/");
    return isUid(prefix) && topic === discoveryTopic(prefix, uid, end === undefined ? "" : carrier);
  });
}
