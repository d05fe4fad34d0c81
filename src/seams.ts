/**
 * What a host lends to the core: storage, random numbers, the time of day, text measure, sensors. Types only, no code.
 * The core asks nothing else of a platform; monotonic time is handed to every call as `nowMs`.
 */
import type { Font } from "./pager/screen/fonts.ts";

/**
 * Small named binary records, synchronous. A write is durable when it returns: after a power cut the record holds either
 * its former or its new value. Keys are 1 to 15 characters of `a-z 0-9 -` (NVS allows no more).
 */
export interface Store {
  /** The record's bytes, or undefined where there is none. The caller may keep them. */
  read(key: string): Uint8Array | undefined;
  /** Creates or replaces a record. Throws when the medium refuses; the former value then still stands. */
  write(key: string, bytes: Uint8Array): void;
  /** Removes a record; removing one that is not there is no error. */
  remove(key: string): void;
  /** The keys of all records, in no order; no record may be written or removed before the walk has ended. */
  keys(): Iterable<string>;
}

/** Uniform in [0, 1). A seeded one replays a run. */
export type Random = () => number;

/** Seconds since 1970-01-01T00:00:00Z, or undefined while the clock has not been set. */
export type WallClock = () => number | undefined;

/**
 * Width in pixels, fractions allowed, of one character as a reader sees it: a code point, or several that are drawn as one. The
 * core keeps what it was told: it asks once for each character of ASCII and seldom for others. A host draws a line as wide as its
 * characters together, without kerning.
 */
export type MeasureText = (font: Font, text: string) => number;

/** One reading, after ECMA-419's `sample()`; undefined or a throw is a failed reading and is counted, not fatal. */
export interface Sensor {
  /** SenML name below the device's base name, for example `temperature`. */
  readonly name: string;
  /** SenML unit (RFC 8428, section 12.1), for example `Cel`, `%RH`, `s`. */
  readonly unit: string;
  /** A change smaller than this is noise and not kept; without one every sample is. In the sensor's unit. */
  readonly deadband?: number;
  /** It counts up from 0 at each start. */
  readonly isTotal?: boolean;
  /** It tells of the device itself. */
  readonly isDiagnostic?: boolean;
  sample(): number | undefined;
}
