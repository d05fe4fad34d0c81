/** Keeps presence and the newest telemetry of devices, from the messages that pass the broker. In memory only. */
import { decodeInfo } from "../../../src/payload/info.ts";
import { decodePresence, PRESENCE_STATUS } from "../../../src/payload/presence.ts";
import { decodeTelemetry } from "../decode/telemetry.ts";
import type {
  DeviceFirmware,
  DevicePresence,
  DeviceReading,
  DeviceSummary,
  PresenceWord,
  Series,
} from "../shared/device.ts";
import type { EventHub } from "../shared/event-hub.ts";
import { DEVICES_WATCHED_MAX, SERIES_MAX, SERIES_POINTS_MAX, TELEMETRY_BYTES_MAX } from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";

const WORDS: readonly (readonly [number, PresenceWord])[] = Object.freeze(
  Object.entries(PRESENCE_STATUS).map(([word, status]) => [status, word as PresenceWord] as const),
);

interface GrowingSeries {
  unit: string;
  readonly timesMs: number[];
  readonly values: number[];
}

interface Watched {
  firmware: DeviceFirmware | undefined;
  presence: DevicePresence | undefined;
  telemetryAtMs: number | undefined;
  readonly series: Map<string, GrowingSeries>;
}

export class DeviceWatch {
  /** Counts of malformed payloads, and of devices beyond the limit. */
  readonly counters = { malformed: 0, unwatched: 0 };
  readonly #env: string;
  readonly #broker: MessageBroker;
  readonly #events: EventHub;
  readonly #devices = new Map<string, Watched>();

  constructor(env: string, broker: MessageBroker, events: EventHub) {
    this.#env = env;
    this.#broker = broker;
    this.#events = events;
  }

  /** Begins to listen. The first messages are the retained presences. */
  start(): void {
    const presences = `/${this.#env}/pres/`;
    const infos = `/${this.#env}/info/`;
    const telemetries = `/${this.#env}/tele/`;
    this.#broker.watch(`${presences}+`, (topic, payload) => this.#takePresence(topic.slice(presences.length), payload));
    this.#broker.watch(`${infos}+`, (topic, payload) => this.#takeInfo(topic.slice(infos.length), payload));
    this.#broker.watch(`${telemetries}+`, (topic, payload) =>
      this.#takeTelemetry(topic.slice(telemetries.length), payload),
    );
  }

  /** Every device with a presence or telemetry. */
  list(): readonly DeviceSummary[] {
    return [...this.#devices].map(([uid, watched]) => summaryOf(uid, watched));
  }

  get(uid: string): DeviceSummary {
    const watched = this.#devices.get(uid);
    return watched ? summaryOf(uid, watched) : { uid };
  }

  series(uid: string): readonly Series[] {
    const series = this.#devices.get(uid)?.series ?? new Map<string, GrowingSeries>();
    return [...series].map(([name, { unit, timesMs, values }]) => ({ name, unit, timesMs, values }));
  }

  #takePresence(uid: string, payload: Uint8Array): void {
    // An empty payload takes back a retained presence. The device is unknown from now on.
    if (payload.length === 0) {
      if (this.#devices.delete(uid)) this.#events.emit({ type: "directory" });
      return;
    }
    const watched = this.#watch(uid);
    if (!watched) return;
    try {
      const { status, context } = decodePresence(payload);
      const word = WORDS.find(([number]) => number === status)?.[1] ?? "unknown";
      watched.presence = { status: word, context, sinceMs: Date.now() };
    } catch {
      this.counters.malformed += 1;
      return;
    }
    this.#events.emit({ type: "presence", device: uid, presence: watched.presence });
  }

  #takeInfo(uid: string, payload: Uint8Array): void {
    const watched = payload.length > 0 ? this.#watch(uid) : undefined;
    if (!watched) return;
    try {
      watched.firmware = decodeInfo(payload);
    } catch {
      this.counters.malformed += 1;
      return;
    }
    this.#events.emit({ type: "firmware", device: uid, firmware: watched.firmware });
  }

  #takeTelemetry(uid: string, payload: Uint8Array): void {
    const watched = this.#watch(uid);
    if (!watched) return;
    let readings: readonly DeviceReading[];
    try {
      if (payload.length > TELEMETRY_BYTES_MAX) throw new Error("too large");
      readings = readingsOf(payload, uid, Date.now());
    } catch {
      this.counters.malformed += 1;
      return;
    }
    watched.telemetryAtMs = Date.now();
    for (const reading of readings) append(watched, reading);
    this.#events.emit({ type: "telemetry", device: uid, readings });
  }

  #watch(uid: string): Watched | undefined {
    const known = this.#devices.get(uid);
    if (known) return known;
    if (this.#devices.size >= DEVICES_WATCHED_MAX) {
      this.counters.unwatched += 1;
      return undefined;
    }
    const watched: Watched = { firmware: undefined, presence: undefined, telemetryAtMs: undefined, series: new Map() };
    this.#devices.set(uid, watched);
    return watched;
  }
}

/** The readings that are numbers, under the names that the device gave them. Throws a `FormatError`. */
function readingsOf(payload: Uint8Array, uid: string, nowMs: number): readonly DeviceReading[] {
  return decodeTelemetry(payload).readings.flatMap(({ name, unit = "", value, timeSeconds, isRelative }) => {
    const atMs = Math.round(timeSeconds * 1000 + (isRelative ? nowMs : 0));
    // Each field is a finite number, but the sum of base and value need not be.
    if (typeof value !== "number" || !Number.isFinite(value) || !Number.isSafeInteger(atMs)) return [];
    return [{ name: name.startsWith(`${uid}/`) ? name.slice(uid.length + 1) : name, unit, value, atMs }];
  });
}

function summaryOf(uid: string, { firmware, presence, telemetryAtMs }: Watched): DeviceSummary {
  return {
    uid,
    ...(firmware && { firmware }),
    ...(presence && { presence }),
    ...(telemetryAtMs !== undefined && { telemetryAtMs }),
  };
}

/** Adds points. They come in order, except for a batch from an outage: its points go where their times say. */
function append({ series }: Watched, { name, unit, value, atMs }: DeviceReading): void {
  const known = series.get(name);
  if (!known && series.size >= SERIES_MAX) return;
  const { timesMs, values } = known ?? { timesMs: [], values: [] };
  if (!known) series.set(name, { unit, timesMs, values });
  else known.unit = unit;
  let at = timesMs.length;
  while (at > 0 && (timesMs[at - 1] as number) > atMs) at -= 1;
  if (timesMs[at - 1] === atMs) values[at - 1] = value;
  else {
    timesMs.splice(at, 0, atMs);
    values.splice(at, 0, value);
  }
  if (timesMs.length > SERIES_POINTS_MAX) {
    timesMs.shift();
    values.shift();
  }
}
