import type { Store } from "./seams.ts";

const STEP = 32;

/**
 * The numbers of the records `<prefix><number in base 36>`, ascending. They stand in one block of memory: a list of the keys
 * themselves is what a small heap cannot hold when hundreds of messages are kept.
 */
export function recordNumbers(store: Store, prefix: string): Uint32Array {
  let numbers = new Uint32Array(STEP);
  let count = 0;
  for (const key of store.keys()) {
    if (!key.startsWith(prefix)) continue;
    if (count === numbers.length) {
      const more = new Uint32Array(count + STEP);
      more.set(numbers);
      numbers = more;
    }
    numbers[count] = Number.parseInt(key.slice(prefix.length), 36);
    count += 1;
  }
  return numbers.slice(0, count).sort();
}
