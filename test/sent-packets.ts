import { parser } from "mqtt-packet";

/** A packet that a client has sent, decoded by mqtt-packet and not by our codec. The payload is text. */
export interface SentPacket {
  readonly type: string;
  readonly topic?: string;
  readonly payload?: string;
  readonly packetIdentifier?: number;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly clean?: boolean;
  readonly clientId?: string;
  readonly will?: string;
  readonly unsubscriptions?: readonly string[];
}

/** The packets in these bytes. There must be no part of a packet at the end. */
export function sentPackets(bytes: Uint8Array): SentPacket[] {
  const packets: SentPacket[] = [];
  const reader = parser();
  reader.on("packet", (packet) => {
    const common = {
      type: packet.cmd,
      ...(packet.messageId === undefined ? {} : { packetIdentifier: packet.messageId }),
    };
    if (packet.cmd === "publish") {
      const { topic, qos, retain, dup } = packet;
      packets.push({ ...common, topic, qos, retain, dup, payload: packet.payload.toString() });
    } else if (packet.cmd === "connect") {
      const { clean = false, clientId, will } = packet;
      const words =
        will &&
        `${will.topic} ${Buffer.from(will.payload).toString("hex")} qos ${will.qos}${will.retain ? " retained" : ""}`;
      packets.push({ ...common, clean, clientId, ...(words ? { will: words } : {}) });
    } else if (packet.cmd === "unsubscribe") packets.push({ ...common, unsubscriptions: packet.unsubscriptions });
    else packets.push(common);
  });
  reader.on("error", (error) => {
    throw error;
  });
  const rest = reader.parse(Buffer.from(bytes));
  if (rest > 0) throw new Error(`${rest} bytes are no whole packet`);
  return packets;
}
