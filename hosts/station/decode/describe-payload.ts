/** Puts a payload of the wire format into words, line by line. */
import { FormatError } from "../../../src/errors.ts";
import { RUN_PIXELS_MAX } from "../../../src/limits.ts";
import { BLOCK, checkBlocks } from "../../../src/pager/screen/picture-blocks.ts";
import { checkPicture, rowsAbove, rowsBelow } from "../../../src/pager/screen/run-picture.ts";
import { decodeCommand, decodeCommandHead } from "../../../src/payload/command.ts";
import {
  type Content,
  decodeContents,
  decodePageReceipt,
  decodePlainPage,
  type MessageKeys,
} from "../../../src/payload/content.ts";
import { decodeInfo } from "../../../src/payload/info.ts";
import { decodeJsonObject } from "../../../src/payload/json.ts";
import { decodeMessage } from "../../../src/payload/message.ts";
import { type Colours, isAboutPicture, readPictureReply } from "../../../src/payload/message-picture.ts";
import { decodePictureRequest } from "../../../src/payload/optional/message-picture.ts";
import { decodePresubscription } from "../../../src/payload/optional/presubscription.ts";
import { decodeRasterRequest } from "../../../src/payload/optional/raster.ts";
import { decodePresence, wakeSecondsOf } from "../../../src/payload/presence.ts";
import { type RasterHead, RasterReply } from "../../../src/payload/raster.ts";
import { isUid, UID_RULE } from "../../../src/payload/uid.ts";
import { readJson } from "./json-reader.ts";
import { decodeTelemetry, type TelemetryReading } from "./telemetry.ts";
import { describeTime, quoted, row, visible } from "./words.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const STATUSES: readonly string[] = ["", "online", "offline", "busy", "away", "asleep"];
const IM_TYPES: readonly string[] = ["", "point-to-point", "group", "notification", "receipt"];

/** Throws a `FormatError` that names the field and its offset; a `RangeError` for a topic that the wire format does not have. */
export function describePayload(topic: string, payload: Uint8Array): string[] {
  if (topic === "/connect/new") return [`first connection of ${quoted(uidOf(payload))}`];
  if (topic === "/connect/presub") return describePresubscription(payload);
  const [empty, env, kind, uid, part, ...rest] = topic.split("/");
  if (empty === "" && env && uid && rest.length === 0) {
    const where = `${uid} in ${env}`;
    switch (part === undefined ? kind : `${kind}/${part}`) {
      case "pres":
        return [`presence of ${where}: ${describePresence(payload)}`];
      case "im":
        return describeMessage(where, payload);
      case "page":
        return describePage(where, payload);
      case "page/receipt":
        return [
          `receipt of ${where}`,
          ...describeContent(
            placing(payload, () => decodePageReceipt(payload)),
            "",
          ),
        ];
      case "cmd":
        return describeCommand(where, payload);
      case "cmd/result":
        return describeResult(where, payload);
      case "answer":
        return describeAnswer(where, payload);
      case "info":
        return [`firmware of ${where}: ${describeInfo(payload)}`];
      case "tele":
        return describeTelemetry(where, payload);
      case "raster":
        return describeRasterRequest(where, payload);
      case "raster/reply":
        return describeRasterReply(where, payload);
    }
  }
  throw new RangeError(
    `topic ${quoted(topic)}, expected /{env}/{pres, im, page, cmd, answer, info, tele or raster}/{uid}, /{env}/page/{uid}/receipt, ` +
      "/{env}/cmd/{uid}/result, /{env}/raster/{uid}/reply, /connect/new or /connect/presub",
  );
}

function uidOf(payload: Uint8Array): string {
  let uid = "";
  try {
    uid = UTF8.decode(payload);
  } catch {
    throw new FormatError("uid", 0, "not UTF-8");
  }
  if (!isUid(uid)) throw new FormatError("uid", 0, `expected ${UID_RULE}`);
  return uid;
}

function describePresence(payload: Uint8Array): string {
  if (payload.length === 0) return "none any more, a retained one was cleared";
  const { status, context } = decodePresence(payload);
  const word = status === 15 ? "custom" : (STATUSES[status] ?? `unknown (status ${status})`);
  const wakeSeconds = wakeSecondsOf({ status, context });
  if (wakeSeconds !== undefined) return `${word} until ${describeTime(wakeSeconds)}`;
  if (context !== "") return `${word}, ${quoted(context)}`;
  return payload.length > 1 && (payload[0] as number) >> 6 === 1 ? `${word} (a Context after Type 1, ignored)` : word;
}

