import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../../src/bytes.ts";
import {
  publishFlags,
  writeAcknowledgement,
  writeAuth,
  writeConnect,
  writeDisconnect,
  writePublishHead,
  writeSubscribe,
  writeUnsubscribe,
} from "../../src/mqtt/encoder.ts";
import type { ProtocolLevel, QoS } from "../../src/mqtt/packet.ts";
import { NO_PROPERTIES, type Properties } from "../../src/mqtt/properties.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { decodeAll } from "../vectors/mqtt.ts";

const PACKETS = 100_000;
const SEED = 20_261_120;
const random = seededRandom(SEED);
const integer = (min: number, max: number) => integerBetween(random, min, max);
const chance = (share: number) => random() < share;
const pick = <T>(values: readonly T[]): T => values[integer(0, values.length - 1)] as T;
const text = (lengthMax = 20) =>
  Array.from({ length: integer(0, lengthMax) }, () => pick([..."abcXYZ019 /-_äßµ中文😀"])).join("");
const topic = () => `${pick(["a", "/x", "üb"])}${text(30)}`;
const bytes = (lengthMax: number) => Uint8Array.from({ length: integer(0, lengthMax) }, () => integer(0, 255));
const identifier = () => integer(1, 65_535);

/** Values for a property of either codec. A few have other names in theirs, see `theirs`. */
const MAKE: Readonly<Record<string, () => unknown>> = {
  payloadFormatIndicator: () => integer(0, 1),
  messageExpiryInterval: () => integer(0, 0xffff_ffff),
  contentType: text,
  responseTopic: topic,
  correlationData: () => bytes(20),
  subscriptionIdentifiers: () => [integer(1, 268_435_455)],
  sessionExpiryInterval: () => integer(0, 0xffff_ffff),
  assignedClientIdentifier: text,
  serverKeepAlive: () => integer(0, 65_535),
  authenticationMethod: text,
  authenticationData: () => bytes(20),
  requestProblemInformation: () => integer(0, 1),
  requestResponseInformation: () => integer(0, 1),
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: () => integer(1, 65_535),
  topicAliasMaximum: () => integer(0, 65_535),
  topicAlias: () => integer(1, 65_535),
  maximumQoS: () => integer(0, 1),
  retainAvailable: () => integer(0, 1),
  userProperties: () => Array.from({ length: integer(1, 3) }, (_, index) => [`k${index}`, text()]),
  maximumPacketSize: () => integer(1, 0xffff_ffff),
  wildcardSubscriptionAvailable: () => integer(0, 1),
  subscriptionIdentifiersAvailable: () => integer(0, 1),
  sharedSubscriptionAvailable: () => integer(0, 1),
  willDelayInterval: () => integer(0, 0xffff_ffff),
};

const PLACES = {
  connect: [
    "sessionExpiryInterval",
    "authenticationMethod",
    "authenticationData",
    "requestProblemInformation",
    "requestResponseInformation",
    "receiveMaximum",
    "topicAliasMaximum",
    "userProperties",
    "maximumPacketSize",
  ],
  will: [
    "payloadFormatIndicator",
    "messageExpiryInterval",
    "contentType",
    "responseTopic",
    "correlationData",
    "willDelayInterval",
    "userProperties",
  ],
  connack: [
    "sessionExpiryInterval",
    "assignedClientIdentifier",
    "serverKeepAlive",
    "authenticationMethod",
    "authenticationData",
    "responseInformation",
    "serverReference",
    "reasonString",
    "receiveMaximum",
    "topicAliasMaximum",
    "maximumQoS",
    "retainAvailable",
    "userProperties",
    "maximumPacketSize",
    "wildcardSubscriptionAvailable",
    "subscriptionIdentifiersAvailable",
    "sharedSubscriptionAvailable",
  ],
  publish: [
    "payloadFormatIndicator",
    "messageExpiryInterval",
    "contentType",
    "responseTopic",
    "correlationData",
    "topicAlias",
    "userProperties",
  ],
  received: [
    "payloadFormatIndicator",
    "messageExpiryInterval",
    "contentType",
    "responseTopic",
    "correlationData",
    "subscriptionIdentifiers",
    "topicAlias",
    "userProperties",
  ],
  answer: ["reasonString", "userProperties"],
  subscribe: ["subscriptionIdentifiers", "userProperties"],
  unsubscribe: ["userProperties"],
  disconnectSent: ["reasonString", "userProperties"],
  disconnect: ["serverReference", "reasonString", "userProperties"],
  auth: ["authenticationMethod", "authenticationData", "reasonString", "userProperties"],
} as const;

