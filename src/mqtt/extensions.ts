/**
 * What a session can be extended by. The extensions stand in `optional/`. Whoever wants one makes it and names it in
 * `SessionOptions`. A program that makes none carries none.
 */
import type { ByteWriter } from "../bytes.ts";
import type { Exchange } from "./exchange.ts";
import type { Outbound } from "./outbound.ts";
import type { LargePublish, PayloadPart } from "./packet.ts";
import type { Properties } from "./properties.ts";
import type { PublishOptions, SessionEvent } from "./session-types.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** Enhanced authentication (MQTT 5, 4.12). */
export interface Authentication {
  /** The session has been made. @param tell gets what the application is told */
  attach(exchange: Exchange, tell: (event: SessionEvent) => void): void;
  /** Since when the broker's part of a re-authentication is awaited. undefined: it is not. */
  readonly awaitedSinceMs: number | undefined;
  /** Returns what CONNECT says of it. */
  begin(): Properties;
  /** AUTH has come. Throws a `ProtocolError`. */
  handleAuth(reasonCode: number, properties: Properties): void;
  /** CONNACK has come. Throws a `ProtocolError` if the broker does not convince. */
  finish(properties: Properties): void;
  /** The connection has ended. */
  handleClosed(): void;
}

/** `oldest`: it made room. `superseded`: a newer one of its topic came. `expired`: see `messageExpiryInterval`. */
export type DropReason = "oldest" | "superseded" | "expired";

/** What an extension of the outbox sees of it. */
export interface Outbox {
  /** All messages, in order. */
  readonly entries: readonly Outbound[];
  /** What they take, in bytes. */
  readonly bytes: number;
  /** Removes a message that was never sent, and tells the application. Throws what the store throws. */
  drop(entry: Outbound, reason: DropReason): void;
}

/** Which messages leave the outbox before they are sent. */
export interface OutboxPolicies {
  /** Drops what has to leave, if the new message fits then. Returns whether it fits. Throws what the store throws. */
  makeRoom(outbox: Outbox, entry: Outbound): boolean;
  /** Drops what is worthless now. */
  expire(outbox: Outbox, nowMs: number): void;
  /** When `expire` has something to do. Infinity: never. */
  expiryMs(outbox: Outbox): number;
  /** The properties of a message that leaves now. Its expiry interval is what is left of it. */
  properties(entry: Outbound, nowMs: number): Properties;
}

/** Keeps messages of the outbox across reboots. */
export interface OutboxStore {
  /** The messages of former lives, in order. */
  load(): readonly Outbound[];
  /** No record has this token or a higher one. */
  readonly nextToken: number;
  /** Keeps a new message, if it is durable. Throws what the store throws. */
  write(entry: Outbound): void;
  /** PUBREC has come for it. Throws what the store throws. */
  release(entry: Outbound): void;
  /** Forgets it. Throws what the store throws. */
  remove(entry: Outbound): void;
}

/** Sends payloads that are read while they leave. */
export interface PayloadStreaming {
  /** Throws a `UsageError` for a payload that can never be sent. */
  check(topic: string, payloadBytes: number): void;
  /** A message is on its way in part. Nothing else can be written before its end. */
  readonly isSending: boolean;
  /** Everything before the payload of this message is written. Its payload follows. */
  begin(entry: Outbound, sender: StreamSender, transmit: ByteWriter, nowMs: number): void;
  /** Writes as much of the payload as there is room for. Throws a `StoreError` if it cannot be read. */
  flush(nowMs: number): void;
  /** The connection has ended. */
  end(): void;
}

/** What becomes of a message whose payload was streamed. */
export interface StreamSender {
  /** All of it is written. */
  handleSent(entry: Outbound, nowMs: number): void;
  /** It cannot be sent. */
  finish(entry: Outbound, reason: string): void;
}

/** Tells messages above `PACKET_BYTES_MAX` in parts. */
export interface LargeMessages {
  /** Returns what to tell of the beginning. undefined: the message is skipped. */
  begin(message: LargePublish): SessionEvent | undefined;
  /** Returns what to tell of the next part. */
  part(part: PayloadPart, token: number): SessionEvent;
}

/** Changes what a session subscribes to while it runs. */
export interface SubscriptionChanges {
  /** The session has been made. */
  attach(subscriptions: Subscriptions): void;
}

/** A message as the outbox holds it. */
export type Message = Omit<PublishOptions, "properties"> & { readonly properties: Properties };
