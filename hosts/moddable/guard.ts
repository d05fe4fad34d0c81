/**
 * Everything that the SDK calls back runs under a guard. An exception there would end the program. The guard catches, counts and logs
 * it, so that the rest of the device goes on.
 */

/** A part of the device that fails so often in a row is broken. */
const FAILURES_MAX = 3;

export interface GuardHandlers {
  /** Is called after each exception. */
  handleFailure?(): void;
  /** Is called when the part has failed `FAILURES_MAX` times in a row, and after each further time. What it throws is not caught. */
  handleBroken?(error: unknown): void;
}

/** The guards of one device. */
export class Guards {
  private readonly log: (line: string) => void;
  /** Is called after each exception that a guard has caught. */
  onFailure: () => void = () => {};
  /** Is called with each line that a part has written to the log. */
  onLine: (line: string) => void = () => {};

  constructor(log: (line: string) => void) {
    this.log = log;
  }

  /** Writes a line of a part to the log. */
  tell(line: string): void {
    this.log(line);
    this.onLine(line);
  }

  /** @param part what the guard is for, as the log names it */
  of(part: string, handlers: GuardHandlers = {}): Guard {
    return new Guard(this, part, handlers);
  }
}

/** Guards one part of the device. */
export class Guard {
  private readonly guards: Guards;
  private readonly part: string;
  private readonly handlers: GuardHandlers;
  /** In a row. */
  private failures = 0;
  private failureCount = 0;

  constructor(guards: Guards, part: string, handlers: GuardHandlers) {
    this.guards = guards;
    this.part = part;
    this.handlers = handlers;
  }

  /** Returns whether `work` has thrown nothing. */
  run(work: () => void): boolean {
    const before = this.failureCount;
    try {
      work();
    } catch (error) {
      this.fail(error);
      return false;
    }
    // What has failed inside, under the same guard, has not passed.
    if (this.failureCount === before) this.failures = 0;
    return true;
  }

  /** For callers that catch themselves, where the stack is deep. */
  pass(): void {
    this.failures = 0;
  }

  /** See `pass`. */
  fail(error: unknown): void {
    this.failures += 1;
    this.failureCount += 1;
    // What fails again and again, such as a touch panel that is asked 30 times a second, does not fill the log.
    if (this.failures <= FAILURES_MAX) this.guards.tell(`${this.part}: ${error}`);
    this.guards.onFailure();
    this.handlers.handleFailure?.();
    if (this.failures >= FAILURES_MAX) this.handlers.handleBroken?.(error);
  }
}
