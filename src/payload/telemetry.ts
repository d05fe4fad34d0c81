/**
 * Telemetry: a batch of readings as SenML (RFC 8428), in CBOR or in JSON. The first record carries the base name (uid and `/`).
 * It also carries the base time when the clock is set. Each record has a name, a unit, a value and a time. The time counts
 * seconds after the base time. Without a clock it counts seconds before now, as a negative number (RFC 8428, section 4.5.3). A
 * value may be text. A sensor that failed has the text `failed` in the place of its value.
 */
import { ByteWriter } from "../bytes.ts";
import { encodeUtf8, utf8Length } from "../utf8.ts";

export interface Reading {
  /** SenML name after the base name. */
  readonly name: string;
  /** SenML unit. Text has none. */
  readonly unit: string;
  /** undefined: the sensor failed. */
  readonly value: number | string | undefined;
  /** Age in seconds when the batch is made, 0 or more. */
  readonly ageSeconds: number;
}

/** CBOR labels (RFC 8428, table 4). */
const LABEL = Object.freeze({ bn: -2, bt: -3, n: 0, u: 1, v: 2, vs: 3, t: 6 } as const);
type Key = keyof typeof LABEL;
type SenmlRecord = readonly (readonly [Key, string | number])[];

/**
 * @param readings oldest first, at least one
 * @param nowSeconds seconds since 1970, or undefined without a clock
 */
export function encodeTelemetry(
  format: "cbor" | "json",
  uid: string,
  readings: readonly Reading[],
  nowSeconds: number | undefined,
): Uint8Array {
  return format === "cbor" ? encodeCbor(uid, readings, nowSeconds) : encodeJson(uid, readings, nowSeconds);
}

/** Records are made one by one: a heap with little room cannot hold those of a whole batch. */
function recordOf(
  uid: string,
  readings: readonly Reading[],
  nowSeconds: number | undefined,
  index: number,
): SenmlRecord {
  const { name, unit, value, ageSeconds } = readings[index] as Reading;
  const oldestAge = readings[0]?.ageSeconds ?? 0;
  const record: [Key, string | number][] = [];
  if (index === 0) record.push(["bn", `${uid}/`]);
  if (index === 0 && nowSeconds !== undefined) record.push(["bt", round(nowSeconds - oldestAge)]);
  record.push(["n", name]);
  if (typeof value === "number") record.push(["u", unit], ["v", value]);
  else record.push(["vs", value ?? "failed"]);
  const time = round(nowSeconds === undefined ? -ageSeconds : oldestAge - ageSeconds);
  if (time !== 0) record.push(["t", time]);
  return record;
}

/** Rounds to milliseconds. The clock is no finer. */
function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function encodeJson(uid: string, readings: readonly Reading[], nowSeconds: number | undefined): Uint8Array {
  let text = "[";
  for (let index = 0; index < readings.length; index += 1) {
    const record = Object.fromEntries(recordOf(uid, readings, nowSeconds, index));
    text += `${index === 0 ? "" : ","}${JSON.stringify(record)}`;
  }
  return encodeUtf8(`${text}]`);
}

function encodeCbor(uid: string, readings: readonly Reading[], nowSeconds: number | undefined): Uint8Array {
  let bytesMax = 5;
  for (let index = 0; index < readings.length; index += 1) {
    bytesMax += 5;
    for (const [, value] of recordOf(uid, readings, nowSeconds, index))
      bytesMax += 1 + (typeof value === "string" ? 5 + utf8Length(value) : 9);
  }
  const writer = new ByteWriter(bytesMax);
  writeHead(writer, 4, readings.length);
  for (let index = 0; index < readings.length; index += 1) {
    const record = recordOf(uid, readings, nowSeconds, index);
    writeHead(writer, 5, record.length);
    for (const [key, value] of record) {
      writeNumber(writer, LABEL[key]);
      if (typeof value === "number") writeNumber(writer, value);
      else {
        writeHead(writer, 3, utf8Length(value));
        writer.text(value);
      }
    }
  }
  return writer.view();
}

/** Writes a major type and its argument in the shortest form (RFC 8949, section 3). */
function writeHead(writer: ByteWriter, majorType: number, argument: number): void {
  const major = majorType << 5;
  if (argument < 24) writer.uint8(major | argument);
  else if (argument < 0x100) {
    writer.uint8(major | 24);
    writer.uint8(argument);
  } else if (argument < 0x1_0000) {
    writer.uint8(major | 25);
    writer.uint16(argument);
  } else {
    writer.uint8(major | 26);
    writer.uint32(argument);
  }
}

/**
 * Writes a whole number of up to 32 bits as an integer. Writes any other number as a float of 4 bytes where that is exact, and
 * of 8 bytes otherwise.
 */
function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isInteger(value) && value >= -0x1_0000_0000 && value <= 0xffff_ffff) {
    if (value >= 0) writeHead(writer, 0, value);
    else writeHead(writer, 1, -1 - value);
    return;
  }
  const isSingle = Math.fround(value) === value;
  const view = new DataView(new ArrayBuffer(8));
  if (isSingle) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  writer.uint8(isSingle ? 0xfa : 0xfb);
  writer.bytes(new Uint8Array(view.buffer, 0, isSingle ? 4 : 8));
}
