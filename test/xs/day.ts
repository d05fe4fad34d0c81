/**
 * What a pager sends and receives on a normal day, to compare codecs: a reading each minute, a ping every five minutes, fifty
 * messages with two receipts each, three connections. Each row is a packet and how often it passes.
 */
export const TOPIC = "/acme/im/pager-1";
export const TELEMETRY_TOPIC = "/acme/tele/pager-1";
export const PRESENCE_TOPIC = "/acme/pres/pager-1";

export interface DayPacket {
  readonly name: "connect" | "subscribe" | "publish" | "telemetry" | "presence" | "puback" | "pingreq";
  readonly count: number;
}

/** Encoded by the pager. */
export const SENT: readonly DayPacket[] = [
  { name: "connect", count: 3 },
  { name: "subscribe", count: 1 },
  { name: "presence", count: 3 },
  { name: "publish", count: 100 },
  { name: "telemetry", count: 1440 },
  { name: "puback", count: 50 },
  { name: "pingreq", count: 288 },
];

/** Decoded by the pager: CONNACK, SUBACK, messages of 58 bytes, PUBACK, PINGRESP, as bytes and how often. */
export const RECEIVED: readonly { readonly name: string; readonly bytes: readonly number[]; readonly count: number }[] =
  [
    { name: "connack", bytes: [0x20, 2, 0, 0], count: 3 },
    { name: "suback", bytes: [0x90, 4, 0, 1, 1, 1], count: 1 },
    { name: "publish", bytes: publish(), count: 50 },
    { name: "puback", bytes: [0x40, 2, 0, 7], count: 103 },
    { name: "pingresp", bytes: [0xd0, 0], count: 288 },
  ];

function publish(): number[] {
  const topic = Array.from(TOPIC, (character) => character.charCodeAt(0));
  const body = [0, topic.length, ...topic, 0, 7];
  while (body.length < 56) body.push(0x61);
  return [0x32, body.length, ...body];
}
