/** Updates of devices: the command to each, the image for it, and what it answers. In memory only. */

import { randomBytes } from "node:crypto";
import type { ReadStream } from "node:fs";
import { decodeJsonObject } from "../../../src/payload/json.ts";
import { DEVICES_WATCHED_MAX, UPDATE_ORDER_SECONDS } from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import type { DeviceUpdate, FirmwareImage } from "../shared/update.ts";
import type { ImageFolder } from "./image-folder.ts";

interface Job {
  readonly device: string;
  readonly image: FirmwareImage;
  /** Id of the command. */
  readonly id: string;
  /** Whoever knows it may fetch the image. Only the device is told it. */
  readonly token: string;
  state: DeviceUpdate["state"];
  sentBytes: number;
  words: string;
  changedAtMs: number;
}

/** The path behind which images lie, with the token of a job after it. */
export const IMAGE_PATH = "/images/";

/** Random bytes of an id and of a token. */
const ID_BYTES = 8;
const TOKEN_BYTES = 24;

export interface Order {
  readonly device: string;
  readonly image: FirmwareImage;
  /** An older image, or the same once more, is taken. */
  readonly isDowngrade: boolean;
}

export class DeviceUpdates {
  readonly #env: string;
  readonly #broker: MessageBroker;
  readonly #folder: ImageFolder;
  /** By device. */
  readonly #jobs = new Map<string, Job>();

  constructor(env: string, broker: MessageBroker, folder: ImageFolder) {
    this.#env = env;
    this.#broker = broker;
    this.#folder = folder;
  }

  /** Begins to listen to the results. */
  start(): void {
    this.#broker.watch(`/${this.#env}/cmd/+/result`, (topic, payload) => this.#takeResult(topic, payload));
  }

  /** By device. */
  list(): readonly DeviceUpdate[] {
    const updates = [...this.#jobs.values()].map(({ device, image, state, sentBytes, words, changedAtMs }) => {
      const percent = Math.floor((100 * sentBytes) / image.bytes);
      return { device, version: image.version, state, percent, words, changedAtMs };
    });
    return updates.sort((a, b) => (a.device < b.device ? -1 : 1));
  }

  /**
   * Sends the command. The device may be away: the command waits for it at the broker.
   * @param address of this station, as the device reaches it, without a slash at the end
   */
  async order({ device, image, isDowngrade }: Order, address: string): Promise<void> {
    const job: Job = {
      device,
      image,
      id: randomBytes(ID_BYTES).toString("hex"),
      token: randomBytes(TOKEN_BYTES).toString("base64url"),
      state: "ordered",
      sentBytes: 0,
      words: "",
      changedAtMs: Date.now(),
    };
    this.#jobs.delete(device);
    this.#jobs.set(device, job);
    const [oldest] = this.#jobs.keys();
    if (this.#jobs.size > DEVICES_WATCHED_MAX && oldest !== undefined) this.#jobs.delete(oldest);
    const command = {
      id: job.id,
      at: Math.floor(Date.now() / 1000),
      ex: UPDATE_ORDER_SECONDS,
      do: "update",
      url: `${address}${IMAGE_PATH}${job.token}`,
      version: image.version,
      ...(isDowngrade && { downgrade: true }),
    };
    const payload = Buffer.from(JSON.stringify(command));
    await this.#broker.publish({ topic: `/${this.#env}/cmd/${device}`, payload });
  }

  /** The image for which this is the token, from a byte on; what is read of it counts as progress. undefined: there is none. */
  fetch(token: string): { readonly bytes: number; read(from: number): ReadStream } | undefined {
    const job = [...this.#jobs.values()].find((each) => each.token === token);
    if (!job || job.state === "done" || job.state === "failed") return undefined;
    const read = (from: number) => {
      const stream = this.#folder.read(job.image, from);
      let at = from;
      stream.on("data", (chunk) => {
        at += chunk.length;
        job.sentBytes = at;
        change(job, at === job.image.bytes ? "starting" : "loading");
      });
      return stream;
    };
    return { bytes: job.image.bytes, read };
  }

  #takeResult(topic: string, payload: Uint8Array): void {
    const [, , , device = ""] = topic.split("/");
    const job = this.#jobs.get(device);
    if (!job) return;
    let result: ReturnType<typeof decodeJsonObject>;
    try {
      result = decodeJsonObject(payload, "result");
    } catch {
      return;
    }
    if (result.id !== job.id) return;
    const { ok, error, note } = result;
    // The first result only says that the device begins.
    if (ok === true && note !== `running ${job.image.version}`) return;
    job.words = String(error ?? note ?? "");
    change(job, ok === true ? "done" : "failed");
  }
}

function change(job: Job, state: DeviceUpdate["state"]): void {
  job.state = state;
  job.changedAtMs = Date.now();
}
