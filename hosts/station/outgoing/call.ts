/** One request that the station sends for somebody, and what came of it in words. */
import { CALL_MS_MAX } from "../shared/limits.ts";
import { AddressNotAllowed, type SendRequest } from "../web/guarded-request.ts";

/**
 * `taken`: it was answered with a status from 200 to 299. `refused`: another request may do better, this one will hardly.
 * `away`: its server has no time, or is not there; later it may take it. `unsent`: the same, and it was certainly not sent.
 */
export type CallResult = "taken" | "refused" | "away" | "unsent";

export interface CallOutcome {
  readonly result: CallResult;
  /** Such as `answered 200`. */
  readonly words: string;
  /** How long its server asks to wait. */
  readonly retryAfterMs?: number;
}

export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Errors of a connection that did not come about. */
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Statuses that time may lift. */
const LATER = new Set([408, 425, 429]);

/** Never rejects. No redirect is followed: whoever has given an address has meant it. */
export async function call(send: SendRequest, { url, ...request }: Call, msMax = CALL_MS_MAX): Promise<CallOutcome> {
  const signal = AbortSignal.timeout(msMax);
  try {
    const response = await send(new URL(url), { ...request, signal });
    // Nobody looks at what it says.
    response.destroy();
    const { statusCode = 0, headers } = response;
    const words = `answered ${statusCode}`;
    if (statusCode >= 200 && statusCode < 300) return { result: "taken", words };
    if (statusCode < 500 && !LATER.has(statusCode)) return { result: "refused", words };
    const seconds = Number(headers["retry-after"]);
    return { result: "away", words, ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }) };
  } catch (error) {
    if (error instanceof AddressNotAllowed)
      return { result: "refused", words: "its address is not public: the station has to allow it with --hook-network" };
    if (signal.aborted) return { result: "away", words: `gave no answer within ${msMax / 1_000} s` };
    const code = (error as { readonly code?: string }).code ?? "";
    if (UNSENT.has(code)) return { result: "unsent", words: `could not be reached (${code})` };
    return { result: "away", words: `broke off (${code || (error as Error).message})` };
  }
}
