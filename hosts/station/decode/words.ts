/** How what was decoded is written: one line for each part, without characters that a terminal obeys. */

const TIMESTAMP_MS_MAX = 8.64e15;

/** A name and what is said of it. */
export function row(name: string, words: string, width = 14): string {
  return `  ${name.padEnd(width)} ${words}`;
}

/** Seconds since 1970 as ISO 8601. */
export function describeTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  return Math.abs(ms) > TIMESTAMP_MS_MAX ? `${seconds} s after 1970` : new Date(ms).toISOString();
}

/** As JSON, on one line. */
export function quoted(value: unknown): string {
  return visible(String(JSON.stringify(value)));
}

/** Replaces control characters, which a terminal would obey, and characters that change the direction of text. */
export function visible(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
