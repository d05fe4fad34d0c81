import type { Publish } from "../mqtt/packet.ts";
import type { Roster } from "../pager/roster.ts";
import { decodePresence } from "../payload/presence.ts";
import { type Device, keeping } from "./device.ts";
import type { Route } from "./routes.ts";

/** Presence of contacts: those of the settings, and those for which the station has subscribed. */
export class PresenceRoute implements Route {
  readonly topicFilters: readonly string[];
  /** A presence is retained, so that a new subscriber gets the last one. */
  readonly readsRetained = true;
  private readonly device: Device;
  private readonly roster: Roster;

  constructor(device: Device, roster: Roster) {
    this.device = device;
    this.roster = roster;
    this.topicFilters = device.settings.contacts.map((uid) => device.topics.presenceOf(uid));
  }

  matches(topic: string): boolean {
    return this.device.topics.uidOfPresence(topic) !== undefined;
  }

  take({ topic, payload }: Publish, nowMs: number): boolean {
    const { topics } = this.device;
    const uid = topics.uidOfPresence(topic);
    if (uid === undefined || uid === topics.uid) return true;
    // An empty payload clears the presence.
    const { status, context } = payload.length === 0 ? { status: 0, context: "" } : decodePresence(payload);
    this.roster.update(uid, status, context);
    // The roster writes later what the store refuses now. That is no reason to end the connection.
    keeping(this.device, () => this.roster.flush(nowMs));
    return true;
  }
}
