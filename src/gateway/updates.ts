/**
 * Updates, as the running gateway sees them: it writes down that one is wanted, confirms a new program when it has reached the broker,
 * and tells whoever asked how it ended. The image is loaded by a start that has no gateway.
 */
import { IMAGE_ADDRESS_BYTES_MAX, UPDATE_TRIAL_MS } from "../limits.ts";
import type { UpdateCommand } from "../payload/command.ts";
import { parseImageAddress } from "../update/address.ts";
import type { Installed } from "../update/image.ts";
import { formatVersion, parseVersion } from "../update/version.ts";
import { utf8Length } from "../utf8.ts";
import { type Device, keeping } from "./device.ts";
import { readUpdate, removeUpdate, type UpdateRecord, wantedUpdate, writeUpdate } from "./update-record.ts";

/** What a host must have for updates. */
export interface UpdateHost {
  readonly installed: Installed;
  /** The program that runs is new. Without `confirm` the next start is one of the former program. */
  readonly isOnTrial: boolean;
  /** Throws what the flash throws. */
  confirm(): void;
}

/** How an update ended, for whoever asked for it by a command. */
export interface UpdateResult {
  readonly id: string;
  readonly error?: string | undefined;
  readonly note?: string | undefined;
}

export class Updates {
  private readonly device: Device;
  private readonly host: UpdateHost | undefined;
  private isTold = false;
  /** Until then the new program must have reached the broker. undefined: it is not on trial. */
  private trialEndMs: number | undefined;

  constructor(device: Device, host: UpdateHost | undefined) {
    this.device = device;
    this.host = host;
  }

  start(nowMs: number): void {
    if (this.host?.isOnTrial) this.trialEndMs = nowMs + UPDATE_TRIAL_MS;
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    return this.trialEndMs;
  }

  /** Restarts where the new program has not proved itself. The boot loader then starts the former one. */
  handleTimeout(nowMs: number): void {
    if (this.trialEndMs === undefined || nowMs < this.trialEndMs) return;
    this.trialEndMs = undefined;
    this.device.events.log("update: this program has not reached the broker, so the former one comes back");
    this.device.events.tell({ type: "restart" });
  }

  /** The program that runs. undefined on a host that takes no updates. */
  get installed(): Installed | undefined {
    return this.host?.installed;
  }

  /** Whether the next start loads an image. */
  get isWanted(): boolean {
    return wantedUpdate(this.device.store) !== undefined;
  }

  /** Makes the next start one that loads an image. Returns why not, or undefined. Throws what the store throws. */
  want(id: string, { url = this.device.settings.updateUrl, version, mayBeOlder }: UpdateCommand): string | undefined {
    const { host } = this;
    if (!host) return "this host takes no updates";
    if (!host.installed.publicKey) return "this firmware takes no updates: it was built without a release key";
    if (host.isOnTrial) return "the last update has not proved itself so far";
    if (url === "") return "url: missing, and the setting update.url is empty";
    if (utf8Length(url) > IMAGE_ADDRESS_BYTES_MAX || !parseImageAddress(url))
      return `url: expected https://host/path of at most ${IMAGE_ADDRESS_BYTES_MAX} bytes`;
    if (version !== undefined && !parseVersion(version)) return "version: expected for example 1.2.0";
    writeUpdate(this.device.store, { stage: "wanted", id, url, version, mayBeOlder, tries: 0 });
    return undefined;
  }

  /** The broker was reached. Returns how the last update ended, once in each run until `forget` is called. */
  handleConnected(): UpdateResult | undefined {
    if (this.isTold) return undefined;
    this.isTold = true;
    return keeping(this.device, () => {
      const record = readUpdate(this.device.store);
      const isOnTrial = this.host?.isOnTrial ?? false;
      if (isOnTrial) this.host?.confirm();
      this.trialEndMs = undefined;
      const result = record && this.resultOf(record);
      if (isOnTrial || result) this.device.events.log(`update: ${result?.error ?? result?.note ?? "confirmed"}`);
      return result;
    });
  }

  /** Whoever asked for the update has been told. */
  forget(): void {
    keeping(this.device, () => removeUpdate(this.device.store));
  }

  private resultOf(record: UpdateRecord): UpdateResult | undefined {
    if (record.stage === "ended") return record;
    if (record.stage === "wanted") return undefined;
    const { id, version } = record;
    const running = formatVersion(this.host?.installed.version ?? [0, 0, 0]);
    if (running === version) return { id, note: `running ${version}` };
    return { id, error: `${version} did not reach the broker, so ${running} is back` };
  }
}
