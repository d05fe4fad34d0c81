/**
 * Commands to a device (topic `/{env}/cmd/{uid}`) and the result of each (`…/result`): JSON objects.
 *
 * | key | holds |
 * |---|---|
 * | `id` | 1 to 23 bytes: names the command in its result, and against doing it twice |
 * | `at`, `ex` | seconds since 1970 when it was made, and for how many seconds from then it holds, 60 when absent |
 * | `do` | what to do, with the keys of its own: see `Command` |
 *
 * | key of a result | holds |
 * |---|---|
 * | `id` | of the command; absent where it had none |
 * | `ok` | whether it was done |
 * | `error` or `note` | why not, or what is to be known, in words |
 */
import { FormatError } from "../errors.ts";
import { COMMAND_ID_BYTES_MAX, COMMAND_SECONDS_DEFAULT, COMMAND_SECONDS_MAX } from "../limits.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";
import { wholeNumber } from "./content.ts";
import { decodeJsonObject, type JsonObject, shownJson } from "./json.ts";
import { PRESENCE_STATUS } from "./presence.ts";

export interface CommandHead {
  readonly id: string;
  /** Undefined where its sender has no clock: then the broker has to keep the time (MQTT 5, message expiry). */
  readonly atSeconds: number | undefined;
  readonly expirySeconds: number;
  /** What `decodeCommand` reads. */
  readonly object: JsonObject;
}

export type Command =
  /** The message of this id, of one sender where `from` names it, is taken back, or counts as read. */
  | { readonly name: "retract" | "read"; readonly message: string; readonly from: string | undefined }
  /** `hours`: `22:00-07:00`, `on`, `off`, or `setting` for those of the settings. */
  | { readonly name: "quiet"; readonly hours: string }
  /** `status`: online, busy, away, or custom with `text`; `auto`, here undefined, as it comes. `text` goes with any of them. */
  | { readonly name: "presence"; readonly status: number | undefined; readonly text: string }
  /** `set`: values by name of the setting; null goes back to what was there before any command. */
  | { readonly name: "settings"; readonly set: JsonObject }
  | { readonly name: "identify" | "restart" };

export interface CommandResult {
  readonly id?: string | undefined;
  readonly ok: boolean;
  readonly error?: string | undefined;
  readonly note?: string | undefined;
}

const STATUSES: Readonly<Record<string, number | undefined>> = Object.freeze({
  online: PRESENCE_STATUS.online,
  busy: PRESENCE_STATUS.busy,
  away: PRESENCE_STATUS.away,
  custom: PRESENCE_STATUS.custom,
  auto: undefined,
});

/** What every command has. Throws a `FormatError` that names the key. */
export function decodeCommandHead(payload: Uint8Array): CommandHead {
  const object = decodeJsonObject(payload, "command");
  const id = requiredText(object, "id");
  if (id === "" || utf8Length(id) > COMMAND_ID_BYTES_MAX)
    throw wrong("id", `${utf8Length(id)} bytes, expected 1 to ${COMMAND_ID_BYTES_MAX}`);
  return {
    id,
    atSeconds: seconds(object, "at", 0xffff_ffff),
    expirySeconds: seconds(object, "ex", COMMAND_SECONDS_MAX) ?? COMMAND_SECONDS_DEFAULT,
    object,
  };
}

/** Throws a `FormatError` that names the key. */
export function decodeCommand({ object }: CommandHead): Command {
  const name = requiredText(object, "do");
  switch (name) {
    case "retract":
    case "read":
      return { name, message: requiredText(object, "message"), from: optionalText(object, "from") };
    case "quiet":
      return { name, hours: requiredText(object, "hours") };
    case "presence": {
      const status = requiredText(object, "status");
      if (!Object.hasOwn(STATUSES, status))
        throw wrong("status", `${shownJson(status)}, expected one of ${Object.keys(STATUSES).join(", ")}`);
      return { name, status: STATUSES[status], text: optionalText(object, "text") ?? "" };
    }
    case "settings": {
      const { set } = object;
      if (typeof set !== "object" || set === null || Array.isArray(set))
        throw wrong("set", `${shownJson(set)}, expected an object`);
      return { name, set: set as JsonObject };
    }
    case "identify":
    case "restart":
      return { name };
    default:
      throw wrong(
        "do",
        `${shownJson(name)}, expected one of retract, read, quiet, presence, settings, identify, restart`,
      );
  }
}

export function encodeCommandResult(result: CommandResult): Uint8Array {
  return encodeUtf8(JSON.stringify(result));
}

function requiredText(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string") throw wrong(key, `${shownJson(value)}, expected text`);
  return value;
}

function optionalText(object: JsonObject, key: string): string | undefined {
  return object[key] === undefined ? undefined : requiredText(object, key);
}

function seconds(object: JsonObject, key: string, max: number): number | undefined {
  const value = object[key];
  if (value === undefined) return undefined;
  const number = wholeNumber(value, 0, max);
  if (number === undefined) throw wrong(key, `${shownJson(value)}, expected a whole number from 0 to ${max}`);
  return number;
}

function wrong(key: string, problem: string): FormatError {
  return new FormatError(`command ${key}`, 0, problem);
}
