/**
 * A text as the engine of the boards has it: counted by code points, each of which `charCodeAt` gives whole. Only what the core
 * asks of a text that it looks through.
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

/** What stands for a text where a text is asked for. */
export function asOnBoards(text: string): string {
  return new CodePointText(text) as unknown as string;
}
