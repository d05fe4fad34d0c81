/**
 * Brings messages to the station from all broker processes. Each broker queues them for a client named as the station, before the
 * PUBACK. The station's process takes them out of that queue.
 */
import type { EventEmitter } from "node:events";
import type { PublishPacket } from "aedes";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { StationBroker, StationInbox } from "../broker.ts";
import { DELIVERY_RETRY_MS } from "../station-limits.ts";

interface Listening {
  on(topic: string, listener: (packet: PublishPacket, done: () => void) => void, done: () => void): void;
}

export class SharedInbox {
  readonly #broker: StationBroker;
  readonly #inbox: StationInbox;
  readonly #uid: string;
  #run: Promise<void> | undefined;
  #isRunning = false;
  #retry: NodeJS.Timeout | undefined;
  #hasMore = false;
  #isClosed = false;
  #lastIdentifier = 0;

  /** @param uid of the station, the last level of the inbox's topic */
  constructor(broker: StationBroker, inbox: StationInbox, uid: string) {
    this.#broker = broker;
    this.#inbox = inbox;
    this.#uid = uid;
  }

  /** Takes what waits in the queue, and all that comes from now on. */
  async start(): Promise<void> {
    await this.#broker.persistence.grant(this.#uid, [{ topic: this.#inbox.topic, qos: 1 }]);
    const { mq } = this.#broker as unknown as { mq: Listening };
    const listen = (resolve: () => void) =>
      mq.on(
        this.#inbox.topic,
        (packet, done) => {
          // A message of QoS 0 is in no queue.
          if (packet.qos === 0) this.#inbox.accept(Buffer.from(packet.payload)).catch(() => {});
          else this.wake();
          done();
        },
        resolve,
      );
    await new Promise<void>(listen);
    (this.#broker as EventEmitter).on("catchUp", () => this.wake());
    this.wake();
  }

  /** The queue may hold messages. */
  wake(): void {
    this.#hasMore = true;
    if (!this.#isRunning && !this.#isClosed) this.#run = this.#takeAll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#run;
  }

  async #takeAll(): Promise<void> {
    const { persistence } = this.#broker;
    const client = { id: this.#uid };
    this.#isRunning = true;
    try {
      while (this.#hasMore && !this.#isClosed) {
        this.#hasMore = false;
        for await (const packet of persistence.outgoingStream(client) as AsyncIterable<StoredPacket>) {
          if (this.#isClosed) return;
          await this.#inbox.accept(Buffer.from(packet.payload));
          this.#lastIdentifier = (this.#lastIdentifier % 65_535) + 1;
          const taken = { ...packet, messageId: this.#lastIdentifier };
          await persistence.outgoingUpdate(client, taken);
          await persistence.outgoingClearMessageId(client, taken);
        }
      }
    } catch (error) {
      // The messages stay in the queue.
      console.error(`inbox: ${error instanceof Error ? error.message : error}`);
      if (!this.#isClosed) this.#retry = setTimeout(() => this.wake(), DELIVERY_RETRY_MS);
    } finally {
      this.#isRunning = false;
    }
  }
}
