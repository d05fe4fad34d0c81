/** The contacts of this device and what was last heard of each; bounded, those that can be reached first. */
import { ROSTER_MAX } from "../limits.ts";

export interface Contact {
  readonly uid: string;
  /** As on the wire: 1 online, 2 offline, 3 busy, 4 away, 15 custom; others have no meaning yet. 0: nothing was heard. */
  readonly status: number;
  /** Empty: none. */
  readonly context: string;
}

export class Roster {
  private readonly wanted: readonly string[];
  private sorted: Contact[];
  /** News of contacts that were not taken in because there was no room. */
  turnedAwayCount = 0;
  /** Changes whenever something here has. */
  version = 0;

  /** @param wanted contacts of the settings; they always have a place */
  constructor(wanted: readonly string[]) {
    this.wanted = wanted;
    this.sorted = wanted.map((uid) => ({ uid, status: 0, context: "" }));
    this.sort();
  }

  /** Online first, those that are gone last, by name among equals. */
  get contacts(): readonly Contact[] {
    return this.sorted;
  }

  /** Its place among the contacts, from 1; 0: it is none of them. */
  rowOf(uid: string | undefined): number {
    return this.sorted.findIndex((contact) => contact.uid === uid) + 1;
  }

  get onlineCount(): number {
    return this.sorted.filter(({ status }) => status === 1).length;
  }

  /** News of a contact. One that is not in the settings takes the place of such a one that is offline, or none. */
  update(uid: string, status: number, context: string): void {
    const former = this.sorted.find((contact) => contact.uid === uid);
    if (former?.status === status && former.context === context) return;
    if (!former && this.sorted.length >= ROSTER_MAX) {
      const gone = this.sorted.find((contact) => rankOf(contact) >= OFFLINE_RANK && !this.wanted.includes(contact.uid));
      if (!gone) {
        this.turnedAwayCount += 1;
        return;
      }
      this.sorted = this.sorted.filter((contact) => contact !== gone);
    }
    this.sorted = this.sorted.filter((contact) => contact !== former);
    this.sorted.push({ uid, status, context });
    this.sort();
  }

  private sort(): void {
    this.sorted.sort((a, b) => rankOf(a) - rankOf(b) || (a.uid < b.uid ? -1 : 1));
    this.version += 1;
  }
}

/** Busy, custom, away, then what has no meaning yet, offline, and of whom nothing was heard. */
const RANKS: Readonly<Record<number, number>> = Object.freeze({ 1: 0, 3: 1, 15: 2, 4: 3, 2: 5, 0: 6 });
const OFFLINE_RANK = 5;

function rankOf({ status }: Contact): number {
  return RANKS[status] ?? 4;
}
