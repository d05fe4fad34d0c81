/**
 * The packets of MQTT 3.1.1 and 5 as values. MQTT 3.1.1 has return codes in the place of reason codes, and no properties. Section
 * numbers are those of the OASIS standard of MQTT 5.
 */
import type { Properties } from "./properties.ts";

/** Protocol level in CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolLevel = 4 | 5;

/** Control packet types (2.1.2). */
export const PACKET_TYPE = Object.freeze({
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const);

export type QoS = 0 | 1 | 2;

/** What has a reason code and properties. */
interface Reasoned<Type> {
  readonly type: Type;
  /** 0x80 and above is failure. In CONNACK everything but 0 is, see `connackReason`. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Connack extends Reasoned<"connack"> {
  readonly sessionPresent: boolean;
}

export type AcknowledgementType = "puback" | "pubrec" | "pubrel" | "pubcomp";

export interface Acknowledgement extends Reasoned<AcknowledgementType> {
  readonly packetIdentifier: number;
}

export interface Suback {
  readonly type: "suback" | "unsuback";
  readonly packetIdentifier: number;
  /** One for each topic filter: the QoS granted, or 0x80 and above for a refusal. Empty in an UNSUBACK of MQTT 3.1.1. */
  readonly reasonCodes: Uint8Array;
  readonly properties: Properties;
}

/** MQTT 5 only. */
export type Disconnect = Reasoned<"disconnect">;
/** MQTT 5 only. */
export type Auth = Reasoned<"auth">;

export interface Pingresp {
  readonly type: "pingresp";
}

export interface Publish {
  readonly type: "publish";
  /** Empty if only a topic alias was sent (MQTT 5). */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 with QoS 0. */
  readonly packetIdentifier: number;
  readonly properties: Properties;
}

/** The beginning of a PUBLISH above the limit. `PayloadPart`s follow. */
export interface LargePublish {
  readonly type: "largePublish";
  /** Empty if the topic itself is above the limit, or if only a topic alias was sent. */
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly packetIdentifier: number;
  /** undefined: they end above the limit. */
  readonly properties: Properties | undefined;
  /** Size of the whole packet, in bytes. */
  readonly packetBytes: number;
}

/** The next bytes of the payload of a large PUBLISH. The view lives until the next call. */
export interface PayloadPart {
  readonly type: "payload";
  readonly payload: Uint8Array;
  readonly isLast: boolean;
}

/** What a server sends. */
export type ReceivedPacket =
  | Connack
  | Publish
  | LargePublish
  | PayloadPart
  | Acknowledgement
  | Suback
  | Pingresp
  | Disconnect
  | Auth;

export interface Subscription {
  readonly topicFilter: string;
  readonly qos: QoS;
  /** MQTT 5: do not send what this client published itself. */
  readonly noLocal?: boolean | undefined;
  /** MQTT 5: keep the retain flag as it was published. */
  readonly retainAsPublished?: boolean | undefined;
  /** MQTT 5: 0 sends retained messages, 1 only at a new subscription, 2 never. */
  readonly retainHandling?: 0 | 1 | 2 | undefined;
}

/** A topic filter that the broker may hold for us. */
export interface HeldSubscription {
  readonly topicFilter: string;
  /** The QoS that was asked for and is granted. undefined: nobody knows whether the broker holds it. */
  readonly qos: QoS | undefined;
}

/** The message that the broker publishes when the connection ends without DISCONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
}
