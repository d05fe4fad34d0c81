/** The clock of a board that runs on while the board is off. It has the time before a time server is asked, and is set after that. */
import Time from "time";
import type { Guard, Guards } from "../moddable/guard.ts";
import { builtSeconds, networkSeconds } from "./network-time.ts";

/** The driver. It is opened for each use. */
export interface ClockChip {
  /** Milliseconds since 1970, in whole seconds; undefined: the chip has stopped since it was set. */
  time: number | undefined;
  close(): void;
}

export class BoardClock {
  private readonly open: () => ClockChip;
  private readonly guard: Guard;
  private readonly tell: (line: string) => void;

  constructor(open: () => ClockChip, guards: Guards) {
    this.open = open;
    this.guard = guards.of("clock");
    this.tell = (line) => guards.tell(line);
  }

  /** Sets the time of day, if that was lost with the power. A time from before the firmware was built is none. */
  take(): void {
    if (networkSeconds() !== undefined) return;
    this.use((chip) => {
      const seconds = (chip.time ?? 0) / 1_000;
      const isKept = seconds >= builtSeconds;
      if (isKept) Time.set(seconds);
      this.tell(isKept ? "clock: the board has kept the time" : "clock: the board has not kept the time");
    });
  }

  /** Sets the chip. */
  keep(seconds: number): void {
    this.use((chip) => {
      chip.time = seconds * 1_000;
    });
  }

  private use(work: (chip: ClockChip) => void): void {
    this.guard.run(() => {
      const chip = this.open();
      try {
        work(chip);
      } finally {
        chip.close();
      }
    });
  }
}
