import type { Gesture } from "../../../src/pager/screen/gesture.ts";
import { Gestures } from "../../gestures.ts";
import { MonotonicClock, OneTimer } from "../../moddable/clock.ts";
import type { Guard, Guards } from "../../moddable/guard.ts";
import type { TouchInput, TouchMaker, TouchPanel } from "../board-parts.ts";
import { LOOK_MS } from "../light-sleep-rule.ts";

/** How often a touch panel without an interrupt is sampled, in milliseconds. */
const POLL_MS = 30;

/** How often a touch panel that does not answer is sampled, in milliseconds. */
const RETRY_MS = 10_000;

/** A touch panel with a driver of the SDK, or with one of the same shape. It is made when it is sampled for the first time. */
export function touchPanel(make: TouchMaker): (guards: Guards) => TouchInput {
  return (guards) => {
    const sampler = new TouchSampler(make, guards);
    sampler.poll();
    return sampler;
  };
}

/**
 * Samples a touch panel. The buttons of the later M5Stacks are areas of this panel and change when it is sampled. The panel is on
 * a bus that can fail for a moment or for good. Then it is sampled less often, and everything else goes on.
 */
class TouchSampler implements TouchInput {
  private readonly make: TouchMaker;
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private panel: TouchPanel | undefined;
  private pollMs = POLL_MS;
  private isEdgeSeen = true;
  private readonly clock = new MonotonicClock();
  private readonly gestures = new Gestures((gesture) => this.handle(gesture), this.clock.nowMs());
  private handle: (gesture: Gesture) => void = () => {};

  constructor(make: TouchMaker, guards: Guards) {
    this.make = make;
    this.guard = guards.of("touch", {
      handleBroken: () => {
        this.pollMs = RETRY_MS;
      },
    });
    this.timer = new OneTimer(this.guard);
  }

  /** Begins to tell what a finger does. */
  listen(handle: (gesture: Gesture) => void): void {
    this.handle = handle;
  }

  keepSampling(): void {
    this.isEdgeSeen = false;
    this.poll();
  }

  /** Samples it, and goes on to do so. */
  poll(): void {
    const isWell = this.guard.run(() => this.sample());
    if (isWell) {
      this.pollMs = this.isEdgeSeen ? POLL_MS : LOOK_MS;
      if (this.isEdgeSeen && this.panel?.configuration?.interrupt) return;
    }
    this.timer.set(this.pollMs, () => this.poll());
  }

  private sample(): void {
    this.panel ??= this.make(() => this.guard.run(() => this.read()));
    this.read();
  }

  private read(): void {
    const points = this.panel?.sample();
    if (!points) return;
    const [point] = points;
    const nowMs = this.clock.nowMs();
    if (point) this.gestures.handleTouch(point.x, point.y, nowMs);
    else this.gestures.handleRelease(nowMs);
  }
}
