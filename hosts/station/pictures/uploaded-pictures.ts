/**
 * Pictures that accounts have uploaded for their pushes. Each has an address of its own at this station, which nobody can guess: a push
 * names it, devices get the picture by it without a request over the network, and a phone that has read its QR code gets it over HTTP.
 *
 * | key | holds |
 * |---|---|
 * | `i/<token>` | the picture, a JPEG |
 * | `j/<token>` | whose it is, its address, how many bytes, and until when it is kept |
 *
 * It is kept as long as a push that names it, and for a while before there is one.
 */
import { randomBytes } from "node:crypto";
import { AccessError } from "../identity/access-error.ts";
import { TokenBuckets } from "../identity/token-bucket.ts";
import {
  ACCOUNTS_MAX,
  DELIVERY_AGE_MS,
  UPLOADED_BYTES_MAX,
  UPLOADED_LOOK_MS,
  UPLOADED_PER_ACCOUNT_BYTES_MAX,
  UPLOADED_UNUSED_MS,
  UPLOADS_PER_ACCOUNT_A_MINUTE,
} from "../shared/limits.ts";
import type { PushRequest } from "../shared/push.ts";
import type { Change } from "../store/record-store.ts";
import type { StationStore } from "../store/station-store.ts";
import { photoOf } from "./drawn-picture.ts";
import { PictureError } from "./picture-error.ts";

/** Before the token, in the path of an address. */
export const PICTURE_PATH = "/pictures/";

const BESIDE_RATE = Object.freeze({
  capacity: UPLOADS_PER_ACCOUNT_A_MINUTE,
  perSecond: UPLOADS_PER_ACCOUNT_A_MINUTE / 60,
});

interface Entry {
  readonly account: string;
  readonly address: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly untilMs: number;
}

/** The account that asks. */
interface Asker {
  readonly name: string;
  readonly isAdmin: boolean;
}

export class UploadedPictures {
  readonly #store: StationStore;
  readonly #now: () => number;
  /** By token. */
  readonly #entries = new Map<string, Entry>();
  /** Pictures beside messages, by account. */
  readonly #beside = new TokenBuckets(BESIDE_RATE, ACCOUNTS_MAX);
  readonly #looking: NodeJS.Timeout;

  /** @param now milliseconds since 1970 */
  constructor(store: StationStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
    for (const key of store.keys({ gte: "j/", lt: "j0" })) {
      const bytes = store.get(key);
      if (bytes) this.#entries.set(key.slice(2), JSON.parse(Buffer.from(bytes).toString()) as Entry);
    }
    this.#looking = setInterval(() => void this.removeOld(), UPLOADED_LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  /**
   * Keeps a picture. Resolves with its address when it is on disk. Rejects with an `AccessError`, or with a `StoreFailed`.
   * @param origin of the station, as who uploads has reached it
   */
  async add({ name, isAdmin }: Asker, bytes: Buffer, origin: string): Promise<string> {
    this.#store.health.require();
    // Decoding takes long. Who has no room is told before.
    this.#requireRoom(name, isAdmin, 0);
    const photo = await photoOf(bytes).catch((error: unknown) => {
      if (error instanceof PictureError) throw new AccessError(400, error.message);
      throw error;
    });
    await this.removeOld();
    this.#requireRoom(name, isAdmin, photo.length);
    const token = randomBytes(16).toString("base64url");
    const address = `${origin}${PICTURE_PATH}${token}`;
    const entry = { account: name, address, bytes: photo.length, untilMs: this.#now() + UPLOADED_UNUSED_MS };
    // Its room is taken at once: two uploads at the same time must not share the last one.
    this.#entries.set(token, entry);
    try {
      await this.#store.write(
        new Map<string, Uint8Array>([
          [`i/${token}`, photo],
          [`j/${token}`, encoded(entry)],
        ]),
      );
    } catch (error) {
      this.#entries.delete(token);
      throw error;
    }
    return address;
  }

  /**
   * Keeps a picture that came beside a message. The words are what counts: undefined for one that is none, or for which there is no room
   * or no time. @param origin as for `add`
   */
  async addBeside(asker: Asker, bytes: Buffer, origin: string): Promise<string | undefined> {
    const nowMs = performance.now();
    const bucket = this.#beside.of(asker.name, nowMs);
    if (!bucket.has(1, nowMs)) return undefined;
    bucket.take(1, nowMs);
    return this.add(asker, bytes, origin).catch(() => undefined);
  }

  /** The picture at an address. undefined: it is not one of these, or no more. */
  at(address: string): Buffer | undefined {
    const token = tokenIn(address);
    return this.#entries.get(token)?.address === address ? this.get(token) : undefined;
  }

  /** The picture of a token. @param owner only if this account has uploaded it */
  get(token: string, owner?: string): Buffer | undefined {
    const entry = this.#entries.get(token);
    if (!entry || this.#isOld(entry) || (owner !== undefined && entry.account !== owner)) return undefined;
    const bytes = this.#store.get(`i/${token}`);
    return bytes && Buffer.from(bytes);
  }

  /** A push was accepted: the picture that it names is kept as long as that, if it is one of these. Resolves when that is on disk. */
  async keep(push: Pick<PushRequest, "picture" | "delaySeconds" | "expirySeconds">): Promise<void> {
    const { picture, delaySeconds = 0, expirySeconds = Number.POSITIVE_INFINITY } = push;
    const token = tokenIn(picture ?? "");
    const entry = this.#entries.get(token);
    if (!entry || entry.address !== picture || this.#isOld(entry)) return;
    const untilMs = this.#now() + 1_000 * delaySeconds + Math.min(DELIVERY_AGE_MS, 1_000 * expirySeconds);
    if (untilMs <= entry.untilMs) return;
    const kept = { ...entry, untilMs };
    await this.#store.write(new Map([[`j/${token}`, encoded(kept)]]));
    this.#entries.set(token, kept);
  }

  /** Removes those whose time is over. What the disk refuses is removed later. */
  async removeOld(): Promise<void> {
    const old = [...this.#entries].filter(([, entry]) => this.#isOld(entry)).map(([token]) => token);
    if (old.length === 0 || this.#store.health.failure !== undefined) return;
    const change: Change = new Map(old.flatMap((token) => [`i/${token}`, `j/${token}`]).map((key) => [key, undefined]));
    try {
      await this.#store.write(change);
      for (const token of old) this.#entries.delete(token);
    } catch {
      // The store's health says so.
    }
  }

  #isOld({ untilMs }: Entry): boolean {
    return this.#now() >= untilMs;
  }

  #requireRoom(name: string, isAdmin: boolean, further: number): void {
    let [own, all] = [further, further];
    for (const entry of this.#entries.values()) {
      if (this.#isOld(entry)) continue;
      all += entry.bytes;
      if (entry.account === name) own += entry.bytes;
    }
    if (!isAdmin && own > UPLOADED_PER_ACCOUNT_BYTES_MAX)
      throw new AccessError(429, "this account has as many pictures here as it may: they leave with their pushes");
    if (all > UPLOADED_BYTES_MAX) throw new AccessError(503, "the station holds as many pictures as it can");
  }
}

function tokenIn(address: string): string {
  return address.slice(address.lastIndexOf(PICTURE_PATH) + PICTURE_PATH.length);
}

function encoded(entry: Entry): Uint8Array {
  return Buffer.from(JSON.stringify(entry));
}
