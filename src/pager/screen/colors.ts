/** Every text has a contrast of at least 4.5:1 to its background. A test computes it. */
export const COLORS = Object.freeze({
  ground: 0x000000,
  text: 0xffffff,
  dim: 0xb8c4d0,
  bar: 0x1d2b3a,
  chosen: 0x24466b,
  alarm: 0xb00020,
  fault: 0xffc14d,
  online: 0x5fd38d,
  busy: 0xff8f8f,
  away: 0xffc14d,
} as const);
