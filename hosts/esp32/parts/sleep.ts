/** Deep sleep between two wakes, for boards whose manifest includes `native/deep-sleep.json`. The program starts anew after each. */
import DeepSleep from "deep-sleep";
import type { Values } from "../../../src/gateway/setting.ts";
import { Sleeper, type Wake } from "../../../src/gateway/sleeper.ts";
import type { SleepMemory } from "../../../src/seams.ts";
import { SLEEP_SETTINGS } from "../../moddable/board-settings.ts";
import type { SleepPart } from "../board-parts.ts";

export interface SleepPins {
  /** A button that connects this pin to ground ends the sleep. The chip must have it as a pin of its RTC. */
  readonly wake?: number;
  /** Keeps its level, because it keeps the board's power on. */
  readonly held?: number;
}

const NO_PIN = -1;

/** By what the driver returns. */
const WAKES: readonly Wake[] = Object.freeze(["start", "timer", "button"]);

/** The time of writing stands before the bytes. */
const TIME_BYTES = 8;

export function deepSleep(pins: SleepPins): SleepPart {
  return {
    settings: SLEEP_SETTINGS,
    open(own: Values) {
      const intervalMs = 1000 * Number(own["sleep.interval"]);
      const awakeMs = 1000 * Number(own["sleep.awake"]);
      const wake = WAKES[DeepSleep.wake()] ?? "start";
      return new Sleeper({ intervalMs, awakeMs, wake, memory });
    },
    start(durationMs) {
      DeepSleep.start(durationMs, pins.wake ?? NO_PIN, pins.held ?? NO_PIN);
    },
  };
}

/** The board's clock runs on in its sleep, whether it shows the time of day or not. */
const memory: SleepMemory = {
  read() {
    const kept = new Uint8Array(DeepSleep.read());
    if (kept.length < TIME_BYTES) return undefined;
    const writtenMs = new DataView(kept.buffer).getFloat64(0);
    return { bytes: kept.subarray(TIME_BYTES), sleptMs: Math.max(0, Date.now() - writtenMs) };
  },
  write(bytes) {
    const kept = new Uint8Array(TIME_BYTES + bytes.length);
    new DataView(kept.buffer).setFloat64(0, Date.now());
    kept.set(bytes, TIME_BYTES);
    DeepSleep.write(kept);
  },
};
