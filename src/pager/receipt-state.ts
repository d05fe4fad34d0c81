/**
 * What has happened to a message, and which receipts its sender has got. Both are bits of one number.
 *
 * | bits | hold |
 * |---|---|
 * | 0 to 5 | what has happened, by `EVENT_BIT` |
 * | 6 to 11 | the broker has the receipt for it |
 * | 12, 13 | which choice the carrier answered with |
 * | 16 to 21 | the receipt for it is on its way; not kept on the store |
 */
import { STAGES, type Stage } from "../stages.ts";

export const EVENT_BIT = Object.freeze({
  stored: 1,
  shown: 2,
  read: 4,
  answered: 8,
  expired: 16,
  dropped: 32,
} as const);

export const EVERY_EVENT = 0x3f;
const TAKEN_SHIFT = 6;
const CHOICE_SHIFT = 12;
const SENT_SHIFT = 16;

/** The bits which say that the broker has the receipts for these events. */
export function takenBits(events: number): number {
  return (events & EVERY_EVENT) << TAKEN_SHIFT;
}

/** A state in which the broker has no receipts for these events. Those that are on their way stay so. */
export function withoutTaken(state: number, events: number): number {
  const taken = (state >> TAKEN_SHIFT) & events;
  return state & ~(taken << TAKEN_SHIFT) & ~(taken << SENT_SHIFT);
}

/** The bits of a state that are kept on the store. */
export const DURABLE_BITS = 0xffff;

export function sentBit(stage: Stage): number {
  return EVENT_BIT[stage] << SENT_SHIFT;
}

export function answeredBits(choice: number): number {
  return EVENT_BIT.shown | EVENT_BIT.read | EVENT_BIT.answered | (choice << CHOICE_SHIFT);
}

export function choiceOf(state: number): number {
  return (state >> CHOICE_SHIFT) & 3;
}

/** Returns the receipts that are due and not on their way. */
export function dueStages(state: number): readonly Stage[] {
  const bits = state & ~(state >> TAKEN_SHIFT) & ~(state >> SENT_SHIFT) & EVERY_EVENT;
  return bits === 0 ? NO_STAGES : STAGES.filter((stage) => bits & EVENT_BIT[stage]);
}

/** Whether a receipt is due that the broker does not have yet. */
export function owesReceipts(state: number): boolean {
  return (state & ~(state >> TAKEN_SHIFT) & EVERY_EVENT) !== 0;
}

/** Neither read nor expired. */
export function isUnread(state: number): boolean {
  return (state & (EVENT_BIT.read | EVENT_BIT.expired)) === 0;
}

export function isUnshown(state: number): boolean {
  return (state & (EVENT_BIT.shown | EVENT_BIT.read | EVENT_BIT.expired)) === 0;
}

const NO_STAGES: readonly Stage[] = Object.freeze([]);

const VERSION = 2;

/** Makes the record of a state: version, then 2 bytes. */
export function encodeState(state: number): Uint8Array {
  return Uint8Array.of(VERSION, state >> 8, state);
}

/**
 * Returns 0 for a damaged record. Older firmware wrote the 2 bytes alone. Still older firmware wrote one byte: 1 shown,
 * 2 read, and 4, 8, 16 if the sender had the receipt for stored, shown, read.
 */
export function decodeState(record: Uint8Array | undefined): number {
  const [first = 0, second = 0, third = 0] = record ?? [];
  if (record?.length === 3 && first === VERSION) return (second << 8) | third;
  if (record?.length === 2) return (first << 8) | second;
  if (record?.length !== 1) return 0;
  const happened =
    EVENT_BIT.stored | (first & 1 ? EVENT_BIT.shown : 0) | (first & 2 ? EVENT_BIT.shown | EVENT_BIT.read : 0);
  return happened | takenBits((first >> 2) & (EVENT_BIT.stored | EVENT_BIT.shown | EVENT_BIT.read));
}
