/** Bytes to packets and back by mqtt-packet, behind the gate. PUBLISH is written by `publish-writer.ts`. */
import mqttPacket, { type IConnackPacket, type Packet } from "mqtt-packet";
import { malformed } from "../errors.ts";
import { type Gated, gate, type Level } from "./gate.ts";

export type Decoded = Packet & Gated;

/** The packets of one client. */
export class Decoder {
  /** What CONNECT asked for. undefined: it has not come. */
  level: Level | undefined;
  readonly #parser = mqttPacket.parser({});
  #packet: Packet | undefined;
  #error: Error | undefined;

  constructor() {
    this.#parser.on("packet", (packet) => {
      this.#packet = packet;
    });
    this.#parser.on("error", (error) => {
      this.#error = error as Error;
    });
  }

  /** One whole packet. What it returns is a copy. Throws a `PeerError`. */
  decode(bytes: Uint8Array): Decoded {
    const gated = gate(bytes, this.level);
    this.#packet = this.#error = undefined;
    // The library keeps views of what it is given.
    this.#parser.parse(new Uint8Array(bytes) as Buffer);
    const packet = this.#packet as Packet | undefined;
    if (!packet || this.#error) throw malformed((this.#error as Error | undefined)?.message ?? "no packet");
    if (packet.cmd === "connect") this.level = packet.protocolVersion === 5 ? 5 : 4;
    return Object.assign(packet, gated);
  }
}

/** A packet of the server as bytes. */
export function encode(packet: Packet, level: Level): Uint8Array {
  return mqttPacket.generate(packet, { protocolVersion: level });
}

/** The library writes binary properties only from Node's kind of bytes. */
export const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** CONNACK with a reason code of MQTT 5, and what 3.1.1 says for it (MQTT 3.1.1, table 3.1). */
export function encodeConnack(
  reasonCode: number,
  sessionPresent: boolean,
  properties: IConnackPacket["properties"],
  level: Level,
): Uint8Array {
  if (level === 5)
    return encode({ cmd: "connack", reasonCode, sessionPresent, ...(properties ? { properties } : {}) }, 5);
  return encode({ cmd: "connack", returnCode: RETURN_CODES[reasonCode] ?? 5, sessionPresent }, 4);
}

const RETURN_CODES: Readonly<Record<number, number>> = Object.freeze({
  0: 0,
  132: 1,
  133: 2,
  136: 3,
  137: 3,
  151: 3,
  134: 4,
  135: 5,
});
