/** What the console knows of the station, kept up by its events. Views ask for it anew whenever it has changed. */
import type { DeviceEvent, DevicePresence, DeviceSummary } from "../device.ts";
import type { Delivery, PushEvent, PushWithDeliveries } from "../push.ts";
import { PUSH_LIST_DEFAULT } from "../station-limits.ts";
import { followEvents, type SharedEvent } from "./shared-events.ts";
import {
  type DirectoryAnswer,
  fetchDevices,
  fetchDirectory,
  fetchPush,
  fetchPushes,
  fetchSession,
  fetchStation,
  Refused,
  type StationAddress,
} from "./station-client.ts";

/** Pushes kept while new ones come; older ones can be fetched again. */
const PUSHES_MAX = 500;
/** The recipient that means every device. */
const EVERYONE = "everyone";

type Telemetry = Extract<DeviceEvent, { type: "telemetry" }>;

export class StationModel {
  /** By id. */
  readonly #pushes = new Map<string, PushWithDeliveries>();
  readonly #devices = new Map<string, DeviceSummary>();
  /** Pushes of which all recipients are wanted. */
  readonly #opened = new Set<string>();
  readonly #onChange: () => void;
  readonly #onLoggedOut: () => void;
  readonly #telemetryListeners = new Set<(event: Telemetry) => void>();
  /** Devices of which something was heard since they were last asked for. */
  #news = new Set<string>();
  #stopFollowing = () => {};
  #isTold = false;
  directory: DirectoryAnswer | undefined;
  station: StationAddress | undefined;
  /** Whether the stream stands. */
  isLive = false;
  /** Whether there are older pushes than those that are known. */
  hasOlder = false;

  constructor(onChange: () => void, onLoggedOut: () => void) {
    this.#onChange = onChange;
    this.#onLoggedOut = onLoggedOut;
  }

  /** Fetches and follows, until the returned function is called. */
  start(): () => void {
    this.#stopFollowing = followEvents((event) => this.#take(event));
    this.#refresh();
    return () => this.#stopFollowing();
  }

