import config from "mc/config";
import SNTP from "sntp";
import Time from "time";
import { OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";
import { TimeBelief } from "../moddable/time-belief.ts";
import type { CertificateTime } from "../moddable/tls/certificate-time.ts";
import type { BoardClock } from "./board-clock.ts";

/** How often the clock is set, in milliseconds. */
const INTERVAL_MS = 12 * 60 * 60 * 1_000;

/** Wait after a failure, in milliseconds. */
const RETRY_MS = 60_000;

/** Wait before a second server is asked, in milliseconds. */
const ASK_MS = 1_000;

/** How long certificates wait for the time after the network has come, in milliseconds. */
const AWAIT_MS = 30_000;

/**
 * 2024-01-01T00:00:00Z in seconds. A board's clock that shows less has not been set, whenever the firmware was built.
 */
const PLAUSIBLE_SECONDS = 1_704_067_200;

/** When the firmware was built, in seconds since 1970. The build writes it. */
export const builtSeconds = Number(config.made) || PLAUSIBLE_SECONDS;

/** Sets the board's clock from time servers when there is a network, and then at intervals. */
export class NetworkTime {
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private readonly awaiting: OneTimer;
  private readonly belief = new TimeBelief(builtSeconds);
  private readonly onChanged: () => void;
  private readonly clock: BoardClock | undefined;
  /** Names of the servers. A pool, which is one name, is asked a second time where two answers must agree. */
  private hosts: readonly string[] = [];
  private isAsking = false;
  private asked = 0;
  /** How many questions in a row had no answer that is believed. */
  private failures = 0;
  private isAwaited = true;

  /**
   * @param onChanged is called when the clock is set for the first time, and when that is not awaited any more
   * @param clock gets the time of the servers too
   */
  constructor(guards: Guards, onChanged: () => void, clock: BoardClock | undefined) {
    this.guard = guards.of("time", { handleFailure: () => this.again(RETRY_MS) });
    this.timer = new OneTimer(this.guard);
    this.awaiting = new OneTimer(this.guard);
    this.onChanged = onChanged;
    this.clock = clock;
  }

  /** The network is there, or is there again. Asks a server now. */
  handleNetwork(hosts: readonly string[]): void {
    this.hosts = hosts;
    if (this.isAwaited && networkSeconds() === undefined)
      this.awaiting.set(hosts.length > 0 ? AWAIT_MS : 0, () => this.stopAwaiting());
    if (!this.isAsking && hosts.length > 0) this.guard.run(() => this.ask());
  }

  /** The time for certificates, see `CertificateClock`. */
  certificateTime(): CertificateTime | undefined {
    const seconds = networkSeconds();
    if (seconds !== undefined) return { kind: "known", seconds };
    return this.isAwaited ? undefined : { kind: "atLeast", seconds: builtSeconds };
  }

  private stopAwaiting(): void {
    if (networkSeconds() !== undefined) return;
    this.isAwaited = false;
    this.onChanged();
  }

  private ask(): void {
    this.isAsking = true;
    const serverCount = this.hosts.length;
    const host = this.hosts[this.asked % serverCount] as string;
    this.asked += 1;
    const server = serverCount > 1 ? host : `${host} ${this.asked}`;
    new SNTP({ host }, (message, value) => {
      if (message === SNTP.retry) return;
      this.guard.run(() => {
        const verdict = message === SNTP.time ? this.handleAnswer(value ?? Number.NaN, server) : "refused";
        this.failures = verdict === "refused" ? this.failures + 1 : 0;
        // After a failure the next server is asked. Once each has failed, all of them rest.
        const hasNext = verdict === "ask" || this.failures % serverCount !== 0;
        this.again(verdict === "believed" ? INTERVAL_MS : hasNext ? ASK_MS : RETRY_MS);
      });
    });
  }

  private handleAnswer(answerSeconds: number, server: string): "believed" | "ask" | "refused" {
    const isFirst = networkSeconds() === undefined;
    const verdict = this.belief.judge(answerSeconds, server, Date.now() / 1_000);
    if (verdict !== "believed") return verdict;
    Time.set(answerSeconds);
    this.clock?.keep(answerSeconds);
    if (isFirst) this.onChanged();
    return verdict;
  }

  private again(delayMs: number): void {
    this.isAsking = false;
    this.timer.set(delayMs, () => this.ask());
  }
}

/**
 * Seconds since 1970, or undefined while the clock is not set. The clock goes on over a restart without a power cut.
 */
export function networkSeconds(): number | undefined {
  const seconds = Date.now() / 1_000;
  return seconds < PLAUSIBLE_SECONDS ? undefined : seconds;
}
