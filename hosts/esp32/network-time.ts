import config from "mc/config";
import SNTP from "sntp";
import Time from "time";
import { OneTimer } from "../moddable/clock.ts";
import { TimeBelief } from "../moddable/time-belief.ts";

/** How often the clock is set, in milliseconds. */
const INTERVAL_MS = 12 * 60 * 60 * 1_000;

/** Wait after a failure, in milliseconds. */
const RETRY_MS = 60_000;

/** Wait before another server is asked whether it says the same, in milliseconds. */
const ASK_MS = 1_000;

/** 2024-01-01T00:00:00Z in seconds: a board's clock that shows less has not been set, whenever the firmware was made. */
const PLAUSIBLE_SECONDS = 1_704_067_200;

/** When the firmware was made, in seconds since 1970, as the build has written it. */
const madeSeconds = Number(config.made) || PLAUSIBLE_SECONDS;

/** Sets the board's clock from time servers, once there is a network, and again from time to time. */
export class NetworkTime {
  private readonly log: (line: string) => void;
  private readonly timer = new OneTimer();
  private readonly belief = new TimeBelief(madeSeconds);
  private asking = false;
  private asked = 0;

  constructor(log: (line: string) => void) {
    this.log = log;
  }

  /**
   * Asks now. To be called whenever the network is there again; `onFirst` is called when the clock has been set for the first time.
   * @param hosts names of servers, separated by commas; one alone, as that of a pool, is asked twice where two have to agree
   */
  start(hosts: string, onFirst: () => void): void {
    if (this.asking) return;
    this.asking = true;
    const names = hosts.split(",");
    const host = (names[this.asked % names.length] as string).trim();
    this.asked += 1;
    const server = names.length > 1 ? host : `${host} ${this.asked}`;
    try {
      new SNTP({ host }, (message, value) => {
        if (message === SNTP.retry) return;
        const verdict = message === SNTP.time ? this.take(value ?? Number.NaN, server, onFirst) : "refused";
        this.again(hosts, verdict === "believed" ? INTERVAL_MS : verdict === "ask" ? ASK_MS : RETRY_MS, onFirst);
      });
    } catch (error) {
      this.log(`time: ${error}`);
      this.again(hosts, RETRY_MS, onFirst);
    }
  }

  private take(answerSeconds: number, server: string, onFirst: () => void): "believed" | "ask" | "refused" {
    const isFirst = networkSeconds() === undefined;
    const verdict = this.belief.judge(answerSeconds, server, Date.now() / 1_000);
    if (verdict !== "believed") return verdict;
    Time.set(answerSeconds);
    if (isFirst) onFirst();
    return verdict;
  }

  private again(hosts: string, delayMs: number, onFirst: () => void): void {
    this.asking = false;
    this.timer.set(delayMs, () => this.start(hosts, onFirst));
  }
}

/** Seconds since 1970, or undefined while the clock has not been set. A restart without a power cut keeps it. */
export function networkSeconds(): number | undefined {
  const seconds = Date.now() / 1_000;
  return seconds < PLAUSIBLE_SECONDS ? undefined : seconds;
}
