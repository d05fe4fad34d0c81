/** What happened to the messages that came, since the device started: nothing is lost without a number saying so. */
export interface Counters {
  /** Messages that came, of any kind. */
  received: number;
  /** Kept in the inbox. */
  stored: number;
  /** Recognised as kept before. */
  duplicates: number;
  /** Not what the wire format allows, or on a topic that is not ours. */
  refused: number;
  /** Shown, though a part of them could not be read: it was left out, or shown as it came. */
  malformed: number;
  /** Above `PACKET_BYTES_MAX`. */
  oversize: number;
  /** Retained: old, whatever they say; not acted on. */
  retained: number;
  /** Not kept because everything in the inbox is more important. */
  full: number;
  /** Left the inbox unread to make room. */
  dropped: number;
  /** Left the inbox unread because their senders have sent others in their place. */
  replaced: number;
  /** Worthless before they were read. */
  expired: number;
  /** Receipts that a sender will never get: the broker refuses them, or nobody knows of what they are. */
  unreceipted: number;
  /** Records of the inbox that could not be read back. */
  damaged: number;
  /** Messages of this device that the broker refused. */
  rejected: number;
  /** 1 while the broker does not grant all subscriptions: the device hears less than it should. */
  notSubscribed: number;
  /** News of contacts for whom there was no room, see `ROSTER_MAX`. */
  strangers: number;
  /** Readings of sensors that were given up so that newer ones could be kept. */
  thinned: number;
  /** Times that a sensor threw or had no value. */
  sensorFailures: number;
  /** Writes that the store refused. */
  storeFailures: number;
  /** Connections that ended. */
  disconnections: number;
}

export function newCounters(): Counters {
  return {
    received: 0,
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
    disconnections: 0,
  };
}

/** What the carrier should know, in a few words for the screen; empty when nothing went wrong. */
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
  return words.join(", ");
}
