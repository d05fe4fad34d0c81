/** What a payload of the wire format says, line by line, for people. */
import { FormatError } from "../../../src/errors.ts";
import { decodeCommand, decodeCommandHead } from "../../../src/payload/command.ts";
import {
  type Content,
  decodeContent,
  decodeContents,
  decodePlainPage,
  type MessageKeys,
} from "../../../src/payload/content.ts";
import { decodeMessage, type Message, type RawContent } from "../../../src/payload/message.ts";
import { decodePresence } from "../../../src/payload/presence.ts";
import { decodePresubscription } from "../../../src/payload/presubscription.ts";
import { isUid } from "../../../src/payload/uid.ts";
import { readJson } from "./json-reader.ts";
import { decodeTelemetry, type TelemetryReading } from "./telemetry.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const STATUSES: readonly string[] = ["", "online", "offline", "busy", "away"];
const IM_TYPES: readonly string[] = ["", "point-to-point", "group", "notification", "receipt"];
const TIMESTAMP_MS_MAX = 8.64e15;

/** Throws a `FormatError` that names the field and its offset; a `RangeError` for a topic that the wire format does not have. */
export function payloadInWords(topic: string, payload: Uint8Array): string[] {
  if (topic === "/connect/new") return [`first connection of ${quoted(uidOf(payload))}`];
  if (topic === "/connect/presub") return presubscriptionInWords(payload);
  const [empty, env, kind, uid, part, ...rest] = topic.split("/");
  if (empty === "" && env && uid && rest.length === 0) {
    const where = `${uid} in ${env}`;
    switch (part === undefined ? kind : `${kind}/${part}`) {
      case "pres":
        return [`presence of ${where}: ${presenceInWords(payload)}`];
      case "im":
        return messageInWords(where, payload);
      case "page":
        return pageInWords(where, payload);
      case "page/receipt":
        return [`receipt of ${where}`, ...contentInWords(receiptOf(payload), "")];
      case "cmd":
        return commandInWords(where, payload);
      case "cmd/result":
        return resultInWords(where, payload);
      case "tele":
        return telemetryInWords(where, payload);
    }
  }
  throw new RangeError(
    `topic ${quoted(topic)}, expected /{env}/{pres, im, page, cmd or tele}/{uid}, /{env}/page/{uid}/receipt, ` +
      "/{env}/cmd/{uid}/result, /connect/new or /connect/presub",
  );
}

function uidOf(payload: Uint8Array): string {
  let uid = "";
  try {
    uid = UTF8.decode(payload);
  } catch {
    throw new FormatError("uid", 0, "not UTF-8");
  }
  if (!isUid(uid)) throw new FormatError("uid", 0, "expected 1 to 64 bytes without /, +, # and control characters");
  return uid;
}

function presenceInWords(payload: Uint8Array): string {
  const { status, context } = decodePresence(payload);
  const word = status === 15 ? "custom" : (STATUSES[status] ?? `unknown (status ${status})`);
  if (context !== "") return `${word}, ${quoted(context)}`;
  return payload.length > 1 && (payload[0] as number) >> 6 === 1 ? `${word} (a Context after Type 1, ignored)` : word;
}

function messageInWords(where: string, payload: Uint8Array): string[] {
  const message = decodeMessage(payload);
  const { imType, timestampSeconds, sender, contents } = message;
  return [
    `message to ${where}: ${IM_TYPES[imType] ?? `unknown (IM Type ${imType})`}`,
    row("made", timestampSeconds === 0 ? "by a sender without a clock" : timeInWords(timestampSeconds)),
    row("sender", quoted(sender)),
    ...readContents(message, payload).flatMap((content, index) =>
      contentInWords(content, contents.length > 1 ? ` ${index + 1}` : ""),
    ),
  ];
}

/** The device names a content by its first byte; here the place is the exact one. */
function readContents({ contents }: Message, payload: Uint8Array): Content[] {
  try {
    return decodeContents(contents, payload);
  } catch (error) {
    const index = Number((error as FormatError).field?.match(/^Content (\d+)/)?.[1]) - 1;
    const raw = contents[index] as RawContent;
    const start = raw.content.byteOffset - payload.byteOffset;
    throw placed(error, payload, start, start + raw.content.length);
  }
}

function pageInWords(where: string, payload: Uint8Array): string[] {
  try {
    const { text, keys } = decodePlainPage(payload);
    return [`plain page to ${where}`, row("text", quoted(text)), ...keysInWords(keys)];
  } catch (error) {
    throw payload[0] === 0x7b ? placed(error, payload, 0, payload.length) : error;
  }
}

function receiptOf(payload: Uint8Array): Content {
  try {
    return decodeContent({ contentType: 5, content: payload });
  } catch (error) {
    throw placed(error, payload, 0, payload.length);
  }
}

