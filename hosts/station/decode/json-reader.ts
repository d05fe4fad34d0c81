import { FormatError } from "../../../src/errors.ts";
import { DECODE_DEPTH_MAX } from "../shared/limits.ts";
import type { Placed } from "./placed.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS = Object.freeze({ t: true, f: false, n: null } as const);

/**
 * Reads the JSON in `bytes[start, end)` and remembers where each value stands; unlike JSON.parse it tells at which byte it
 * stops being JSON. Throws a `FormatError` with `field`.
 */
export function readJson(bytes: Uint8Array, field: string, start = 0, end = bytes.length): Placed {
  const reader = new JsonReader(bytes, field, start, end);
  return { value: reader.readAll(), places: reader.places };
}

class JsonReader {
  readonly places = new Map<string, number>();
  readonly #bytes: Uint8Array;
  readonly #field: string;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, field: string, start: number, end: number) {
    this.#bytes = bytes;
    this.#field = field;
    this.#at = start;
    this.#end = end;
  }

  readAll(): unknown {
    const value = this.#value("", 1);
    if (this.#peek() !== "") throw this.#error("something behind the end of the JSON");
    return value;
  }

  #value(path: string, depth: number): unknown {
    const first = this.#peek();
    this.places.set(path, this.#at);
    if (first === "{" || first === "[") {
      if (depth > DECODE_DEPTH_MAX) throw this.#error(`JSON nested deeper than ${DECODE_DEPTH_MAX}`);
      return first === "{" ? this.#object(path, depth) : this.#array(path, depth);
    }
    if (first === '"') return this.#string();
    if (first === "t" || first === "f" || first === "n") {
      const word = String(WORDS[first]);
      if (this.#text(this.#at, this.#at + word.length) !== word) throw this.#error(`expected ${word}`);
      this.#at += word.length;
      return WORDS[first];
    }
    return this.#number();
  }

  #object(path: string, depth: number): unknown {
    const object: Record<string, unknown> = Object.create(null);
    this.#at += 1;
    if (this.#take("}")) return object;
    do {
      if (this.#peek() !== '"') throw this.#error("expected a key in quotes");
      const key = this.#string();
      if (!this.#take(":")) throw this.#error("expected : behind the key");
      object[key] = this.#value(`${path}/${key}`, depth + 1);
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#error("expected , or }");
    return object;
  }

  #array(path: string, depth: number): unknown {
    const array: unknown[] = [];
    this.#at += 1;
    if (this.#take("]")) return array;
    do array.push(this.#value(`${path}/${array.length}`, depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#error("expected , or ]");
    return array;
  }

  /** The engine's own reader decodes it once its end is found. */
  #string(): string {
    const start = this.#at;
    let at = start + 1;
    while (at < this.#end && this.#bytes[at] !== 0x22) at += this.#bytes[at] === 0x5c ? 2 : 1;
    if (at >= this.#end) throw this.#error("text without an end");
    this.#at = at + 1;
    try {
      return JSON.parse(UTF8.decode(this.#bytes.subarray(start, at + 1))) as string;
    } catch {
      this.#at = start;
      throw this.#error("text with a control character, a wrong escape or what is not UTF-8");
    }
  }

  #number(): number {
    const text = this.#text(this.#at, Math.min(this.#end, this.#at + 400));
    NUMBER.lastIndex = 0;
    const [digits] = NUMBER.exec(text) ?? [];
    if (digits === undefined) throw this.#error(text === "" ? "the JSON ends too early" : "expected a value");
    this.#at += digits.length;
    return Number(digits);
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** The next byte that is no white space, as a character; empty at the end. */
  #peek(): string {
    while (this.#at < this.#end && [0x20, 0x09, 0x0a, 0x0d].includes(this.#bytes[this.#at] as number)) this.#at += 1;
    return this.#text(this.#at, Math.min(this.#at + 1, this.#end));
  }

  #text(start: number, end: number): string {
    return String.fromCharCode(...this.#bytes.subarray(start, Math.min(end, this.#end)));
  }

  #error(problem: string): FormatError {
    return new FormatError(this.#field, this.#at, problem);
  }
}
