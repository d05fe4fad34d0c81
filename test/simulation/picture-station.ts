/**
 * A station that draws for one device: honestly, late, never, or with hostile answers. It knows all that it has given for each message
 * and for each run of text.
 */
import { FormatError } from "../../src/errors.ts";
import { RASTER_REPLY_BYTES_MAX } from "../../src/limits.ts";
import { isAboutPicture, type PicturePiece, readPictureReply } from "../../src/payload/message-picture.ts";
import { decodePictureRequest, encodePictureReply } from "../../src/payload/optional/message-picture.ts";
import { decodeRasterRequest, encodePicture, encodeRasterReplies } from "../../src/payload/optional/raster.ts";
import { RasterReply } from "../../src/payload/raster.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween } from "../random.ts";
import type { BrokerModel } from "./broker-model.ts";
import type { VirtualClock } from "./virtual-clock.ts";

const DELAY_MS_MAX = 3_000;
const WIDTH = 40;
/** Rows of blocks in a piece, and pieces of a picture. */
const ROWS = 3;
const PIECES_MAX = 7;

/** Shares of the answers. The rest is honest. */
export interface Manners {
  readonly silent: number;
  readonly hostile: number;
}

export class PictureStation {
  manners: Manners;
  /** Blocks that were given for a message, by its id, in hex. */
  readonly given = new Map<string, Set<string>>();
  /** Pictures that were given for a run, by size and text, in hex. */
  readonly givenRuns = new Map<string, Set<string>>();
  /** The ids of the messages whose pictures were asked for, in order. */
  readonly asked: string[] = [];
  /** Messages without a picture. */
  readonly without = new Set<string>();
  readonly #broker: BrokerModel;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #topic: string;

  constructor(broker: BrokerModel, clock: VirtualClock, random: Random, uid: string, manners: Manners) {
    this.#broker = broker;
    this.#clock = clock;
    this.#random = random;
    this.#topic = `/field/raster/${uid}`;
    this.manners = manners;
  }

  take(topic: string, payload: Uint8Array): void {
    if (topic !== this.#topic) return;
    const { silent, hostile } = this.manners;
    if (isAboutPicture(payload)) this.asked.push(decodePictureRequest(payload).id);
    const chance = this.#random();
    if (chance < silent) return;
    for (const reply of isAboutPicture(payload) ? [this.#pieceFor(payload)] : this.#runsFor(payload)) {
      const replies = chance < silent + hostile ? this.#spoiled(reply) : [reply];
      for (const each of replies) this.#give(payload, each);
    }
  }

  /** Number of pieces of the picture of a message. */
  piecesOf(id: string): number {
    return 1 + (hashOf(id) % PIECES_MAX);
  }

  /** The blocks of a piece, in hex. */
  blocksOf(id: string, piece: number): string {
    return Buffer.from(blocksOf(id, piece)).toString("hex");
  }

  #pieceFor(payload: Uint8Array): Uint8Array {
    const { colours, number, piece, id } = decodePictureRequest(payload);
    const pieces = this.piecesOf(id);
    const words = this.without.has(id) ? "picture not found" : piece >= pieces ? "no such piece" : undefined;
    if (words !== undefined) return encodePictureReply({ colours, number, piece, pieces: 0, words });
    return encodePictureReply({
      colours,
      number,
      piece,
      pieces,
      version: hashOf(id),
      width: WIDTH,
      height: 4 * ROWS * pieces,
      scale: 1,
      row: 4 * ROWS * piece,
      blocks: blocksOf(id, piece),
    });
  }

  #runsFor(payload: Uint8Array): readonly Uint8Array[] {
    const request = decodeRasterRequest(payload);
    const pictures = request.runs.map(({ sizePixels, text }) => {
      const advance = 4 + (hashOf(`${sizePixels} ${text}`) % 20);
      const levels = Uint8Array.from({ length: advance * 6 }, (_, at) => (at * advance) % 16);
      return encodePicture({ advance, left: 0, top: 1, width: advance, height: 6, levels });
    });
    return encodeRasterReplies(request, pictures, RASTER_REPLY_BYTES_MAX);
  }

  /** An answer with other bytes, cut short, too long, twice, or with another number. */
  #spoiled(reply: Uint8Array): readonly Uint8Array[] {
    const random = this.#random;
    const spoiled = reply.slice();
    switch (integerBetween(random, 0, 4)) {
      case 0:
        for (let count = integerBetween(random, 1, 8); count > 0; count -= 1)
          spoiled[integerBetween(random, 3, spoiled.length - 1)] = integerBetween(random, 0, 255);
        return [spoiled];
      case 1:
        return [reply.slice(0, integerBetween(random, 0, reply.length - 1))];
      case 2:
        return [Buffer.concat([reply, Buffer.alloc(integerBetween(random, 1, 40), integerBetween(random, 0, 255))])];
      case 3:
        return [reply, reply];
      default:
        spoiled[2] = (spoiled[2] as number) ^ 1;
        return [spoiled, reply];
    }
  }

  #give(request: Uint8Array, payload: Uint8Array): void {
    try {
      this.#note(request, payload);
    } catch (error) {
      // It cannot be read, so nothing of it may be drawn.
      if (!(error instanceof FormatError)) throw error;
    }
    const message = { topic: `${this.#topic}/reply`, payload, qos: 0, retain: false } as const;
    this.#clock.after(this.#random() * DELAY_MS_MAX, () => this.#broker.publish(message));
  }

  #note(request: Uint8Array, payload: Uint8Array): void {
    if (isAboutPicture(request)) {
      const reply = readPictureReply(payload);
      if ("blocks" in reply) note(this.given, decodePictureRequest(request).id, reply.blocks);
      return;
    }
    const { runs } = decodeRasterRequest(request);
    const reply = new RasterReply(payload);
    while (reply.next()) {
      const run = runs[reply.index];
      if (run) note(this.givenRuns, `${run.sizePixels} ${run.text}`, payload.subarray(reply.start, reply.end));
    }
  }
}

function note(given: Map<string, Set<string>>, name: string, bytes: Uint8Array): void {
  given.set(name, (given.get(name) ?? new Set()).add(Buffer.from(bytes).toString("hex")));
}

/** Blocks of one colour each, which no other piece and no other message has. */
function blocksOf(id: string, piece: number): PicturePiece["blocks"] {
  const color = hashOf(`${id} ${piece}`);
  const bytes = [color >> 8, color, color >> 8, color].map((each) => each & 255);
  return Uint8Array.from({ length: ROWS * WIDTH }, (_, at) => bytes[at & 3] as number);
}

function hashOf(text: string): number {
  let hash = 7;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
}
