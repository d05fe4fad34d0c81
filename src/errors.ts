/**
 * The kinds of failure. Each says where it was, what was found and what was expected. None of them crosses a seam:
 * the session turns them into a closed connection, the gateway into a counter, a caller's mistake into a failed test.
 */

/** The peer sent bytes that are no packet or no payload. */
export class FormatError extends Error {
  /** What was being read, for example `PUBLISH topic` or `IM Count`. */
  readonly field: string;
  /** Offset of the first wrong byte, from the start of the packet's body or of the payload. */
  readonly offset: number;

  constructor(field: string, offset: number, problem: string) {
    super(`${field} at byte ${offset}: ${problem}`);
    this.field = field;
    this.offset = offset;
  }
}

/** The peer sent a packet that is well formed and not allowed now, or from this side. */
export class ProtocolError extends Error {
  /** The reason code that MQTT 5 has for it. */
  readonly reasonCode: number;

  constructor(problem: string, reasonCode = 0x82) {
    super(problem);
    this.reasonCode = reasonCode;
  }
}

/** The caller asked for what cannot be done. */
export class UsageError extends Error {}

/** The store refused to read or to write. */
export class StoreError extends Error {}

/** Runs what asks the store; what it throws becomes a `StoreError`. */
export function storing(act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new StoreError(messageOf(error));
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
