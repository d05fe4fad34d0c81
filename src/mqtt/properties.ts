/**
 * Reads and writes the properties of MQTT 5 (2.2.2). One table says what each is and where it may stand. A property that is not in
 * it, that stands in the wrong place or twice, ends the connection.
 */
import { ByteCounter, type ByteReader, type ByteSink } from "../bytes.ts";
import { FormatError, ProtocolError, UsageError } from "../errors.ts";

/** All properties of the standard, under its names. undefined: not sent. */
export interface Properties {
  readonly payloadFormatIndicator?: number | undefined;
  /** Seconds. */
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  /** Seconds. 0xFFFFFFFF: for ever. */
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

/** How a value stands on the wire. Below 16: bits 2-0 are the bytes of a number. */
const FLAG = 1;
const UINT16 = 2;
const UINT32 = 4;
/** A bit: 0 is not allowed. */
const NOT_ZERO = 8;
const VARINT = NOT_ZERO;
const COUNT16 = UINT16 | NOT_ZERO;
const COUNT32 = UINT32 | NOT_ZERO;
const TEXT = 16;
const BINARY = 17;
const PAIR = 18;

/** Where a property may stand (table 2-4), as bits. Bit n is control packet type n. The will is a place of its own. */
const CONNECT = 1 << 1;
const CONNACK = 1 << 2;
export const PUBLISH_PLACE = 1 << 3;
const ACKNOWLEDGEMENTS = (1 << 4) | (1 << 5) | (1 << 6) | (1 << 7);
const SUBSCRIBE = 1 << 8;
const SUBACK = 1 << 9;
const UNSUBSCRIBE = 1 << 10;
const UNSUBACK = 1 << 11;
const DISCONNECT = 1 << 14;
const AUTH = 1 << 15;
export const WILL = 1 << 16;
const ANSWERS = CONNACK | ACKNOWLEDGEMENTS | SUBACK | UNSUBACK | DISCONNECT | AUTH;
const ANYWHERE = ANSWERS | CONNECT | PUBLISH_PLACE | WILL | SUBSCRIBE | UNSUBSCRIBE;

type Row = readonly [identifier: number, name: keyof Properties, kind: number, places: number];

const ROWS: readonly Row[] = Object.freeze([
  [1, "payloadFormatIndicator", FLAG, PUBLISH_PLACE | WILL],
  [2, "messageExpiryInterval", UINT32, PUBLISH_PLACE | WILL],
  [3, "contentType", TEXT, PUBLISH_PLACE | WILL],
  [8, "responseTopic", TEXT, PUBLISH_PLACE | WILL],
  [9, "correlationData", BINARY, PUBLISH_PLACE | WILL],
  [11, "subscriptionIdentifiers", VARINT, PUBLISH_PLACE | SUBSCRIBE],
  [17, "sessionExpiryInterval", UINT32, CONNECT | CONNACK],
  [18, "assignedClientIdentifier", TEXT, CONNACK],
  [19, "serverKeepAlive", UINT16, CONNACK],
  [21, "authenticationMethod", TEXT, CONNECT | CONNACK | AUTH],
  [22, "authenticationData", BINARY, CONNECT | CONNACK | AUTH],
  [23, "requestProblemInformation", FLAG, CONNECT],
  [24, "willDelayInterval", UINT32, WILL],
  [25, "requestResponseInformation", FLAG, CONNECT],
  [26, "responseInformation", TEXT, CONNACK],
  [28, "serverReference", TEXT, CONNACK | DISCONNECT],
  [31, "reasonString", TEXT, ANSWERS],
  [33, "receiveMaximum", COUNT16, CONNECT | CONNACK],
  [34, "topicAliasMaximum", UINT16, CONNECT | CONNACK],
  [35, "topicAlias", UINT16, PUBLISH_PLACE],
  [36, "maximumQoS", FLAG, CONNACK],
  [37, "retainAvailable", FLAG, CONNACK],
  [38, "userProperties", PAIR, ANYWHERE],
  [39, "maximumPacketSize", COUNT32, CONNECT | CONNACK],
  [40, "wildcardSubscriptionAvailable", FLAG, CONNACK],
  [41, "subscriptionIdentifiersAvailable", FLAG, CONNACK],
  [42, "sharedSubscriptionAvailable", FLAG, CONNACK],
] as const);

type Value = number | string | Uint8Array | readonly [string, string];

/**
 * Reads the length and the properties behind it. Throws a `FormatError` for bytes that are no properties or stand in the wrong
 * place, and a `ProtocolError` for a property that comes twice. @param place control packet type as a bit, or `WILL`
 */
export function readProperties(reader: ByteReader, place: number): Properties {
  const length = readVarint(reader, "property length");
  if (length === 0) return NO_PROPERTIES;
  if (length > reader.remaining)
    throw new FormatError("property length", reader.offset, `${length} bytes, ${reader.remaining} left`);
  const end = reader.offset + length;
  const properties: Partial<Record<keyof Properties, Value | Value[]>> = {};
  while (reader.offset < end) {
    const offset = reader.offset;
    const identifier = readVarint(reader, "property identifier");
    const row = ROWS.find((candidate) => candidate[0] === identifier);
    if (!row) throw new FormatError("property identifier", offset, `${identifier} is none [2.2.2.2]`);
    const name = row[1];
    if (!(row[3] & place)) {
      // Only a client may send this one.
      if (place === DISCONNECT && identifier === 17) throw new ProtocolError(`${name}: of a server [MQTT-3.14.2-2]`);
      throw new FormatError(name, offset, `${MISPLACED} [2.2.2.2]`);
    }
    const value = readValue(reader, name, row[2]);
    const former = properties[name];
    if (former === undefined) properties[name] = isList(row[2]) ? [value] : value;
    else if (isList(row[2])) (former as Value[]).push(value);
    else throw new ProtocolError(`${name}: twice [2.2.2.2]`);
  }
  if (reader.offset !== end) throw new FormatError("properties", end, "past their length");
  return properties as Properties;
}

/**
 * Writes the length and the properties, in the order of their identifiers. Throws a `UsageError` for a property that may not stand
 * there. @param place control packet type as a bit, or `WILL`
 */
export function writeProperties(writer: ByteSink, properties: Properties, place: number): void {
  if (properties === NO_PROPERTIES) {
    writer.uint8(0);
    return;
  }
  const counter = new ByteCounter();
  writeEach(counter, properties, place);
  writeVarint(writer, counter.length);
  writeEach(writer, properties, place);
}

/** Variable byte integer (1.5.5): 7 bits a byte, least significant first. Throws a `FormatError` for more bytes than it needs. */
export function readVarint(reader: ByteReader, field: string): number {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = reader.uint8(field);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte === 0 && index > 0) throw overlong(field, reader.offset - 1);
    if (byte < 0x80) return value;
  }
  throw new FormatError(field, reader.offset, "a fifth byte, expected at most 4 [1.5.5]");
}

