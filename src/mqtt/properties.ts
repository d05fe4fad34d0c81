/**
 * The properties of MQTT 5 (2.2.2): what each is, where it may stand, to bytes and back. One table; a property that is not
 * in it, stands where it may not, or stands twice, ends the connection.
 */
import type { ByteReader, ByteWriter } from "../bytes.ts";
import { FormatError, ProtocolError, UsageError } from "../errors.ts";
import { utf8Length } from "../utf8.ts";

/** All properties of the standard, by its names. Absent: not sent. */
export interface Properties {
  readonly payloadFormatIndicator?: number | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  /** Seconds; 0xFFFFFFFF: for ever. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  /** Seconds. */
  readonly serverKeepAlive?: number | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly requestProblemInformation?: number | undefined;
  /** Seconds. */
  readonly willDelayInterval?: number | undefined;
  readonly requestResponseInformation?: number | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly reasonString?: string | undefined;
  readonly receiveMaximum?: number | undefined;
  readonly topicAliasMaximum?: number | undefined;
  readonly topicAlias?: number | undefined;
  readonly maximumQoS?: number | undefined;
  readonly retainAvailable?: number | undefined;
  readonly userProperties?: readonly (readonly [string, string])[] | undefined;
  /** Bytes. */
  readonly maximumPacketSize?: number | undefined;
  readonly wildcardSubscriptionAvailable?: number | undefined;
  readonly subscriptionIdentifiersAvailable?: number | undefined;
  readonly sharedSubscriptionAvailable?: number | undefined;
}

export const NO_PROPERTIES: Properties = Object.freeze({});

/** How a value stands on the wire. `flag` is a byte of 0 or 1, `count` a number that must not be 0. */
type Kind = "flag" | "uint16" | "uint32" | "count16" | "count32" | "varint" | "text" | "binary" | "pair";

/** Where a property may stand (table 2-4), as bits to be added. Bit n is control packet type n; `WILL` is its own place. */
const CONNECT = 1 << 1;
const CONNACK = 1 << 2;
const PUBLISH = 1 << 3;
const ACKNOWLEDGEMENTS = (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7);
const SUBSCRIBE = 1 << 8;
const SUBACK = 1 << 9;
const UNSUBSCRIBE = 1 << 10;
const UNSUBACK = 1 << 11;
const DISCONNECT = 1 << 14;
const AUTH = 1 << 15;
export const WILL = 1 << 16;
const ANSWERS = CONNACK | ACKNOWLEDGEMENTS | SUBACK | UNSUBACK | DISCONNECT | AUTH;
const ANYWHERE = ANSWERS | CONNECT | PUBLISH | WILL | SUBSCRIBE | UNSUBSCRIBE;

type Row = readonly [identifier: number, name: keyof Properties, kind: Kind, places: number];

const ROWS: readonly Row[] = Object.freeze([
  [1, "payloadFormatIndicator", "flag", PUBLISH | WILL],
  [2, "messageExpiryInterval", "uint32", PUBLISH | WILL],
  [3, "contentType", "text", PUBLISH | WILL],
  [8, "responseTopic", "text", PUBLISH | WILL],
  [9, "correlationData", "binary", PUBLISH | WILL],
  [11, "subscriptionIdentifiers", "varint", PUBLISH | SUBSCRIBE],
  [17, "sessionExpiryInterval", "uint32", CONNECT | CONNACK | DISCONNECT],
  [18, "assignedClientIdentifier", "text", CONNACK],
  [19, "serverKeepAlive", "uint16", CONNACK],
  [21, "authenticationMethod", "text", CONNECT | CONNACK | AUTH],
  [22, "authenticationData", "binary", CONNECT | CONNACK | AUTH],
  [23, "requestProblemInformation", "flag", CONNECT],
  [24, "willDelayInterval", "uint32", WILL],
  [25, "requestResponseInformation", "flag", CONNECT],
  [26, "responseInformation", "text", CONNACK],
  [28, "serverReference", "text", CONNACK | DISCONNECT],
  [31, "reasonString", "text", ANSWERS],
  [33, "receiveMaximum", "count16", CONNECT | CONNACK],
  [34, "topicAliasMaximum", "uint16", CONNECT | CONNACK],
  [35, "topicAlias", "uint16", PUBLISH],
  [36, "maximumQoS", "flag", CONNACK],
  [37, "retainAvailable", "flag", CONNACK],
  [38, "userProperties", "pair", ANYWHERE],
  [39, "maximumPacketSize", "count32", CONNECT | CONNACK],
  [40, "wildcardSubscriptionAvailable", "flag", CONNACK],
  [41, "subscriptionIdentifiersAvailable", "flag", CONNACK],
  [42, "sharedSubscriptionAvailable", "flag", CONNACK],
] as const);

type Value = number | string | Uint8Array | readonly [string, string];

/**
 * Reads the length and the properties behind it. @param place control packet type as a bit, or `WILL`
 * Throws a `FormatError` for bytes that are no properties and a `ProtocolError` for one in the wrong place or twice.
 */
