/** What of a memory is free, in bytes or slots. See memory.d.ts. */
export default function freeMemory(what) {
  return native("fieldpager_free_memory").call(this, what);
}
