/** Why a TLS connection ended. */

/**
 * `isRefusal`: one side does not accept the certificate or the offer of the other, see `TransportHandlers.onClosed`.
 */
export class TlsError extends Error {
  readonly isRefusal: boolean;

  constructor(problem: string, isRefusal = false) {
    super(problem);
    this.isRefusal = isRefusal;
  }
}

export interface TlsFailure {
  /** Empty: the peer has closed the connection without a reason. */
  readonly reason: string;
  readonly isRefusal: boolean;
}

export const GONE: TlsFailure = Object.freeze({ reason: "", isRefusal: false });

/** The meaning of a broker's alerts (RFC 5246, section 7.2; RFC 8446, section 6). */
const ALERTS: Readonly<Record<number, string>> = Object.freeze({
  0: "it closed the connection",
  10: "it did not expect what we sent",
  20: "what we sent arrived damaged",
  40: "no cipher or version in common",
  42: "our certificate is bad",
  43: "it does not know our kind of certificate",
  44: "our certificate is revoked",
  45: "our certificate has expired",
  46: "it does not accept our certificate",
  47: "it does not accept what we propose",
  48: "it does not know who signed our certificate",
  49: "it does not let us in",
  50: "it does not understand what we sent",
  51: "our signature does not match our key",
  70: "it does not speak TLS 1.2",
  71: "our ciphers are too weak for it",
  80: "it has an internal error",
  112: "it does not know the name that we asked for",
  116: "it wants a certificate from us",
});

/** These alerts say nothing about this device: goodbye, damage on the way, trouble of the broker. */
const NO_REFUSALS: readonly number[] = Object.freeze([0, 10, 20, 47, 50, 80]);

export function alertError(description: number): TlsError {
  const said = ALERTS[description];
  const isRefusal = said !== undefined && !NO_REFUSALS.includes(description);
  return new TlsError(`TLS: the broker ended it: ${said ?? `alert ${description}`}`, isRefusal);
}

/**
 * Makes a failure from an error of this code or of the SDK. The SDK throws an alert as `alert: level, description`. Few
 * of its other messages are meant for a reader.
 */
export function explainTls(error: unknown): TlsFailure {
  if (error instanceof TlsError) return { reason: error.message, isRefusal: error.isRefusal };
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("alert: ")) return explainTls(alertError(Number(message.slice(message.indexOf(",") + 1))));
  return { reason: `TLS: what the broker sends is wrong${message === "" ? "" : ` (${message})`}`, isRefusal: false };
}