function commandInWords(where: string, payload: Uint8Array): string[] {
  try {
    const head = decodeCommandHead(payload);
    const { name, ...keys } = decodeCommand(head);
    const { id, atSeconds, expirySeconds } = head;
    return [
      `command to ${where}: ${name}`,
      row("id", quoted(id)),
      row("made", atSeconds === undefined ? "by a sender without a clock" : timeInWords(atSeconds)),
      row("holds", `${expirySeconds} s`),
      ...Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [row(key, quoted(value))])),
    ];
  } catch (error) {
    throw placed(error, payload, 0, payload.length);
  }
}

function resultInWords(where: string, payload: Uint8Array): string[] {
  const { value, places } = readJson(payload, "result");
  const { id, ok, error, note } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof ok !== "boolean") throw new FormatError("result ok", places.get("/ok") ?? 0, "expected true or false");
  return [
    `result of a command to ${where}: ${ok ? "done" : "not done"}`,
    ...Object.entries({ id, error, note }).flatMap(([key, text]) =>
      text === undefined ? [] : [row(key, quoted(text))],
    ),
  ];
}

/** The same error at the byte where the JSON ends to be JSON, or where the value of the key stands that is wrong. */
function placed(error: unknown, payload: Uint8Array, start: number, end: number): unknown {
  if (!(error instanceof FormatError) || error.offset !== start) return error;
  const { places } = readJson(payload, error.field, start, end);
  const offset = places.get(`/${error.field.split(" ").pop()}`);
  return offset === undefined
    ? error
    : new FormatError(error.field, offset, error.message.replace(/^.*?at byte \d+: /, ""));
}

function contentInWords(content: Content, number: string): string[] {
  switch (content.type) {
    case "text":
      return [row(`text${number}`, quoted(content.text)), ...keysInWords(content.keys)];
    case "receipt": {
      const answer = content.answer === undefined ? "" : `, the answer ${quoted(content.answer)}`;
      return [row(`receipt${number}`, `message ${quoted(content.id)} was ${content.state}${answer}`)];
    }
    case "other":
      return [row(`content${number}`, `of type ${content.contentType}, skipped`)];
    default: {
      const { type, link, thumbnail, original, fileName, sizeBytes, keys } = content;
      return [
        row(`${type}${number}`, quoted(link)),
        ...optional("  thumbnail", thumbnail),
        ...optional("  original", original),
        ...optional("  file name", fileName),
        ...(sizeBytes === undefined ? [] : [row("  length", `${sizeBytes} bytes`)]),
        ...keysInWords(keys),
      ];
    }
  }
}

function keysInWords({ id, priority, expirySeconds, collapseKey, title, uri, choices }: MessageKeys): string[] {
  return [
    ...optional("  id", id),
    ...(priority === 3 ? [] : [row("  priority", String(priority))]),
    ...(expirySeconds === undefined ? [] : [row("  expires", `after ${expirySeconds} s`)]),
    ...optional("  collapse key", collapseKey),
    ...optional("  title", title),
    ...optional("  address", uri),
    ...(choices.length ? [row("  choices", choices.map(quoted).join(", "))] : []),
  ];
}

function telemetryInWords(where: string, payload: Uint8Array): string[] {
  const { format, readings } = decodeTelemetry(payload);
  const count = `${readings.length} ${readings.length === 1 ? "reading" : "readings"}`;
  return [`telemetry of ${where}: ${count}, SenML in ${format.toUpperCase()}`, ...readings.map(readingInWords)];
}

function readingInWords({ name, unit, value, timeSeconds, isRelative }: TelemetryReading): string {
  const data = value instanceof Uint8Array ? `${value.length} bytes of data` : String(value);
  const time = isRelative ? `${-timeSeconds} s before it was sent` : timeInWords(timeSeconds);
  return row(name, `${data}${unit ? ` ${unit}` : ""}, ${time}`, 24);
}

function presubscriptionInWords(payload: Uint8Array): string[] {
  const { uid, topics } = decodePresubscription(payload);
  return [
    `pre-subscription of ${quoted(uid)}`,
    ...topics.map(({ topicFilter, qos }, index) => row(`topic ${index + 1}`, `${quoted(topicFilter)}, QoS ${qos}`)),
  ];
}

function optional(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [row(name, quoted(text))];
}

function row(name: string, words: string, width = 14): string {
  return `  ${name.padEnd(width)} ${words}`;
}

function timeInWords(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  return Math.abs(ms) > TIMESTAMP_MS_MAX ? `${seconds} s after 1970` : new Date(ms).toISOString();
}

/** On one line and without control characters, which a terminal would obey. */
function quoted(value: unknown): string {
  return String(JSON.stringify(value)).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
