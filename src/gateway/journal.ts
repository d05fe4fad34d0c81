import { messageOf } from "../errors.ts";
import { EVENTS_MAX } from "../limits.ts";
import { newCounters } from "./counters.ts";
import type { GatewayEvent } from "./events.ts";

/** What happened: numbers for the screen, lines for the log, and what the host is asked for. Every part of the gateway writes here. */
export class Journal {
  readonly counters = newCounters();
  private readonly events: GatewayEvent[] = [];
  /** Lines for which there was no room. */
  private droppedLines = 0;

  tell(event: GatewayEvent): void {
    this.events.push(event);
  }

  log(line: string): void {
    if (this.events.length < EVENTS_MAX) this.events.push({ type: "log", line });
    else this.droppedLines += 1;
  }

  pollEvent(): GatewayEvent | undefined {
    const event = this.events.shift();
    if (event || this.droppedLines === 0) return event;
    const line = `${this.droppedLines} further lines are missing here`;
    this.droppedLines = 0;
    return { type: "log", line };
  }

  /** Runs what writes to the store. A failure is counted and told, not thrown; the result is then undefined. */
  keeping<Result>(write: () => Result): Result | undefined {
    try {
      return write();
    } catch (error) {
      this.counters.storeFailures += 1;
      this.log(`store: ${messageOf(error)}`);
      return undefined;
    }
  }
}
