/**
 * The broker's side of pre-subscription (wire format, table 3). A client without subscriptions is announced at `/connect/new`. The
 * pre-subscriber answers at `/connect/presub` with the client's subscriptions. They are stored whether the client is connected or not,
 * and at whichever broker process. A client that connects waits a moment for them, so that its first session holds them.
 */
import type { Client, PublishPacket } from "aedes";
import { decodePresubscription, type PresubscribedTopic } from "../../../src/payload/optional/presubscription.ts";
import { NEW_CLIENT_TOPIC } from "../access/topic-rules.ts";
import type { StationBroker } from "../broker.ts";
import { PRESUBSCRIPTION_WAIT_MS } from "../station-limits.ts";

/** Tells all broker processes, with the payload of `/connect/presub`. */
const GRANTED_TOPIC = "presubscribed";

type Topics = readonly { readonly topic: string; readonly qos: 0 | 1 | 2 }[];

export class Presubscriptions {
  readonly #broker: StationBroker;
  /** Clients between their login and the end of their connecting. */
  readonly #arriving = new Map<string, Client>();
  readonly #waiting = new Map<Client, () => void>();
  /** Pre-subscriptions that came while the client was connecting. */
  readonly #granted = new WeakMap<Client, Topics>();

  constructor(broker: StationBroker) {
    this.#broker = broker;
    const { mq } = broker as unknown as {
      mq: { on(topic: string, listener: (packet: PublishPacket, done: () => void) => void): void };
    };
    mq.on(`$SYS/+/${GRANTED_TOPIC}`, (packet, done) => {
      this.#tell(packet.payload as Uint8Array);
      done();
    });
    broker.on("clientReady", (client) => this.#ready(client));
    broker.on("clientDisconnect", (client) => this.#leave(client));
  }

  /** Resolves when a connecting client has subscriptions, or has waited long enough. Never rejects: the client may subscribe itself. */
  async welcome(client: Client): Promise<void> {
    try {
      if (client.clean || (await this.#hasSubscriptions(client.id))) return;
      this.#arriving.set(client.id, client);
      const granted = this.#wait(client);
      await this.announce(client.id);
      await granted;
    } catch (error) {
      console.error(`pre-subscription of ${client.id}: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#waiting.get(client)?.();
      this.#waiting.delete(client);
      // Nobody is told of a client that has gone meanwhile.
      if (client.closed) this.#leave(client);
    }
  }

  /** Resolves when the client's subscriptions stand, or after a while. */
  #wait(client: Client): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PRESUBSCRIPTION_WAIT_MS);
      this.#waiting.set(client, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Asks the pre-subscriber for the subscriptions of a client. Resolves when the question is on disk. */
  announce(uid: string): Promise<void> {
    return this.#broker.publishStored(NEW_CLIENT_TOPIC, Buffer.from(uid));
  }

  /** As `announce`, for a client that has connected before. A new client is announced when it connects. */
  async announceKnown(uid: string): Promise<void> {
    if (await this.#hasSubscriptions(uid)) await this.announce(uid);
  }

  /** Takes a pre-subscription. Resolves when it is on disk; rejects for one that is malformed, and for the disk. */
  async accept(payload: Uint8Array): Promise<void> {
    const { uid, topics } = decodePresubscription(payload);
    await this.#broker.persistence.grant(uid, topicsOf(topics));
    await new Promise<void>((resolve, reject) => {
      const topic = `$SYS/${this.#broker.id}/${GRANTED_TOPIC}`;
      const packet: PublishPacket = {
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos: 0,
        retain: false,
        dup: false,
      };
      this.#broker.publish(packet, (error?: Error) => (error ? reject(error) : resolve()));
    });
  }

  async #hasSubscriptions(uid: string): Promise<boolean> {
    return ((await this.#broker.persistence.subscriptionsByClient({ id: uid })) ?? []).length > 0;
  }

  #tell(payload: Uint8Array): void {
    const { uid, topics } = decodePresubscription(payload);
    const arriving = this.#arriving.get(uid);
    const connected = (this.#broker as unknown as { clients: Record<string, Client> }).clients[uid];
    if (arriving && !arriving.closed) {
      this.#granted.set(arriving, topicsOf(topics));
      this.#waiting.get(arriving)?.();
    } else if (connected && !connected.clean)
      connected.subscribe({ subscriptions: topicsOf(topics) } as never, () => {});
    // The push queue waits for a client's first subscription, and sees no SUBSCRIBE here.
    else this.#broker.emit("subscribe", topicsOf(topics) as never, undefined as never);
  }

  /** The session holds the subscriptions already. This sends the retained messages, which belong to a new subscription. */
  #ready(client: Client): void {
    this.#leave(client);
    const topics = this.#granted.get(client);
    if (topics) client.subscribe({ subscriptions: topics } as never, () => {});
  }

  #leave(client: Client): void {
    if (this.#arriving.get(client.id) === client) this.#arriving.delete(client.id);
  }
}

function topicsOf(topics: readonly PresubscribedTopic[]): Topics {
  return topics.map(({ topicFilter, qos }) => ({ topic: topicFilter, qos }));
}
