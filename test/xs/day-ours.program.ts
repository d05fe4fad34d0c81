import { ByteWriter } from "../../src/bytes.ts";
import { Decoder } from "../../src/mqtt/decoder.ts";
import {
  publishFlags,
  writeAcknowledgement,
  writeConnect,
  writePingreq,
  writePublishHead,
  writeSubscribe,
} from "../../src/mqtt/encoder.ts";
import { NO_PROPERTIES } from "../../src/mqtt/properties.ts";
import { TopicCache } from "../../src/mqtt/topic.ts";
import { type DayPacket, PRESENCE_TOPIC, RECEIVED, SENT, TELEMETRY_TOPIC, TOPIC } from "./day.ts";

const writer = new ByteWriter(4096);
const topics = new TopicCache();
const decoder = new Decoder(4096);
const page = new Uint8Array(36);
const readings = new Uint8Array(80);
const online = Uint8Array.of(0x51);
const received = RECEIVED.map(({ bytes, count }) => ({ bytes: Uint8Array.from(bytes), count }));

/** Encodes and decodes the packets of a day. Returns the numbers of bytes and packets. */
export function run(): [number, number] {
  let bytes = 0;
  let packets = 0;
  for (const { name, count } of SENT) {
    for (let index = 0; index < count; index += 1) {
      writer.clear();
      encode(name);
      bytes += writer.length;
    }
  }
  for (const packet of received) {
    for (let index = 0; index < packet.count; index += 1) {
      decoder.push(packet.bytes);
      while (decoder.next()) packets += 1;
    }
  }
  return [bytes, packets];
}

function encode(name: DayPacket["name"]): void {
  switch (name) {
    case "connect":
      writeConnect(writer, {
        protocolLevel: 4,
        clientIdentifier: "pager-1",
        cleanSession: false,
        keepAliveSeconds: 300,
        will: { topic: PRESENCE_TOPIC, payload: online, qos: 1, retain: true },
        userName: "",
        password: "",
        properties: NO_PROPERTIES,
        willProperties: NO_PROPERTIES,
      });
      break;
    case "subscribe":
      writeSubscribe(writer, 1, [{ topicFilter: TOPIC, qos: 1 }]);
      break;
    case "publish":
      publish(TOPIC, page, 1, false);
      break;
    case "telemetry":
      publish(TELEMETRY_TOPIC, readings, 0, false);
      break;
    case "presence":
      publish(PRESENCE_TOPIC, online, 1, true);
      break;
    case "puback":
      writeAcknowledgement(writer, "puback", 7);
      break;
    case "pingreq":
      writePingreq(writer);
      break;
  }
}

function publish(topic: string, payload: Uint8Array, qos: 0 | 1, retain: boolean): void {
  const flags = publishFlags(qos, retain, false);
  writePublishHead(writer, flags, topics.encode(topic), qos > 0 ? 7 : 0, undefined, 0, payload.length);
  writer.bytes(payload);
}