function describeMessage(where: string, payload: Uint8Array): string[] {
  const { imType, timestampSeconds, sender, contents } = decodeMessage(payload);
  const faults: string[] = [];
  const decoded = decodeContents(contents, payload, faults);
  return [
    `message to ${where}: ${IM_TYPES[imType] ?? `unknown (IM Type ${imType})`}`,
    row("made", timestampSeconds === 0 ? "by a sender without a clock" : describeTime(timestampSeconds)),
    row("sender", quoted(sender)),
    ...decoded.flatMap((content, index) => describeContent(content, decoded.length > 1 ? ` ${index + 1}` : "")),
    ...faults.map(describeFault),
  ];
}

function describePage(where: string, payload: Uint8Array): string[] {
  const faults: string[] = [];
  const page = decodePlainPage(payload, faults);
  if (!page) return [`plain page to ${where}: none any more, a retained one was cleared`];
  const { text, keys } = page;
  return [`plain page to ${where}`, row("text", quoted(text)), ...describeKeys(keys), ...faults.map(describeFault)];
}

/** Names the optional keys that a device leaves out of the message or shows as text. */
function describeFault(fault: string): string {
  return row("not read", visible(fault));
}

function describeCommand(where: string, payload: Uint8Array): string[] {
  const { head, command } = placing(payload, () => {
    const head = decodeCommandHead(payload);
    return { head, command: decodeCommand(head) };
  });
  const { name, ...keys } = command;
  const { id, atSeconds, expirySeconds } = head;
  return [
    `command to ${where}: ${name}`,
    row("id", quoted(id)),
    row("made", atSeconds === undefined ? "by a sender without a clock" : describeTime(atSeconds)),
    row("holds", `${expirySeconds} s`),
    ...Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [row(key, quoted(value))])),
  ];
}

function describeResult(where: string, payload: Uint8Array): string[] {
  const { id, ok, error, note, missed, log, more } = placing(payload, () => {
    const result = decodeJsonObject(payload, "result");
    if (typeof result.ok !== "boolean") throw new FormatError("result ok", 0, "expected true or false");
    return result;
  });
  return [
    `result of a command to ${where}: ${ok ? "done" : "not done"}`,
    ...Object.entries({ id, error, note }).flatMap(([key, text]) =>
      text === undefined ? [] : [row(key, quoted(text))],
    ),
    ...(missed === undefined ? [] : [row("missed", String(missed))]),
    ...(Array.isArray(log) ? log.map((line) => row("log", quoted(line))) : []),
    ...(more === true ? [row("more", "follows")] : []),
  ];
}

function describeAnswer(where: string, payload: Uint8Array): string[] {
  const { event_type, answer, message, title } = placing(payload, () => {
    const event = decodeJsonObject(payload, "answer event");
    if (event.event_type !== "answered") throw new FormatError("answer event event_type", 0, 'expected "answered"');
    return event;
  });
  const keys = Object.entries({ answer, message, title }).filter(([, value]) => value !== undefined);
  return [`answer of ${where}: ${event_type}`, ...keys.map(([key, value]) => row(key, quoted(value)))];
}

/** Decodes an object; what is wrong with a key is told at the byte where its value stands, if that can be found. */
function placing<Value>(payload: Uint8Array, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof FormatError) || error.offset !== 0) throw error;
    let offset: number | undefined;
    try {
      offset = readJson(payload, error.field).places.get(`/${error.field.split(" ").pop()}`);
    } catch {
      // The device's own reader is more liberal.
    }
    throw offset === undefined
      ? error
      : new FormatError(error.field, offset, error.message.replace(/^.*?at byte \d+: /, ""));
  }
}

function describeContent(content: Content, number: string): string[] {
  switch (content.type) {
    case "text":
      return [row(`text${number}`, quoted(content.text)), ...describeKeys(content.keys)];
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
        ...describeKeys(keys),
      ];
    }
  }
}

function describeKeys(keys: MessageKeys): string[] {
  const { id, priority, expirySeconds, collapseKey, title, uri, melody, choices, unoffered } = keys;
  return [
    ...optional("  id", id),
    ...(priority === 3 ? [] : [row("  priority", String(priority))]),
    ...(expirySeconds === undefined ? [] : [row("  expires", `after ${expirySeconds} s`)]),
    ...optional("  collapse key", collapseKey),
    ...optional("  title", title),
    ...optional("  address", uri),
    ...optional("  melody", melody),
    ...(choices.length ? [row("  choices", choices.map(quoted).join(", "))] : []),
    ...(unoffered ? [row("  not offered", unoffered.map(quoted).join(", "))] : []),
  ];
}

