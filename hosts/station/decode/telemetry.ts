/** Reads telemetry: a SenML pack (RFC 8428) in CBOR or JSON becomes readings that are complete without their base fields. */
import { FormatError } from "../../../src/errors.ts";
import {
  TELEMETRY_NAME_CHARACTERS_MAX,
  TELEMETRY_READINGS_MAX,
  TELEMETRY_UNIT_CHARACTERS_MAX,
} from "../shared/limits.ts";
import { readCbor } from "./cbor-reader.ts";
import { readJson } from "./json-reader.ts";
import type { Placed } from "./placed.ts";

export interface TelemetryReading {
  /** Base name and name. */
  readonly name: string;
  readonly unit?: string | undefined;
  /** A number, a text as `failed`, true or false, or data. */
  readonly value: number | string | boolean | Uint8Array;
  /** Since 1970, or, when `isRelative`, since the pack was received: 0 or negative for the past. */
  readonly timeSeconds: number;
  readonly isRelative: boolean;
}

export interface Telemetry {
  readonly format: "cbor" | "json";
  readonly readings: readonly TelemetryReading[];
}

type Kind = "number" | "string" | "boolean" | "data";

/** Fields of a record with their CBOR label (RFC 8428, table 4) and what stands in them. */
const FIELDS: Readonly<Record<string, readonly [label: number, kind: Kind]>> = Object.freeze({
  bver: [-1, "number"],
  bn: [-2, "string"],
  bt: [-3, "number"],
  bu: [-4, "string"],
  bv: [-5, "number"],
  bs: [-6, "number"],
  n: [0, "string"],
  u: [1, "string"],
  v: [2, "number"],
  vs: [3, "string"],
  vb: [4, "boolean"],
  s: [5, "number"],
  t: [6, "number"],
  ut: [7, "number"],
  vd: [8, "data"],
} as const);
const VALUES = Object.freeze(["v", "vs", "vb", "vd"] as const);

/** The version of SenML that is read; a pack of a later one is refused (RFC 8428, section 4.4). */
const VERSION = 10;
/** Times below it count from now (RFC 8428, section 4.5.3). */
const ABSOLUTE_SECONDS_MIN = 2 ** 28;

/** Throws a `FormatError` that names record and field, and the offset. */
export function decodeTelemetry(payload: Uint8Array): Telemetry {
  const format = [0x5b, 0x20, 0x09, 0x0a, 0x0d].includes(payload[0] ?? 0) ? "json" : "cbor";
  const placed = format === "json" ? readJson(payload, "telemetry") : readCbor(payload, "telemetry");
  if (!Array.isArray(placed.value)) throw new FormatError("telemetry", 0, "expected an array of records");
  const base = { bn: "", bt: 0, bu: undefined as string | undefined, bv: 0 };
  let count = 0;
  const readings = placed.value.flatMap((_, index): TelemetryReading[] => {
    const record = new SenmlRecord(placed, format, index);
    const [bver, bn, bt] = [record.number("bver"), record.text("bn"), record.number("bt")];
    if (bver !== undefined && bver > VERSION) throw record.error("bver", `${bver}, expected at most ${VERSION}`);
    base.bn = bn ?? base.bn;
    base.bt = bt ?? base.bt;
    base.bu = record.text("bu") ?? base.bu;
    base.bv = record.number("bv") ?? base.bv;
    const name = base.bn + (record.text("n") ?? "");
    const value = record.value(base.bv);
    if (value === undefined) return [];
    if (name === "") throw record.error("n", "missing, expected a name");
    // A long base name is repeated in each reading: a packet of 64 KB can expand to 350 MB of names.
    if (name.length > TELEMETRY_NAME_CHARACTERS_MAX)
      throw record.error("n", `a name of ${name.length} characters, expected at most ${TELEMETRY_NAME_CHARACTERS_MAX}`);
    const unit = record.text("u") ?? base.bu;
    if (unit !== undefined && unit.length > TELEMETRY_UNIT_CHARACTERS_MAX)
      throw record.error("u", `a unit of ${unit.length} characters, expected at most ${TELEMETRY_UNIT_CHARACTERS_MAX}`);
    count += 1;
    if (count > TELEMETRY_READINGS_MAX) throw record.error("", `expected at most ${TELEMETRY_READINGS_MAX} readings`);
    const timeSeconds = base.bt + (record.number("t") ?? 0);
    const isRelative = timeSeconds < ABSOLUTE_SECONDS_MIN;
    return [{ name, unit, value, timeSeconds, isRelative }];
  });
  return { format, readings };
}

/** One record by the names of JSON, whatever it came in. */
class SenmlRecord {
  readonly #fields = new Map<string, unknown>();
  readonly #places: ReadonlyMap<string, number>;
  readonly #format: "cbor" | "json";
  readonly #index: number;

  constructor({ value, places }: Placed, format: "cbor" | "json", index: number) {
    this.#places = places;
    this.#format = format;
    this.#index = index;
    const record = (value as readonly unknown[])[index];
    if (typeof record !== "object" || record === null || Array.isArray(record) || record instanceof Uint8Array)
      throw this.error("", "expected an object of fields");
    for (const [key, part] of record instanceof Map ? record : Object.entries(record)) {
      const name = typeof key === "string" ? key : Object.keys(FIELDS).find((name) => FIELDS[name]?.[0] === key);
      // A reader that does not know such a field must not read the record (RFC 8428, section 4.4).
      if (name?.endsWith("_")) throw this.error(name, "a field that has to be understood");
      if (name !== undefined) this.#check(name, part);
    }
  }

  number(field: "bver" | "bt" | "bv" | "t"): number | undefined {
    return this.#fields.get(field) as number | undefined;
  }

  text(field: "bn" | "bu" | "n" | "u"): string | undefined {
    return this.#fields.get(field) as string | undefined;
  }

  /** Its one value; undefined for a record of base fields alone. */
  value(base: number): TelemetryReading["value"] | undefined {
    const [field, second] = VALUES.filter((name) => this.#fields.has(name));
    if (second !== undefined) throw this.error(second, "a second value in one record");
    if (field === undefined && this.#fields.has("n") && !this.#fields.has("s"))
      throw this.error("", "a name without a value");
    const value = field && (this.#fields.get(field) as TelemetryReading["value"]);
    return typeof value === "number" ? value + base : value;
  }

  error(field: string, problem: string): FormatError {
    const key = this.#format === "cbor" ? (FIELDS[field]?.[0] ?? field) : field;
    const path = `/${this.#index}`;
    const offset = this.#places.get(`${path}/${key}`) ?? this.#places.get(path) ?? 0;
    return new FormatError(`record ${this.#index + 1}${field && ` ${field}`}`, offset, problem);
  }

  #check(name: string, value: unknown): void {
    const kind = FIELDS[name]?.[1];
    if (kind === undefined) return;
    const number = typeof value === "bigint" ? Number(value) : value;
    const isRight = kind === "data" ? typeof value === "string" || value instanceof Uint8Array : typeof number === kind;
    if (!isRight || (kind === "number" && !Number.isFinite(number)))
      throw this.error(name, `${typeof value}, expected ${kind === "number" ? "a number" : kind}`);
    this.#fields.set(name, number);
  }
}
