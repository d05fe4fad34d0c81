/** What a session of XMPP waits for: the numbers of its deadlines. */
import { type Missed, Timers } from "../connection/timers.ts";
import { OPEN_TIMEOUT_MS, PUBACK_TIMEOUT_MS, TAKE_TIMEOUT_MS, XMPP_ANSWER_TIMEOUT_MS } from "../limits.ts";

export const RECONNECT = 0;
export const STABLE = 1;
export const KEEP_ALIVE = 2;
/** The next slice of the login's rounds. */
export const COMPUTE = 3;
/** From here on a deadline ends the connection. */
export const OPEN = 4;
export const LOGIN = 5;
export const ANSWER = 6;
export const TAKE = 7;
const MISSED: readonly Missed[] = Object.freeze([
  ["open connection", OPEN_TIMEOUT_MS],
  ["answer of the server to the login", XMPP_ANSWER_TIMEOUT_MS],
  ["acknowledgement of the server", PUBACK_TIMEOUT_MS],
  ["word of the application on a message", TAKE_TIMEOUT_MS],
] as const);

export function newTimers(): Timers {
  return new Timers(OPEN, MISSED);
}