  /** Newest first. */
  get pushes(): readonly PushWithDeliveries[] {
    return [...this.#pushes.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** By uid. */
  get devices(): readonly DeviceSummary[] {
    return [...this.#devices.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  /** Whether there is somebody of this name, in the directory or heard of. */
  isKnown(name: string): boolean {
    const { people = [], groups = [], devices = [] } = this.directory ?? {};
    if (name === EVERYONE || this.#devices.has(name) || people.some((person) => person.name === name)) return true;
    return [...groups, ...devices].some(({ uid }) => uid === name);
  }

  /** Fetches pushes that are older than those that are known. */
  async fetchOlder(): Promise<void> {
    const oldest = this.pushes.at(-1);
    const older = await fetchPushes(oldest?.id);
    this.hasOlder = older.length >= PUSH_LIST_DEFAULT;
    for (const push of older) this.#pushes.set(push.id, push);
    this.#tell();
  }

  /** Fetches all recipients of a push and keeps them up from now on. Rejects with what is to be shown. */
  async openPush(id: string): Promise<void> {
    this.#opened.add(id);
    const push = await fetchPush(id);
    this.#pushes.set(id, push);
    this.#tell();
  }

  closePush(id: string): void {
    this.#opened.delete(id);
  }

  /** Calls back with telemetry as it comes. Returns what ends it. */
  listenToTelemetry(listener: (event: Telemetry) => void): () => void {
    this.#telemetryListeners.add(listener);
    return () => this.#telemetryListeners.delete(listener);
  }

  /** The stream also ends with the login. */
  #checkLogin(): void {
    fetchSession().catch((error) => {
      if (error instanceof Refused && error.status === 401) this.#onLoggedOut();
    });
  }

  /** Fetches everything anew: at the start, and when the stream stands again after something was missed. */
  #refresh(): void {
    const failed = (error: unknown) => {
      if (error instanceof Refused && error.status === 401) this.#onLoggedOut();
    };
    fetchPushes().then((pushes) => {
      // What is older may have changed unseen, and between it and these there may be others: it is fetched again when asked for.
      const newest = pushes[0]?.id ?? "";
      const known = new Map(this.#pushes);
      for (const id of known.keys()) if (id <= newest) this.#pushes.delete(id);
      this.hasOlder = pushes.length >= PUSH_LIST_DEFAULT;
      // An event may have overtaken the answer.
      for (const push of pushes) this.#pushes.set(push.id, farther(push, known.get(push.id)));
      // One that cannot be fetched now stays as it is in the list.
      for (const id of this.#opened) if (this.#pushes.has(id)) this.openPush(id).catch(() => {});
      this.#tell();
    }, failed);
    fetchStation().then((station) => {
      this.station = station;
      this.#tell();
    }, failed);
    this.#refreshDevices(failed);
  }

  #refreshDevices(failed: (error: unknown) => void = () => {}): void {
    const news = new Set<string>();
    this.#news = news;
    // Answers may overtake each other: the one that was asked for last knows most.
    fetchDevices().then((devices) => {
      if (news !== this.#news) return;
      const known = new Map(this.#devices);
      this.#devices.clear();
      for (const device of devices) this.#devices.set(device.uid, device);
      for (const uid of news) this.#devices.set(uid, withNews(this.#devices.get(uid), known.get(uid), uid));
      this.#tell();
    }, failed);
    fetchDirectory().then((directory) => {
      if (news !== this.#news) return;
      this.directory = directory;
      this.#tell();
    }, failed);
  }

  #take({ type, data }: SharedEvent): void {
    switch (type) {
      case "open":
        this.isLive = true;
        this.#refresh();
        break;
      case "lost":
        this.isLive = false;
        this.#checkLogin();
        break;
      case "push":
        this.#takePush(JSON.parse(data) as PushWithDeliveries);
        break;
      case "delivery":
        this.#takeDelivery(JSON.parse(data) as Extract<PushEvent, { type: "delivery" }>);
        break;
      case "presence": {
        const { device, presence } = JSON.parse(data) as { device: string; presence: DevicePresence };
        this.#devices.set(device, { uid: device, ...this.#devices.get(device), presence });
        this.#news.add(device);
        break;
      }
      case "telemetry": {
        const event = JSON.parse(data) as Telemetry;
        const { device } = event;
        this.#devices.set(device, { uid: device, ...this.#devices.get(device), telemetryAtMs: Date.now() });
        this.#news.add(device);
        for (const listener of this.#telemetryListeners) listener(event);
        break;
      }
      case "directory":
        this.#refreshDevices();
        break;
    }
    this.#tell();
  }

  #takePush(push: PushWithDeliveries): void {
    this.#pushes.set(push.id, push);
    if (this.#pushes.size <= PUSHES_MAX) return;
    const oldest = this.pushes.at(-1);
    if (oldest) this.#pushes.delete(oldest.id);
    this.hasOlder = true;
  }

  #takeDelivery({ id, delivery, progress }: Extract<PushEvent, { type: "delivery" }>): void {
    const push = this.#pushes.get(id);
    if (push) this.#pushes.set(id, { ...push, progress, deliveries: replaced(push.deliveries, delivery) });
  }

  /** Many events in one moment are one change. */
  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    setTimeout(() => {
      this.#isTold = false;
      this.#onChange();
    }, 0);
  }
}

/** The one that has got farther: of two states of a push the later one. */
function farther(push: PushWithDeliveries, known: PushWithDeliveries | undefined): PushWithDeliveries {
  return known && stepsOf(known) > stepsOf(push) ? known : push;
}

/** A device as the station answered, with what was heard of it after it was asked. */
function withNews(answer: DeviceSummary | undefined, heard: DeviceSummary | undefined, uid: string): DeviceSummary {
  return {
    uid,
    ...heard,
    ...answer,
    ...(heard?.presence && { presence: heard.presence }),
    ...(heard?.telemetryAtMs !== undefined && { telemetryAtMs: heard.telemetryAtMs }),
  };
}

function stepsOf({ progress }: PushWithDeliveries): number {
  return Object.values(progress).reduce((sum, count) => sum + count, 0);
}

function replaced(deliveries: readonly Delivery[], delivery: Delivery): readonly Delivery[] {
  return deliveries.map((each) => (each.device === delivery.device ? delivery : each));
}
