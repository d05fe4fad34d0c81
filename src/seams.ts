/**
 * What a host lends to the core: storage, random numbers, the time of day, text widths, sensors. These are types without
 * code. The core asks nothing else of a platform. Every call gets the monotonic time as `nowMs`.
 */
import type { Font } from "./pager/screen/fonts.ts";

/**
 * Small named binary records. Every call is synchronous. A write is durable when it returns: after a power cut the record
 * holds either its former or its new value. A key has 1 to 15 characters of `a-z 0-9 -`. NVS allows no more.
 */
export interface Store {
  /** Returns the record's bytes, or undefined where there is no record. The caller may keep them. */
  read(key: string): Uint8Array | undefined;
  /** Creates or replaces a record. Throws when the medium refuses. The former value then still stands. */
  write(key: string, bytes: Uint8Array): void;
  /** Removes a record. A key without a record is no error. */
  remove(key: string): void;
  /** The keys of all records, in no order. The caller writes and removes no record until it has read all of them. */
  keys(): Iterable<string>;
}

/** Memory that keeps its contents while the device sleeps, and loses it in a power cut. */
export interface SleepMemory {
  /** What was written before the sleep from which the device has just woken, and how long that was. undefined: it has not slept. */
  read(): { readonly bytes: Uint8Array; readonly sleptMs: number } | undefined;
  /** @param bytes at most `SLEEP_MEMORY_BYTES_MAX` */
  write(bytes: Uint8Array): void;
}

/** Returns a number of [0, 1), evenly distributed. The same seed replays a run. */
export type Random = () => number;

/** Returns seconds since 1970-01-01T00:00:00Z, or undefined while the clock has not been set. */
export type WallClock = () => number | undefined;

/**
 * Returns the width of one character in pixels. Fractions are allowed. A character is what a reader sees as one: a code
 * point, or several that are drawn as one. The core keeps the widths: it asks once for each ASCII character, and seldom for
 * others. A host draws a line without kerning, as wide as its characters together. All ideographs and syllables of Hangul of
 * a font have the same width. For an empty text it returns the size of the font's face, or 0: that in `FONTS`.
 */
export type MeasureText = (font: Font, text: string) => number;

/** A QR code (ISO/IEC 18004) without its quiet zone. */
export interface QrCode {
  /** Modules on each side, 21 to 177. */
  readonly size: number;
  /** One bit for each module, set where it is dark. Rows are padded to whole bytes; the most significant bit is on the left. */
  readonly bits: Uint8Array;
}

/** Makes the QR code of a text. Returns undefined where the text is too long for one, or where the host has no memory for it. */
export type MakeQrCode = (text: string) => QrCode | undefined;

/**
 * One sensor, after ECMA-419's `sample()`. A reading of undefined or a throw is a failed reading. It is counted, and the
 * device goes on.
 */
export interface Sensor {
  /** SenML name after the device's base name, for example `temperature`. */
  readonly name: string;
  /** SenML unit (RFC 8428, section 12.1), for example `Cel`, `%RH`, `s`. */
  readonly unit: string;
  /** A smaller change is noise and is not kept, in the sensor's unit. Without a deadband every sample is kept. */
  readonly deadband?: number;
  /** The reading counts up from 0 at each start. */
  readonly isTotal?: boolean;
  /** The reading is about the device itself. */
  readonly isDiagnostic?: boolean;
  /** A state, or a count of events. A change is told at once. */
  readonly isPrompt?: boolean;
  /** The device that carries the sensor, where that is another one. The name of the sensor begins with it and a slash. */
  readonly carrier?: string;
  sample(): number | undefined;
}
