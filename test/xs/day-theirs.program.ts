import { generate, type Packet, parser, writeToStream } from "mqtt-packet";
import { type DayPacket, PRESENCE_TOPIC, RECEIVED, SENT, TELEMETRY_TOPIC, TOPIC } from "./day.ts";

const page = Buffer.alloc(36);
const readings = Buffer.alloc(80);
const online = Buffer.from([0x51]);
const received = RECEIVED.map(({ bytes, count }) => ({ bytes: Buffer.from(bytes), count }));

/** Does the same with mqtt-packet. Its table of 65,536 numbers is made once and does not count. */
export function run(): [number, number] {
  writeToStream.cacheNumbers = false;
  let bytes = 0;
  let packets = 0;
  for (const { name, count } of SENT)
    for (let index = 0; index < count; index += 1) bytes += generate(packetOf(name)).length;
  const reader = parser();
  reader.on("packet", () => {
    packets += 1;
  });
  for (const packet of received) for (let index = 0; index < packet.count; index += 1) reader.parse(packet.bytes);
  return [bytes, packets];
}

function packetOf(name: DayPacket["name"]): Packet {
  const publish = { cmd: "publish", dup: false, retain: false, messageId: 7 } as const;
  switch (name) {
    case "connect": {
      const will = { topic: PRESENCE_TOPIC, payload: online, qos: 1, retain: true } as const;
      return {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: "pager-1",
        clean: false,
        keepalive: 300,
        will,
      };
    }
    case "subscribe":
      return { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: TOPIC, qos: 1 }] };
    case "publish":
      return { ...publish, topic: TOPIC, payload: page, qos: 1 };
    case "telemetry":
      return { ...publish, topic: TELEMETRY_TOPIC, payload: readings, qos: 0 };
    case "presence":
      return { ...publish, topic: PRESENCE_TOPIC, payload: online, qos: 1, retain: true };
    case "puback":
      return { cmd: "puback", messageId: 7 };
    case "pingreq":
      return { cmd: "pingreq" };
  }
}