export function overlong(field: string, offset: number): FormatError {
  return new FormatError(field, offset, "more bytes than it needs [MQTT-1.5.5-1]");
}

export function writeVarint(writer: ByteSink, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    writer.uint8((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  writer.uint8(rest);
}

function readValue(reader: ByteReader, name: string, kind: number): Value {
  if (kind === PAIR) return [readText(reader, name), readText(reader, name)];
  if (kind === TEXT) return readText(reader, name);
  if (kind === BINARY) return reader.view(reader.uint16(name), name);
  const value = kind === VARINT ? readVarint(reader, name) : reader.uint(kind & 7, name);
  if (kind & NOT_ZERO ? value === 0 : kind === FLAG && value > 1)
    throw new ProtocolError(`${name}: ${value} is not allowed`);
  return value;
}

/** Text behind its length in 2 bytes. */
function readText(reader: ByteReader, name: string): string {
  const offset = reader.offset;
  const text = reader.text(reader.uint16(name), name);
  if (text.includes("\0")) throw new FormatError(name, offset, "U+0000 [MQTT-1.5.4-2]");
  return text;
}

function writeEach(writer: ByteSink, properties: Properties, place: number): void {
  ROWS.forEach((row) => {
    const name = row[1];
    const value = properties[name];
    if (value === undefined) return;
    if (!(row[3] & place)) throw new UsageError(`${name}: ${MISPLACED}`);
    if (isList(row[2])) (value as readonly Value[]).forEach((one) => writeOne(writer, row, one));
    else writeOne(writer, row, value as Value);
  });
}

function writeOne(writer: ByteSink, row: Row, value: Value): void {
  const kind = row[2];
  writer.uint8(row[0]);
  if (kind === PAIR) (value as readonly string[]).forEach((text) => writer.prefixedText(text));
  else if (kind === TEXT) writer.prefixedText(value as string);
  else if (kind === BINARY) writer.prefixedBytes(value as Uint8Array);
  else if (kind === VARINT) writeVarint(writer, value as number);
  else writer.uint(kind & 7, value as number);
}

const MISPLACED = "not in this packet [table 2-4]";

/** These may stand several times: user properties and subscription identifiers. */
function isList(kind: number): boolean {
  return kind === PAIR || kind === VARINT;
}
