/**
 * Loads one image into the slot that does not run. It opens connections through its host until the image is there. A loss of the
 * connection costs nothing that came before.
 *
 * The host tells it what happened (`handle…`), then drains `pollTransmit` and `pollEvent`, and sets its timer to `pollTimeout`.
 */
import { messageOf } from "../errors.ts";
import {
  OPEN_TIMEOUT_MS,
  UPDATE_PATIENCE_MS,
  UPDATE_RETRY_BASE_MS,
  UPDATE_RETRY_MAX_MS,
  UPDATE_STALL_MS,
} from "../limits.ts";
import type { ImageAddress } from "./address.ts";
import type { Sha512 } from "./ed25519.ts";
import { DownloadError, HttpDownload, Restarted } from "./http-download.ts";
import { decodeImageHeader, IMAGE_HEADER_BYTES, type ImageHeader, type Installed, whyNotInstall } from "./image.ts";
import { formatVersion } from "./version.ts";

/** The slot that does not run. All methods throw what the flash throws. */
export interface ImageSlot {
  /** Its size, a multiple of `blockBytes`. */
  readonly bytes: number;
  readonly blockBytes: number;
  /** Erases a block and writes these bytes at its beginning. */
  writeBlock(index: number, bytes: Uint8Array): void;
  /** SHA-512 of the first `length` bytes, read from the flash. */
  digest(length: number): Uint8Array;
  /** What is in the slot starts next, on trial: if it is not confirmed, the former program starts after it. */
  activate(): void;
}

export interface UpdateTask {
  readonly address: ImageAddress;
  /** The version that is expected. */
  readonly version?: string | undefined;
  /** An older image, or the same once more, is taken. */
  readonly mayBeOlder: boolean;
}

export type UpdaterEvent =
  /** Open a connection, and answer with `handleConnected` or `handleClosed`. */
  | { readonly type: "open"; readonly address: ImageAddress }
  | { readonly type: "close" }
  | { readonly type: "progress"; readonly version: string; readonly percent: number }
  | { readonly type: "lost"; readonly reason: string; readonly retryMs: number }
  /** The image is in the slot and is what was signed. */
  | { readonly type: "loaded"; readonly version: string }
  | { readonly type: "failed"; readonly reason: string };

/** How often progress is told. */
const PROGRESS_PERCENT = 5;

export class Updater {
  private readonly task: UpdateTask;
  private readonly installed: Installed;
  private readonly slot: ImageSlot;
  private readonly sha512: Sha512;
  private readonly download: HttpDownload;
  private readonly events: UpdaterEvent[] = [];
  private readonly headerBytes = new Uint8Array(IMAGE_HEADER_BYTES);
  private readonly block: Uint8Array;
  private header: ImageHeader | undefined;
  private blockLength = 0;
  private blockIndex = 0;
  private toldPercent = 0;
  private request: Uint8Array | undefined;
  private state: "waiting" | "opening" | "receiving" | "ended" = "waiting";
  /** When to open a connection, or when to give one up. */
  private wakeMs: number | undefined;
  private failures = 0;
  private progressMs = 0;

  constructor(task: UpdateTask, installed: Installed, slot: ImageSlot, sha512: Sha512) {
    this.task = task;
    this.installed = installed;
    this.slot = slot;
    this.sha512 = sha512;
    const { board, version } = installed;
    this.download = new HttpDownload(task.address, `Fieldpager/${formatVersion(version)} (${board})`);
    this.block = new Uint8Array(slot.blockBytes);
  }

  start(nowMs: number): void {
    this.progressMs = nowMs;
    this.open(nowMs);
  }

  /** The network is back. The updater does not wait for the end of the back-off. */
  handleNetworkChanged(nowMs: number): void {
    if (this.state === "waiting") this.open(nowMs);
  }

  handleConnected(nowMs: number): void {
    if (this.state !== "opening") return;
    this.state = "receiving";
    this.request = this.download.request();
    this.wakeMs = nowMs + UPDATE_STALL_MS;
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (this.state !== "receiving") return;
    try {
      this.take(this.download.handleBytes(bytes));
      if (bytes.length > 0) {
        this.progressMs = nowMs;
        this.failures = 0;
        this.wakeMs = nowMs + UPDATE_STALL_MS;
      }
      if (this.download.isComplete) this.finish();
    } catch (error) {
      if (error instanceof Restarted) this.beginAnew();
      if (error instanceof DownloadError && error.isPassing) this.retry(error.message, nowMs);
      else this.end({ type: "failed", reason: messageOf(error) });
    }
  }

