/**
 * The pictures of text that the faces of this device lack (wire format, pictures of text). The host looks for them when it draws a
 * line. What is missing then is asked for in one request at a time. When pictures have come, or when it is time to ask again, the
 * lines are drawn again. So the device asks only for what is on the screen.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { FormatError } from "../errors.ts";
import {
  RASTER_REQUEST_BYTES_MAX,
  RUN_ANSWER_MS,
  RUN_BUDGET_MAX,
  RUN_PAUSE_MS,
  RUN_REFILL_MS,
  RUN_RETRY_MAX_MS,
  RUN_RETRY_MS,
  RUNS_ASKED_MAX,
  RUNS_FAILED_MAX,
} from "../limits.ts";
import type { Publish } from "../mqtt/packet.ts";
import type { RunStore } from "../pager/run-store.ts";
import type { Size } from "../pager/screen/draw-list.ts";
import { innerWidth, isLow } from "../pager/screen/layout.ts";
import { checkPicture, rowsAbove, rowsBelow } from "../pager/screen/run-picture.ts";
import { type RunPictures, runHash } from "../pager/screen/runs.ts";
import { isAboutPicture } from "../payload/message-picture.ts";
import { RasterReply, type SizedRun, writeRasterHead, writeRun } from "../payload/raster.ts";
import { type Device, keeping } from "./device.ts";
import type { MessagePictures } from "./message-pictures.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { Route } from "./routes.ts";

/** Widest picture that the wire format can ask for, in pixels. */
const WIDTH_MAX = 255;

/** Bytes of a request before its first run. */
const REQUEST_HEAD_BYTES = 4;

/** A request collects runs, waits for its answer, and then the next one waits for its time. */
type State = "collecting" | "sent" | "pausing";

export class TextPictures implements RunPictures, Route, OutgoingSource {
  readonly widthMax: number;
  readonly topicFilters: readonly string[];
  version = 0;
  private readonly device: Device;
  private readonly depth: 1 | 4;
  private readonly runs: RunStore;
  private readonly messages: MessagePictures;
  /** It is there while it collects runs or waits for its answer. */
  private request: ByteWriter | undefined;
  private number = 0;
  /** The runs of the request, by hash, and which of them are answered, a bit for each. */
  private readonly asked = new Uint32Array(RUNS_ASKED_MAX);
  private askedCount = 0;
  private answered = 0;
  private answeredCount = 0;
  private state: State = "pausing";
  /** `sent`: the answer must have come by then. `pausing`: the next request may be made then. */
  private untilMs = 0;
  private retryMs = RUN_RETRY_MS;
  /** Something on the screen was not asked for, because it was no time for it. */
  private isMissing = false;
  /** Runs that cannot be drawn, by hash. They are not asked for before that time. */
  private readonly failed = new Uint32Array(RUNS_FAILED_MAX);
  private failedCount = 0;
  private failedUntilMs = 0;
  private budget = RUN_BUDGET_MAX;
  private budgetMs = 0;
  private isConnected = false;
  private nowMs = 0;

  /** @param messages take the replies that are theirs, from the same topic */
  constructor(device: Device, runs: RunStore, size: Size, messages: MessagePictures) {
    this.device = device;
    this.messages = messages;
    this.runs = runs;
    this.widthMax = Math.min(WIDTH_MAX, innerWidth(size));
    this.depth = isLow(size) ? 1 : 4;
    this.topicFilters = [device.topics.rasterReplies];
  }

  advanceOf(hash: number): number {
    return this.runs.advanceOf(hash);
  }

  beginScreen(): void {
    this.runs.beginScreen();
  }

  find(sizePixels: number, run: string): Uint8Array | undefined {
    const hash = runHash(sizePixels, run, 0, run.length);
    const picture = this.runs.find(hash, sizePixels, run);
    if (!picture) this.want(hash, sizePixels, run);
    return picture;
  }

  /** Whether a request is ready to be sent. */
  get isReady(): boolean {
    return this.state === "collecting" && this.askedCount > 0;
  }

  handleConnected(): void {
    this.isConnected = true;
    this.askAgain();
  }

  handleClosed(): void {
    this.isConnected = false;
    // Without a connection there is no answer: it says nothing of a station.
    this.pause(0);
  }

  /** When to call `update`, or undefined. */
  get timeoutMs(): number | undefined {
    if (this.state === "sent") return this.untilMs;
    return this.state === "pausing" && this.isMissing && this.isConnected ? this.untilMs : undefined;
  }

  update(nowMs: number): void {
    this.nowMs = nowMs;
    if (nowMs >= this.failedUntilMs) this.failedCount = 0;
    const refilled = Math.floor((nowMs - this.budgetMs) / RUN_REFILL_MS);
    this.budget = Math.min(RUN_BUDGET_MAX, this.budget + refilled);
    this.budgetMs += refilled * RUN_REFILL_MS;
    if (this.timeoutMs === undefined || nowMs < this.untilMs) return;
    if (this.state === "sent") this.endWithoutAnswer();
    else this.askAgain();
  }

