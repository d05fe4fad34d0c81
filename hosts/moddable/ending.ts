/**
 * A program that ends though nobody asked for it says why: in the log and on the screen at once, and again after the restart.
 * The engine calls the global `abort` for what nothing caught, in callbacks of the SDK, too (`abortHook` in `manifest.json`).
 * It does not call it when its stack has overflowed.
 */
import type { Store } from "../../src/seams.ts";
import type { ResetCause } from "./board.ts";

/** The record of the last words. It is empty where the end was wanted. */
const KEY = "last-words";

/** Longer words are cut. Every byte of them is written to flash. */
const WORDS_LENGTH_MAX = 200;

interface AbortGlobals {
  abort?: (reason: string, exception: unknown) => void;
}

export class Ending {
  private readonly tell: (words: string) => void;
  private store: Store | undefined;

  /** Listens from now on. `tell` is called with the last words; what it throws is lost. */
  constructor(tell: (words: string) => void) {
    this.tell = tell;
    (globalThis as AbortGlobals).abort = (reason, exception) => this.end(reason, exception);
  }

  /** Keeps last words here from now on. Gives why the former run ended, if nobody asked for that. Told once. */
  keepIn(store: Store, cause: ResetCause): string | undefined {
    this.store = store;
    const record = store.read(KEY);
    if (record) store.remove(KEY);
    if (record && record.length > 0) return String.fromArrayBuffer(record.slice().buffer);
    if (cause.kind === "fault") return cause.words;
    const isUnexplained = cause.kind === "program" && !record;
    return isUnexplained ? "the program ended without a word, as it does when its stack overflows" : undefined;
  }

  /** The restart that comes now is wanted. */
  expect(): void {
    this.keep("");
  }

  private end(reason: string, exception: unknown): void {
    let words = reason;
    try {
      if (exception !== undefined) words = `${reason}: ${exception}`.slice(0, WORDS_LENGTH_MAX);
    } catch {
      // There is no memory left for more than the reason.
    }
    this.keep(words);
    try {
      this.tell(words);
    } catch {
      // Nothing can be told any more: after the restart it is.
    }
  }

  /** A store that refuses is not mended here; the words stand in the log. */
  private keep(words: string): void {
    try {
      this.store?.write(KEY, new Uint8Array(ArrayBuffer.fromString(words)));
    } catch {
      // See above.
    }
  }
}
