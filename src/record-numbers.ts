import type { Store } from "./seams.ts";

const STEP = 32;

/**
 * Returns the numbers of the records `<prefix><number in base 36>`, ascending. There are none where the store refuses. The
 * numbers stand in one block of memory: with hundreds of messages, a small heap cannot hold a list of the keys themselves.
 */
export function recordNumbers(store: Store, prefix: string): Uint32Array {
  let numbers = new Uint32Array(STEP);
  let count = 0;
  for (const key of keysOf(store)) {
    const number = key.startsWith(prefix) ? Number.parseInt(key.slice(prefix.length), 36) : Number.NaN;
    // The program did not write a key whose number reads differently.
    if (key !== prefix + number.toString(36) || number > 0xffff_ffff) continue;
    if (count === numbers.length) {
      const more = new Uint32Array(count + STEP);
      more.set(numbers);
      numbers = more;
    }
    insert(numbers, count, number);
    count += 1;
  }
  return numbers.slice(0, count);
}

function keysOf(store: Store): Iterable<string> {
  try {
    return store.keys();
  } catch {
    return [];
  }
}

/** A store gives its keys nearly in order, so few numbers move. `sort()` of a typed array hangs on an ESP32. */
function insert(numbers: Uint32Array, count: number, number: number): void {
  let at = count;
  for (; at > 0 && (numbers[at - 1] as number) > number; at -= 1) numbers[at] = numbers[at - 1] as number;
  numbers[at] = number;
}
