/**
 * Commands to a device (topic `/{env}/cmd/{uid}`) and the result of each (`…/result`). Both are JSON objects.
 *
 * | key | holds |
 * |---|---|
 * | `id` | 1 to 23 bytes; it names the command in its result, and keeps the device from doing it twice |
 * | `at`, `ex` | when it was made, in seconds since 1970; for how many seconds from then it holds, 60 when absent |
 * | `do` | what to do; each value has keys of its own, see `Command` |
 *
 * | key of a result | holds |
 * |---|---|
 * | `id` | `id` of the command; absent where the command had none |
 * | `ok` | whether the command was done |
 * | `error` or `note` | why it was not done, or what the sender should know, as text |
 * | `log` | lines of the log, as an array of text; each begins with the uptime in seconds |
 * | `missed` | how many lines before these were lost |
 * | `more` | true: more results of this command follow |
 */
import { FormatError } from "../errors.ts";
import {
  COMMAND_ID_BYTES_MAX,
  COMMAND_SECONDS_DEFAULT,
  COMMAND_SECONDS_MAX,
  LOG_FOLLOW_SECONDS_MAX,
  LOG_LINES_MAX,
} from "../limits.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";
import { wholeNumber } from "./content.ts";
import { decodeJsonObject, type JsonObject, shownJson } from "./json.ts";
import { PRESENCE_STATUS } from "./presence.ts";

export interface CommandHead {
  readonly id: string;
  /** undefined where its sender has no clock. Then the broker has to keep the time (MQTT 5, message expiry). */
  readonly atSeconds: number | undefined;
  readonly expirySeconds: number;
  /** The object that `decodeCommand` reads. */
  readonly object: JsonObject;
}

export type Command =
  /** Remove the message with this id, or count it as read. Where `from` is given, the message must be from that sender. */
  | { readonly name: "retract" | "read"; readonly message: string; readonly from: string | undefined }
  /** `hours`: `22:00-07:00`, `on`, `off`, or `setting` for those of the settings. */
  | { readonly name: "quiet"; readonly hours: string }
  /** `status`: online, busy, away or custom; undefined (`auto`): presence follows the device. Any of them may have a `text`. */
  | { readonly name: "presence"; readonly status: number | undefined; readonly text: string }
  /** `set`: values by name of the setting. null goes back to the configured value. */
  | { readonly name: "settings"; readonly set: JsonObject }
  /** The last `lines` of the log, or those that come within `seconds`. One of them is given. */
  | { readonly name: "log"; readonly lines: number | undefined; readonly seconds: number | undefined }
  | UpdateCommand
  | { readonly name: "identify" | "restart" };

/** Load an image and start it. */
export interface UpdateCommand {
  readonly name: "update";
  /** undefined: the address of the setting `update.url`. */
  readonly url: string | undefined;
  /** The version that is expected there. */
  readonly version: string | undefined;
  /** `downgrade`: an older image, or the same once more, is taken. */
  readonly mayBeOlder: boolean;
}

export interface CommandResult {
  readonly id?: string | undefined;
  readonly ok: boolean;
  readonly error?: string | undefined;
  readonly note?: string | undefined;
  readonly log?: readonly string[] | undefined;
  readonly missed?: number | undefined;
  readonly more?: boolean | undefined;
}

const STATUSES: Readonly<Record<string, number | undefined>> = Object.freeze({
  online: PRESENCE_STATUS.online,
  busy: PRESENCE_STATUS.busy,
  away: PRESENCE_STATUS.away,
  custom: PRESENCE_STATUS.custom,
  auto: undefined,
});

/** Reads the keys that every command has. Throws a `FormatError` with the key. */
export function decodeCommandHead(payload: Uint8Array): CommandHead {
  const object = decodeJsonObject(payload, "command");
  const id = requiredText(object, "id");
  if (id === "" || utf8Length(id) > COMMAND_ID_BYTES_MAX)
    throw wrong("id", `${utf8Length(id)} bytes, expected 1 to ${COMMAND_ID_BYTES_MAX}`);
  return {
    id,
    atSeconds: count(object, "at", 0xffff_ffff, 0),
    expirySeconds: count(object, "ex", COMMAND_SECONDS_MAX, 0) ?? COMMAND_SECONDS_DEFAULT,
    object,
  };
}

/** Reads the keys of its own. Throws a `FormatError` with the key. */
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
    case "log": {
      const lines = count(object, "lines", LOG_LINES_MAX);
      const duration = count(object, "seconds", LOG_FOLLOW_SECONDS_MAX);
      if (lines !== undefined && duration !== undefined) throw wrong("seconds", "expected lines or seconds, not both");
      return { name, lines: lines ?? (duration === undefined ? LOG_LINES_MAX : undefined), seconds: duration };
    }
    case "update": {
      const { downgrade = false } = object;
      if (typeof downgrade !== "boolean") throw wrong("downgrade", `${shownJson(downgrade)}, expected true or false`);
      return {
        name,
        url: optionalText(object, "url"),
        version: optionalText(object, "version"),
        mayBeOlder: downgrade,
      };
    }
    case "identify":
    case "restart":
      return { name };
    default:
      throw wrong(
        "do",
        `${shownJson(name)}, expected one of retract, read, quiet, presence, settings, log, update, identify, restart`,
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

function count(object: JsonObject, key: string, max: number, min = 1): number | undefined {
  const value = object[key];
  if (value === undefined) return undefined;
  const number = wholeNumber(value, min, max);
  if (number === undefined) throw wrong(key, `${shownJson(value)}, expected a whole number from ${min} to ${max}`);
  return number;
}

function wrong(key: string, problem: string): FormatError {
  return new FormatError(`command ${key}`, 0, problem);
}
