/** Counts of what happened to the messages since the device started. No message is lost without a count. */
export interface Counters {
  /** Messages that arrived, of any kind. */
  received: number;
  /** Messages that this device has handed to its connection. */
  sent: number;
  /** Messages that were stored in the inbox. */
  stored: number;
  /** Messages that were recognised as stored before. */
  duplicates: number;
  /** Messages that the wire format does not allow, or on a topic that is not ours. */
  refused: number;
  /** Messages that were shown although a part of them could not be read. That part was left out, or shown as it came. */
  malformed: number;
  /** Packets above `PACKET_BYTES_MAX`. */
  oversize: number;
  /** Retained messages. They are old, whatever they say, and the device does not act on them. */
  retained: number;
  /** Messages that were not stored, because everything in the inbox is more important. */
  full: number;
  /** Unread messages that left the inbox to make room. */
  dropped: number;
  /** Unread messages that left the inbox, because their senders sent others in their place. */
  replaced: number;
  /** Messages that expired before they were read. */
  expired: number;
  /** Receipts that a sender will never get. The broker refuses them, or the device no longer knows their messages. */
  unreceipted: number;
  /** Records of the inbox that could not be read. */
  damaged: number;
  /** Messages of this device that the broker refused. */
  rejected: number;
  /** 1 while the broker does not grant all subscriptions. The device then misses messages. */
  notSubscribed: number;
  /** Presences of contacts for whom there was no room, see `ROSTER_MAX`. */
  strangers: number;
  /** Readings of sensors that were given up to keep newer ones. */
  thinned: number;
  /** How often a sensor threw or had no value. */
  sensorFailures: number;
  /** Writes that the store refused. */
  storeFailures: number;
  /** Exceptions that a host's drivers and callbacks threw. */
  hostFailures: number;
  /** Connections that ended. */
  disconnections: number;
}

export function newCounters(): Counters {
  return {
    received: 0,
    sent: 0,
    stored: 0,
    duplicates: 0,
    refused: 0,
    malformed: 0,
    oversize: 0,
    retained: 0,
    full: 0,
    dropped: 0,
    replaced: 0,
    expired: 0,
    unreceipted: 0,
    damaged: 0,
    rejected: 0,
    notSubscribed: 0,
    strangers: 0,
    thinned: 0,
    sensorFailures: 0,
    storeFailures: 0,
    hostFailures: 0,
    disconnections: 0,
  };
}

/** What the carrier should know, in a few words for the screen. Empty when nothing went wrong. */
export function describeFaults(counters: Readonly<Counters>): string {
  const words: string[] = [];
  if (counters.refused) words.push(`${counters.refused} bad`);
  if (counters.oversize) words.push(`${counters.oversize} too large`);
  if (counters.retained) words.push(`${counters.retained} old`);
  if (counters.full) words.push(`${counters.full} lost`);
  if (counters.dropped) words.push(`${counters.dropped} dropped`);
  if (counters.expired) words.push(`${counters.expired} expired`);
  if (counters.unreceipted) words.push(`${counters.unreceipted} senders not told`);
  if (counters.damaged) words.push(`${counters.damaged} damaged`);
  if (counters.notSubscribed) words.push("not all subscribed");
  if (counters.rejected) words.push(`${counters.rejected} refused by the broker`);
  if (counters.strangers) words.push("contacts left out");
  if (counters.storeFailures) words.push(`${counters.storeFailures} flash errors`);
  if (counters.hostFailures) words.push(`${counters.hostFailures} device errors`);
  return words.join(", ");
}
