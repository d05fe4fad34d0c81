/** aedes-persistence-level brings no types. Only what `persistence.ts` uses is declared. */
declare module "aedes-persistence-level/asyncPersistence.js" {
  import type { Readable } from "node:stream";

  export interface StoredPacket {
    cmd: string;
    brokerId: string;
    brokerCounter: number;
    topic: string;
    payload: Buffer;
    qos: 0 | 1 | 2;
    retain: boolean;
    dup: boolean;
    messageId?: number | null;
  }
  export interface StoredTopic {
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
  }
  export interface StoredSubscription extends StoredTopic {
    readonly clientId: string;
  }
  export default class AsyncLevelPersistence {
    constructor(database: unknown);
    setup(broker: unknown): Promise<void>;
    addSubscriptions(client: { readonly id: string }, subscriptions: readonly StoredTopic[]): Promise<void>;
    removeSubscriptions(client: { readonly id: string }, topics: readonly string[]): Promise<void>;
    subscriptionsByClient(client: { readonly id: string }): Promise<readonly StoredTopic[]>;
    subscriptionsByTopic(topic: string): Promise<readonly StoredSubscription[]>;
    createRetainedStreamCombi(patterns: readonly string[]): Readable;
    outgoingEnqueueCombi(subscriptions: readonly StoredSubscription[], packet: StoredPacket): Promise<unknown>;
    outgoingEnqueue(subscription: StoredSubscription, packet: StoredPacket): Promise<void>;
    outgoingUpdate(client: { readonly id: string }, packet: StoredPacket): Promise<void>;
    outgoingClearMessageId(client: { readonly id: string }, packet: StoredPacket): Promise<StoredPacket | undefined>;
    outgoingStream(client: { readonly id: string }): Readable;
    delWill(client: { readonly id: string }): Promise<unknown>;
    destroy(): Promise<void>;
  }
}

/** Nor does this. */
declare module "msgpack-lite" {
  const msgpack: { decode(bytes: Uint8Array): unknown; encode(value: unknown): Buffer };
  export default msgpack;
}
