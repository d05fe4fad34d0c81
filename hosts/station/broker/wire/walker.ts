/** Walks over the fields of a packet. Every field has to end within it. Throws a `PeerError`. */
import { malformed, PeerError } from "../errors.ts";
import { PROPERTIES, type Property, USER_PROPERTY } from "./property-table.ts";

/** A BOM is a character as any other [MQTT-1.5.4-3]. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NO_BYTES = new Uint8Array(0);

export class Walker {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #packet: string;

  /** @param packet its name, for errors */
  constructor(bytes: Uint8Array, start: number, packet: string, end = bytes.length) {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.#packet = packet;
  }

  get isAtEnd(): boolean {
    return this.at === this.#end;
  }

  byte(field: string): number {
    return this.#bytes[this.#skip(1, field)] as number;
  }

  two(field: string): number {
    const start = this.#skip(2, field);
    return ((this.#bytes[start] as number) << 8) | (this.#bytes[start + 1] as number);
  }

  four(field: string): number {
    return this.two(field) * 0x10000 + this.two(field);
  }

  /** A variable byte integer, in as few bytes as it needs [MQTT-1.5.5-1]. */
  variable(field: string): number {
    let value = 0;
    for (let index = 0; index < 4; index += 1) {
      const byte = this.byte(field);
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte >= 0x80) continue;
      if (byte === 0 && index > 0) throw malformed(`${this.#packet} ${field}: overlong [MQTT-1.5.5-1]`);
      return value;
    }
    throw malformed(`${this.#packet} ${field}: a fifth byte, expected at most 4`);
  }

  binary(field: string): Uint8Array {
    const length = this.two(field);
    const start = this.#skip(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** Text in UTF-8 [MQTT-1.5.4-1] without U+0000 [MQTT-1.5.4-2]. */
  text(field: string): string {
    const bytes = this.binary(field);
    if (bytes.includes(0)) throw malformed(`${this.#packet} ${field}: U+0000 [MQTT-1.5.4-2]`);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw malformed(`${this.#packet} ${field}: no UTF-8 [MQTT-1.5.4-1]`);
    }
  }

  /** A packet identifier, which is never 0 [MQTT-2.2.1-3]. */
  identifier(): number {
    const identifier = this.two("packet identifier");
    if (identifier === 0) throw malformed(`${this.#packet}: packet identifier 0, expected 1 to 65535 [MQTT-2.2.1-3]`);
    return identifier;
  }

  end(): void {
    if (!this.isAtEnd) throw malformed(`${this.#packet}: ${this.#end - this.at} bytes too many`);
  }

  /** Properties that may stand in this packet, each once but user properties. Returns those that are forwarded, as they came. */
  properties(
    packetType: number,
    onProperty: (identifier: number, value: number | string) => void = () => {},
  ): Uint8Array {
    const length = this.variable("property length");
    const end = this.at + length;
    if (end > this.#end) throw malformed(`${this.#packet}: properties run past its end`);
    const inner = new Walker(this.#bytes, this.at, this.#packet, end);
    const seen = new Set<number>();
    const forwarded: Uint8Array[] = [];
    while (!inner.isAtEnd) {
      const start = inner.at;
      const identifier = inner.variable("property identifier");
      const property = PROPERTIES[identifier];
      if (!property?.packets.includes(packetType))
        throw malformed(`${this.#packet}: property 0x${identifier.toString(16)} does not belong there [MQTT 2.2.2.2]`);
      if (identifier !== USER_PROPERTY && seen.has(identifier))
        throw new PeerError(`${this.#packet}: ${property.name} twice [MQTT 2.2.2.2]`);
      seen.add(identifier);
      onProperty(identifier, inner.#value(property));
      if (property.isForwarded) forwarded.push(this.#bytes.subarray(start, inner.at));
    }
    this.at = end;
    return join(forwarded);
  }

  #value({ name, type, min = 0, max = Number.POSITIVE_INFINITY }: Property): number | string {
    switch (type) {
      case "binary":
        this.binary(name);
        return "";
      case "text":
        return this.text(name);
      case "pair":
        this.text(name);
        this.text(name);
        return "";
      default: {
        const value = this[type](name);
        if (value < min || value > max) throw new PeerError(`${this.#packet}: ${name} ${value}`);
        return value;
      }
    }
  }

  #skip(length: number, field: string): number {
    const start = this.at;
    if (start + length > this.#end) throw malformed(`${this.#packet} ${field}: runs past the end of the packet`);
    this.at = start + length;
    return start;
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return NO_BYTES;
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
