/** Draws the text that devices cannot draw themselves (wire format, pictures of text). */
import { LRUCache } from "lru-cache";
import { FormatError } from "../../../src/errors.ts";
import { RASTER_REPLY_BYTES_MAX } from "../../../src/limits.ts";
import { isAboutPicture } from "../../../src/payload/message-picture.ts";
import {
  decodeRasterRequest,
  encodePicture,
  encodeRasterReplies,
  type RasterRequest,
} from "../../../src/payload/optional/raster.ts";
import type { Depth, SizedRun } from "../../../src/payload/raster.ts";
import { isUid } from "../../../src/payload/uid.ts";
import { RefusalLog } from "../identity/refusal-log.ts";
import { TokenBucket, TokenBuckets } from "../identity/token-bucket.ts";
import {
  DEVICES_WATCHED_MAX,
  RUN_PICTURES_MAX,
  RUN_REQUESTS_MAX,
  RUNS_PER_DEVICE,
  RUNS_TOGETHER,
} from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import { Shaper } from "./shaper.ts";

/** Bytes of a reply before its first picture, with the head of the picture. */
const REPLY_HEAD_BYTES = 6;

/** Kept in place of a picture. */
const UNDRAWABLE = "it cannot be drawn";

interface Waiting {
  readonly uid: string;
  readonly request: RasterRequest;
}

export class RunService {
  readonly #env: string;
  readonly #broker: Pick<MessageBroker, "publish" | "watch">;
  readonly #refusals = new RefusalLog();
  readonly #devices = new TokenBuckets(RUNS_PER_DEVICE, DEVICES_WATCHED_MAX);
  readonly #together = new TokenBucket(RUNS_TOGETHER, performance.now());
  /** By run, size, width and depth. */
  readonly #pictures = new LRUCache<string, Uint8Array | typeof UNDRAWABLE>({ max: RUN_PICTURES_MAX });
  readonly #waiting: Waiting[] = [];
  #isDrawing = false;
  #isStopped = false;

  constructor(env: string, broker: Pick<MessageBroker, "publish" | "watch">) {
    this.#env = env;
    this.#broker = broker;
  }

  /** Begins to take requests. The fonts are read when the first one comes. */
  start(): void {
    this.#broker.watch(`/${this.#env}/raster/+`, (topic, payload) => this.#take(topic, payload));
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting.length = 0;
  }

  /** The broker lets only the device itself publish on this topic. */
  #take(topic: string, payload: Uint8Array): void {
    const uid = topic.split("/")[3] ?? "";
    // Pictures of messages are not for this service.
    if (this.#isStopped || !isUid(uid) || isAboutPicture(payload)) return;
    try {
      const request = decodeRasterRequest(payload);
      const refusal = this.#refusalOf(uid, request.runs.length);
      if (refusal === undefined) this.#waiting.push({ uid, request });
      else this.#refusals.write(`pictures of text for ${uid}: ${refusal}`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#refusals.write(`pictures of text for ${uid}: ${error.message}`);
    }
    if (!this.#isDrawing) void this.#drawAll();
  }

  /** Why these runs are not drawn now. The device asks again later. */
  #refusalOf(uid: string, runs: number): string | undefined {
    const nowMs = performance.now();
    const device = this.#devices.of(uid, nowMs);
    if (!device.has(runs, nowMs)) return "it asks for too many";
    if (!this.#together.has(runs, nowMs) || this.#waiting.length >= RUN_REQUESTS_MAX) return "too many are asked for";
    device.take(runs, nowMs);
    this.#together.take(runs, nowMs);
    return undefined;
  }

  async #drawAll(): Promise<void> {
    this.#isDrawing = true;
    try {
      const shaper = await Shaper.open();
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        const { uid, request } = next;
        const pictures: (Uint8Array | undefined)[] = [];
        for (const run of request.runs) {
          pictures.push(this.#pictureOf(shaper, run, request));
          // A new character takes milliseconds. The broker has its turn between two runs.
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const payload of encodeRasterReplies(request, pictures, RASTER_REPLY_BYTES_MAX)) this.#reply(uid, payload);
      }
    } catch (error) {
      this.#waiting.length = 0;
      console.error(`pictures of text: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#isDrawing = false;
    }
  }

  #pictureOf(shaper: Shaper, run: SizedRun, { widthMax, depth }: RasterRequest): Uint8Array | undefined {
    const key = `${depth} ${widthMax} ${run.sizePixels} ${run.text}`;
    const known = this.#pictures.get(key);
    if (known) return known === UNDRAWABLE ? undefined : known;
    const picture = draw(shaper, run, widthMax, depth);
    this.#pictures.set(key, picture ?? UNDRAWABLE);
    return picture;
  }

  #reply(uid: string, payload: Uint8Array): void {
    const topic = `/${this.#env}/raster/${uid}/reply`;
    this.#broker.publish({ topic, payload, qos: 0 }).catch((error: Error) => {
      console.error(`pictures of text for ${uid}: ${error.message}`);
    });
  }
}

/** A picture that is too large for a reply is drawn with one bit a pixel. */
function draw(shaper: Shaper, run: SizedRun, widthMax: number, depth: Depth): Uint8Array | undefined {
  for (const bits of depth === 4 ? ([4, 1] as const) : ([1] as const)) {
    const drawn = shaper.draw(run, widthMax, bits);
    const picture = drawn && encodePicture(drawn);
    if (!picture || picture.length + REPLY_HEAD_BYTES <= RASTER_REPLY_BYTES_MAX) return picture;
  }
  return undefined;
}
