/**
 * What has become of a message and what its sender has been told of it, in the bits of one number.
 *
 * | bits | hold |
 * |---|---|
 * | 0 to 5 | what has happened, by `EVENT` |
 * | 6 to 11 | the broker has the receipt for it |
 * | 12, 13 | which choice was the answer |
 * | 16 to 21 | the receipt for it is on its way; not kept on the store |
 */
import { STAGES, type Stage } from "../stages.ts";

export const EVENT = Object.freeze({ stored: 1, shown: 2, read: 4, answered: 8, expired: 16, dropped: 32 } as const);

const ALL = 0x3f;
const TOLD_SHIFT = 6;
const CHOICE_SHIFT = 12;
const TELLING_SHIFT = 16;

/** As if the sender had been told of these events. */
export function asTold(events: number): number {
  return (events & ALL) << TOLD_SHIFT;
}

/** What of a state outlasts a reboot. */
export const DURABLE = 0xffff;

export function told(stage: Stage): number {
  return EVENT[stage] << TOLD_SHIFT;
}

export function telling(stage: Stage): number {
  return EVENT[stage] << TELLING_SHIFT;
}

export function answered(choice: number): number {
  return EVENT.shown | EVENT.read | EVENT.answered | (choice << CHOICE_SHIFT);
}

export function choiceOf(state: number): number {
  return (state >> CHOICE_SHIFT) & 3;
}

/** What the sender is to be told and what is not on its way. */
export function owed(state: number): readonly Stage[] {
  const bits = state & ~(state >> TOLD_SHIFT) & ~(state >> TELLING_SHIFT) & ALL;
  return bits === 0 ? NOTHING : STAGES.filter((stage) => bits & EVENT[stage]);
}

/** Whether the broker has not yet taken every receipt that is due. */
export function isOwing(state: number): boolean {
  return (state & ~(state >> TOLD_SHIFT) & ALL) !== 0;
}

/** Neither read nor worthless. */
export function isUnread(state: number): boolean {
  return (state & (EVENT.read | EVENT.expired)) === 0;
}

export function isUnshown(state: number): boolean {
  return (state & (EVENT.shown | EVENT.read | EVENT.expired)) === 0;
}

const NOTHING: readonly Stage[] = Object.freeze([]);

const VERSION = 2;

/** The record of a state: version, then 2 bytes. */
export function encodeState(state: number): Uint8Array {
  return Uint8Array.of(VERSION, state >> 8, state);
}

/**
 * 0 for a record that is not what was written. Older firmware wrote the 2 bytes alone, and before that one byte: 1 shown, 2 read,
 * and 4, 8, 16 where the sender had been told that it was stored, shown, read.
 */
export function decodeState(record: Uint8Array | undefined): number {
  const [first = 0, second = 0, third = 0] = record ?? [];
  if (record?.length === 3 && first === VERSION) return (second << 8) | third;
  if (record?.length === 2) return (first << 8) | second;
  if (record?.length !== 1) return 0;
  const happened = EVENT.stored | (first & 1 ? EVENT.shown : 0) | (first & 2 ? EVENT.shown | EVENT.read : 0);
  return happened | asTold((first >> 2) & (EVENT.stored | EVENT.shown | EVENT.read));
}
