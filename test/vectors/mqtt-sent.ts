/** What this client sends, and the bytes of the standards for it. */
import type { ByteWriter } from "../../src/bytes.ts";
import {
  type Connect,
  publishFlags,
  writeAcknowledgement,
  writeAuth,
  writeConnect,
  writeDisconnect,
  writePingreq,
  writePublishHead,
  writeSubscribe,
  writeUnsubscribe,
} from "../../src/mqtt/encoder.ts";
import { NO_PROPERTIES, type Properties } from "../../src/mqtt/properties.ts";
import { encodeUtf8 } from "../../src/utf8.ts";

export interface SentVector {
  readonly name: string;
  readonly origin: string;
  readonly hex: string;
  write(writer: ByteWriter): void;
}

const CONNECT: Connect = {
  protocolLevel: 4,
  clientIdentifier: "p",
  cleanSession: false,
  keepAliveSeconds: 60,
  will: undefined,
  userName: "",
  password: "",
  properties: NO_PROPERTIES,
  willProperties: NO_PROPERTIES,
};
const WILL = { topic: "w", payload: Uint8Array.of(0x52), qos: 1, retain: true } as const;
const TOPIC = encodeUtf8("a/b");

/** A PUBLISH with the payload `x`. */
function writePublish(
  writer: ByteWriter,
  flags: number,
  packetIdentifier: number,
  properties?: Properties,
  topic = TOPIC,
  topicAlias = 0,
): void {
  writePublishHead(writer, flags, topic, packetIdentifier, properties, topicAlias, 1);
  writer.uint8(0x78);
}

export const SENT_VECTORS: readonly SentVector[] = [
  {
    name: "CONNECT as small as it can be",
    origin: "3.1",
    hex: "10 0d 0004 4d515454 04 00 003c 0001 70",
    write: (writer) => writeConnect(writer, CONNECT),
  },
  {
    name: "CONNECT with will, user name and password",
    origin: "3.1",
    hex: "10 1a 0004 4d515454 04 ee 012c 0001 70 0001 77 0001 52 0001 75 0002 7077",
    write: (writer) =>
      writeConnect(writer, {
        ...CONNECT,
        cleanSession: true,
        keepAliveSeconds: 300,
        will: WILL,
        userName: "u",
        password: "pw",
      }),
  },
  {
    name: "CONNECT of MQTT 5 with properties and a will that waits",
    origin: "MQTT 5, 3.1",
    hex: "10 22 0004 4d515454 05 2c 003c 08 11 00000e10 21 0008 0001 70 05 18 0000001e 0001 77 0001 52",
    write: (writer) =>
      writeConnect(writer, {
        ...CONNECT,
        protocolLevel: 5,
        will: WILL,
        properties: { sessionExpiryInterval: 3600, receiveMaximum: 8 },
        willProperties: { willDelayInterval: 30 },
      }),
  },
  {
    name: "PUBLISH QoS 0",
    origin: "3.3",
    hex: "30 06 0003 612f62 78",
    write: (writer) => writePublish(writer, 0, 0),
  },
  {
    name: "PUBLISH QoS 1, retained, DUP",
    origin: "3.3",
    hex: "3b 08 0003 612f62 000a 78",
    write: (writer) => writePublish(writer, publishFlags(1, true, true), 10),
  },
  {
    name: "PUBLISH of MQTT 5",
    origin: "MQTT 5, 3.3",
    hex: "30 07 0003 612f62 00 78",
    write: (writer) => writePublish(writer, 0, 0, NO_PROPERTIES),
  },
  {
    name: "PUBLISH of MQTT 5 with a topic alias, an expiry and user properties",
    origin: "MQTT 5, 3.3.2.3",
    hex: "34 1a 0000 0001 14 02 0000003c 23 0001 26 0001 6b 0001 76 26 0000 0000 78",
    write: (writer) =>
      writePublish(
        writer,
        publishFlags(2, false, false),
        1,
        {
          messageExpiryInterval: 60,
          userProperties: [
            ["k", "v"],
            ["", ""],
          ],
        },
        encodeUtf8(""),
        1,
      ),
  },
  {
    name: "PUBLISH of MQTT 5 with nothing but a topic alias",
    origin: "MQTT 5, 3.3.2.3.4",
    hex: "30 07 0000 03 23 0102 78",
    write: (writer) => writePublish(writer, 0, 0, NO_PROPERTIES, encodeUtf8(""), 0x102),
  },
  {
    name: "PUBACK",
    origin: "3.4",
    hex: "40 02 ffff",
    write: (writer) => writeAcknowledgement(writer, "puback", 65_535),
  },
  {
    name: "PUBACK of MQTT 5 with a reason",
    origin: "MQTT 5, 3.4",
    hex: "40 03 0001 83",
    write: (writer) => writeAcknowledgement(writer, "puback", 1, 0x83),
  },
  {
    name: "PUBACK of MQTT 5 with a reason string",
    origin: "MQTT 5, 3.4",
    hex: "40 09 0001 97 05 1f 0002 6e6f",
    write: (writer) => writeAcknowledgement(writer, "puback", 1, 0x97, { reasonString: "no" }),
  },
  { name: "PUBREC", origin: "3.5", hex: "50 02 0001", write: (writer) => writeAcknowledgement(writer, "pubrec", 1) },
  { name: "PUBREL", origin: "3.6", hex: "62 02 0001", write: (writer) => writeAcknowledgement(writer, "pubrel", 1) },
  { name: "PUBCOMP", origin: "3.7", hex: "70 02 0001", write: (writer) => writeAcknowledgement(writer, "pubcomp", 1) },
  {
    name: "SUBSCRIBE",
    origin: "3.8",
    hex: "82 0c 0001 0001 61 01 0003 2f6263 00",
    write: (writer) =>
      writeSubscribe(writer, 1, [
        { topicFilter: "a", qos: 1 },
        { topicFilter: "/bc", qos: 0 },
      ]),
  },
  {
    name: "SUBSCRIBE of MQTT 5 with options and an identifier",
    origin: "MQTT 5, 3.8",
    hex: "82 09 0001 02 0b 05 0001 61 2d",
    write: (writer) =>
      writeSubscribe(
        writer,
        1,
        [{ topicFilter: "a", qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 }],
        { subscriptionIdentifiers: [5] },
      ),
  },
  {
    name: "UNSUBSCRIBE",
    origin: "3.10",
    hex: "a2 05 0001 0001 61",
    write: (writer) => writeUnsubscribe(writer, 1, ["a"]),
  },
  {
    name: "UNSUBSCRIBE of MQTT 5",
    origin: "MQTT 5, 3.10",
    hex: "a2 06 0001 00 0001 61",
    write: (writer) => writeUnsubscribe(writer, 1, ["a"], NO_PROPERTIES),
  },
  { name: "PINGREQ", origin: "3.12", hex: "c0 00", write: (writer) => writePingreq(writer) },
  { name: "DISCONNECT", origin: "3.14", hex: "e0 00", write: (writer) => writeDisconnect(writer) },
  {
    name: "DISCONNECT of MQTT 5 with a reason",
    origin: "MQTT 5, 3.14",
    hex: "e0 01 82",
    write: (writer) => writeDisconnect(writer, 0x82),
  },
  {
    name: "AUTH",
    origin: "MQTT 5, 3.15",
    hex: "f0 0a 18 08 15 0001 6d 16 0001 01",
    write: (writer) => writeAuth(writer, 0x18, { authenticationMethod: "m", authenticationData: Uint8Array.of(1) }),
  },
];