function properties(place: keyof typeof PLACES): Properties {
  const names = PLACES[place].filter(() => chance(0.3));
  return names.length ? Object.fromEntries(names.map((name) => [name, MAKE[name]?.()])) : NO_PROPERTIES;
}

const RENAMED: Readonly<Record<string, string>> = {
  subscriptionIdentifiers: "subscriptionIdentifier",
  subscriptionIdentifiersAvailable: "subscriptionIdentifiersAvailable",
  maximumQoS: "maximumQoS",
};
const BOOLEANS = new Set([
  "payloadFormatIndicator",
  "requestProblemInformation",
  "requestResponseInformation",
  "retainAvailable",
  "wildcardSubscriptionAvailable",
  "subscriptionIdentifiersAvailable",
  "sharedSubscriptionAvailable",
]);

/** Our properties, as mqtt-packet names them. */
function theirs(ours: Properties): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ours).map(([name, value]) => {
      if (name === "userProperties") return [name, Object.fromEntries(value)];
      if (name === "subscriptionIdentifiers") return ["subscriptionIdentifier", value.length === 1 ? value[0] : value];
      if (value instanceof Uint8Array) return [name, Buffer.from(value)];
      return [RENAMED[name] ?? name, BOOLEANS.has(name) ? value === 1 : value];
    }),
  );
}

/** Properties of a packet of mqtt-packet. It has no such field if there are none. */
function withTheirs(ours: Properties): { properties?: Record<string, unknown> } {
  return ours === NO_PROPERTIES ? {} : { properties: theirs(ours) };
}

/** Writes with ours and reads with theirs. Returns both as plain values, without the fields that only theirs has. */
function readByThem(level: ProtocolLevel, write: (writer: ByteWriter) => void): Packet {
  const writer = new ByteWriter(4096);
  write(writer);
  const reader = parser({ protocolVersion: level });
  let packet: Packet | undefined;
  reader.on("packet", (one) => {
    packet = one;
  });
  reader.on("error", (error) => {
    throw error;
  });
  const rest = reader.parse(Buffer.from(writer.view()));
  if (!packet || rest !== 0) throw new Error(`${rest} bytes left of ${Buffer.from(writer.view()).toString("hex")}`);
  return packet;
}

