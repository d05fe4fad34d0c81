/** What a session is told when it is made, and what it tells. */
import type { BackoffLimits } from "../connection/backoff.ts";
import type { LearnedInterval } from "../connection/interval-learner.ts";
import type { Store } from "../seams.ts";
import type {
  Authentication,
  DropReason,
  LargeMessages,
  OutboxPolicies,
  OutboxStore,
  PayloadStreaming,
  SubscriptionChanges,
} from "./extensions.ts";
import type { HeldSubscription, LargePublish, ProtocolLevel, Publish, QoS, Subscription, Will } from "./packet.ts";
import type { Properties } from "./properties.ts";

export type ProtocolSetting = "auto" | "3.1.1" | "5";

export interface SessionOptions {
  readonly clientIdentifier: string;
  /** Longest time between pings. CONNECT announces it. */
  readonly keepAliveSeconds: number;
  /** Shortest time between pings. Learning begins there. Default: `keepAliveSeconds`, and nothing is learned. */
  readonly keepAliveMinSeconds?: number | undefined;
  /** What was learned of this network before. The event `intervalLearned` tells it. */
  readonly learnedInterval?: LearnedInterval | undefined;
  /** Empty: none. */
  readonly userName: string;
  readonly password: string;
  readonly will: Will | undefined;
  /** Seconds that the broker waits before it publishes the will (MQTT 5). */
  readonly willDelaySeconds?: number | undefined;
  readonly subscriptions: readonly Subscription[];
  /** What the broker may hold for us from a former life of this device, see `Session.held`. Default: nothing. */
  readonly held?: readonly HeldSubscription[] | undefined;
  readonly protocol: ProtocolSetting;
  /** What this broker accepted in a former life of this device. The event `connected` tells it. */
  readonly knownLevel?: ProtocolLevel | undefined;
  /** Where QoS 2 identifiers of the broker outlast a reboot, and what connections ended on. Default: they do not. */
  readonly store?: Store | undefined;
  /** Default: `BACKOFF_BASE_MS` and `BACKOFF_MAX_MS`. */
  readonly backoff?: BackoffLimits | undefined;
  /** Messages that outlast a reboot: `optional/outbox-store.ts`. Default: none do. */
  readonly outboxStore?: OutboxStore | undefined;
  /** What may leave the outbox unsent: `optional/outbox-policies.ts`. Default: nothing, and no message expires. */
  readonly outboxPolicies?: OutboxPolicies | undefined;
  /** Payloads that are read as they leave: `optional/payload-streaming.ts`. Default: they are refused. */
  readonly payloadStreaming?: PayloadStreaming | undefined;
  /** Messages above `PACKET_BYTES_MAX` in parts: `optional/large-messages.ts`. Default: they are skipped. */
  readonly largeMessages?: LargeMessages | undefined;
  /** Other subscriptions while the session runs: `optional/subscription-changes.ts`. */
  readonly subscriptionChanges?: SubscriptionChanges | undefined;
  /** A method beyond a password: `optional/authentication.ts`. It needs MQTT 5, and no other version is tried then. */
  readonly authentication?: Authentication | undefined;
}

/**
 * What becomes of a message when the outbox is full. One that may be dropped makes room for any that comes later, the oldest first.
 * Only one that was never sent may be dropped.
 *
 * - `reject`: it is never dropped once it is accepted. It is not accepted if there is no room.
 * - `dropOldest`: it may be dropped.
 * - `latestPerTopic`: it may be dropped. It is dropped when a newer one of its topic is accepted.
 */
export type OutboxPolicy = "reject" | "dropOldest" | "latestPerTopic";

/** A payload that need not fit into memory. It is read as it is sent, from its beginning after every reconnect. */
export interface PayloadSource {
  /** Bytes. */
  readonly length: number;
  /** Fills `target` with the bytes from `offset` on. A throw ends the connection, and the message is rejected. */
  read(offset: number, target: Uint8Array): void;
}

/** A message to be sent. */
export interface PublishOptions {
  readonly topic: string;
  /** Kept, not copied, until the broker has acknowledged it. A `PayloadSource` needs `SessionOptions.payloadStreaming`. */
  readonly payload: Uint8Array | PayloadSource;
  readonly qos: QoS;
  readonly retain: boolean;
  /** With `SessionOptions.outboxStore`, of QoS 1: it outlasts a reboot. QoS 2 always does, QoS 0 and a `PayloadSource` never. */
  readonly isDurable?: boolean | undefined;
  /** Default: `reject`. The others need `SessionOptions.outboxPolicies`. */
  readonly policy?: OutboxPolicy | undefined;
  /**
   * Sent in MQTT 5 only. With `SessionOptions.outboxPolicies` `messageExpiryInterval` counts from here on, in every version. A
   * message that was not sent within it is dropped. One that is sent carries what is left of it. It counts in the life in which
   * the message was accepted.
   */
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
  /**
   * The broker has answered for all subscriptions. `granted`: it refused none. What it refused is asked for again later. `reason`
   * names each that was refused, or granted with a lower QoS. Remember `Session.held` now.
   */
  | { readonly type: "subscribed"; readonly granted: boolean; readonly reason: string }
  /** A message. With QoS 1 and 2 answer it by `acknowledge(token)` once it is safe. With QoS 0 the token is 0. */
  | { readonly type: "message"; readonly message: Publish; readonly token: number }
  /** A message above `PACKET_BYTES_MAX` was skipped. It is acknowledged, so that it does not come again for ever. */
  | { readonly type: "oversize"; readonly message: LargePublish }
  /** The beginning of a message above `PACKET_BYTES_MAX`. It is void at `disconnected`, since the message then comes again. */
  | { readonly type: "messageBegin"; readonly message: LargePublish }
  /** The next bytes of its payload. With the last of them QoS 1 and 2 wait for `acknowledge(token)`. Else the token is 0. */
  | { readonly type: "messagePart"; readonly payload: Uint8Array; readonly isLast: boolean; readonly token: number }
  /** A re-authentication has ended well. */
  | { readonly type: "reauthenticated" }
  /** All that was accepted is acknowledged, and everything written was handed out. It is a good time to sleep. */
  | { readonly type: "drained" }
  /** The message with this token was dropped, see `OutboxPolicy`. */
  | { readonly type: "dropped"; readonly token: number; readonly reason: DropReason }
  /** The broker has taken the message that `publish` gave this token. One of QoS 0 was sent. */
  | { readonly type: "acknowledged"; readonly token: number }
  /** How long the network lets a connection be idle. Remember it for `learnedInterval`. */
  | { readonly type: "intervalLearned"; readonly learned: LearnedInterval }
  /** The broker refused it, or it cannot be sent to this broker. It is not tried again. Token 0: QoS 0. */
  | { readonly type: "rejected"; readonly token: number; readonly reason: string };
