/**
 * What can happen to a message on a device, in the order in which its sender learns it. The names are those of the wire
 * format.
 */
export const STAGES = Object.freeze(["stored", "shown", "read", "answered", "expired", "dropped"] as const);
export type Stage = (typeof STAGES)[number];
