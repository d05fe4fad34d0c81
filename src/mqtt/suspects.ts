/**
 * What the broker may be answering by closing the connection, or by silence. A message or a topic filter on which `ENDINGS_MAX` connections
 * have ended is given up for `GIVEN_UP_MS`; it would end every connection else, and nothing behind it would get through.
 * The count outlasts a reboot, since a message may, too.
 *
 * | record | holds |
 * |---|---|
 * | `suspects` | 1 byte version, 1; JSON: a list of `Suspect`, of which `untilMs` counts in its own life only |
 */
import { ENDINGS_MAX, GIVEN_UP_MS, SUSPECTS_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { QoS } from "./packet.ts";

interface Suspect {
  /** What `messageName` or `filterName` gives, or that of a PUBREL. */
  readonly name: string;
  /** Connections that ended on it. */
  endings: number;
  /** Payload of the smallest message on which one ended; smaller ones are not suspected. */
  bytes: number;
  /** It is given up until then. */
  untilMs: number;
}

export class Suspects {
  private readonly store: Store | undefined;
  private list: Suspect[] = [];

  constructor(store: Store | undefined) {
    this.store = store;
    try {
      const record = store?.read(KEY);
      if (record?.[0] === VERSION) this.list = JSON.parse(decodeUtf8(record, 1, record.length, KEY)).filter(isSuspect);
    } catch {
      // A record that is not what was written is none.
    }
    this.list.splice(SUSPECTS_MAX);
    this.list.forEach((suspect) => {
      // One more try in each life: what the broker allows may have changed.
      suspect.endings = Math.min(suspect.endings, ENDINGS_MAX - 1);
      suspect.untilMs = 0;
    });
  }

  isGivenUp(name: string, bytes: number, nowMs: number): boolean {
    const suspect = this.find(name);
    return suspect !== undefined && nowMs < suspect.untilMs && bytes >= suspect.bytes;
  }

  /**
   * A connection has ended, and this was all that the broker had not answered. @param leastEndings counts as if so many had ended
   */
  accuse(name: string, bytes: number, nowMs: number, leastEndings = 1): void {
    const suspect = this.find(name) ?? { name, endings: 0, bytes, untilMs: 0 };
    this.remove(suspect);
    if (this.list.length >= SUSPECTS_MAX) this.list.shift();
    this.list.push(suspect);
    suspect.endings = Math.max(suspect.endings + 1, leastEndings);
    suspect.bytes = Math.min(suspect.bytes, bytes);
    if (suspect.endings >= ENDINGS_MAX) suspect.untilMs = nowMs + GIVEN_UP_MS;
    // One ending is the network's more often than not: it is not worth a write.
    if (suspect.endings > 1) this.save();
  }

  /** The broker has answered it. */
  acquit(name: string): void {
    const suspect = this.find(name);
    if (!suspect) return;
    this.remove(suspect);
    if (suspect.endings > 1) this.save();
  }

  /** Another broker may answer all of it. */
  clear(): void {
    if (this.list.length === 0) return;
    this.list = [];
    this.save();
  }

  /** Asked for each message: it allocates nothing. */
  private find(name: string): Suspect | undefined {
    let at = 0;
    while (at < this.list.length && this.list[at]?.name !== name) at += 1;
    return this.list[at];
  }

  private remove(suspect: Suspect): void {
    this.list = this.list.filter((one) => one !== suspect);
  }

  private save(): void {
    try {
      if (this.list.length > 0)
        this.store?.write(KEY, encodeUtf8(String.fromCharCode(VERSION) + JSON.stringify(this.list)));
      else this.store?.remove(KEY);
    } catch {
      // What is lost with it is counted anew.
    }
  }
}

function isSuspect(one: Suspect | null): boolean {
  return typeof one?.name === "string" && one.endings > 0 && one.bytes >= 0;
}

/** The name of messages to this topic: the topic itself. Some brokers close on QoS 2 alone, so that has a name of its own. */
export function messageName(topic: string, qos: QoS): string {
  return qos === 2 ? `QoS 2 ${topic}` : topic;
}

/** The name of a topic filter, which is no topic's. */
export function filterName(topicFilter: string): string {
  return `filter ${topicFilter}`;
}

/** Why something is not sent any more. */
export const GIVEN_UP = `${ENDINGS_MAX} connections ended on it`;

const KEY = "suspects";
const VERSION = 1;
