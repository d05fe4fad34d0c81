/** Finds the part of the gateway that a message is for, by its topic. Messages that no part takes are refused here. */
import { FormatError } from "../errors.ts";
import type { Publish, Subscription } from "../mqtt/packet.ts";
import type { Device } from "./device.ts";

export interface Route {
  /** The topic filters of SUBSCRIBE. The device does not send them where the station subscribes. */
  readonly topicFilters: readonly string[];
  /**
   * A retained message is old, whatever it says, and is only counted. true: this route's topics hold retained messages, as for
   * presence.
   */
  readonly readsRetained?: boolean;
  /** Whether a message on this topic is for this route. */
  matches(topic: string): boolean;
  /**
   * Takes a message. Its views are valid during the call. true: the message is safe and will be acknowledged. false: the store
   * failed, and the broker has to send the message again. Throws a `FormatError` for what the wire format does not allow.
   */
  take(publish: Publish, nowMs: number): boolean;
}

export class Routes {
  private readonly routes: readonly Route[];
  private readonly device: Device;

  constructor(device: Device, routes: readonly Route[]) {
    this.device = device;
    this.routes = routes;
  }

  get subscriptions(): readonly Subscription[] {
    return this.routes.flatMap(({ topicFilters }) => topicFilters.map((topicFilter) => ({ topicFilter, qos: 1 })));
  }

  /** Returns false where the store failed. The broker then has to send the message again. */
  take(publish: Publish, nowMs: number): boolean {
    const { topic, payload, retain } = publish;
    const { counters, events } = this.device;
    counters.received += 1;
    const route = this.routes.find((route) => route.matches(topic));
    if (retain && !route?.readsRetained) {
      // An empty payload clears a retained message. There is nothing to count.
      if (payload.length === 0) return true;
      counters.retained += 1;
      events.log(`ignored an old (retained) message on ${topic}`);
      return true;
    }
    try {
      if (!route) throw new FormatError("topic", 0, `${topic} is not ours`);
      return route.take(publish, nowMs);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      counters.refused += 1;
      events.log(`refused a message on ${topic}: ${error.message}`);
      return true;
    }
  }
}
