import type { Publish } from "../mqtt/packet.ts";
import type { Roster } from "../pager/roster.ts";
import { decodePresence } from "../payload/presence.ts";
import { type Device, keeping } from "./device.ts";
import type { Route } from "./routes.ts";

/** Presence of contacts: of those in the settings, and of those for which the station has subscribed. */
export class PresenceRoute implements Route {
  readonly topicFilters: readonly string[];
  /** A presence is retained, so that who comes later sees the last one. */
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
    // Without a payload it has been taken back.
    const { status, context } = payload.length === 0 ? { status: 0, context: "" } : decodePresence(payload);
    this.roster.update(uid, status, context);
    // What the store refuses is written later: the connection is not worth it.
    keeping(this.device, () => this.roster.flush(nowMs));
    return true;
  }
}