function describeInfo(payload: Uint8Array): string {
  const { version, board, takesUpdates } = placing(payload, () => decodeInfo(payload));
  return visible(`${version} for ${board}, takes ${takesUpdates ? "updates" : "no updates"}`);
}

function describeTelemetry(where: string, payload: Uint8Array): string[] {
  const { format, readings } = decodeTelemetry(payload);
  const count = `${readings.length} ${readings.length === 1 ? "reading" : "readings"}`;
  return [`telemetry of ${where}: ${count}, SenML in ${format.toUpperCase()}`, ...readings.map(describeReading)];
}

function describeReading({ name, unit, value, timeSeconds, isRelative }: TelemetryReading): string {
  const data = value instanceof Uint8Array ? `${value.length} bytes of data` : String(value);
  const time = isRelative ? `${-timeSeconds} s before it was sent` : describeTime(timeSeconds);
  return row(name, `${data}${unit ? ` ${unit}` : ""}, ${time}`, 24);
}

function describePresubscription(payload: Uint8Array): string[] {
  const { uid, topics } = decodePresubscription(payload);
  return [
    `pre-subscription of ${quoted(uid)}`,
    ...topics.map(({ topicFilter, qos }, index) => row(`topic ${index + 1}`, `${quoted(topicFilter)}, QoS ${qos}`)),
  ];
}

const COLOURS: Readonly<Record<Colours, string>> = { 1: "black and white", 4: "grey", 5: "RGB565" };

function describePictureRequest(where: string, payload: Uint8Array): string[] {
  const { number, colours, widthMax, heightMax, piece, sender, id } = decodePictureRequest(payload);
  return [
    `request of ${where} for the picture of a message: number ${number}, ${COLOURS[colours]}`,
    row("message", `${quoted(id)} of ${quoted(sender)}`),
    row("room", `${widthMax} by ${heightMax} pixels`),
    row("piece", String(piece)),
  ];
}

function describePictureReply(where: string, payload: Uint8Array): string[] {
  const reply = readPictureReply(payload);
  const { number, colours, piece } = reply;
  const words = [`picture of a message for ${where}: number ${number}, ${COLOURS[colours]}`];
  if ("words" in reply) return [...words, row("piece", String(piece)), row("no picture", quoted(reply.words))];
  const { pieces, version, width, height, scale, row: first, blocks } = reply;
  const last = Math.min(height, first + BLOCK * checkBlocks(blocks, colours, width)) - 1;
  return [
    ...words,
    row("piece", `${piece} of ${pieces}, version ${version.toString(16).padStart(8, "0")}`),
    row("picture", `${width} by ${height} pixels of side ${scale}`),
    row("rows", `${first} to ${last}`),
  ];
}

function describeRasterRequest(where: string, payload: Uint8Array): string[] {
  if (isAboutPicture(payload)) return describePictureRequest(where, payload);
  const { widthMax, runs, ...head } = decodeRasterRequest(payload);
  return [
    `request of ${where} for pictures of text: ${describeHead(head)}, at most ${widthMax} pixels wide`,
    ...runs.map(({ sizePixels, text }, index) => row(`run ${index}`, `${quoted(text)} in ${sizePixels} pixels`)),
  ];
}

function describeRasterReply(where: string, payload: Uint8Array): string[] {
  if (isAboutPicture(payload)) return describePictureReply(where, payload);
  const reply = new RasterReply(payload);
  const words = [`pictures of text for ${where}: ${describeHead(reply.head)}`];
  while (reply.next()) {
    const { index, start, end } = reply;
    if (start < end) checkPicture(payload, start, end, rowsAbove(RUN_PIXELS_MAX) + rowsBelow(RUN_PIXELS_MAX), 255);
    const [advance, left, top, width, height] = payload.subarray(start, end);
    const picture = `a box of ${advance} pixels, in it ${width} by ${height} from ${left}, ${top} on`;
    words.push(row(`run ${index}`, start < end ? picture : "cannot be drawn"));
  }
  return words;
}

function describeHead({ number, depth }: RasterHead): string {
  return `number ${number}, ${depth === 1 ? "1 bit" : `${depth} bits`} a pixel`;
}

function optional(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [row(name, quoted(text))];
}
