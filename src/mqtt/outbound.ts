/**
 * The outbox: messages that were accepted for the broker and are not yet its own. A message of QoS 0 stays until it is sent, of
 * QoS 1 until PUBACK, of QoS 2 until PUBCOMP. They keep their order. Each of QoS 1 and 2 has a packet identifier that nothing else
 * has.
 */
import { storing } from "../errors.ts";
import { OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../limits.ts";
import type { DropReason, Message, Outbox, OutboxPolicies, OutboxStore } from "./extensions.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import type { PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";

/** Stages of a message. Names would cost byte code at each use. */
export const UNSENT = 0;
export const SENDING = 1;
export const AWAITING_PUBACK = 2;
export const AWAITING_PUBREC = 3;
export const UNSENT_PUBREL = 4;
export const AWAITING_PUBCOMP = 5;

/** How far a message is, and what is known then. */
export type Stage =
  /** It has not left on this connection. `isKnown`: the broker may have it from an earlier one [MQTT-3.3.1-1]. */
  | { readonly is: typeof UNSENT; readonly isKnown: boolean }
  /** `SENDING`: a part of it has left. */
  | { readonly is: typeof SENDING | typeof AWAITING_PUBACK | typeof AWAITING_PUBREC; readonly sentMs: number }
  /** The broker has it, or it was given up and `reason` says why. PUBREL frees its identifier. */
  | { readonly is: typeof UNSENT_PUBREL; readonly reason: string }
  | { readonly is: typeof AWAITING_PUBCOMP; readonly reason: string; readonly sentMs: number };

export interface Outbound extends Message {
  /** Names the message for its owner. Of a durable one it outlasts reboots. */
  readonly token: number;
  /** 0 with QoS 0. */
  readonly packetIdentifier: number;
  /** When it was accepted. Infinity: in a former life. */
  readonly acceptedMs: number;
  /** What it takes of the outbox. */
  readonly bytes: number;
  stage: Stage;
}

const NEW: Stage = Object.freeze({ is: UNSENT, isKnown: false });
export const AGAIN: Stage = Object.freeze({ is: UNSENT, isKnown: true });
const RELEASED: Stage = Object.freeze({ is: UNSENT_PUBREL, reason: "" });

export class OutboundTable implements Outbox {
  private readonly store: OutboxStore | undefined;
  private readonly policies: OutboxPolicies | undefined;
  private readonly tell: (event: SessionEvent) => void;
  /** What is asked for after every event walks it by index and allocates nothing. */
  readonly entries: Outbound[] = [];
  /** What all messages take. */
  bytes = 0;
  /** Of the SUBSCRIBE or UNSUBSCRIBE that is not answered. 0: there is none. */
  reservedIdentifier = 0;
  private lastIdentifier = 0;
  private nextToken: number;

  constructor(
    { outboxStore, outboxPolicies }: Pick<SessionOptions, "outboxStore" | "outboxPolicies">,
    tell: (event: SessionEvent) => void,
  ) {
    this.store = outboxStore;
    this.policies = outboxPolicies;
    this.tell = tell;
    outboxStore?.load().forEach((entry) => {
      this.push(entry);
      this.lastIdentifier = entry.packetIdentifier;
    });
    this.nextToken = outboxStore?.nextToken ?? 1;
  }

  /** Messages that count against the broker's receive maximum: sent on this connection. */
  get sentCount(): number {
    return this.entries.reduce((count, entry) => count + (entry.stage.is === UNSENT ? 0 : 1), 0);
  }

  /** Messages whose answer is awaited. */
  get sent(): readonly Outbound[] {
    return this.entries.filter((entry) => "sentMs" in entry.stage);
  }

  /** When the message was sent that has waited longest for its answer. undefined: none waits. */
  get oldestSentMs(): number | undefined {
    let oldest: number | undefined;
    for (let index = 0; index < this.entries.length; index += 1) {
      const stage = (this.entries[index] as Outbound).stage;
      if ("sentMs" in stage && !(stage.sentMs >= (oldest as number))) oldest = stage.sentMs;
    }
    return oldest;
  }

  /**
   * Accepts a message. undefined: there is no room for it. A durable one is on the store when this returns. Throws what the store
   * throws, and the message is not accepted then. @param bytes what it takes of the outbox
   */
  add(message: PublishOptions, bytes: number, nowMs: number): Outbound | undefined {
    const entry: Outbound = {
      ...message,
      properties: message.properties ?? NO_PROPERTIES,
      token: this.nextToken,
      packetIdentifier: message.qos > 0 ? this.allocateIdentifier() : 0,
      acceptedMs: nowMs,
      bytes,
      stage: NEW,
    };
    const hasRoom = this.entries.length < OUTBOX_MESSAGES_MAX && this.bytes + bytes <= OUTBOX_BYTES_MAX;
    if (!(this.policies?.makeRoom(this, entry) ?? hasRoom)) return undefined;
    this.store?.write(entry);
    this.nextToken += 1;
    this.push(entry);
    return entry;
  }

  /** The properties with which a message leaves now. */
  propertiesOf(entry: Outbound, nowMs: number): Properties {
    return this.policies?.properties(entry, nowMs) ?? entry.properties;
  }

  /** The next identifier that nothing has: 1 to 65,535, never 0 [MQTT-2.3.1-1]. */
  allocateIdentifier(): number {
    do this.lastIdentifier = this.lastIdentifier >= 0xffff ? 1 : this.lastIdentifier + 1;
    while (this.lastIdentifier === this.reservedIdentifier || this.find(this.lastIdentifier));
    return this.lastIdentifier;
  }

  find(packetIdentifier: number): Outbound | undefined {
    return this.entries.find((entry) => entry.packetIdentifier === packetIdentifier);
  }

  /**
   * PUBREC has come, or, with a reason, a QoS 2 message cannot be sent again. PUBREL frees its identifier. PUBCOMP tells whether the
   * broker has taken it. Throws a `StoreError`, and nothing has changed then.
   */
  release(entry: Outbound, reason: string): void {
    storing(() => this.store?.release(entry));
    entry.stage = reason === "" ? RELEASED : { is: UNSENT_PUBREL, reason };
  }

  /** The exchange is over. Throws a `StoreError`, and it is not over then. */
  remove(entry: Outbound): void {
    storing(() => this.removeEntry(entry));
  }

  drop(entry: Outbound, reason: DropReason): void {
    this.removeEntry(entry);
    this.tell({ type: "dropped", token: entry.token, reason });
  }

  /** The oldest message at this stage. PUBRELs keep their order [MQTT-4.6.0-4]. */
  first(wanted: Stage["is"]): Outbound | undefined {
    for (let index = 0; index < this.entries.length; index += 1)
      if (this.entries[index]?.stage.is === wanted) return this.entries[index];
    return undefined;
  }

  /** The connection has ended. Everything is sent again, first and in order, and with DUP if it was sent [MQTT-4.4.0-1]. */
  handleClosed(): void {
    this.entries.forEach((entry) => {
      const stage = entry.stage;
      if (stage.is === AWAITING_PUBCOMP) entry.stage = { is: UNSENT_PUBREL, reason: stage.reason };
      else if ("sentMs" in stage) entry.stage = AGAIN;
    });
  }

  /** The broker has lost the session. It has taken what it answered with PUBREC: those are returned, to be removed. */
  handleNewSession(): readonly Outbound[] {
    return this.entries.filter((entry) => {
      if (entry.stage.is === UNSENT) entry.stage = NEW;
      return entry.stage.is === UNSENT_PUBREL;
    });
  }

  private removeEntry(entry: Outbound): void {
    this.store?.remove(entry);
    const index = this.entries.indexOf(entry);
    if (index < 0) return;
    this.entries.splice(index, 1);
    this.bytes -= entry.bytes;
  }

  private push(entry: Outbound): void {
    this.entries.push(entry);
    this.bytes += entry.bytes;
  }
}

/** Only what was never sent may leave the outbox. What may be with the broker is sent until it is acknowledged [MQTT-4.4.0-1]. */
export function isDroppable({ stage }: Outbound): boolean {
  return stage === NEW;
}
