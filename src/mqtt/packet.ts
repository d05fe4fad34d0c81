/** The packets of MQTT 3.1.1 as values. Section numbers are those of the OASIS standard. */

/** Control packet types (2.2.1). */
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
} as const);

export type QoS = 0 | 1 | 2;

export interface Connack {
  readonly type: "connack";
  readonly sessionPresent: boolean;
  /** 0 accepted, 1 to 5 refused (table 3.1). */
  readonly returnCode: number;
}

export interface Publish {
  readonly type: "publish";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 with QoS 0. */
  readonly packetIdentifier: number;
}

/** A PUBLISH above the limit: its payload was skipped. */
export interface OversizePublish {
  readonly type: "oversizePublish";
  /** Empty where the topic itself is above the limit. */
  readonly topic: string;
  readonly qos: QoS;
  readonly packetIdentifier: number;
  /** Size of the whole packet, in bytes. */
  readonly packetBytes: number;
}

export interface Acknowledgement {
  readonly type: "puback" | "pubrec" | "pubrel" | "pubcomp" | "unsuback";
  readonly packetIdentifier: number;
}

export interface Suback {
  readonly type: "suback";
  readonly packetIdentifier: number;
  /** One for each topic filter: the QoS granted, or 0x80 for a refusal. */
  readonly returnCodes: Uint8Array;
}

export interface Pingresp {
  readonly type: "pingresp";
}

/** What a server sends. */
export type ReceivedPacket = Connack | Publish | OversizePublish | Acknowledgement | Suback | Pingresp;

export interface Subscription {
  readonly topicFilter: string;
  readonly qos: QoS;
}

/** The message that the broker publishes when the connection ends without DISCONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
}

/** The reason of a refused CONNECT in words (table 3.1). */
export function connackReason(returnCode: number): string {
  switch (returnCode) {
    case 1:
      return "the broker does not speak MQTT 3.1.1";
    case 2:
      return "the broker does not allow this client identifier";
    case 3:
      return "the broker is not available";
    case 4:
      return "bad user name or password";
    case 5:
      return "not authorised";
    default:
      return `refused with return code ${returnCode}`;
  }
}
