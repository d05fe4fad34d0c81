import SNTP from "sntp";
import Time from "time";
import { OneTimer } from "../moddable/clock.ts";

/** How often the clock is set, in milliseconds. */
const INTERVAL_MS = 12 * 60 * 60 * 1_000;

/** Wait after a failure, in milliseconds. */
const RETRY_MS = 60_000;

/** 2024-01-01T00:00:00Z in seconds: a board's clock that shows less has not been set. */
const PLAUSIBLE_SECONDS = 1_704_067_200;

/** Sets the board's clock from a time server, once there is a network, and again from time to time. */
export class NetworkTime {
  private readonly timer = new OneTimer();
  private asking = false;

  /** Asks now. To be called whenever the network is there again; `onFirst` is called when the clock has been set for the first time. */
  start(host: string, onFirst: () => void): void {
    if (this.asking) return;
    this.asking = true;
    try {
      new SNTP({ host }, (message, value) => {
        if (message === SNTP.retry) return;
        const isFirst = networkSeconds() === undefined;
        if (message === SNTP.time && value !== undefined) {
          Time.set(value);
          if (isFirst) onFirst();
        }
        this.again(host, message === SNTP.time ? INTERVAL_MS : RETRY_MS, onFirst);
      });
    } catch (error) {
      trace(`time: ${error}\n`);
      this.again(host, RETRY_MS, onFirst);
    }
  }

  private again(host: string, delayMs: number, onFirst: () => void): void {
    this.asking = false;
    this.timer.set(delayMs, () => this.start(host, onFirst));
  }
}

/** Seconds since 1970, or undefined while the clock has not been set. A restart without a power cut keeps it. */
export function networkSeconds(): number | undefined {
  const seconds = Math.floor(Date.now() / 1_000);
  return seconds < PLAUSIBLE_SECONDS ? undefined : seconds;
}
