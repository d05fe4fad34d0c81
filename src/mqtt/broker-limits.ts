import type { Connack } from "./packet.ts";

/** What the broker allows on this connection (MQTT 5, 3.2.2.3). What it does not name is as in MQTT 3.1.1. */
export interface BrokerLimits {
  /** Messages of QoS 1 and 2 that it takes before it has answered the first. */
  readonly receiveMaximum: number;
  readonly maximumQoS: number;
  readonly isRetainAvailable: boolean;
  /** Bytes. */
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly keepAliveSeconds: number;
}

/** @param keepAliveSeconds what CONNECT asked for. What the broker says replaces it [MQTT-3.1.2-21]. */
export function brokerLimits({ properties }: Connack, keepAliveSeconds: number): BrokerLimits {
  return {
    receiveMaximum: properties.receiveMaximum ?? 65_535,
    maximumQoS: properties.maximumQoS ?? 2,
    isRetainAvailable: properties.retainAvailable !== 0,
    maximumPacketSize: properties.maximumPacketSize ?? 268_435_460,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    // A broker that says 0 does not watch this client. Pings are needed all the same: only they find a dead connection.
    keepAliveSeconds: properties.serverKeepAlive || keepAliveSeconds,
  };
}
