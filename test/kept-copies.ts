import { fnv1a } from "../src/fnv.ts";

/** A copy of kept settings with another version of the record, as other firmware would write it. */
export function ofVersion(version: number, copy: Uint8Array): Uint8Array {
  const other = copy.slice();
  other[0] = version;
  new DataView(other.buffer).setUint32(5, fnv1a(other.subarray(9), fnv1a(other.subarray(0, 5))));
  return other;
}
