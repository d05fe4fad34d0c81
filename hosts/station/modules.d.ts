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
  export interface StoredSubscription {
    readonly clientId: string;
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
  }
  export default class AsyncLevelPersistence {
    constructor(database: unknown);
    setup(broker: unknown): Promise<void>;
    subscriptionsByTopic(topic: string): Promise<readonly StoredSubscription[]>;
    createRetainedStreamCombi(patterns: readonly string[]): Readable;
    outgoingEnqueue(subscription: { readonly clientId: string }, packet: StoredPacket): Promise<void>;
    outgoingUpdate(client: { readonly id: string }, packet: StoredPacket): Promise<void>;
    outgoingStream(client: { readonly id: string }): Readable;
    destroy(): Promise<void>;
  }
}
