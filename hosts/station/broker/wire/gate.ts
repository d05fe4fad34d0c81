/**
 * The strict gate in front of mqtt-packet. That library lets through: text that is no UTF-8 or has U+0000, identifier 0, fields that
 * run past the packet, bytes behind its end, properties of other packets, most doubled properties, SUBSCRIBE of nothing, flags of
 * CONNECT without sense. It also loses the order of user properties, so what is forwarded is kept here as it came [MQTT-3.3.2-18].
 */
import { malformed, PeerError, REASON } from "../errors.ts";
import { PACKET, PROPERTIES } from "./property-table.ts";
import { Walker } from "./walker.ts";

/** What mqtt-packet does not give. */
export interface Gated {
  /** Properties of a PUBLISH or will that go to the receivers, as they came. */
  readonly forwarded: Uint8Array;
  /** Of a PUBLISH: where its payload begins in the packet. Else 0. */
  readonly payloadAt: number;
}

export type Level = 4 | 5;

const NO_BYTES = new Uint8Array(0);
const NOTHING: Gated = Object.freeze({ forwarded: NO_BYTES, payloadAt: 0 });
const NAMES: Readonly<Record<number, string>> = Object.freeze(
  Object.fromEntries(Object.entries(PACKET).map(([name, type]) => [type, name.toUpperCase()])),
);
const RESPONSE_TOPIC = 8;
const METHOD = 21;
const DATA = 22;
/** Reason codes that a client may say, as hexadecimal digits (3.4.2.1, 3.6.2.1, 3.14.2.1, 3.15.2.1). */
const ACKNOWLEDGED = "00 10 80 83 87 90 91 97 99";
const RELEASED = "00 92";
const REASON_CODES: Readonly<Record<number, string>> = Object.freeze({
  [PACKET.puback]: ACKNOWLEDGED,
  [PACKET.pubrec]: ACKNOWLEDGED,
  [PACKET.pubrel]: RELEASED,
  [PACKET.pubcomp]: RELEASED,
  [PACKET.disconnect]: "00 04 80 81 82 83 90 93 94 95 96 97 98 99",
  [PACKET.auth]: "18 19",
});

/** The fixed flags of each packet type of a client [MQTT-2.1.3-1]. PUBLISH has its own. */
const flagsOf = (type: number): number => (type === PACKET.pubrel || type === 8 || type === 10 ? 2 : 0);

/** Looks at a whole packet. @param level undefined: CONNECT has not come. Throws a `PeerError`. */
export function gate(packet: Uint8Array, level: Level | undefined): Gated {
  const first = packet[0] as number;
  const type = first >> 4;
  const name = NAMES[type];
  if (name === undefined) throw new PeerError(`packet type ${type}, which no client sends [MQTT 2.1.2]`);
  if ((type === PACKET.connect) !== (level === undefined))
    throw new PeerError(level ? "CONNECT twice [MQTT-3.1.0-2]" : `${name} before CONNECT [MQTT-3.1.0-1]`);
  if (type !== PACKET.publish && (first & 15) !== flagsOf(type))
    throw malformed(`${name}: flags ${first & 15}, expected ${flagsOf(type)} [MQTT-2.1.3-1] [MQTT-2.2.2-2]`);
  const walker = new Walker(packet, bodyAt(packet), name);
  switch (type) {
    case PACKET.connect:
      return connect(walker);
    case PACKET.publish:
      return publish(walker, first, level as Level);
    case PACKET.subscribe:
    case PACKET.unsubscribe:
      subscriptions(walker, type, level as Level);
      break;
    case PACKET.pingreq:
      break;
    default:
      if (type < PACKET.disconnect) walker.identifier();
      else if (type === PACKET.auth && level !== 5) throw new PeerError("AUTH: not in MQTT 3.1.1");
      if (level === 5) reasoned(walker, type, name);
  }
  walker.end();
  return NOTHING;
}

function bodyAt(packet: Uint8Array): number {
  let at = 1;
  while ((packet[at] as number) >= 0x80) at += 1;
  return at + 1;
}

/** The protocol level of a CONNECT. One that the broker does not speak is given as it is. Throws if the protocol is not MQTT. */
export function levelOf(packet: Uint8Array): number {
  const walker = new Walker(packet, bodyAt(packet), "CONNECT");
  const protocolName = walker.text("protocol name");
  // MQIsdp is MQTT 3.1: it is told that its version is not spoken.
  if (protocolName !== "MQTT" && protocolName !== "MQIsdp")
    throw new PeerError(`CONNECT: protocol ${protocolName} [MQTT-3.1.2-1]`, REASON.unsupportedProtocolVersion);
  const level = walker.byte("protocol level");
  return protocolName === "MQTT" ? level : 3;
}

