/** What the station's services ask of a broker: of the station's own, or of another one that it is a client of. */
import type { DeviceConnection } from "./device.ts";

export interface MessageBroker {
  /** Receives messages to the station itself. */
  inbox: StationInbox | undefined;
  /** A name came with a new account. What is older is not for it. */
  onNewHolder: ((name: string, sinceMs: number) => void) | undefined;
  /** Publishes a message of the station's own. Resolves when the broker answers for it. */
  publish(message: OwnMessage): Promise<void>;
  /** Takes back a message of the station's own. Returns whether it was never sent to anybody who was to get it. */
  withdraw(message: OwnContent): boolean;
  /** Calls back with the retained messages of this topic filter, then with every message that matches it. */
  watch(topicFilter: string, onMessage: MessageHandler): void;
  /** Whether something may be retained at a topic. */
  hasRetained(topic: string): boolean;
  listenToReceivers(listener: ReceiverListener): void;
  /** Whether somebody is there who takes messages at exactly this topic. */
  hasReceiver(topic: string): boolean;
  /** Somebody who takes messages at this topic has just answered. So it is there, whatever is known of its presence. */
  noteReceiver(topic: string): void;
  /** Whether somebody who is there has not acknowledged this message of the station's own. */
  isHeld(message: OwnContent): boolean;
  /** undefined: the device is not connected, or only the broker knows. */
  connectionOf(uid: string): DeviceConnection | undefined;
  /** Topic filters of its session, as far as they are known. */
  subscriptionsOf(uid: string): readonly string[];
  /** Ends all connections of an account, where the broker lets the station do so. */
  disconnect(uid: string, reason: string): void;
  /** Drops what the broker keeps of a removed client, likewise. */
  forget(uid: string): void;
}

export interface StationInbox {
  readonly topic: string;
  /** Takes a message for the station. It may be acknowledged when this resolves: what it has written is on the disk. */
  accept(payload: Uint8Array): Promise<void>;
}

export interface OwnContent {
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** A message of the station's own. */
export interface OwnMessage extends OwnContent {
  /** 1, unless it says 0. */
  readonly qos?: 0 | 1;
  readonly retain?: boolean;
  /** After so many seconds a broker need not keep it any more for those who are away. */
  readonly expirySeconds?: number;
  /** The station has it on its disk, and no queue of its own broker drops it for room or age: `publish` rejects instead. */
  readonly isPromised?: boolean;
}

export type MessageHandler = (topic: string, payload: Uint8Array) => void;

/** Who wants to know of those who take messages at topics of their own. It may be called in the middle of an input of the broker. */
export interface ReceiverListener {
  /** Somebody who takes messages at exactly this topic has come, or is back. */
  handleArrived(topic: string): void;
  /** The broker was away. It may have lost messages to the station that it had acknowledged. */
  handleDoubt(): void;
  /** A client has acknowledged a promised message. */
  handleAcknowledged(message: OwnContent): void;
}
