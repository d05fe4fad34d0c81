/**
 * The picture of the message on the screen (wire format, pictures of messages). It is asked for piece by piece while its message is
 * there, and goes on from the pieces that are kept. Nothing waits for it. A picture that was refused is not asked for again. Where
 * nobody answers, the device asks ever more rarely, and the link stands in the picture's place.
 */
import { ByteWriter } from "../bytes.ts";
import { FormatError } from "../errors.ts";
import {
  PICTURE_ANSWER_MS,
  PICTURE_BUDGET_MAX,
  PICTURE_CHANGES_MAX,
  PICTURE_PIECES_MAX,
  PICTURE_REFILL_MS,
  PICTURES_FAILED_MAX,
  RUN_RETRY_MAX_MS,
  RUN_RETRY_MS,
} from "../limits.ts";
import type { Publish } from "../mqtt/packet.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import type { PictureStore } from "../pager/picture-store.ts";
import type { PictureRows, Size } from "../pager/screen/draw-list.ts";
import { pictureRoom, type ShownPicture } from "../pager/screen/message-picture.ts";
import { BLOCK, checkBlocks } from "../pager/screen/picture-blocks.ts";
import type { ScreenKind } from "../pager/screen/theme.ts";
import {
  type Colours,
  numberOfReply,
  PICTURE_REQUEST_BYTES_MAX,
  type PicturePiece,
  readPictureReply,
  writePictureRequest,
} from "../payload/message-picture.ts";
import { printableLine } from "../printable.ts";
import { type Device, keeping } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";

/** `idle`: there is nothing to ask for. `pausing`: the next request may be made at `untilMs`. `sent`: its answer must come by then. */
type State = "idle" | "ready" | "sent" | "pausing";

/** Length of a fingerprint, which begins each entry of the list of failures. */
const NAME_LENGTH = 16;

/** What the link is called where nothing is known of the picture. */
const UNKNOWN = "image";

export class MessagePictures implements ShownPicture, OutgoingSource {
  /** Grows when the picture on the screen, or what stands in its place, has changed. */
  version = 0;
  private readonly device: Device;
  private readonly store: PictureStore;
  private readonly size: Size;
  private readonly colours: Colours;
  /** The message on the screen. undefined: it has no picture. */
  private message: InboxMessage | undefined;
  /** The fingerprint of that message, or empty. */
  private name = "";
  private widthMax = 0;
  private heightMax = 0;
  width = 0;
  height = 0;
  /** How many pieces are there, and of how many. */
  length = 0;
  private pieces = 0;
  /** The version of the picture. */
  key = 0;
  private scale = 1;
  /** The first row of each piece, and of the one that is to come. */
  private readonly rows = new Uint16Array(PICTURE_PIECES_MAX + 1);
  private changes = 0;
  private state: State = "idle";
  private number = 0;
  private untilMs = 0;
  private retryMs = RUN_RETRY_MS;
  /** Nobody has answered the last request. */
  private isUnanswered = false;
  /** The fingerprint of a message, and behind it why its picture is not to be had. */
  private readonly failures: string[] = [];
  private budget = PICTURE_BUDGET_MAX;
  private budgetMs = 0;
  private isConnected = false;
  private nowMs = 0;

  constructor(device: Device, store: PictureStore, size: Size, kind: ScreenKind) {
    this.device = device;
    this.store = store;
    this.size = size;
    this.colours = kind === "color" ? 5 : kind === "grey" ? 4 : 1;
  }

  /** What stands in the place of a message's picture, in words. undefined: the picture, or room for it. */
  insteadOf({ fingerprint, id }: InboxMessage): string | undefined {
    if (fingerprint === undefined || id === undefined) return UNKNOWN;
    const failure = this.failureOf(fingerprint);
    if (failure !== undefined) return failure.slice(NAME_LENGTH);
    const isThere = this.store.name === fingerprint || (this.isConnected && !this.isUnanswered);
    return isThere ? undefined : UNKNOWN;
  }

