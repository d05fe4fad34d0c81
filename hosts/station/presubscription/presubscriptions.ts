/**
 * The broker's side of pre-subscription (wire format, table 3). A client without subscriptions is announced at `/connect/new`. The
 * pre-subscriber answers at `/connect/presub` with the client's subscriptions. They are stored whether the client is connected or not.
 * A client that connects waits a moment for them, so that its first session holds them.
 */
import { decodePresubscription } from "../../../src/payload/optional/presubscription.ts";
import type { StationBroker } from "../mqtt-server/station-broker.ts";
import { NEW_CLIENT_TOPIC } from "../policy/topic-rules.ts";
import { PRESUBSCRIPTION_WAIT_MS } from "../shared/limits.ts";

export class Presubscriptions {
  readonly #broker: StationBroker;
  /** Those who wait for the subscriptions of a client, by its uid. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(broker: StationBroker) {
    this.#broker = broker;
  }

  /** Resolves when a connecting client has subscriptions, or has waited long enough. Never rejects: the client may subscribe itself. */
  async welcome(uid: string): Promise<void> {
    if (this.#hasSubscriptions(uid)) return;
    const granted = this.#wait(uid);
    try {
      await this.announce(uid);
      await granted.done;
    } catch (error) {
      console.error(`pre-subscription of ${uid}: ${error instanceof Error ? error.message : error}`);
    } finally {
      granted.end();
    }
  }

  /** Asks the pre-subscriber for the subscriptions of a client. Resolves when the question is on disk. */
  announce(uid: string): Promise<void> {
    return this.#broker.publish({ topic: NEW_CLIENT_TOPIC, payload: Buffer.from(uid) });
  }

  /** As `announce`, for a client that has connected before. A new client is announced when it connects. */
  async announceKnown(uid: string): Promise<void> {
    if (this.#hasSubscriptions(uid)) await this.announce(uid);
  }

  /** Takes a pre-subscription. Throws a `FormatError` for one that is malformed. */
  accept(payload: Uint8Array): void {
    const { uid, topics } = decodePresubscription(payload);
    this.#broker.grant(
      uid,
      topics.map(({ topicFilter, qos }) => ({ filter: topicFilter, qos })),
    );
    for (const tell of this.#waiting.get(uid) ?? []) tell();
  }

  #hasSubscriptions(uid: string): boolean {
    return this.#broker.subscriptionsOf(uid).length > 0;
  }

  /** `done` resolves when the client's subscriptions stand, or after a while. */
  #wait(uid: string): { readonly done: Promise<void>; end(): void } {
    const waiting = this.#waiting.get(uid) ?? new Set();
    this.#waiting.set(uid, waiting);
    let tell: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      tell = resolve;
    });
    waiting.add(tell);
    const timer = setTimeout(tell, PRESUBSCRIPTION_WAIT_MS);
    const end = () => {
      clearTimeout(timer);
      waiting.delete(tell);
      if (waiting.size === 0) this.#waiting.delete(uid);
    };
    return { done, end };
  }
}
