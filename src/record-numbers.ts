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
    insert(numbers, count, Number.parseInt(key.slice(prefix.length), 36));
    count += 1;
  }
  return numbers.slice(0, count);
}

/** A store gives its keys nearly in order, so that few numbers move. `sort()` of a typed array hangs on an ESP32. */
function insert(numbers: Uint32Array, count: number, number: number): void {
  let at = count;
  for (; at > 0 && (numbers[at - 1] as number) > number; at -= 1) numbers[at] = numbers[at - 1] as number;
  numbers[at] = number;
}
