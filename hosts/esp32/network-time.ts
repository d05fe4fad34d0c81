import config from "mc/config";
import SNTP from "sntp";
import Time from "time";
import { OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import { TimeBelief } from "../moddable/time-belief.ts";

/** How often the clock is set, in milliseconds. */
const INTERVAL_MS = 12 * 60 * 60 * 1_000;

/** Wait after a failure, in milliseconds. */
const RETRY_MS = 60_000;

/** Wait before a second server is asked, in milliseconds. */
const ASK_MS = 1_000;

/**
 * 2024-01-01T00:00:00Z in seconds. A board's clock that shows less has not been set, whenever the firmware was built.
 */
const PLAUSIBLE_SECONDS = 1_704_067_200;

/** When the firmware was built, in seconds since 1970. The build writes it. */
const builtSeconds = Number(config.made) || PLAUSIBLE_SECONDS;

/** Sets the board's clock from time servers when there is a network, and then at intervals. */
export class NetworkTime {
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private readonly belief = new TimeBelief(builtSeconds);
  private asking = false;
  private asked = 0;
  private askAgain: () => void = () => {};

  constructor(guards: Guards) {
    this.guard = guards.of("time", { handleFailure: () => this.again(RETRY_MS) });
    this.timer = new OneTimer(this.guard);
  }

  /**
   * Asks a server now. Call this whenever the network is back.
   * @param hosts names of servers, separated by commas; if there is only one, as for a pool, it is asked a second time
   * where two answers must agree
   * @param onFirst is called when the clock has been set for the first time
   */
  start(hosts: string, onFirst: () => void): void {
    if (this.asking) return;
    this.askAgain = () => this.start(hosts, onFirst);
    this.guard.run(() => this.ask(hosts.split(","), onFirst));
  }

  private ask(names: readonly string[], onFirst: () => void): void {
    this.asking = true;
    const host = (names[this.asked % names.length] as string).trim();
    this.asked += 1;
    const server = names.length > 1 ? host : `${host} ${this.asked}`;
    new SNTP({ host }, (message, value) => {
      if (message === SNTP.retry) return;
      this.guard.run(() => {
        const verdict = message === SNTP.time ? this.handleAnswer(value ?? Number.NaN, server, onFirst) : "refused";
        this.again(verdict === "believed" ? INTERVAL_MS : verdict === "ask" ? ASK_MS : RETRY_MS);
      });
    });
  }

  private handleAnswer(answerSeconds: number, server: string, onFirst: () => void): "believed" | "ask" | "refused" {
    const isFirst = networkSeconds() === undefined;
    const verdict = this.belief.judge(answerSeconds, server, Date.now() / 1_000);
    if (verdict !== "believed") return verdict;
    Time.set(answerSeconds);
    if (isFirst) onFirst();
    return verdict;
  }

  private again(delayMs: number): void {
    this.asking = false;
    this.timer.set(delayMs, this.askAgain);
  }
}

/**
 * Seconds since 1970, or undefined while the clock is not set. The clock goes on over a restart without a power cut.
 */
export function networkSeconds(): number | undefined {
  const seconds = Date.now() / 1_000;
  return seconds < PLAUSIBLE_SECONDS ? undefined : seconds;
}
