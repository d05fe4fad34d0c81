/**
 * The kinds of failure. Each message says where the failure is, what was found and what was expected. None of them leaves the
 * core: the session turns them into a closed connection, the gateway turns them into a counter, and a mistake of a caller
 * fails a test.
 */

/** The peer sent bytes that are no packet or no payload. */
export class FormatError extends Error {
  /** The field that was read, for example `PUBLISH topic` or `IM Count`. */
  readonly field: string;
  /** Offset of the first wrong byte, from the start of the packet's body or of the payload. */
  readonly offset: number;

  constructor(field: string, offset: number, problem: string) {
    super(`${field} at byte ${offset}: ${problem}`);
    this.field = field;
    this.offset = offset;
  }
}

/** The peer sent a well-formed packet that is not allowed now, or not allowed from this side. */
export class ProtocolError extends Error {
  /** The MQTT 5 reason code for it. */
  readonly reasonCode: number;

  constructor(problem: string, reasonCode = 0x82) {
    super(problem);
    this.reasonCode = reasonCode;
  }
}

/** The caller asked for something that is impossible or not allowed. */
export class UsageError extends Error {}

/** The store refused to read or to write. */
export class StoreError extends Error {}

/** Runs `act`, which uses the store. Turns everything that it throws into a `StoreError`. */
export function storing(act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new StoreError(messageOf(error));
  }
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