export function readProperties(reader: ByteReader, place: number): Properties {
  const length = readVarint(reader, "property length");
  if (length === 0) return NO_PROPERTIES;
  if (length > reader.remaining)
    throw new FormatError("property length", reader.offset, `${length} bytes, ${reader.remaining} left`);
  const end = reader.offset + length;
  const properties: Partial<Record<keyof Properties, Value | Value[]>> = {};
  while (reader.offset < end) {
    const { offset } = reader;
    const identifier = readVarint(reader, "property identifier");
    const row = ROWS.find((candidate) => candidate[0] === identifier);
    if (!row) throw new FormatError("property identifier", offset, `${identifier} is none [2.2.2.2]`);
    const [, name, kind, places] = row;
    if (!(places & place)) throw new ProtocolError(`${name}: not in a packet of this type [table 2-4]`);
    const value = readValue(reader, name, kind);
    const isList = name === "userProperties" || name === "subscriptionIdentifiers";
    const former = properties[name];
    if (former === undefined) properties[name] = isList ? [value] : value;
    else if (isList) (former as Value[]).push(value);
    else throw new ProtocolError(`${name}: twice [2.2.2.2]`);
  }
  if (reader.offset !== end) throw new FormatError("properties", end, "the last one runs past the property length");
  return properties as Properties;
}

/** Bytes of the properties with their length in front. Throws a `UsageError` for one that may not stand there. */
export function propertiesBytes(properties: Properties, place: number): number {
  for (const [, name, , places] of properties === NO_PROPERTIES ? [] : ROWS) {
    if (properties[name] !== undefined && !(places & place))
      throw new UsageError(`${name}: not in a packet of this type`);
  }
  const length = bodyBytes(properties);
  return varintBytes(length) + length;
}

/** Writes the length and the properties, in the order of their identifiers. */
export function writeProperties(writer: ByteWriter, properties: Properties): void {
  writeVarint(writer, bodyBytes(properties));
  forEachValue(properties, (identifier, kind, value) => {
    writer.uint8(identifier);
    writeValue(writer, kind, value);
  });
}

/** Variable byte integer (1.5.5): 7 bits a byte, least significant first. Throws a `FormatError` at a fifth byte. */
export function readVarint(reader: ByteReader, field: string): number {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = reader.uint8(field);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new FormatError(field, reader.offset, "a fifth byte, expected at most 4 [1.5.5]");
}

export function writeVarint(writer: ByteWriter, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    writer.uint8((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  writer.uint8(rest);
}

/** Bytes of a variable byte integer. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

function readValue(reader: ByteReader, name: string, kind: Kind): Value {
  const { offset } = reader;
  switch (kind) {
    case "flag": {
      const value = reader.uint8(name);
      if (value > 1) throw new ProtocolError(`${name}: ${value}, expected 0 or 1`);
      return value;
    }
    case "uint16":
      return reader.uint16(name);
    case "uint32":
      return reader.uint32(name);
    case "count16":
      return notZero(reader.uint16(name), name);
    case "count32":
      return notZero(reader.uint32(name), name);
    case "varint":
      return notZero(readVarint(reader, name), name);
    case "text": {
      const text = reader.text(reader.uint16(name), name);
      if (text.includes("\0")) throw new FormatError(name, offset, "U+0000 [MQTT-1.5.4-2]");
      return text;
    }
    case "binary":
      return reader.view(reader.uint16(name), name);
    case "pair":
      return [reader.text(reader.uint16(name), name), reader.text(reader.uint16(name), name)];
  }
}

function notZero(value: number, name: string): number {
  if (value === 0) throw new ProtocolError(`${name}: 0 is not allowed`);
  return value;
}

function bodyBytes(properties: Properties): number {
  let length = 0;
  forEachValue(properties, (_identifier, kind, value) => {
    length += 1 + valueBytes(kind, value);
  });
  return length;
}

function forEachValue(properties: Properties, act: (identifier: number, kind: Kind, value: Value) => void): void {
  if (properties === NO_PROPERTIES) return;
  for (const [identifier, name, kind] of ROWS) {
    const value = properties[name];
    if (value === undefined) continue;
    if (kind === "pair") for (const pair of value as readonly Value[]) act(identifier, kind, pair);
    else if (kind === "varint") for (const one of value as readonly number[]) act(identifier, kind, one);
    else act(identifier, kind, value as Value);
  }
}

function valueBytes(kind: Kind, value: Value): number {
  switch (kind) {
    case "flag":
      return 1;
    case "uint16":
    case "count16":
      return 2;
    case "uint32":
    case "count32":
      return 4;
    case "varint":
      return varintBytes(value as number);
    case "text":
      return 2 + utf8Length(value as string);
    case "binary":
      return 2 + (value as Uint8Array).length;
    case "pair": {
      const [key, text] = value as readonly [string, string];
      return 4 + utf8Length(key) + utf8Length(text);
    }
  }
}

function writeValue(writer: ByteWriter, kind: Kind, value: Value): void {
  switch (kind) {
    case "flag":
      writer.uint8(value as number);
      break;
    case "uint16":
    case "count16":
      writer.uint16(value as number);
      break;
    case "uint32":
    case "count32":
      writer.uint32(value as number);
      break;
    case "varint":
      writeVarint(writer, value as number);
      break;
    case "text":
      writer.prefixedText(value as string);
      break;
    case "binary":
      writer.uint16((value as Uint8Array).length);
      writer.bytes(value as Uint8Array);
      break;
    case "pair":
      for (const text of value as readonly [string, string]) writer.prefixedText(text);
      break;
  }
}