function checkSent(level: ProtocolLevel): void {
  const is5 = level === 5;
  const props = (place: keyof typeof PLACES) => (is5 ? properties(place) : NO_PROPERTIES);
  switch (integer(0, 6)) {
    case 0: {
      const will = chance(0.5)
        ? { topic: topic(), payload: bytes(30), qos: integer(0, 2) as QoS, retain: chance(0.5) }
        : undefined;
      const connect = {
        protocolLevel: level,
        clientIdentifier: `c${text()}`,
        cleanSession: chance(0.5),
        keepAliveSeconds: integer(0, 65_535),
        will,
        userName: chance(0.5) ? `u${text()}` : "",
        password: chance(0.5) ? `p${text()}` : "",
        properties: props("connect"),
        willProperties: props("will"),
      };
      const packet = readByThem(level, (writer) => writeConnect(writer, connect));
      const { userName, password } = connect;
      expect(packet).toMatchObject({
        cmd: "connect",
        protocolVersion: level,
        clientId: connect.clientIdentifier,
        clean: connect.cleanSession,
        keepalive: connect.keepAliveSeconds,
        ...withTheirs(connect.properties),
        ...(will
          ? {
              will: {
                topic: will.topic,
                qos: will.qos,
                retain: will.retain,
                payload: Buffer.from(will.payload),
                ...withTheirs(connect.willProperties),
              },
            }
          : {}),
        ...(userName ? { username: userName, ...(password ? { password: Buffer.from(password) } : {}) } : {}),
      });
      break;
    }
    case 1: {
      const qos = integer(0, 2) as QoS;
      const publish = {
        topic: topic(),
        payload: bytes(chance(0.1) ? 500 : 40),
        qos,
        retain: chance(0.5),
        dup: qos > 0 && chance(0.5),
        packetIdentifier: qos ? identifier() : 0,
        properties: is5 ? properties("publish") : undefined,
      };
      const packet = readByThem(level, (writer) => {
        const { topic, payload, retain, dup, packetIdentifier } = publish;
        const flags = publishFlags(qos, retain, dup);
        writePublishHead(writer, flags, encodeUtf8(topic), packetIdentifier, publish.properties, 0, payload.length);
        writer.bytes(payload);
      });
      expect(packet).toMatchObject({
        cmd: "publish",
        topic: publish.topic,
        qos,
        retain: publish.retain,
        dup: publish.dup,
        payload: Buffer.from(publish.payload),
        ...(qos ? { messageId: publish.packetIdentifier } : {}),
        ...(publish.properties && publish.properties !== NO_PROPERTIES
          ? { properties: theirs(publish.properties) }
          : {}),
      });
      break;
    }
    case 2: {
      const type = pick(["puback", "pubrec", "pubrel", "pubcomp"] as const);
      const packetIdentifier = identifier();
      const reasonCode = is5 ? pick(type === "puback" || type === "pubrec" ? [0, 0x10, 0x87, 0x97] : [0, 0x92]) : 0;
      const answer = props("answer");
      const packet = readByThem(level, (writer) =>
        writeAcknowledgement(writer, type, packetIdentifier, reasonCode, answer),
      );
      expect(packet).toMatchObject({
        cmd: type,
        messageId: packetIdentifier,
        ...(is5 && (reasonCode || answer !== NO_PROPERTIES) ? { reasonCode } : {}),
        ...withTheirs(answer),
      });
      break;
    }
    case 3: {
      const subscriptions = Array.from({ length: integer(1, 4) }, () => ({
        topicFilter: topic(),
        qos: integer(0, 2) as QoS,
        noLocal: chance(0.5),
        retainAsPublished: chance(0.5),
        retainHandling: integer(0, 2) as 0 | 1 | 2,
      }));
      const packetIdentifier = identifier();
      const packet = readByThem(level, (writer) =>
        writeSubscribe(writer, packetIdentifier, subscriptions, is5 ? properties("subscribe") : undefined),
      );
      expect(packet).toMatchObject({
        cmd: "subscribe",
        messageId: packetIdentifier,
        subscriptions: subscriptions.map((one) => ({
          topic: one.topicFilter,
          qos: one.qos,
          ...(is5 ? { nl: one.noLocal, rap: one.retainAsPublished, rh: one.retainHandling } : {}),
        })),
      });
      break;
    }
    case 4: {
      const filters = Array.from({ length: integer(1, 4) }, topic);
      const packetIdentifier = identifier();
      const packet = readByThem(level, (writer) =>
        writeUnsubscribe(writer, packetIdentifier, filters, is5 ? properties("unsubscribe") : undefined),
      );
      expect(packet).toMatchObject({ cmd: "unsubscribe", messageId: packetIdentifier, unsubscriptions: filters });
      break;
    }
    case 5: {
      const reasonCode = is5 ? pick([0, 4, 0x80, 0x82, 0x93]) : 0;
      const packet = readByThem(level, (writer) => writeDisconnect(writer, reasonCode, props("disconnectSent")));
      expect(packet).toMatchObject({ cmd: "disconnect", ...(is5 && reasonCode ? { reasonCode } : {}) });
      break;
    }
    case 6: {
      if (!is5) break;
      const auth = properties("auth");
      const packet = readByThem(5, (writer) => writeAuth(writer, 0x18, auth));
      expect(packet).toMatchObject({
        cmd: "auth",
        reasonCode: 0x18,
        ...withTheirs(auth),
      });
      break;
    }
  }
}

