/** What sounds, vibrates and shines for a message, and when, in virtual time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Guards } from "../../../hosts/moddable/guard.ts";
import { durationOf, MELODIES, rhythmOf, type Tone, tonesOf } from "../../../src/melodies.ts";

// The SDK's timers are those of Node here, which the test sets.
vi.mock("../../../hosts/moddable/clock.ts", () => {
  class OneTimer {
    #timer: NodeJS.Timeout | undefined;
    set(delayMs: number | undefined, callback: () => void): void {
      clearTimeout(this.#timer);
      if (delayMs !== undefined) this.#timer = setTimeout(callback, delayMs);
    }
  }
  return { OneTimer };
});

interface Alerter {
  alert(priority: number, melody: string | undefined): void;
}

// Behind it are types of the SDK, which are not known here.
const ALERTER = new URL("../../../hosts/esp32/parts/alerter.ts", import.meta.url).pathname;
const { Alerter } = (await import(ALERTER)) as { Alerter: new (parts: object, guards: Guards) => Alerter };

type Event = readonly [atMs: number, what: string];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An alerter whose parts note when they are switched. */
function board(parts: readonly ("light" | "vibration" | "sound")[]): { alerter: Alerter; events: Event[] } {
  const events: Event[] = [];
  const note = (what: string) => events.push([Math.round(Date.now()), what]);
  const part = (name: string) => () => ({ write: (on: boolean) => void note(`${name} ${on ? "on" : "off"}`) });
  const sound = () => ({
    play: (tones: readonly Tone[]) => void note(`plays ${tones.length}`),
    stop: () => void note("stop"),
  });
  const all = { light: part("light"), vibration: part("vibration"), sound };
  const own = Object.fromEntries(parts.map((name) => [name, all[name]]));
  return { alerter: new Alerter(own, new Guards(() => {})), events };
}

/** When a rhythm switches the motor. */
function felt(tones: readonly Tone[]): Event[] {
  let at = 0;
  return [...rhythmOf(tones), { hertz: 0, durationMs: 0 }].map(({ hertz, durationMs }) => {
    const event = [Math.round(at), `vibration ${hertz > 0 ? "on" : "off"}`] as const;
    at += durationMs;
    return event;
  });
}

describe("a board that only vibrates", () => {
  it.each(MELODIES)("vibrates in the rhythm of %s, at its times", (name) => {
    const { alerter, events } = board(["vibration"]);
    alerter.alert(4, name);
    vi.runAllTimers();
    expect(events).toEqual(felt(tonesOf(4, name)));
    expect(events.at(-1)?.[0]).toBe(durationOf(tonesOf(4, name)));
  });

  it("vibrates once, and long, where the sender has chosen nothing", () => {
    const { alerter, events } = board(["vibration"]);
    alerter.alert(3, undefined);
    vi.runAllTimers();
    expect(events).toEqual([
      [0, "vibration on"],
      [400, "vibration off"],
    ]);
  });

  it.each([1, 2])("is still for priority %i, whatever the melody", (priority) => {
    const { alerter, events } = board(["vibration"]);
    for (const melody of [undefined, ...MELODIES]) alerter.alert(priority, melody);
    vi.runAllTimers();
    expect(events.filter(([, what]) => what === "vibration on")).toEqual([]);
  });

  it("begins anew with another melody, and is still at its end", () => {
    const { alerter, events } = board(["vibration"]);
    alerter.alert(4, "knock");
    vi.advanceTimersByTime(30);
    const before = events.length;
    alerter.alert(5, "siren");
    vi.runAllTimers();
    expect(events.slice(before)).toEqual(felt(tonesOf(5, "siren")).map(([atMs, what]) => [atMs + 30, what]));
  });
});

it("a board that sounds plays the melody, and vibrates and shines beside it", () => {
  const { alerter, events } = board(["light", "vibration", "sound"]);
  const tones = tonesOf(5, "siren");
  alerter.alert(5, "siren");
  vi.runAllTimers();
  expect(events.filter(([, what]) => what.startsWith("vibration"))).toEqual([
    [0, "vibration on"],
    [400, "vibration off"],
  ]);
  expect(events).toContainEqual([0, `plays ${tones.length}`]);
  expect(events).toContainEqual([durationOf(tones) + 500, "stop"]);
  expect(events.at(-1)).toEqual([3_000, "light off"]);
});
