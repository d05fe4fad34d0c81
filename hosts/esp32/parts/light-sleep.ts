/** Light sleep between two events, for boards whose manifest includes `native/light-sleep.json` and whose `sdkconfig` allows it. */
import Driver from "light-sleep";
import { LIGHT_SLEEP_SETTINGS } from "../../moddable/board-settings.ts";
import { MonotonicClock, OneTimer } from "../../moddable/clock.ts";
import type { Guard, Guards } from "../../moddable/guard.ts";
import type { LightSleeper, LightSleepPart } from "../board-parts.ts";
import { LightSleepRule } from "../light-sleep-rule.ts";
import { ALERT_MS } from "./alerter.ts";

export const lightSleep = Object.freeze<LightSleepPart>({
  settings: LIGHT_SLEEP_SETTINGS,
  open: (own, isLit, guards) => (own["sleep.light"] === "yes" ? new ChipLightSleep(isLit, guards) : undefined),
});

class ChipLightSleep implements LightSleeper {
  private readonly rule: LightSleepRule;
  private readonly clock = new MonotonicClock();
  private readonly guard: Guard;
  private readonly timer: OneTimer;

  constructor(isLit: boolean, guards: Guards) {
    this.rule = new LightSleepRule(isLit);
    this.guard = guards.of("light sleep");
    this.timer = new OneTimer(this.guard);
    this.guard.run(() => this.update());
  }

  handleLight(isLit: boolean): void {
    this.rule.handleLight(isLit);
    this.guard.run(() => this.update());
  }

  handleAlert(): void {
    this.rule.handleAlert(ALERT_MS, this.clock.nowMs());
    this.guard.run(() => this.update());
  }

  handleLine(): void {
    this.rule.handleLine(this.clock.nowMs());
    this.guard.run(() => this.update());
  }

  private update(): void {
    const nowMs = this.clock.nowMs();
    const timeoutMs = this.rule.timeoutMs(nowMs);
    Driver.allow(this.rule.isAllowed(nowMs));
    this.timer.set(timeoutMs === undefined ? undefined : timeoutMs - nowMs, () => this.update());
  }
}