  next(nowMs: number): Outgoing | undefined {
    if (!this.isReady) return undefined;
    const handleSent = () => {
      this.state = "sent";
      this.untilMs = nowMs + RUN_ANSWER_MS;
    };
    const payload = (this.request as ByteWriter).view();
    return { topic: this.device.topics.raster, payload, qos: 0, retain: false, handleSent };
  }

  matches(topic: string): boolean {
    return topic === this.topicFilters[0];
  }

  /** Takes a reply. One with another number is too late, and is ignored. */
  take(publish: Publish): boolean {
    const { payload } = publish;
    if (isAboutPicture(payload)) return this.messages.take(publish);
    const reply = new RasterReply(payload);
    if (this.state !== "sent" || reply.head.number !== this.number) return true;
    try {
      while (reply.next()) this.takePicture(reply, payload);
    } catch (error) {
      // None of these runs is asked for again. The store is the only one that may fail here without a fault of the reply.
      for (let index = 0; index < this.askedCount; index += 1) if (!this.isAnswered(index)) this.fail(index);
      this.finish();
      throw error;
    }
    this.version += 1;
    if (this.answeredCount === this.askedCount) this.finish();
    return true;
  }

  private takePicture({ index, start, end }: RasterReply, payload: Uint8Array): void {
    if (index >= this.askedCount) throw new FormatError("Index", start - 3, `${index}`);
    if (this.isAnswered(index)) return;
    this.answered |= 1 << index;
    this.answeredCount += 1;
    // It is the run that cannot be drawn until its picture is kept.
    this.fail(index);
    if (start === end) return;
    const { sizePixels, text } = this.runAt(index);
    checkPicture(payload, start, end, rowsAbove(sizePixels) + rowsBelow(sizePixels), this.widthMax);
    const hash = this.asked[index] as number;
    // What the store has no room for stays a box.
    const put = () => this.runs.put(hash, sizePixels, text, payload.subarray(start, end));
    if (keeping(this.device, put)) this.failedCount -= 1;
  }

  private isAnswered(index: number): boolean {
    return (this.answered & (1 << index)) !== 0;
  }

  private runAt(index: number): SizedRun {
    const reader = new ByteReader((this.request as ByteWriter).view(), REQUEST_HEAD_BYTES);
    for (let skipped = 0; skipped < index; skipped += 1) {
      reader.skip(1, "run");
      reader.skip(reader.uint8("run"), "run");
    }
    return { sizePixels: reader.uint8("run"), text: reader.text(reader.uint8("run"), "run") };
  }

  /** Adds a run to the request, if it is time for one. */
  private want(hash: number, sizePixels: number, run: string): void {
    if (this.failed.subarray(0, Math.min(this.failedCount, RUNS_FAILED_MAX)).includes(hash)) return;
    const isSpent = this.budget === 0 && this.askedCount === 0;
    if (isSpent && this.state === "collecting") this.pause(RUNS_ASKED_MAX * RUN_REFILL_MS);
    if (this.state !== "collecting" || this.askedCount === RUNS_ASKED_MAX || this.budget === 0) {
      this.isMissing = true;
      return;
    }
    if (this.asked.subarray(0, this.askedCount).includes(hash)) return;
    if (writeRun(this.request ?? this.beginRequest(), sizePixels, run)) {
      this.asked[this.askedCount] = hash;
      this.askedCount += 1;
      this.budget -= 1;
    } else this.isMissing = true;
  }

  /** All lines are drawn again, so that what is missing on the screen now is asked for. */
  private askAgain(): void {
    if (!this.isConnected) return;
    this.request = undefined;
    this.askedCount = 0;
    this.isMissing = false;
    this.state = "collecting";
    this.version += 1;
  }

  /** The number cannot be foreseen: a reply that comes late, or from elsewhere, has another one. */
  private beginRequest(): ByteWriter {
    this.number = Math.floor(this.device.random() * 0x10000);
    this.answered = this.answeredCount = 0;
    this.request = new ByteWriter(RASTER_REQUEST_BYTES_MAX);
    writeRasterHead(this.request, { depth: this.depth, number: this.number });
    this.request.uint8(this.widthMax);
    return this.request;
  }

  /** The request is answered. */
  private finish(): void {
    this.retryMs = RUN_RETRY_MS;
    // The lines are drawn again, and tell what is missing.
    this.isMissing = false;
    this.version += 1;
    this.pause(RUN_PAUSE_MS);
  }

  /** A station that has answered a part has lost the rest. Where nothing came there may be no station. */
  private endWithoutAnswer(): void {
    if (this.answeredCount > 0) {
      this.finish();
      return;
    }
    this.isMissing = true;
    this.pause(this.retryMs);
    this.retryMs = Math.min(RUN_RETRY_MAX_MS, 2 * this.retryMs);
  }

  private pause(ms: number): void {
    this.request = undefined;
    this.state = "pausing";
    this.untilMs = this.nowMs + ms;
  }

  private fail(index: number): void {
    if (this.failedCount === 0) this.failedUntilMs = this.nowMs + RUN_RETRY_MAX_MS;
    this.failed[this.failedCount % RUNS_FAILED_MAX] = this.asked[index] as number;
    this.failedCount += 1;
  }
}
