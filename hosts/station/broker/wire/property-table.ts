/** The properties of MQTT 5 (2.2.2.2), and the packets of a client in which each may stand. */

export const PACKET = Object.freeze({
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
  auth: 15,
  /** Not a packet: the properties of a will in CONNECT. */
  will: 16,
} as const);

export type PropertyType = "byte" | "two" | "four" | "variable" | "text" | "binary" | "pair";

export interface Property {
  readonly name: string;
  readonly type: PropertyType;
  /** Packet types of a client, and `PACKET.will`. */
  readonly packets: readonly number[];
  /** Of a `byte`, `two`, `four` or `variable`. */
  readonly min?: number;
  readonly max?: number;
  /** It goes to the receivers as it is [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-20]. */
  readonly isForwarded?: boolean;
}

const { connect, publish, puback, pubrec, pubrel, pubcomp, subscribe, unsubscribe, disconnect, auth, will } = PACKET;
const message = [publish, will] as const;

export const USER_PROPERTY = 0x26;

export const PROPERTIES: Readonly<Record<number, Property>> = Object.freeze({
  1: { name: "payload format indicator", type: "byte", packets: message, max: 1, isForwarded: true },
  2: { name: "message expiry interval", type: "four", packets: message },
  3: { name: "content type", type: "text", packets: message, isForwarded: true },
  8: { name: "response topic", type: "text", packets: message, isForwarded: true },
  9: { name: "correlation data", type: "binary", packets: message, isForwarded: true },
  11: { name: "subscription identifier", type: "variable", packets: [subscribe], min: 1 },
  17: { name: "session expiry interval", type: "four", packets: [connect, disconnect] },
  21: { name: "authentication method", type: "text", packets: [connect, auth] },
  22: { name: "authentication data", type: "binary", packets: [connect, auth] },
  23: { name: "request problem information", type: "byte", packets: [connect], max: 1 },
  24: { name: "will delay interval", type: "four", packets: [will] },
  25: { name: "request response information", type: "byte", packets: [connect], max: 1 },
  31: { name: "reason string", type: "text", packets: [puback, pubrec, pubrel, pubcomp, disconnect, auth] },
  33: { name: "receive maximum", type: "two", packets: [connect], min: 1 },
  34: { name: "topic alias maximum", type: "two", packets: [connect] },
  35: { name: "topic alias", type: "two", packets: [publish] },
  38: {
    name: "user property",
    type: "pair",
    packets: [connect, publish, puback, pubrec, pubrel, pubcomp, subscribe, unsubscribe, disconnect, auth, will],
    isForwarded: true,
  },
  39: { name: "maximum packet size", type: "four", packets: [connect], min: 1 },
});
