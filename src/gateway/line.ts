/**
 * The line to the server: what the gateway asks of a session. `Session` of `mqtt` is one as it is. `XmppLine` makes one of the session
 * of `xmpp`: there, what comes and goes has the topics and payloads that it would have with MQTT.
 */
import type { LearnedInterval } from "../connection/interval-learner.ts";
import type { HeldSubscription, ProtocolLevel, QoS } from "../mqtt/packet.ts";
import type { PublishOptions, SessionEvent } from "../mqtt/session-types.ts";
import type { ConnectionOptions } from "./connection.ts";
import type { Device } from "./device.ts";
import type { BrokerSettings } from "./settings.ts";

export type LineEvent =
  | Exclude<SessionEvent, { readonly type: "connected" }>
  /** Begin TLS on the connection that stands, then call `handleConnected`. */
  | { readonly type: "secure" }
  /** `protocolLevel` is MQTT's. `words` says how this line is connected. */
  | {
      readonly type: "connected";
      readonly sessionPresent: boolean;
      readonly protocolLevel?: ProtocolLevel | undefined;
      readonly words?: string | undefined;
    };

/** The methods say what they do at `Session` of `mqtt`. */
export interface Line {
  readonly isConnected: boolean;
  readonly outboxCount: number;
  readonly isDrained: boolean;
  readonly canReceive: boolean;
  readonly held: readonly HeldSubscription[];
  start(nowMs: number): void;
  stop(nowMs: number, isWillWanted?: boolean): void;
  restart(reason: string, nowMs: number): void;
  handleConnected(nowMs: number): void;
  handleBytes(bytes: Uint8Array, nowMs: number): void;
  setReading(isReading: boolean, nowMs: number): void;
  handleClosed(reason: string, nowMs: number, isRefusal?: boolean): void;
  handleTimeout(nowMs: number): void;
  handleOtherNetwork(learned: LearnedInterval | undefined): void;
  handleNetworkChanged(nowMs: number): void;
  handleBrokerChanged(held: readonly HeldSubscription[], knownLevel: ProtocolLevel | undefined): void;
  canPublish(topic: string, payloadBytes: number, qos: QoS): boolean;
  publish(options: PublishOptions, nowMs: number): number | undefined;
  acknowledge(token: number): void;
  /** The broker with what the line knows better: where it has sent us, whose certificate it must have. */
  addressed?(broker: BrokerSettings): BrokerSettings;
  pollEvent(): LineEvent | undefined;
  pollTransmit(): Uint8Array | undefined;
  pollTimeout(): number | undefined;
}

/** Makes a line of another protocol than MQTT. @param learned what is known of the network */
export type MakeLine = (
  device: Device,
  options: Pick<ConnectionOptions, "backoff">,
  learned: LearnedInterval | undefined,
) => Line;
