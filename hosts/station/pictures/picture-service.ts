/**
 * Shows devices the pictures of their messages (wire format, pictures of messages). A device gets only what belongs to a message that
 * was sent to it. A picture is fetched when the first piece of it is asked for.
 */
import { LRUCache } from "lru-cache";
import { FormatError } from "../../../src/errors.ts";
import { isAboutPicture, type PictureRequest } from "../../../src/payload/message-picture.ts";
import { decodePictureRequest, encodePictureReply } from "../../../src/payload/optional/message-picture.ts";
import { isUid } from "../../../src/payload/uid.ts";
import { RefusalLog } from "../identity/refusal-log.ts";
import { TokenBucket, TokenBuckets } from "../identity/token-bucket.ts";
import {
  DEVICES_WATCHED_MAX,
  PICTURE_FAILURE_MS,
  PICTURE_PIECES_PER_DEVICE,
  PICTURES_FETCHING_MAX,
  PICTURES_KEPT_MAX,
  PICTURES_PER_DEVICE,
  PICTURES_TOGETHER,
  PICTURES_WAITING_MAX,
} from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import { type DrawnPiece, drawPicture } from "./drawn-picture.ts";
import type { FetchPicture } from "./fetch-picture.ts";
import { PictureError } from "./picture-error.ts";

/** The address of a picture. undefined: that message was not sent to that device, or has no picture. */
export type PictureLinkOf = (uid: string, sender: string, id: string) => string | undefined;

/** A picture in pieces, or why there is none. */
type Outcome = readonly DrawnPiece[] | string;

const NOT_HERE = "this message has no picture here";

interface Kept {
  readonly outcome: Promise<Outcome>;
  /** When it may be tried again, in milliseconds of `performance.now()`. undefined: it stays. */
  againMs?: number;
}

export class PictureService {
  readonly #env: string;
  readonly #broker: Pick<MessageBroker, "publish" | "watch">;
  readonly #linkOf: PictureLinkOf;
  readonly #fetch: FetchPicture;
  readonly #refusals = new RefusalLog();
  readonly #pieces = new TokenBuckets(PICTURE_PIECES_PER_DEVICE, DEVICES_WATCHED_MAX);
  readonly #devices = new TokenBuckets(PICTURES_PER_DEVICE, DEVICES_WATCHED_MAX);
  readonly #together = new TokenBucket(PICTURES_TOGETHER, performance.now());
  /** By message and room. */
  readonly #kept = new LRUCache<string, Kept>({ max: PICTURES_KEPT_MAX });
  /** Those who wait until fewer pictures are being fetched. */
  readonly #waiting: (() => void)[] = [];
  #fetching = 0;
  #isStopped = false;

  constructor(
    env: string,
    broker: Pick<MessageBroker, "publish" | "watch">,
    linkOf: PictureLinkOf,
    fetch: FetchPicture,
  ) {
    this.#env = env;
    this.#broker = broker;
    this.#linkOf = linkOf;
    this.#fetch = fetch;
  }

  start(): void {
    this.#broker.watch(`/${this.#env}/raster/+`, (topic, payload) => {
      const uid = topic.split("/")[3] ?? "";
      if (isAboutPicture(payload) && isUid(uid) && !this.#isStopped) this.#take(uid, payload);
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** The broker lets only the device itself publish on this topic. */
  #take(uid: string, payload: Uint8Array): void {
    try {
      const request = decodePictureRequest(payload);
      const nowMs = performance.now();
      const pieces = this.#pieces.of(uid, nowMs);
      if (!pieces.has(1, nowMs)) {
        this.#refuse(uid, "it asks for too much");
        return;
      }
      pieces.take(1, nowMs);
      const link = this.#linkOf(uid, request.sender, request.id);
      const outcome = link === undefined ? Promise.resolve(NOT_HERE) : this.#outcomeOf(uid, request, link);
      void outcome?.then((each) => this.#reply(uid, request, each));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#refuse(uid, error.message);
    }
  }

  /** Without an answer the device asks again later. */
  #refuse(uid: string, why: string): undefined {
    this.#refusals.write(`picture of a message for ${uid}: ${why}`);
    return undefined;
  }

  #outcomeOf(uid: string, request: PictureRequest, link: string): Promise<Outcome> | undefined {
    const { colours, widthMax, heightMax, sender, id } = request;
    const key = JSON.stringify([sender, id, link, colours, widthMax, heightMax]);
    const nowMs = performance.now();
    const known = this.#kept.get(key);
    if (known && nowMs < (known.againMs ?? Number.POSITIVE_INFINITY)) return known.outcome;
    const device = this.#devices.of(uid, nowMs);
    if (!device.has(1, nowMs)) return this.#refuse(uid, "it asks for too many");
    if (!this.#together.has(1, nowMs) || this.#waiting.length >= PICTURES_WAITING_MAX)
      return this.#refuse(uid, "too many are asked for");
    device.take(1, nowMs);
    this.#together.take(1, nowMs);
    const kept: Kept = { outcome: this.#load(link, request) };
    void kept.outcome.then((outcome) => {
      if (typeof outcome === "string") kept.againMs = performance.now() + PICTURE_FAILURE_MS;
    });
    this.#kept.set(key, kept);
    return kept.outcome;
  }

  /** Never rejects. */
  async #load(link: string, request: PictureRequest): Promise<Outcome> {
    if (this.#fetching >= PICTURES_FETCHING_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#fetching += 1;
    try {
      return await drawPicture(await this.#fetch(link), request);
    } catch (error) {
      if (error instanceof PictureError) return error.message;
      console.error(`picture of a message: ${error instanceof Error ? error.message : error}`);
      return "the station cannot show the picture";
    } finally {
      // Whoever waits takes this place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#fetching -= 1;
    }
  }

  #reply(uid: string, { colours, number, piece }: PictureRequest, outcome: Outcome): void {
    if (this.#isStopped) return;
    const head = { colours, number, piece };
    const drawn = typeof outcome === "string" ? undefined : outcome[piece];
    const words = typeof outcome === "string" ? outcome : "the picture has no such piece";
    const payload = encodePictureReply(drawn ? { ...drawn, ...head } : { ...head, pieces: 0, words });
    this.#broker.publish({ topic: `/${this.#env}/raster/${uid}/reply`, payload, qos: 0 }).catch((error: Error) => {
      console.error(`picture of a message for ${uid}: ${error.message}`);
    });
  }
}