function connect(walker: Walker): Gated {
  walker.text("protocol name");
  const level = walker.byte("protocol level");
  const flags = walker.byte("flags");
  const hasWill = (flags & 4) !== 0;
  const willQos = (flags >> 3) & 3;
  if (flags & 1) throw malformed("CONNECT: reserved flag [MQTT-3.1.2-3]");
  if (willQos === 3) throw malformed("CONNECT: will QoS 3 [MQTT-3.1.2-12]");
  if (!hasWill && flags & 0x38)
    throw malformed("CONNECT: flags of a will and none [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15]");
  if (level === 4 && (flags & 0xc0) === 0x40) throw malformed("CONNECT: password without user name [MQTT-3.1.2-22]");
  walker.two("keep alive");
  if (level === 5) {
    const seen = new Set<number>();
    walker.properties(PACKET.connect, (identifier) => seen.add(identifier));
    if (seen.has(DATA) && !seen.has(METHOD)) throw new PeerError("CONNECT: authentication data without method");
  }
  walker.text("client identifier");
  let forwarded: Uint8Array = NO_BYTES;
  if (hasWill) {
    if (level === 5) forwarded = walker.properties(PACKET.will, responseTopic);
    name(walker.text("will topic"), "CONNECT will topic");
    walker.binary("will payload");
  }
  if (flags & 0x80) walker.text("user name");
  if (flags & 0x40) walker.binary("password");
  walker.end();
  return { forwarded, payloadAt: 0 };
}

function publish(walker: Walker, first: number, level: Level): Gated {
  const qos = (first >> 1) & 3;
  if (qos === 3) throw malformed("PUBLISH: QoS 3 [MQTT-3.3.1-4]");
  if (qos === 0 && first & 8) throw malformed("PUBLISH: DUP with QoS 0 [MQTT-3.3.1-2]");
  const topic = walker.text("topic");
  if (qos > 0) walker.identifier();
  let isAliased = false;
  let forwarded: Uint8Array = NO_BYTES;
  if (level === 5)
    forwarded = walker.properties(PACKET.publish, (identifier, value) => {
      if (PROPERTIES[identifier]?.name === "topic alias") isAliased = true;
      responseTopic(identifier, value);
    });
  if (topic !== "") name(topic, "PUBLISH topic");
  else if (!isAliased) throw new PeerError("PUBLISH: neither topic nor alias [MQTT-3.3.2-1] [MQTT-4.7.3-1]");
  return { forwarded, payloadAt: walker.at };
}

function responseTopic(identifier: number, value: number | string): void {
  if (identifier === RESPONSE_TOPIC) name(String(value), "response topic");
}

/** A topic name: not empty [MQTT-4.7.3-1], no wildcard [MQTT-3.3.2-2] [MQTT-3.3.2-14]. */
function name(topic: string, field: string): void {
  if (topic === "") throw new PeerError(`${field}: empty [MQTT-4.7.3-1]`, REASON.topicNameInvalid);
  if (topic.includes("+") || topic.includes("#"))
    throw new PeerError(`${field}: a wildcard [MQTT-3.3.2-2] [MQTT-3.3.2-14]`, REASON.topicNameInvalid);
}

function subscriptions(walker: Walker, type: number, level: Level): void {
  walker.identifier();
  if (level === 5) walker.properties(type);
  if (walker.isAtEnd) throw new PeerError("no topic filter [MQTT-3.8.3-2] [MQTT-3.10.3-2]");
  while (!walker.isAtEnd) {
    const filter = walker.text("topic filter");
    if (type !== PACKET.subscribe) continue;
    const options = walker.byte("options");
    if ((options & 3) === 3 || options & (level === 5 ? 0xc0 : 0xfc))
      throw malformed(`SUBSCRIBE: options ${options} [MQTT-3.8.3-5] [MQTT-3-8.3-4]`);
    if ((options & 0x30) === 0x30) throw new PeerError("SUBSCRIBE: retain handling 3 [MQTT 3.8.3.1]");
    if (options & 4 && filter.startsWith("$share/")) throw new PeerError("no local, shared [MQTT-3.8.3-4]");
  }
}

/** Reason code and properties, where they are there. */
function reasoned(walker: Walker, type: number, packetName: string): void {
  if (walker.isAtEnd) {
    if (type === PACKET.auth) throw new PeerError("AUTH: reason 0 of a client [MQTT-3.15.2-1]");
    return;
  }
  const reasonCode = walker.byte("reason code").toString(16).padStart(2, "0");
  if (!REASON_CODES[type]?.includes(reasonCode)) throw new PeerError(`${packetName}: reason 0x${reasonCode}`);
  if (!walker.isAtEnd) walker.properties(type);
}
