/** Which part of the gateway a message is for, by its topic; what all of them refuse is refused here. */
import { FormatError } from "../errors.ts";
import type { Publish, Subscription } from "../mqtt/packet.ts";
import type { Device } from "./device.ts";

export interface Route {
  /** What the broker is asked for. Empty where the station subscribes. */
  readonly topicFilters: readonly string[];
  /** A retained message is old, whatever it says, and is only counted; true where a topic is made of such, as presence is. */
  readonly readsRetained?: boolean;
  /** Whether a message on this topic is for this route. */
  matches(topic: string): boolean;
  /**
   * Takes a message; its views live during the call. True: it is safe and is acknowledged. False: the store failed and the
   * broker has to send it again. Throws a `FormatError` for what the wire format does not allow.
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

  /** False where the store failed: the broker has to send the message again. */
  take(publish: Publish, nowMs: number): boolean {
    const { topic, payload, retain } = publish;
    const { counters, events } = this.device;
    counters.received += 1;
    const route = this.routes.find((route) => route.matches(topic));
    if (retain && !route?.readsRetained) {
      // It is the end of one: nothing at all.
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
