/** A row of a table: bytes, their origin, and either the decoded value or a part of the error's text. */
export interface Vector {
  readonly name: string;
  /** Clause or source, for example `MQTT-3.1.1 3.2.2` or `wire format, table 4`. */
  readonly origin: string;
  /** Spaces are for the reader. */
  readonly hex: string;
  /** The decoded value with every `Uint8Array` as hexadecimal text. */
  readonly expected?: unknown;
  /** Text of the error, if the bytes are refused. */
  readonly refused?: string;
}

/** Hexadecimal digits to bytes. Throws on any other character, and on half a byte. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.replace(/\s+/g, "");
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Error(`vector ${hex}: expected pairs of hexadecimal digits`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}

/** Bytes to hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The value as one line of text, for comparison. Bytes become hexadecimal digits. Absent keys are left out. */
export function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(toHex(value));
  if (Array.isArray(value)) return `[${value.map(describeValue).join()}]`;
  if (typeof value !== "object" || value === null) return String(JSON.stringify(value));
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${describeValue(part)}`).join()}}`;
}

/** Compares what `decode` does with the vector. Returns the complaint, or undefined. */
export function complaintOf(vector: Vector, way: string, decode: () => unknown): string | undefined {
  let got: string;
  try {
    got = describeValue(decode());
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    if (vector.refused !== undefined && words.includes(vector.refused)) return undefined;
    return `${vector.name}, ${way}: refused with "${words}", expected ${vector.refused ?? describeValue(vector.expected)}`;
  }
  if (vector.refused !== undefined)
    return `${vector.name}, ${way}: ${got}, expected a refusal with "${vector.refused}"`;
  const expected = describeValue(vector.expected);
  return got === expected ? undefined : `${vector.name}, ${way}: ${got}, expected ${expected}`;
}
