/**
 * A text as it is in the engine of the boards. It is counted in code points, and `charCodeAt` returns a whole code point. It has
 * only the methods that the core uses to read a text.
 */
export class CodePointText {
  readonly #codes: readonly number[];
  readonly length: number;

  constructor(text: string) {
    this.#codes = [...text].map((character) => character.codePointAt(0) as number);
    this.length = this.#codes.length;
  }

  charCodeAt(index: number): number {
    return this.#codes[index] ?? Number.NaN;
  }

  codePointAt(index: number): number | undefined {
    return this.#codes[index];
  }

  slice(from: number, to?: number): string {
    return new CodePointText(String.fromCodePoint(...this.#codes.slice(from, to))) as unknown as string;
  }

  trimEnd(): string {
    return new CodePointText(this.toString().trimEnd()) as unknown as string;
  }

  toString(): string {
    return String.fromCodePoint(...this.#codes);
  }
}

/** The text as a `CodePointText` that has the type of a string. */
export function asOnBoards(text: string): string {
  return new CodePointText(text) as unknown as string;
}
