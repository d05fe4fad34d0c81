/** A connected session, and messages of QoS 0 on a fixed topic in both directions. */
import { Session } from "../../src/mqtt/session.ts";
import { asciiBytes } from "../wire.ts";

const TOPIC = "/field/sens/pager-1";
const CONNACK: Readonly<Record<"3.1.1" | "5", readonly number[]>> = {
  "3.1.1": [0x20, 2, 1, 0],
  "5": [0x20, 3, 1, 0, 0],
};

const payload = new Uint8Array(80);
const options = { topic: TOPIC, payload, qos: 0, retain: false } as const;
let session: Session;
let packet: Uint8Array;
let nowMs = 0;
let bytes = 0;

/** Connects in this version. */
export function connect(protocol: "3.1.1" | "5"): void {
  session = new Session(
    {
      clientIdentifier: "pager-1",
      protocol,
      keepAliveSeconds: 60,
      userName: "",
      password: "",
      will: undefined,
      subscriptions: [{ topicFilter: "#", qos: 0 }],
      held: [{ topicFilter: "#", qos: 0 }],
    },
    () => 0,
  );
  session.start(nowMs);
  drain();
  session.handleConnected(nowMs);
  drain();
  session.handleBytes(Uint8Array.from(CONNACK[protocol]), nowMs);
  drain();
  if (!session.isConnected) throw new Error("not connected");
  const topic = asciiBytes(TOPIC);
  const properties = protocol === "5" ? [0] : [];
  const body = [0, topic.length, ...topic, ...properties, ...payload];
  packet = Uint8Array.of(0x30, body.length, ...body);
}

/** Does only what a host does for each message. */
export function send(count: number): number {
  bytes = 0;
  for (let index = 0; index < count; index += 1) {
    nowMs += 1;
    session.publish(options, nowMs);
    drain();
    session.pollTimeout();
  }
  return bytes;
}

export function receive(count: number): number {
  bytes = 0;
  for (let index = 0; index < count; index += 1) {
    nowMs += 1;
    session.handleBytes(packet, nowMs);
    drain();
    session.pollTimeout();
  }
  return bytes;
}

/** Counts the bytes of received payloads and of sent packets. */
function drain(): void {
  for (;;) {
    const event = session.pollEvent();
    if (event?.type === "message") bytes += event.message.payload.length;
    const sent = session.pollTransmit();
    if (sent) bytes += sent.length;
    if (!event && !sent) return;
  }
}
