/** Reason codes in words (MQTT 5, 2.4; MQTT 3.1.1, table 3.1), and the packets in which each may stand. */
import { type Connack, PACKET_TYPE, type ProtocolLevel } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";

/** Why a client ends a connection (3.14.2.1). */
export const DISCONNECT_REASON = Object.freeze({
  normal: 0x00,
  withWill: 0x04,
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  notAuthorised: 0x87,
  receiveMaximumExceeded: 0x93,
} as const);

const WORDS: readonly (readonly [number, string])[] = Object.freeze([
  [0x04, "disconnect with will message"],
  [0x10, "no matching subscribers"],
  [0x11, "no subscription existed"],
  [0x18, "continue authentication"],
  [0x19, "re-authenticate"],
  [0x80, "unspecified error"],
  [0x81, "malformed packet"],
  [0x82, "protocol error"],
  [0x83, "implementation specific error"],
  [0x84, "unsupported protocol version"],
  [0x85, "client identifier not valid"],
  [0x86, "bad user name or password"],
  [0x87, "not authorised"],
  [0x88, "server unavailable"],
  [0x89, "server busy"],
  [0x8a, "banned"],
  [0x8b, "server shutting down"],
  [0x8c, "bad authentication method"],
  [0x8d, "keep alive timeout"],
  [0x8e, "session taken over"],
  [0x8f, "topic filter invalid"],
  [0x90, "topic name invalid"],
  [0x91, "packet identifier in use"],
  [0x92, "packet identifier not found"],
  [0x93, "receive maximum exceeded"],
  [0x94, "topic alias invalid"],
  [0x95, "packet too large"],
  [0x96, "message rate too high"],
  [0x97, "quota exceeded"],
  [0x98, "administrative action"],
  [0x99, "payload format invalid"],
  [0x9a, "retain not supported"],
  [0x9b, "QoS not supported"],
  [0x9c, "use another server"],
  [0x9d, "server moved"],
  [0x9e, "shared subscriptions not supported"],
  [0x9f, "connection rate exceeded"],
  [0xa0, "maximum connect time"],
  [0xa1, "subscription identifiers not supported"],
  [0xa2, "wildcard subscriptions not supported"],
]);

/** What a server may send, by packet type (3.2.2.2, 3.4.2.1, …): single codes, as hexadecimal digits. */
const ALLOWED: Readonly<Record<number, string>> = Object.freeze({
  [PACKET_TYPE.connack]: "00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
  [PACKET_TYPE.puback]: "00 10 80 83 87 90 91 97 99",
  [PACKET_TYPE.pubrec]: "00 10 80 83 87 90 91 97 99",
  [PACKET_TYPE.pubrel]: "00 92",
  [PACKET_TYPE.pubcomp]: "00 92",
  [PACKET_TYPE.suback]: "00 01 02 80 83 87 8f 91 97 9e a1 a2",
  [PACKET_TYPE.unsuback]: "00 11 80 83 87 8f 91",
  [PACKET_TYPE.disconnect]: "00 80 81 82 83 87 89 8b 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f a0 a1 a2",
  [PACKET_TYPE.auth]: "00 18 19",
});

/** Whether a server may send this reason code in a packet of this type in MQTT 5. */
export function isReasonCode(packetType: number, reasonCode: number): boolean {
  return reasonCode === 0 || (ALLOWED[packetType] ?? "").includes(reasonCode.toString(16).padStart(2, "0"));
}

/** A reason code of MQTT 5 in words, with the reason string of the broker if there is one. */
export function describeReason(reasonCode: number, { reasonString }: Properties = NO_PROPERTIES): string {
  const known = reasonCode === 0 ? "success" : WORDS.find(([code]) => code === reasonCode)?.[1];
  const words = known ?? `reason 0x${reasonCode.toString(16).padStart(2, "0")}`;
  return reasonString ? `${words}: ${reasonString}` : words;
}

/** The reason of a refused CONNECT in words (MQTT 3.1.1, table 3.1; MQTT 5, 3.2.2.2). */
export function connackReason({ reasonCode, properties }: Connack, protocolLevel: ProtocolLevel): string {
  if (protocolLevel === 5) return describeReason(reasonCode, properties);
  const code = RETURN_CODES[reasonCode];
  return code === undefined ? `refused with return code ${reasonCode}` : describeReason(code);
}

/** Return codes 1 to 5 of MQTT 3.1.1 as the reason codes that say the same. */
const RETURN_CODES: readonly (number | undefined)[] = Object.freeze([undefined, 0x84, 0x85, 0x88, 0x86, 0x87]);