/** Writes with theirs and reads with ours, in two pieces cut at a random place. */
function readByUs(level: ProtocolLevel, packet: Packet): unknown {
  const whole = new Uint8Array(generate(packet, { protocolVersion: level }));
  const cut = integer(0, whole.length);
  const packets = decodeAll([whole.subarray(0, cut), whole.subarray(cut)], 4096, level);
  expect(packets).toHaveLength(1);
  return packets[0];
}

function checkReceived(level: ProtocolLevel): void {
  const is5 = level === 5;
  const props = (place: keyof typeof PLACES) => (is5 ? properties(place) : NO_PROPERTIES);
  switch (integer(0, 5)) {
    case 0: {
      const reasonCode = is5 ? pick([0, 0, 0x87, 0x9f]) : integer(0, 5);
      const sessionPresent = reasonCode === 0 && chance(0.5);
      const connack = props("connack");
      const packet = {
        cmd: "connack",
        sessionPresent,
        ...(is5 ? { reasonCode } : { returnCode: reasonCode }),
        properties: theirs(connack),
      } as Packet;
      expect(readByUs(level, packet)).toEqual({ type: "connack", sessionPresent, reasonCode, properties: connack });
      break;
    }
    case 1: {
      const qos = integer(0, 2) as QoS;
      const publish = {
        topic: topic(),
        payload: bytes(chance(0.1) ? 500 : 40),
        qos,
        retain: chance(0.5),
        dup: qos > 0 && chance(0.5),
      };
      const packetIdentifier = qos ? identifier() : 0;
      const received = props("received");
      const packet = {
        ...publish,
        cmd: "publish",
        payload: Buffer.from(publish.payload),
        messageId: packetIdentifier,
        properties: theirs(received),
      } as Packet;
      expect(readByUs(level, packet)).toEqual({ ...publish, type: "publish", packetIdentifier, properties: received });
      break;
    }
    case 2: {
      const type = pick(["puback", "pubrec", "pubrel", "pubcomp"] as const);
      const packetIdentifier = identifier();
      const reasonCode = is5 ? pick(type === "puback" || type === "pubrec" ? [0, 0x10, 0x87, 0x97] : [0, 0x92]) : 0;
      const answer = props("answer");
      const packet = { cmd: type, messageId: packetIdentifier, reasonCode, properties: theirs(answer) } as Packet;
      expect(readByUs(level, packet)).toEqual({ type, packetIdentifier, reasonCode, properties: answer });
      break;
    }
    case 3: {
      const granted = Array.from({ length: integer(1, 5) }, () => pick(is5 ? [0, 1, 2, 0x87, 0xa1] : [0, 1, 2, 0x80]));
      const packetIdentifier = identifier();
      const answer = props("answer");
      const packet = { cmd: "suback", messageId: packetIdentifier, granted, properties: theirs(answer) } as Packet;
      expect(readByUs(level, packet)).toEqual({
        type: "suback",
        packetIdentifier,
        reasonCodes: Uint8Array.from(granted),
        properties: answer,
      });
      break;
    }
    case 4:
      expect(readByUs(level, { cmd: "pingresp" })).toEqual({ type: "pingresp" });
      break;
    case 5: {
      if (!is5) break;
      const isAuth = chance(0.3);
      const place = isAuth ? properties("auth") : properties("disconnect");
      const reasonCode = isAuth ? 0x18 : pick([0, 0x8e, 0x9c]);
      const packet = { cmd: isAuth ? "auth" : "disconnect", reasonCode, properties: theirs(place) } as Packet;
      expect(readByUs(5, packet)).toEqual({ type: isAuth ? "auth" : "disconnect", reasonCode, properties: place });
      break;
    }
  }
}

describe(`against mqtt-packet, ${PACKETS} random packets from seed ${SEED}`, () => {
  it.each([
    ["3.1.1", 4],
    ["5", 5],
  ] as const)(
    "MQTT %s both ways",
    (_name, level) => {
      for (let count = 0; count < PACKETS / 4; count += 1) {
        checkSent(level);
        checkReceived(level);
      }
    },
    120_000,
  );
});
