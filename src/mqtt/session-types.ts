/** What a session is told when it is made, and what it tells. */
import type { Store } from "../seams.ts";
import type { Authenticator } from "./authentication.ts";
import type { BackoffLimits } from "./backoff.ts";
import type { LearnedInterval } from "./interval-learner.ts";
import type { OversizePublish, ProtocolLevel, Publish, QoS, Subscription, Will } from "./packet.ts";
import type { Properties } from "./properties.ts";
import type { ProtocolSetting } from "./version.ts";

export interface SessionOptions {
  readonly clientIdentifier: string;
  /** Longest time between pings, announced in CONNECT. */
  readonly keepAliveSeconds: number;
  /** Shortest time between pings, where learning begins; default: `keepAliveSeconds`, nothing is learned. */
  readonly keepAliveMinSeconds?: number | undefined;
  /** What was learned of this network before (see the event `intervalLearned`). */
  readonly learnedInterval?: LearnedInterval | undefined;
  /** Empty: none. */
  readonly userName: string;
  readonly password: string;
  readonly will: Will | undefined;
  /** Seconds that the broker waits before it publishes the will (MQTT 5). */
  readonly willDelaySeconds?: number | undefined;
  readonly subscriptions: readonly Subscription[];
  /** The broker has granted exactly these subscriptions in a former life of this device (see the event `subscribed`). */
  readonly subscriptionsGranted: boolean;
  readonly authenticator?: Authenticator | undefined;
  readonly protocol: ProtocolSetting;
  /** What this broker accepted in a former life of this device (see the event `connected`). */
  readonly knownLevel?: ProtocolLevel | undefined;
  /** Where durable messages and QoS 2 identifiers outlast a reboot; without one they do not. */
  readonly store?: Store | undefined;
  /** Default: `BACKOFF_BASE_MS` and `BACKOFF_MAX_MS`. */
  readonly backoff?: BackoffLimits | undefined;
}

/** A message to be sent. */
export interface PublishOptions {
  readonly topic: string;
  /** With QoS 1 and 2 kept, not copied, until the broker has acknowledged it. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** With QoS 1: outlasts a reboot. QoS 2 always does. */
  readonly isDurable?: boolean | undefined;
  /** Sent in MQTT 5 only. */
  readonly properties?: Properties | undefined;
}

export type SessionEvent =
  /** Open a connection, then call `handleConnected` or `handleClosed`. */
  | { readonly type: "open" }
  /** Close the connection after what `pollTransmit` gives has been sent. */
  | { readonly type: "close" }
  | { readonly type: "connected"; readonly sessionPresent: boolean; readonly protocolLevel: ProtocolLevel }
  | {
      readonly type: "disconnected";
      readonly reason: string;
      readonly retryMs: number;
      /** Where the broker sends us instead (MQTT 5). */
      readonly serverReference?: string | undefined;
    }
  /** SUBACK has come; `granted` when it refused none of the subscriptions. To be remembered for `subscriptionsGranted`. */
  | { readonly type: "subscribed"; readonly granted: boolean; readonly reason: string }
  /** A message. With QoS 1 and 2 it has to be answered by `acknowledge(token)` once it is safe; with QoS 0 the token is 0. */
  | { readonly type: "message"; readonly message: Publish; readonly token: number }
  /** A message above `PACKET_BYTES_MAX`, skipped; already acknowledged, so that it does not come again for ever. */
  | { readonly type: "oversize"; readonly message: OversizePublish }
  /** `reauthenticate` has ended well. */
  | { readonly type: "reauthenticated" }
  /** The broker has taken the message that `publish` gave this token. */
  | { readonly type: "acknowledged"; readonly token: number }
  /** How long the network lets a connection be idle; to be remembered for `learnedInterval`. */
  | { readonly type: "intervalLearned"; readonly learned: LearnedInterval }
  /** The broker refused it, or it cannot be sent to this broker; it is not tried again. */
  | { readonly type: "rejected"; readonly token: number; readonly reason: string };