  /**
   * Says which message is on the screen, each time that it is laid out. undefined: none with a picture.
   * @param widthMax room for its picture, in pixels
   */
  show(message: InboxMessage | undefined, widthMax: number, heightMax: number): void {
    const name = message?.fingerprint ?? "";
    if (name !== this.name) {
      this.message = message;
      this.name = name;
      this.changes = 0;
      this.open();
      this.askOn();
    }
    // The room of a picture of which pieces are there stays what it was: another room would be another picture.
    if (this.length > 0 || this.state === "sent") return;
    this.widthMax = this.width = widthMax;
    this.heightMax = this.height = heightMax;
  }

  rowOf(piece: number): number {
    return this.length > 0 ? this.scale * (this.rows[piece] as number) : 0;
  }

  read(piece: number): PictureRows | undefined {
    return this.stored(piece);
  }

  /** Whether a request is ready to be sent. */
  get isReady(): boolean {
    return this.state === "ready" && this.isConnected && this.widthMax > 0;
  }

  handleConnected(): void {
    this.isConnected = true;
    this.version += 1;
    this.state = "idle";
    this.askOn();
  }

  handleClosed(): void {
    this.isConnected = false;
    this.version += 1;
    // It says nothing of a station.
    if (this.state === "sent") this.state = "ready";
  }

  /** When to call `update`, or undefined. */
  get timeoutMs(): number | undefined {
    const { state } = this;
    return state === "sent" || (state === "pausing" && this.message && this.isConnected) ? this.untilMs : undefined;
  }

  update(nowMs: number): void {
    this.nowMs = nowMs;
    const refilled = Math.floor((nowMs - this.budgetMs) / PICTURE_REFILL_MS);
    this.budget = Math.min(PICTURE_BUDGET_MAX, this.budget + refilled);
    this.budgetMs += refilled * PICTURE_REFILL_MS;
    if (this.timeoutMs === undefined || nowMs < this.untilMs) return;
    if (this.state === "pausing") {
      this.state = "idle";
      this.askOn();
      return;
    }
    this.isUnanswered = true;
    this.version += 1;
    this.pause(this.retryMs);
    this.retryMs = Math.min(RUN_RETRY_MAX_MS, 2 * this.retryMs);
  }

  next(nowMs: number): Outgoing | undefined {
    if (!this.isReady || !this.message) return undefined;
    if (this.budget === 0) {
      this.pause(PICTURE_REFILL_MS);
      return undefined;
    }
    const { sender, id = "" } = this.message;
    const { colours, widthMax, heightMax, length: piece } = this;
    // It cannot be foreseen: a reply that comes late, or from elsewhere, has another one.
    const number = Math.floor(this.device.random() * 0x10000);
    const writer = new ByteWriter(PICTURE_REQUEST_BYTES_MAX);
    writePictureRequest(writer, { colours, number, widthMax, heightMax, piece, sender, id });
    const handleSent = () => {
      this.number = number;
      this.budget -= 1;
      this.state = "sent";
      this.untilMs = nowMs + PICTURE_ANSWER_MS;
    };
    return { topic: this.device.topics.raster, payload: writer.view(), qos: 0, retain: false, handleSent };
  }

  /** Takes a reply. One with another number is too late, and is ignored. Throws a `FormatError`. */
  take({ payload }: Publish): boolean {
    if (this.state !== "sent" || numberOfReply(payload) !== this.number) return true;
    this.isUnanswered = false;
    this.retryMs = RUN_RETRY_MS;
    this.state = "idle";
    this.version += 1;
    try {
      this.takeReply(payload);
    } catch (error) {
      this.fail("wrong picture");
      throw error;
    }
    this.askOn();
    return true;
  }

