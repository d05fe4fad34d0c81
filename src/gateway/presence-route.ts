import type { Publish } from "../mqtt/packet.ts";
import type { Roster } from "../pager/roster.ts";
import { decodePresence } from "../payload/presence.ts";
import type { Route } from "./routes.ts";
import type { Topics } from "./topics.ts";

/** Presence of contacts: of those in the settings, and of those for which the station has subscribed. */
export class PresenceRoute implements Route {
  readonly topicFilters: readonly string[];
  /** A presence is retained, so that who comes later sees the last one. */
  readonly readsRetained = true;
  private readonly topics: Topics;
  private readonly roster: Roster;

  constructor(topics: Topics, roster: Roster, contacts: readonly string[]) {
    this.topics = topics;
    this.roster = roster;
    this.topicFilters = contacts.map((uid) => topics.presenceOf(uid));
  }

  matches(topic: string): boolean {
    return this.topics.uidOfPresence(topic) !== undefined;
  }

  take({ topic, payload }: Publish): boolean {
    const uid = this.topics.uidOfPresence(topic);
    if (uid === undefined || uid === this.topics.uid) return true;
    // Without a payload it has been taken back.
    const { status, context } = payload.length === 0 ? { status: 0, context: "" } : decodePresence(payload);
    this.roster.update(uid, status, context);
    return true;
  }
}
