/** What kind of picture a screen can show. */
export type ScreenKind = "color" | "grey" | "one bit";

/** The colours of a screen, by what they are for. Every text has a contrast of at least 4.5:1 to its ground. A test computes it. */
export interface Theme {
  /** Black on white, and outlines in place of fills. Nothing moves. */
  readonly isPaper: boolean;
  readonly ground: number;
  readonly text: number;
  readonly dim: number;
  /** What is most likely to be wanted. */
  readonly accent: number;
  readonly bar: number;
  readonly barText: number;
  readonly chosen: number;
  readonly chosenText: number;
  readonly alarm: number;
  readonly alarmText: number;
  readonly fault: number;
  readonly online: number;
  readonly busy: number;
  readonly away: number;
}

const BLACK = 0x000000;
const WHITE = 0xffffff;

/** Light on black, for screens that shine. */
export const COLORS: Theme = Object.freeze({
  isPaper: false,
  ground: BLACK,
  text: WHITE,
  dim: 0xb8c4d0,
  accent: 0x7fd0ff,
  bar: 0x1d2b3a,
  barText: WHITE,
  chosen: 0xdce6f0,
  chosenText: BLACK,
  alarm: 0xb00020,
  alarmText: WHITE,
  fault: 0xffc14d,
  online: 0x5fd38d,
  busy: 0xff8f8f,
  away: 0xffc14d,
});

/** Black on white, for e-paper and for screens of one bit. */
export const PAPER: Theme = Object.freeze({
  isPaper: true,
  ground: WHITE,
  text: BLACK,
  dim: BLACK,
  accent: BLACK,
  bar: WHITE,
  barText: BLACK,
  chosen: WHITE,
  chosenText: BLACK,
  alarm: WHITE,
  alarmText: BLACK,
  fault: BLACK,
  online: BLACK,
  busy: BLACK,
  away: BLACK,
});

export function themeOf(kind: ScreenKind): Theme {
  return kind === "color" ? COLORS : PAPER;
}
