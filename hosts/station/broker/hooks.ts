/** What the host decides, and what it may add. Without hooks everybody may do everything. */
import type { MessageContent } from "./message.ts";
import type { AddedSubscription } from "./subscription.ts";

/** Who is on a connection. */
export interface Client {
  /** The host's number. */
  readonly connection: number;
  readonly clientIdentifier: string;
  readonly userName: string | undefined;
  /** What `accept` gave: the host's own idea of who that is. */
  readonly identity: unknown;
}

/** A CONNECT, or a step of an authentication (4.12). */
export interface Credentials {
  readonly connection: number;
  /** If the client has given none, one that was made up for it. */
  readonly clientIdentifier: string;
  readonly isIdentifierAssigned: boolean;
  readonly userName: string | undefined;
  readonly password: Uint8Array | undefined;
  /** MQTT 5: a method beyond a password. */
  readonly authenticationMethod: string | undefined;
  readonly authenticationData: Uint8Array | undefined;
  /** The client is connected, and proves anew who it is. */
  readonly isReauthentication: boolean;
  /** Its session is to outlast its connection, or one that did is to go on. */
  readonly isSessionKept: boolean;
  readonly will: Pick<MessageContent, "topic" | "payload"> | undefined;
}

export type Verdict =
  | {
      readonly type: "accept";
      readonly identity?: unknown;
      /** Under which its session is kept. Without it: its own. */
      readonly clientIdentifier?: string;
      /** Largest packet that this client may send, in bytes. At most `Limits.packetBytesMax`. */
      readonly packetBytesMax?: number;
      /** Messages of QoS 1 and 2 that may be in flight to this client. At most `Limits.inflightMax`. */
      readonly inflightMax?: number;
      /** The last word of the method, for CONNACK. */
      readonly authenticationData?: Uint8Array;
      /** For a client that asks for it [MQTT-3.1.2-28]. */
      readonly responseInformation?: string;
    }
  /** AUTH with reason code 0x18 asks for more. */
  | { readonly type: "continue"; readonly authenticationData: Uint8Array }
  | { readonly type: "refuse"; readonly reasonCode: number; readonly reasonString?: string };

/** What becomes of a message for a client whose queue is full. */
export type QueuePolicy = "reject" | "oldestOut";

export interface Hooks {
  /** undefined: the host says it later by `handleVerdict`. */
  authenticate(credentials: Credentials): Verdict | undefined;
  /** Returns 0 or a reason code of PUBACK. It is asked for a will, too. 3.1.1: the message is dropped, its PUBACK says nothing. */
  authorisePublish(client: Client, message: Pick<MessageContent, "topic" | "qos" | "retain" | "payload">): number;
  /** Returns 0 or a reason code of SUBACK. @param filter without `$share/{group}/` */
  authoriseSubscribe(client: Client, filter: string): number;
  /**
   * Whether a subscriber gets this message. It is asked for each, so it has to be quick. undefined: yes, always.
   * @param client undefined: it is away
   */
  readonly authoriseDelivery?: (clientIdentifier: string, topic: string, client: Client | undefined) => boolean;
  /** What is added to a session that begins with nothing. */
  subscriptionsOf(client: Client): readonly AddedSubscription[];
  queuePolicy(topic: string): QueuePolicy;
  /**
   * A message was taken: of a client, a will, or one of the host. Returns whether its publisher may be answered only when this
   * transaction is on the store, because the host has something in it.
   */
  readonly handleMessage?: (message: MessageContent) => boolean;
  /** A session has a subscription to this filter, a new one or an old one again, or its client is back. */
  readonly handleSubscribed?: (clientIdentifier: string, filter: string) => void;
  /** A client has acknowledged a message that the host has promised. */
  readonly handleAcknowledged?: (message: MessageContent) => void;
}

export const OPEN_HOOKS: Hooks = Object.freeze({
  authenticate: (): Verdict => ({ type: "accept" }),
  // Topics that begin with `$` are the broker's own [MQTT 4.7.2].
  authorisePublish: (_client: Client, { topic }: { readonly topic: string }) => (topic.startsWith("$") ? 0x87 : 0),
  authoriseSubscribe: () => 0,
  subscriptionsOf: () => [],
  queuePolicy: (): QueuePolicy => "oldestOut",
});
