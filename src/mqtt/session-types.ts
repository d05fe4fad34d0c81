/** What a session is told when it is made, and what it tells. */
import type { Store } from "../seams.ts";
import type { BackoffLimits } from "./backoff.ts";
import type { LearnedInterval } from "./interval-learner.ts";
import type { Outbound } from "./outbound.ts";
import type { HeldSubscription, LargePublish, ProtocolLevel, Publish, QoS, Subscription, Will } from "./packet.ts";
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
  /** What the broker may hold for us from a former life of this device (see `Session.held`); default: nothing. */
  readonly held?: readonly HeldSubscription[] | undefined;
  /** A method beyond a password: `optional/authentication.ts`. It needs MQTT 5, and no other version is tried then. */
  readonly authentication?: Authentication | undefined;
  /** What may leave the outbox unsent: `optional/outbox-policies.ts`; default: nothing, and no message expires. */
  readonly outboxPolicies?: OutboxPolicies | undefined;
  readonly protocol: ProtocolSetting;
  /** What this broker accepted in a former life of this device (see the event `connected`). */
  readonly knownLevel?: ProtocolLevel | undefined;
  /** Messages above `PACKET_BYTES_MAX` are told in parts (`messageBegin`, `messagePart`); default: they are skipped. */
  readonly streamsLargeMessages?: boolean | undefined;
  /** Where durable messages and QoS 2 identifiers outlast a reboot; without one they do not. */
  readonly store?: Store | undefined;
  /** Default: `BACKOFF_BASE_MS` and `BACKOFF_MAX_MS`. */
  readonly backoff?: BackoffLimits | undefined;
}

/** The exchange of enhanced authentication (MQTT 5, 4.12). */
export interface Authentication {
  /** What CONNECT, or the AUTH that begins anew, says of it. */
  begin(): Properties;
  /** What to answer an AUTH of the broker with; undefined: it is content. Throws a `ProtocolError`. */
  handleAuth(reasonCode: number, properties: Properties): Properties | undefined;
  /** CONNACK has come. Throws a `ProtocolError` where the broker does not convince. */
  finish(properties: Properties): void;
}

/** What may leave the outbox before it was sent. */
export interface OutboxPolicies {
  /** Drops, once it is known that this is enough, what has to leave so that a new message fits. Returns whether it fits. */
  makeRoom(
    entries: readonly Outbound[],
    bytesNow: number,
    entry: Outbound,
    drop: (victim: Outbound, reason: DropReason) => void,
  ): boolean;
  /** Drops what is worthless now. */
  expire(entries: readonly Outbound[], nowMs: number, drop: (entry: Outbound) => void): void;
  /** When `expire` has something to do; Infinity: never. */
  expiryMs(entries: readonly Outbound[]): number;
  /** The properties of a message that has waited: its expiry interval is what is left of it, in whole seconds and not 0. */
  properties(entry: Outbound, nowMs: number): Properties;
}

/**
 * What becomes of a class of messages when the outbox is full. A message that may be dropped makes room for any that comes
 * later, the oldest first; only one that was never sent may be.
 *
 * - `reject`: never dropped once it is accepted; where there is no room it is not accepted.
 * - `dropOldest`: may be dropped.
 * - `latestPerTopic`: may be dropped, and is when a newer one of its topic is accepted.
 */
export type OutboxPolicy = "reject" | "dropOldest" | "latestPerTopic";

/** `full`: not accepted; `oldest`: made room; `superseded`: a newer one of its topic came; `expired`: see `messageExpiryInterval`. */
export type DropReason = "full" | "oldest" | "superseded" | "expired";

/** A payload that need not fit into memory: it is read as it is sent, from its beginning after every reconnect. */
export interface PayloadSource {
  /** Bytes. */
  readonly length: number;
  /** Fills `target` with the bytes from `offset` on. A throw ends the connection, and the message is rejected. */
  read(offset: number, target: Uint8Array): void;
}

/** A message to be sent. */
export interface PublishOptions {
  readonly topic: string;
  /** Kept, not copied, until the broker has acknowledged it. */
  readonly payload: Uint8Array | PayloadSource;
  readonly qos: QoS;
  readonly retain: boolean;
  /** With QoS 1: outlasts a reboot. QoS 2 always does, QoS 0 and a `PayloadSource` never. */
  readonly isDurable?: boolean;
  /** Default: `reject`; the others need `SessionOptions.outboxPolicies`. */
  readonly policy?: OutboxPolicy | undefined;
  /**
   * Sent in MQTT 5 only. With `SessionOptions.outboxPolicies` `messageExpiryInterval` counts from here on, in every version: a
   * message that was not sent within it is dropped, one that was carries what is left of it. Of a durable one it counts in the
   * life in which it was accepted.
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
   * The broker has answered for all subscriptions; `granted` when it refused none. What it refused is asked for again later.
   * `reason` names each that was refused, or granted with a lower QoS. `Session.held` is to be remembered now.
   */
  | { readonly type: "subscribed"; readonly granted: boolean; readonly reason: string }
  /** A message. With QoS 1 and 2 it has to be answered by `acknowledge(token)` once it is safe; with QoS 0 the token is 0. */
  | { readonly type: "message"; readonly message: Publish; readonly token: number }
  /** A message above `PACKET_BYTES_MAX`, skipped; already acknowledged, so that it does not come again for ever. */
  | { readonly type: "oversize"; readonly message: LargePublish }
  /** The beginning of a message above `PACKET_BYTES_MAX`; void at `disconnected`, since it then comes again. */
  | { readonly type: "messageBegin"; readonly message: LargePublish }
  /** The next bytes of its payload. With the last of them QoS 1 and 2 wait for `acknowledge(token)`; else the token is 0. */
  | { readonly type: "messagePart"; readonly payload: Uint8Array; readonly isLast: boolean; readonly token: number }
  /** `reauthenticate` has ended well. */
  | { readonly type: "reauthenticated" }
  /** All that was accepted is acknowledged, and everything written was handed out: a good time to sleep. */
  | { readonly type: "drained" }
  /** The message with this token was dropped, see `OutboxPolicy`. */
  | { readonly type: "dropped"; readonly token: number; readonly reason: DropReason }
  /** The broker has taken the message that `publish` gave this token; of QoS 0: it was sent. */
  | { readonly type: "acknowledged"; readonly token: number }
  /** How long the network lets a connection be idle; to be remembered for `learnedInterval`. */
  | { readonly type: "intervalLearned"; readonly learned: LearnedInterval }
  /** The broker refused it, or it cannot be sent to this broker; it is not tried again. Token 0: QoS 0. */
  | { readonly type: "rejected"; readonly token: number; readonly reason: string };
