/** Gives every event of the station to all listeners. */
import type { DeviceEvent } from "./device.ts";
import type { PushEvent } from "./push.ts";

export type StationEvent = PushEvent | DeviceEvent;

export class EventHub {
  readonly #listeners = new Set<(event: StationEvent) => void>();

  /** Calls back with every event. Returns what ends it. */
  listen(listener: (event: StationEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: StationEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener that fails must not stop the others or the station.
        console.error(`event ${event.type}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}
