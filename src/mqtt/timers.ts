/** What a session of MQTT waits for: the numbers of its deadlines. */
import { type Missed, Timers } from "../connection/timers.ts";
import {
  AUTH_TIMEOUT_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  SUBACK_TIMEOUT_MS,
  TAKE_TIMEOUT_MS,
} from "../limits.ts";

export const RECONNECT = 0;
export const STABLE = 1;
export const KEEP_ALIVE = 2;
export const EXPIRY = 3;
export const RESUBSCRIBE = 4;
/** From here on a deadline ends the connection. `MISSED` says what is missed then, and after how many milliseconds. */
export const OPEN = 5;
export const CONNACK = 6;
/** From here on a wait may begin anew before its end. It is looked up again. */
export const SUBACK = 7;
export const AUTH = 8;
export const ANSWER = 9;
export const TAKE = 10;
const MISSED: readonly Missed[] = Object.freeze([
  ["open connection", OPEN_TIMEOUT_MS],
  ["CONNACK", CONNACK_TIMEOUT_MS],
  ["SUBACK", SUBACK_TIMEOUT_MS],
  ["AUTH", AUTH_TIMEOUT_MS],
  ["PUBACK", PUBACK_TIMEOUT_MS],
  ["word of the application on a message", TAKE_TIMEOUT_MS],
] as const);

export function newTimers(): Timers {
  return new Timers(OPEN, MISSED);
}
