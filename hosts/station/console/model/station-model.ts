/** The state of the station as the console knows it. Events keep it up to date. Views read it again after each change. */
import type { DeviceEvent, DeviceFirmware, DevicePresence, DeviceSummary } from "../../shared/device.ts";
import { PUSH_LIST_DEFAULT } from "../../shared/limits.ts";
import type { Delivery, PushEvent, PushWithDeliveries } from "../../shared/push.ts";
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

/** Pushes in memory at most. Older ones can be fetched again. */
const PUSHES_MAX = 500;
/** The recipient that means every device. */
const EVERYONE = "everyone";

type Telemetry = Extract<DeviceEvent, { type: "telemetry" }>;

export class StationModel {
  /** By id. */
  readonly #pushes = new Map<string, PushWithDeliveries>();
  readonly #devices = new Map<string, DeviceSummary>();
  /** Ids of pushes whose recipients are all shown. */
  readonly #opened = new Set<string>();
  readonly #onChange: () => void;
  readonly #onLoggedOut: () => void;
  readonly #telemetryListeners = new Set<(event: Telemetry) => void>();
  /** Uids of devices with an event since the last request for all devices. */
  #news = new Set<string>();
  #stopFollowing = () => {};
  #isTold = false;
  directory: DirectoryAnswer | undefined;
  station: StationAddress | undefined;
  /** Whether the event stream is open. */
  isLive = false;
  /** Whether the station has pushes that are older than those in memory. */
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

  /** Whether the directory or the roster has this name. */
  isKnown(name: string): boolean {
    const { people = [], groups = [], devices = [] } = this.directory ?? {};
    if (name === EVERYONE || this.#devices.has(name) || people.some((person) => person.name === name)) return true;
    return [...groups, ...devices].some(({ uid }) => uid === name);
  }

  /** Fetches pushes that are older than those in memory. */
  async fetchOlder(): Promise<void> {
    const oldest = this.pushes.at(-1);
    const older = await fetchPushes(oldest?.id);
    this.hasOlder = older.length >= PUSH_LIST_DEFAULT;
    for (const push of older) this.#pushes.set(push.id, push);
    this.#tell();
  }

  /** Fetches all recipients of a push, and keeps them up to date. Rejects with a sentence for the user. */
  async openPush(id: string): Promise<void> {
    this.#opened.add(id);
    const push = await fetchPush(id);
    this.#pushes.set(id, push);
    this.#tell();
  }

  closePush(id: string): void {
    this.#opened.delete(id);
  }

  /** Calls back with telemetry as it comes. Returns a function that ends it. */
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

  /** Fetches everything: at the start, and when a lost stream is back. */
  #refresh(): void {
    const failed = (error: unknown) => {
      if (error instanceof Refused && error.status === 401) this.#onLoggedOut();
    };
    fetchPushes().then((pushes) => {
      // Older pushes may have changed meanwhile, and others may lie between them and these. They are fetched again on request.
      const newest = pushes[0]?.id ?? "";
      const known = new Map(this.#pushes);
      for (const id of known.keys()) if (id <= newest) this.#pushes.delete(id);
      this.hasOlder = pushes.length >= PUSH_LIST_DEFAULT;
      // An event may have overtaken the answer.
      for (const push of pushes) this.#pushes.set(push.id, farther(push, known.get(push.id)));
      // A push that cannot be fetched now stays in the list as it is.
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
    // Answers may overtake each other. The answer to the last request is the newest.
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
      case "firmware": {
        const { device, firmware } = JSON.parse(data) as { device: string; firmware: DeviceFirmware };
        this.#devices.set(device, { uid: device, ...this.#devices.get(device), firmware });
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

  /** Calls listeners once for many events in one moment. */
  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    setTimeout(() => {
      this.#isTold = false;
      this.#onChange();
    }, 0);
  }
}

/** The later of two states of a push. */
function farther(push: PushWithDeliveries, known: PushWithDeliveries | undefined): PushWithDeliveries {
  return known && stepsOf(known) > stepsOf(push) ? known : push;
}

/** A device from the station's answer, with the events that came after the request. */
function withNews(answer: DeviceSummary | undefined, heard: DeviceSummary | undefined, uid: string): DeviceSummary {
  return {
    uid,
    ...heard,
    ...answer,
    ...(heard?.firmware && { firmware: heard.firmware }),
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
