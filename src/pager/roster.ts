/**
 * The contacts of this device, and the last presence that came from each. Their number has a limit; those that can be
 * reached come first. The roster outlasts a reboot, because a broker that still has the session does not send the
 * presences again.
 *
 * | record | holds |
 * |---|---|
 * | `c-<number>` | version, status (bit 7: the contact was in the settings), length of the uid, uid, context |
 */
import { ROSTER_MAX, ROSTER_SETTLE_MS, ROSTER_WRITE_MS, ROSTER_WRITES_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

export interface Contact {
  readonly uid: string;
  /**
   * As on the wire: 1 online, 2 offline, 3 busy, 4 away, 15 custom. Other values have no meaning yet. 0: no presence
   * has come.
   */
  readonly status: number;
  /** Empty: none. */
  readonly context: string;
}

export class Roster {
  private readonly wanted: readonly string[];
  private readonly store: Store | undefined;
  private sorted: Contact[];
  /** The number of each contact's record, by uid. */
  private readonly numbers = new Map<string, number>();
  /** uids of contacts whose records are out of date. */
  private readonly unwritten = new Set<string>();
  /**
   * How many writes may be made at once. Time adds to it. So a contact that changes all the time does not wear out the
   * flash.
   */
  private writesLeft = ROSTER_WRITES_MAX;
  private writtenMs = 0;
  /** Nothing is written before this time. */
  private writableFromMs = 0;
  /** Presences that were ignored because there was no room for another contact. */
  turnedAwayCount = 0;
  /** Grows with every change here. */
  version = 0;

  /**
   * @param wanted contacts of the settings, which always have a place
   * @param store without one nothing outlasts a reboot
   */
  constructor(wanted: readonly string[], store?: Store) {
    this.wanted = wanted;
    this.store = store;
    this.sorted = wanted.map((uid) => ({ uid, status: 0, context: "" }));
    if (store) this.load(store);
    this.sort();
  }

  /** Online contacts first, offline ones last. Contacts of the same rank are in the order of their names. */
  get contacts(): readonly Contact[] {
    return this.sorted;
  }

  /** Place of the contact, from 1. 0: it is not a contact. */
  rowOf(uid: string | undefined): number {
    return this.sorted.findIndex((contact) => contact.uid === uid) + 1;
  }

  get onlineCount(): number {
    return this.sorted.filter(({ status }) => status === 1).length;
  }

  /**
   * Takes in the presence of a contact. If the roster is full, a new contact replaces an offline one that is not in the
   * settings. If there is none, the new contact is ignored.
   */
  update(uid: string, status: number, context: string): void {
    const former = this.sorted.find((contact) => contact.uid === uid);
    if (former?.status === status && former.context === context) return;
    if (!former && this.sorted.length >= ROSTER_MAX) {
      const gone = this.sorted.find((contact) => rankOf(contact) >= OFFLINE_RANK && !this.wanted.includes(contact.uid));
      if (!gone) {
        this.turnedAwayCount += 1;
        return;
      }
      this.replace(gone.uid, uid);
      this.sorted = this.sorted.filter((contact) => contact !== gone);
    }
    this.sorted = this.sorted.filter((contact) => contact !== former);
    this.sorted.push({ uid, status, context });
    this.unwritten.add(uid);
    this.sort();
  }

  /** The broker has a new session and sends all presences that it has. Until they come nothing is known. */
  forget(nowMs: number): void {
    for (const { uid, status } of this.sorted) if (status !== 0) this.unwritten.add(uid);
    this.sorted = this.sorted.map(({ uid }) => ({ uid, status: 0, context: "" }));
    this.writableFromMs = nowMs + ROSTER_SETTLE_MS;
    this.sort();
  }

  /**
   * Writes what has changed, as often as the flash may be written. Throws what the store throws; it is written later
   * then.
   */
  flush(nowMs: number): void {
    if (this.unwritten.size === 0 || !this.store || nowMs < this.writableFromMs) return;
    const more = Math.floor((nowMs - this.writtenMs) / ROSTER_WRITE_MS);
    if (more > 0) {
      this.writesLeft = Math.min(ROSTER_WRITES_MAX, this.writesLeft + more);
      this.writtenMs = nowMs;
    }
    for (const uid of this.unwritten) {
      if (this.writesLeft === 0) return;
      if (this.write(this.store, uid)) this.writesLeft -= 1;
      this.unwritten.delete(uid);
    }
  }

  /** Writes or removes the record of a contact. Returns whether the store had to change anything. */
  private write(store: Store, uid: string): boolean {
    const contact = this.sorted.find((one) => one.uid === uid);
    const number = this.numbers.get(uid) ?? this.freeNumber();
    const former = readRecord(store, keyOf(number));
    if (!contact || contact.status === 0) {
      if (former) store.remove(keyOf(number));
      this.numbers.delete(uid);
      return former !== undefined;
    }
    const record = encodeContact(contact, this.wanted.includes(uid));
    this.numbers.set(uid, number);
    if (former?.length === record.length && record.every((byte, at) => byte === former[at])) return false;
    store.write(keyOf(number), record);
    return true;
  }

  /** Gives the place and the record of one contact to another. */
  private replace(gone: string, uid: string): void {
    const number = this.numbers.get(gone);
    this.numbers.delete(gone);
    this.unwritten.delete(gone);
    if (number !== undefined) this.numbers.set(uid, number);
  }

  private freeNumber(): number {
    const taken = [...this.numbers.values()];
    let number = 1;
    while (taken.includes(number)) number += 1;
    return number;
  }

  private load(store: Store): void {
    for (const number of recordNumbers(store, PREFIX)) {
      const read = decodeContact(readRecord(store, keyOf(number)));
      const at = this.sorted.findIndex(({ uid }) => uid === read?.contact.uid);
      const isTaken = read && !this.numbers.has(read.contact.uid) && (at >= 0 || this.sorted.length < ROSTER_MAX);
      // The settings named this contact before and do not name it now. So it is no contact any more.
      if (!isTaken || (read.wasWanted && at < 0)) {
        removeRecord(store, keyOf(number));
        continue;
      }
      if (at < 0) this.sorted.push(read.contact);
      else this.sorted[at] = read.contact;
      this.numbers.set(read.contact.uid, number);
    }
  }

  private sort(): void {
    this.sorted.sort((a, b) => rankOf(a) - rankOf(b) || (a.uid < b.uid ? -1 : 1));
    this.version += 1;
  }
}

const PREFIX = "c-";
const VERSION = 1;
const WAS_WANTED = 0x80;

function keyOf(number: number): string {
  return PREFIX + number.toString(36);
}

function encodeContact({ uid, status, context }: Contact, isWanted: boolean): Uint8Array {
  const uidBytes = encodeUtf8(uid);
  const contextBytes = encodeUtf8(context);
  const record = new Uint8Array(3 + uidBytes.length + contextBytes.length);
  record.set([VERSION, status | (isWanted ? WAS_WANTED : 0), uidBytes.length]);
  record.set(uidBytes, 3);
  record.set(contextBytes, 3 + uidBytes.length);
  return record;
}

/** Returns undefined for a damaged record. */
function decodeContact(
  record: Uint8Array | undefined,
): { readonly contact: Contact; readonly wasWanted: boolean } | undefined {
  const [version, flags = 0, length = 0] = record ?? [];
  const status = flags & ~WAS_WANTED;
  if (!record || version !== VERSION || status < 1 || status > 15 || length < 1 || 3 + length > record.length)
    return undefined;
  try {
    const uid = decodeUtf8(record, 3, 3 + length, "uid");
    const context = decodeUtf8(record, 3 + length, record.length, "context");
    return { contact: { uid, status, context }, wasWanted: flags >= WAS_WANTED };
  } catch {
    return undefined;
  }
}

/**
 * The order of the contacts by status: online, busy, custom, away, unknown values, offline, and last those without a
 * presence.
 */
const RANKS: Readonly<Record<number, number>> = Object.freeze({ 1: 0, 3: 1, 15: 2, 4: 3, 2: 5, 0: 6 });
const OFFLINE_RANK = 5;

function rankOf({ status }: Contact): number {
  return RANKS[status] ?? 4;
}
