/** Prints the progress of a push: each receipt for one recipient, a line of counts for many. */
import type { StationStreamEvent } from "../shared/event-stream.ts";
import type { Delivery, Progress, PushEvent, PushWithDeliveries, Receipt } from "../shared/push.ts";

/** The output. Only on a terminal a line is overwritten. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const BAR_WIDTH = 24;
/** Without a terminal a line of counts is printed at most so often, in milliseconds. */
const LINE_EVERY_MS = 1_000;

export class PushProgress {
  readonly #output: Output;
  readonly #beganMs: number;
  #push: PushWithDeliveries | undefined;
  #progress: Progress | undefined;
  /** Of one recipient: what was printed. */
  #printed = 0;
  #isWaiting = false;
  #lastLine = "";
  #lastLineMs = Number.NEGATIVE_INFINITY;

  /** @param beganMs of `performance.now()` when the push was sent */
  constructor(output: Output, beganMs: number) {
    this.#output = output;
    this.#beganMs = beganMs;
  }

  /** Takes an event of the stream. True if nothing more will come: everyone was shown the push, or never will be. */
  take({ event, data }: StationStreamEvent): boolean {
    if (event === "push") {
      const push = JSON.parse(data) as PushWithDeliveries;
      this.#push = push;
      this.#progress = push.progress;
      if (push.progress.recipients === 1) for (const delivery of push.deliveries) this.#printOne(delivery);
    } else if (event === "delivery") {
      const { delivery, progress } = JSON.parse(data) as Extract<PushEvent, { type: "delivery" }>;
      this.#progress = progress;
      if (progress.recipients === 1) this.#printOne(delivery);
    }
    const progress = this.#progress;
    if (!progress) return false;
    if (progress.recipients > 1) this.#printMany(progress);
    return progress.finished >= progress.recipients;
  }

  /** Completes the line on the terminal. True if everyone was shown the push. */
  end(): boolean {
    const progress = this.#progress;
    if (!progress) return false;
    if (progress.recipients > 1) {
      this.#lastLineMs = Number.NEGATIVE_INFINITY;
      this.#printMany(progress);
      if (this.#output.isTTY) this.#output.write("\n");
    }
    return progress.expired + progress.dropped === 0;
  }

  /** How many recipients the push has not reached yet, in words. */
  get missing(): string {
    const progress = this.#progress;
    if (!progress || progress.recipients === 1) return "not shown";
    return `${progress.recipients - progress.finished} of ${progress.recipients} not shown`;
  }

  #printOne({ state, receipts }: Delivery): void {
    if (state === "waiting" && !this.#isWaiting) {
      this.#isWaiting = true;
      this.#output.write(`waiting: ${this.#push?.to} is not there; the push goes out when it comes\n`);
    }
    for (const receipt of receipts.slice(this.#printed)) this.#output.write(`${this.#lineOf(receipt)}\n`);
    this.#printed = Math.max(this.#printed, receipts.length);
  }

  #lineOf({ status, from, atMs, answer }: Receipt): string {
    const clock = new Date(atMs).toTimeString().slice(0, 8);
    const words = answer === undefined ? "" : ` ${JSON.stringify(answer)}`;
    const elapsedSeconds = (performance.now() - this.#beganMs) / 1000;
    return `${status}${words} by ${from} at ${clock}, after ${elapsedSeconds.toFixed(2)} s`;
  }

  #printMany({ recipients, finished, published, ...states }: Progress): void {
    const nowMs = performance.now();
    const isDue = this.#output.isTTY || finished >= recipients || nowMs - this.#lastLineMs >= LINE_EVERY_MS;
    if (!isDue) return;
    const filled = Math.round((BAR_WIDTH * finished) / recipients);
    const bar = this.#output.isTTY ? `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] ` : "";
    const { stored, shown, read, answered, expired, dropped } = states;
    const counts = Object.entries({ sent: published, stored, shown, read, answered, expired, dropped }).filter(
      ([name, count]) => count > 0 || name === "shown",
    );
    const line = `${bar}${recipients} devices: ${counts.map(([name, count]) => `${count} ${name}`).join(", ")}`;
    if (line === this.#lastLine) return;
    this.#output.write(this.#output.isTTY ? `\r${line.padEnd(this.#lastLine.length)}` : `${line}\n`);
    this.#lastLine = line;
    this.#lastLineMs = nowMs;
  }
}
