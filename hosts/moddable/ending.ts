/**
 * When the program ends by a fault, this says why: at once in the log and on the screen, and again after the restart.
 * The engine calls the global `abort` for an exception that nothing caught, in callbacks of the SDK too (`abortHook` in
 * `manifest.json`). It does not call it when its stack has overflowed.
 */
import type { Store } from "../../src/seams.ts";
import type { ResetCause } from "./board.ts";

/** Key of the record with the last words. The record is empty if the end was wanted. */
const KEY = "last-words";

/** Longer words are cut, because every byte of them is written to flash. */
const WORDS_LENGTH_MAX = 200;

interface AbortGlobals {
  abort?: (reason: string, exception: unknown) => void;
}

export class Ending {
  private readonly showWords: (words: string) => void;
  private store: Store | undefined;

  /** Sets the abort hook. @param showWords is called with the last words; an error that it throws is ignored */
  constructor(showWords: (words: string) => void) {
    this.showWords = showWords;
    (globalThis as AbortGlobals).abort = (reason, exception) => this.end(reason, exception);
  }

  /**
   * Keeps the last words in this store from now on. Returns why the former run ended, or undefined if the end was
   * wanted. It returns the reason only once.
   */
  keepIn(store: Store, cause: ResetCause): string | undefined {
    this.store = store;
    const record = store.read(KEY);
    if (record) store.remove(KEY);
    if (record && record.length > 0) return String.fromArrayBuffer(record.slice().buffer);
    if (cause.kind === "fault") return `reset: ${cause.words}`;
    const isUnexplained = cause.kind === "program" && !record;
    return isUnexplained ? "the program ended without a word, as it does when its stack overflows" : undefined;
  }

  /** The next restart is wanted. */
  expect(): void {
    this.keep("");
  }

  private end(reason: string, exception: unknown): void {
    let words = reason;
    try {
      if (exception !== undefined) words = `${reason}: ${exception}`.slice(0, WORDS_LENGTH_MAX);
    } catch {
      // There is no memory for more than the reason.
    }
    this.keep(words);
    try {
      this.showWords(words);
    } catch {
      // The words cannot be shown now. They are shown after the restart.
    }
  }

  /** If the store refuses, the words are only in the log. */
  private keep(words: string): void {
    try {
      this.store?.write(KEY, new Uint8Array(ArrayBuffer.fromString(words)));
    } catch {
      // See above.
    }
  }
}
