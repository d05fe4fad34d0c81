/** The will of a client: what the broker publishes when its connection ends without DISCONNECT (3.1.2.5). */
import type { IConnectPacket } from "mqtt-packet";
import type { MessageContent, QoS } from "./message.ts";

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly forwarded: Uint8Array;
  /** Seconds after the end of the connection. */
  readonly delaySeconds: number;
  /** Of the message, from its publication on. undefined: it does not expire. */
  readonly expirySeconds: number | undefined;
}

/** The message that is published. */
export function contentOf(will: Will, nowMs: number): MessageContent {
  const { topic, payload, qos, retain, forwarded, expirySeconds } = will;
  const expiresMs = expirySeconds === undefined ? Number.POSITIVE_INFINITY : nowMs + expirySeconds * 1_000;
  return { topic, payload, qos, retain, forwarded, expiresMs };
}

/** @param forwarded properties of the will that receivers get */
export function willOf({ will }: IConnectPacket, forwarded: Uint8Array): Will | undefined {
  if (!will) return undefined;
  return {
    topic: will.topic,
    payload: will.payload as Uint8Array,
    qos: will.qos ?? 0,
    retain: will.retain === true,
    forwarded,
    delaySeconds: will.properties?.willDelayInterval ?? 0,
    expirySeconds: will.properties?.messageExpiryInterval,
  };
}
