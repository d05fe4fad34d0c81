import { type Token, Tokenizer, Type } from "cborg";
import { FormatError } from "../../../src/errors.ts";
import { DECODE_DEPTH_MAX } from "../shared/limits.ts";
import type { Placed } from "./placed.ts";

/** Reads one CBOR item (RFC 8949) and remembers where each value stands. Throws a `FormatError` with `field`. */
export function readCbor(bytes: Uint8Array, field: string): Placed {
  const reader = new CborReader(bytes, field);
  return { value: reader.readAll(), places: reader.places };
}

class CborReader {
  readonly places = new Map<string, number>();
  readonly #tokenizer: Tokenizer;
  readonly #field: string;

  constructor(bytes: Uint8Array, field: string) {
    this.#tokenizer = new Tokenizer(bytes, { allowNaN: true, allowInfinity: true });
    this.#field = field;
  }

  readAll(): unknown {
    const value = this.#value(this.#next(), "", 1);
    if (!this.#tokenizer.done())
      throw new FormatError(this.#field, this.#tokenizer.pos(), "something behind the end of the CBOR");
    return value;
  }

  #value(token: PlacedToken, path: string, depth: number): unknown {
    this.places.set(path, token.offset);
    if (is(token, Type.break))
      throw new FormatError(this.#field, token.offset, "a break outside of an open array or map");
    if (is(token, Type.array) || is(token, Type.map) || is(token, Type.tag)) {
      if (depth > DECODE_DEPTH_MAX)
        throw new FormatError(this.#field, token.offset, `CBOR nested deeper than ${DECODE_DEPTH_MAX}`);
      if (is(token, Type.array)) return this.#array(token.value as number, path, depth);
      return is(token, Type.map)
        ? this.#map(token.value as number, path, depth)
        : this.#value(this.#next(), path, depth + 1);
    }
    return token.value;
  }

  #array(length: number, path: string, depth: number): unknown[] {
    const array: unknown[] = [];
    while (array.length < length) {
      const token = this.#next();
      if (length === Number.POSITIVE_INFINITY && is(token, Type.break)) break;
      array.push(this.#value(token, `${path}/${array.length}`, depth + 1));
    }
    return array;
  }

  /** Keys that are numbers stand in the path in digits. */
  #map(length: number, path: string, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    while (map.size < length) {
      const token = this.#next();
      if (length === Number.POSITIVE_INFINITY && is(token, Type.break)) break;
      const key = this.#value(token, `${path}#`, depth + 1);
      if (map.has(key)) throw new FormatError(this.#field, token.offset, `the key ${String(key)} a second time`);
      map.set(key, this.#value(this.#next(), `${path}/${String(key)}`, depth + 1));
    }
    return map;
  }

  #next(): PlacedToken {
    const offset = this.#tokenizer.pos();
    if (this.#tokenizer.done()) throw new FormatError(this.#field, offset, "the CBOR ends too early");
    try {
      const { type, value } = this.#tokenizer.next();
      return { type, value, offset };
    } catch (error) {
      throw new FormatError(this.#field, offset, (error as Error).message);
    }
  }
}

interface PlacedToken extends Pick<Token, "type" | "value"> {
  readonly offset: number;
}

function is(token: PlacedToken, type: Type): boolean {
  return Type.equals(token.type, type);
}