  private takeReply(payload: Uint8Array): void {
    const reply = readPictureReply(payload);
    const { store, name } = this;
    if ("words" in reply) this.fail(printableLine(reply.words).trim() || "no picture");
    else if (this.length > 0 && this.isOther(reply)) {
      // The picture has changed between two of its pieces.
      this.length = 0;
      this.changes += 1;
      if (this.changes > PICTURE_CHANGES_MAX) this.fail("the picture keeps changing");
    } else {
      const end = this.endOf(reply, this.widthMax, this.heightMax);
      const put = () => {
        if (this.length === 0) store.clear();
        store.put(name, payload);
        this.add(reply, end);
      };
      keeping(this.device, put);
      if (this.length === reply.piece) this.fail("no room for the picture");
    }
  }

  /** Asks for the next piece, if there is one. */
  private askOn(): void {
    const { state, name } = this;
    if (state === "pausing" || state === "sent") return;
    const isWhole = this.length > 0 && this.length === this.pieces;
    this.state = name !== "" && !isWhole && this.failureOf(name) === undefined ? "ready" : "idle";
  }

  private failureOf(name: string): string | undefined {
    return this.failures.find((each) => each.startsWith(name));
  }

  /** Finds what is kept of the picture. */
  private open(): void {
    // The answer for the former message is ignored.
    if (this.state !== "pausing") this.state = "idle";
    this.length = 0;
    const { store } = this;
    if (store.name !== this.name || this.name === "") return;
    const room = pictureRoom(this.size);
    try {
      for (let piece = 0; piece < store.count; piece += 1) {
        const reply = this.stored(piece);
        if (!reply || (piece > 0 && this.isOther(reply))) throw new FormatError("piece", piece, "another one");
        this.add(reply, this.endOf(reply, room.width, room.height));
      }
      // The same room is asked for again.
      this.widthMax = this.width;
      this.heightMax = this.height;
    } catch {
      // As of former firmware, or of a screen of another size.
      this.length = 0;
      store.clear();
    }
  }

  private stored(piece: number): PicturePiece | undefined {
    const payload = this.store.find(piece);
    const reply = payload && readPictureReply(payload);
    return reply && "blocks" in reply ? reply : undefined;
  }

  private add(reply: PicturePiece, end: number): void {
    this.rows[reply.piece] = reply.row;
    this.rows[reply.piece + 1] = end;
    this.length = reply.piece + 1;
    this.pieces = reply.pieces;
    this.key = reply.version;
    this.scale = reply.scale;
    this.width = reply.scale * reply.width;
    this.height = reply.scale * reply.height;
  }

  private isOther({ pieces, version, width, height, scale }: PicturePiece): boolean {
    const isSameSize = scale === this.scale && scale * width === this.width && scale * height === this.height;
    return version !== this.key || pieces !== this.pieces || !isSameSize;
  }

  /** Returns the row behind a piece. Throws a `FormatError` where it does not follow the former one, or has no room. */
  private endOf(reply: PicturePiece, widthMax: number, heightMax: number): number {
    const { colours, piece, pieces, width, height, scale, row, blocks } = reply;
    const isNext = piece === this.length && row === (piece === 0 ? 0 : this.rows[piece]) && colours === this.colours;
    const hasRoom = width * scale <= widthMax && height * scale <= heightMax;
    const end = row + BLOCK * checkBlocks(blocks, colours, width);
    // The last piece ends with the picture, and no other one does.
    if (!isNext || !hasRoom || end >= height !== (piece === pieces - 1) || end >= height + BLOCK)
      throw new FormatError("piece", 3, `${piece} of ${pieces}, rows ${row} to ${end} of ${width} by ${height}`);
    return Math.min(end, height);
  }

  private fail(words: string): void {
    this.length = 0;
    if (this.store.name === this.name) this.store.clear();
    if (this.failures.length === PICTURES_FAILED_MAX) this.failures.shift();
    this.failures.push(this.name + words);
  }

  private pause(ms: number): void {
    this.state = "pausing";
    this.untilMs = this.nowMs + ms;
  }
}
