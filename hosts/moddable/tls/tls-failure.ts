/** Why a connection with TLS ended. */

/** `isRefusal`: for what one side is, as its certificate tells, and not for long; see `TransportHandlers.onClosed`. */
export class TlsError extends Error {
  readonly isRefusal: boolean;

  constructor(problem: string, isRefusal = false) {
    super(problem);
    this.isRefusal = isRefusal;
  }
}

export interface TlsFailure {
  /** Empty: the peer has gone. */
  readonly reason: string;
  readonly isRefusal: boolean;
}

export const GONE: TlsFailure = Object.freeze({ reason: "", isRefusal: false });

/** What a broker says by an alert (RFC 5246, section 7.2; RFC 8446, section 6). */
const ALERTS: Readonly<Record<number, string>> = Object.freeze({
  0: "it closed the connection",
  10: "it did not expect what we sent",
  20: "what we sent came damaged",
  40: "no cipher or version in common",
  42: "our certificate is bad",
  43: "our certificate is of a kind that it does not know",
  44: "our certificate is revoked",
  45: "our certificate has expired",
  46: "it does not accept our certificate",
  47: "it does not accept what we propose",
  48: "it does not know who signed our certificate",
  49: "it does not let us in",
  50: "it does not understand what we sent",
  51: "our proof of our key does not hold",
  70: "it does not speak TLS 1.2",
  71: "our ciphers are too weak for it",
  80: "something went wrong in it",
  112: "it does not know the name that we asked for",
  116: "it wants a certificate of us",
});

/** Goodbye, damage on the way and trouble of its own say nothing about what we are. */
const NO_REFUSALS: readonly number[] = Object.freeze([0, 10, 20, 47, 50, 80]);

export function alertError(description: number): TlsError {
  const said = ALERTS[description];
  const isRefusal = said !== undefined && !NO_REFUSALS.includes(description);
  return new TlsError(`TLS: the broker ended it: ${said ?? `alert ${description}`}`, isRefusal);
}

/** What was thrown by us, or by the SDK, which throws an alert as `alert: level, description`, and little that is meant for a reader. */
export function explainTls(error: unknown): TlsFailure {
  if (error instanceof TlsError) return { reason: error.message, isRefusal: error.isRefusal };
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("alert: ")) return explainTls(alertError(Number(message.slice(message.indexOf(",") + 1))));
  return { reason: `TLS: what the broker sends is wrong${message === "" ? "" : ` (${message})`}`, isRefusal: false };
}
