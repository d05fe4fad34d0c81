/**
 * What a sampler knows, as values that can be written down while the device sleeps. Sensors are known by their names: other
 * firmware may have others. A failed reading is null. Ages are in milliseconds.
 */
import type { Sampler } from "./sampler.ts";

/** Name, the value that was kept last, and its age. */
export type ChannelMemory = readonly [name: string, value: number | null, ageMs: number];

/** Readings that have not been sent. */
export interface KeptReadings {
  readonly names: readonly string[];
  /** Place of the name, value, age. Oldest first. */
  readonly readings: readonly (readonly [at: number, value: number | null, ageMs: number])[];
}

/** The sensors that have been sampled. */
export function channelsOf({ channels }: Sampler, nowMs: number): readonly ChannelMemory[] {
  const sampled = channels.filter(({ atMs }) => atMs !== Number.NEGATIVE_INFINITY);
  return sampled.map(({ sensor, value, atMs }) => [sensor.name, written(value), Math.round(nowMs - atMs)]);
}

/** @param writtenMs when they were written down, by the clock of now; it may be negative */
export function recallChannels(sampler: Sampler, remembered: readonly ChannelMemory[], writtenMs: number): void {
  for (const [name, value, ageMs] of remembered) {
    const channel = sampler.channels.find(({ sensor }) => sensor.name === name);
    if (!channel) continue;
    channel.value = value ?? Number.NaN;
    channel.atMs = writtenMs - ageMs;
  }
}

/** undefined: there are none. */
export function readingsOf({ channels, backlog }: Sampler, nowMs: number): KeptReadings | undefined {
  if (backlog.length === 0) return undefined;
  const readings: [number, number | null, number][] = [];
  for (let at = 0; at < backlog.length; at += 1)
    readings.push([backlog.sensorAt(at), written(backlog.valueAt(at)), Math.round(nowMs - backlog.atMsAt(at))]);
  return { names: channels.map(({ sensor }) => sensor.name), readings };
}

/** Returns how many readings belong to no sensor of today. They are given up. */
export function recallReadings(sampler: Sampler, { names, readings }: KeptReadings, writtenMs: number): number {
  let strangers = 0;
  for (const [at, value, ageMs] of readings) {
    const index = sampler.channels.findIndex(({ sensor }) => sensor.name === names[at]);
    if (index < 0) strangers += 1;
    else sampler.backlog.push(index, value ?? Number.NaN, writtenMs - ageMs);
  }
  return strangers;
}

function written(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