  /** @param isRefusal another attempt would fail in the same way */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    if (this.state === "ended" || this.state === "waiting") return;
    if (isRefusal) this.end({ type: "failed", reason });
    else this.retry(reason, nowMs);
  }

  handleTimeout(nowMs: number): void {
    if (this.wakeMs === undefined || nowMs < this.wakeMs) return;
    if (this.state === "waiting") this.open(nowMs);
    else this.retry(this.state === "opening" ? "the connection takes too long" : "the server sends nothing", nowMs);
  }

  pollTransmit(): Uint8Array | undefined {
    const { request } = this;
    this.request = undefined;
    return request;
  }

  pollEvent(): UpdaterEvent | undefined {
    return this.events.shift();
  }

  /** When to call `handleTimeout`, or undefined. */
  pollTimeout(): number | undefined {
    return this.wakeMs;
  }

  private open(nowMs: number): void {
    this.state = "opening";
    this.wakeMs = nowMs + OPEN_TIMEOUT_MS;
    this.events.push({ type: "open", address: this.task.address });
  }

  private retry(reason: string, nowMs: number): void {
    this.events.push({ type: "close" });
    if (nowMs - this.progressMs >= UPDATE_PATIENCE_MS) {
      this.end({ type: "failed", reason });
      return;
    }
    const retryMs = Math.min(UPDATE_RETRY_MAX_MS, UPDATE_RETRY_BASE_MS * 2 ** this.failures);
    this.failures += 1;
    this.state = "waiting";
    this.wakeMs = nowMs + retryMs;
    this.events.push({ type: "lost", reason, retryMs });
  }

  private end(event: UpdaterEvent): void {
    if (this.state !== "waiting") this.events.push({ type: "close" });
    this.state = "ended";
    this.wakeMs = undefined;
    this.events.push(event);
  }

  private beginAnew(): void {
    this.download.begin();
    this.header = undefined;
    this.blockLength = 0;
    this.blockIndex = 0;
    this.toldPercent = 0;
  }

  /** Takes the next bytes of the file. They may be few or many. Throws an error for the person who asked for the update. */
  private take(bytes: Uint8Array): void {
    let rest = bytes;
    const before = this.download.received - bytes.length;
    if (before < IMAGE_HEADER_BYTES) {
      const part = rest.subarray(0, IMAGE_HEADER_BYTES - before);
      this.headerBytes.set(part, before);
      rest = rest.subarray(part.length);
      if (before + part.length === IMAGE_HEADER_BYTES) this.takeHeader();
    }
    while (rest.length > 0) {
      const part = rest.subarray(0, this.block.length - this.blockLength);
      this.block.set(part, this.blockLength);
      this.blockLength += part.length;
      rest = rest.subarray(part.length);
      if (this.blockLength === this.block.length) this.writeBlock();
    }
    this.tellProgress();
  }

  private takeHeader(): void {
    const refusal = whyNotInstall(this.headerBytes, this.installed, {
      slotBytes: this.slot.bytes,
      mayBeOlder: this.task.mayBeOlder,
      sha512: this.sha512,
    });
    if (refusal !== undefined) throw new DownloadError(refusal);
    const header = decodeImageHeader(this.headerBytes);
    const version = formatVersion(header.version);
    if ((this.task.version ?? version) !== version)
      throw new DownloadError(`the image is ${version}, expected ${this.task.version}`);
    const { total } = this.download;
    if (total !== IMAGE_HEADER_BYTES + header.length)
      throw new DownloadError(`the file has ${total} bytes, its header says ${IMAGE_HEADER_BYTES + header.length}`);
    this.header = header;
  }

  private writeBlock(): void {
    this.slot.writeBlock(this.blockIndex, this.block.subarray(0, this.blockLength));
    this.blockIndex += 1;
    this.blockLength = 0;
  }

  private tellProgress(): void {
    if (!this.header) return;
    const part = (100 * (this.download.received - IMAGE_HEADER_BYTES)) / this.header.length;
    const percent = Math.floor(part / PROGRESS_PERCENT) * PROGRESS_PERCENT;
    if (percent <= this.toldPercent) return;
    this.toldPercent = percent;
    this.events.push({ type: "progress", version: formatVersion(this.header.version), percent });
  }

  private finish(): void {
    const { header, slot } = this;
    if (!header) throw new DownloadError("the file ends within its header");
    if (this.blockLength > 0) this.writeBlock();
    const digest = slot.digest(header.length);
    if (!header.digest.every((byte, at) => byte === digest[at]))
      throw new DownloadError("the program in the image is not the one that was signed");
    this.end({ type: "loaded", version: formatVersion(header.version) });
  }
}
