/**
 * Messages and topic filters that the broker may answer by closing the connection, or by silence. They would be sent again on every
 * connection, and nothing behind them would get through. At first a suspect is sent with all others. When `HASTY_ENDINGS_MAX`
 * connections have ended on it, it is put on trial, see `trial.ts`. After `ENDINGS_MAX` endings it is given up for `GIVEN_UP_MS`. An
 * answer acquits it. The counts outlast a reboot, because a message may.
 *
 * | record | holds |
 * |---|---|
 * | `suspects` | 1 byte version, 1; JSON: a list of `Suspect`. `untilMs` means nothing in another life. |
 */
import { ENDINGS_MAX, GIVEN_UP_MS, HASTY_ENDINGS_MAX, SUSPECTS_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { QoS } from "./packet.ts";

/** Something that was sent and is not answered. */
export interface Unanswered {
  /** What `messageName`, `pubrelName` or `filterName` gives. */
  readonly name: string;
  /** Bytes of its payload. */
  readonly bytes: number;
}

/** Several may have the same name. A small message is innocent if only large ones end connections. */
interface Suspect {
  readonly name: string;
  /** Connections that ended on it. */
  endings: number;
  /** Only messages with a payload of at least this are suspected. */
  bytes: number;
  /** It is given up until then. */
  untilMs: number;
}

export class Suspects {
  private readonly store: Store | undefined;
  private list: Suspect[] = [];
  private isSaved = true;

  constructor(store: Store | undefined) {
    this.store = store;
    try {
      const record = store?.read(KEY);
      if (record?.[0] === VERSION) this.list = JSON.parse(decodeUtf8(record, 1, record.length, KEY)).filter(isSuspect);
    } catch {
      // A damaged record is none.
    }
    this.list.splice(SUSPECTS_MAX);
    this.list.forEach((suspect) => {
      // Each life tries once more. What the broker allows may have changed.
      suspect.endings = Math.min(suspect.endings, ENDINGS_MAX - 1);
      suspect.untilMs = 0;
    });
  }

  isGivenUp(name: string, bytes: number, nowMs: number): boolean {
    const suspect = this.find(name, bytes);
    return suspect !== undefined && nowMs < suspect.untilMs;
  }

  /** Whether it is to be sent alone. */
  isOnTrial(name: string, bytes: number): boolean {
    const suspect = this.find(name, bytes);
    return suspect !== undefined && suspect.endings >= HASTY_ENDINGS_MAX;
  }

  /** A connection has ended while these were not answered. That puts them on trial and does no more. */
  suspect(unanswered: readonly Unanswered[]): void {
    const least = new Map<string, number>();
    // One connection has ended, however many of a name there are.
    unanswered.forEach((one) => least.set(one.name, Math.min(one.bytes, least.get(one.name) ?? one.bytes)));
    least.forEach((bytes, name) => {
      const suspect = this.take(name, bytes);
      if (suspect.endings < HASTY_ENDINGS_MAX) this.count(suspect, suspect.endings + 1);
    });
  }

  /** A connection has ended on its trial. Smaller ones were not tried. */
  convict(name: string, bytes: number, nowMs: number): void {
    const suspect = this.take(name, bytes);
    suspect.bytes = bytes;
    this.count(suspect, suspect.endings + 1);
    if (suspect.endings >= ENDINGS_MAX) suspect.untilMs = nowMs + GIVEN_UP_MS;
  }

  /** It is put on trial at once. */
  presume(name: string, bytes: number): void {
    const suspect = this.take(name, bytes);
    this.count(suspect, Math.max(suspect.endings, HASTY_ENDINGS_MAX));
  }

  /** A connection has ended by itself. So others may have done so, too. */
  doubt(): void {
    this.list.forEach((suspect) => {
      if (suspect.endings > HASTY_ENDINGS_MAX && suspect.untilMs === 0) this.count(suspect, suspect.endings - 1);
    });
  }

  /** The broker has answered one of this size. */
  acquit(name: string, bytes: number): void {
    if (!this.find(name, bytes)) return;
    this.list = this.list.filter((one) => {
      if (one.name !== name || bytes < one.bytes) return true;
      if (one.endings > 1) this.isSaved = false;
      return false;
    });
  }

  /** Another broker may answer all of it. */
  clear(): void {
    if (this.list.length > 0) this.isSaved = false;
    this.list = [];
    this.save();
  }

  /** Brings the record up to date. What the store refuses is counted anew in the next life. */
  save(): void {
    if (this.isSaved) return;
    this.isSaved = true;
    try {
      if (this.list.length > 0)
        this.store?.write(KEY, encodeUtf8(String.fromCharCode(VERSION) + JSON.stringify(this.list)));
      else this.store?.remove(KEY);
    } catch {
      // See the comment of this function.
    }
  }

  private count(suspect: Suspect, endings: number): void {
    suspect.endings = endings;
    // One ending is seldom the broker's answer. It is not worth a write.
    if (endings > 1) this.isSaved = false;
  }

  /** The one with the most endings. This is asked for each message, and allocates nothing. */
  private find(name: string, bytes: number): Suspect | undefined {
    let found: Suspect | undefined;
    for (let at = 0; at < this.list.length; at += 1) {
      const one = this.list[at] as Suspect;
      if (one.name === name && bytes >= one.bytes && !(found && found.endings >= one.endings)) found = one;
    }
    return found;
  }

  /** The suspect of this name and size, a new one if there is none. The oldest makes room. */
  private take(name: string, bytes: number): Suspect {
    const suspect = this.find(name, bytes) ?? { name, endings: 0, bytes, untilMs: 0 };
    this.list = this.list.filter((one) => one !== suspect);
    if (this.list.length >= SUSPECTS_MAX) this.list.shift();
    this.list.push(suspect);
    return suspect;
  }
}

function isSuspect(one: Suspect | null): boolean {
  return typeof one?.name === "string" && one.endings > 0 && one.bytes >= 0;
}

/** The name of messages to this topic: the topic itself. Some brokers close only on QoS 2, so that has a name of its own. */
export function messageName(topic: string, qos: QoS): string {
  return qos === 2 ? `QoS 2 ${topic}` : topic;
}

/** The name of a topic filter. No topic has it. */
export function filterName(topicFilter: string): string {
  return `filter ${topicFilter}`;
}

/** The name of PUBREL after a message to this topic. */
export function pubrelName(topic: string): string {
  return `PUBREL ${topic}`;
}

/** Why something is no longer sent. */
export const GIVEN_UP = `${ENDINGS_MAX} connections ended on it`;

const KEY = "suspects";
const VERSION = 1;
