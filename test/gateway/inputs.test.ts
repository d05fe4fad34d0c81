/** Whatever a board has to press or to touch: every view and every action can be reached with it, and every view can be left. */
import { describe, expect, it } from "vitest";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Gesture } from "../../src/pager/screen/gesture.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

type Input = Button | Gesture;

/** Steps of a walk, and of a way home. */
const STEPS = 4_000;
const STEPS_HOME = 40;

/** A person needs this long to see what has changed, in milliseconds. */
const LOOK_MS = 1_000;

const buttons = (...all: Button[]): ((random: () => number) => Input) => {
  return (random) => all[integerBetween(random, 0, all.length - 1)] as Button;
};

function touch(random: () => number): Input {
  const kind = random();
  if (kind < 0.02) return { kind: "hold", x: 100, y: 100 };
  if (kind < 0.3) return { kind: "swipe", isOn: random() < 0.5, isFlat: random() < 0.5 };
  return { kind: "tap", x: integerBetween(random, 0, 319), y: integerBetween(random, 0, 239) };
}

const BOARDS: readonly [string, (random: () => number) => Input][] = [
  ["three buttons", buttons("a", "b", "c", "c")],
  ["one button that is pressed or held", buttons("b", "c")],
  ["a touch screen alone", touch],
];

/** The views, by what only they show. */
const VIEWS: Readonly<Record<string, RegExp>> = {
  home: /Tue 14 Nov \|/,
  inbox: /\| inbox {2}/,
  people: /\| people {2}/,
  "own presence": /\| I am {2}/,
  "texts to ann": /\| to ann {2}/,
  device: /\| this device {2}\d/,
  message: /Gate 4/,
  "further page": /\b45\b/,
  reply: /no answer/,
};

/** What the device sends when the carrier acts. */
const ACTIONS: Readonly<Record<string, RegExp>> = {
  "mark as read": /"id":"short\d+","st":"read"/,
  "first answer": /"answered","co":"yes"/,
  "third answer": /"answered","co":"later"/,
  "no answer": /"id":"q\d+","st":"read"}(?!.*answered)/,
  "text to ann": /im\/ann /,
  "busy by hand": /pres\/p1 S/,
};

class Carrier {
  readonly bench = new Bench({ settings: settingsOf({ contacts: "ann", "presence.custom": "at lunch" }) });
  private number = 0;

  constructor() {
    this.bench.subscriptions = 4;
    this.bench.connect();
  }

  /** A message with choices, a long one and a short one. */
  bring(): void {
    this.number += 1;
    const number = this.number;
    const words = Array.from({ length: 100 }, (_, at) => `word ${at}`).join(" ");
    this.bench.receive(
      publish(IM, im(`long${number}`, words), { packetIdentifier: 3 * number }),
      publish(IM, im(`short${number}`, `Gate 4 ${number}`), { packetIdentifier: 3 * number + 1 }),
      publish(IM, im(`q${number}`, "Gate 4?", { choices: ["yes", "no", "later"] }), {
        packetIdentifier: 3 * number + 2,
      }),
    );
    this.pass();
  }

  act(input: Input): void {
    const { bench } = this;
    if (typeof input === "string") bench.gateway.handleButton(input, bench.nowMs);
    else bench.gateway.handleGesture(input, bench.nowMs);
    this.pass();
  }

  /** Everything that was sent. The broker acknowledges it. */
  takeSent(): string[] {
    const sent = this.bench.sent.splice(0);
    for (const { type, packetIdentifier } of sent)
      if (type === "publish" && packetIdentifier)
        this.bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier & 255));
    return sent.map(({ topic, payload }) => `${topic} ${payload}`);
  }

  private pass(): void {
    this.bench.pass(LOOK_MS);
  }
}

describe.each(BOARDS)("with %s", (_name, inputOf) => {
  it("every view and every action is reached", () => {
    const random = seededRandom(1);
    const carrier = new Carrier();
    const views = new Set<string>();
    const actions = new Set<string>();
    for (let step = 0; step < STEPS; step += 1) {
      if (step % 12 === 0 && step % 1_000 < 300) carrier.bring();
      carrier.act(inputOf(random));
      for (const [name, words] of Object.entries(VIEWS)) if (words.test(carrier.bench.screen)) views.add(name);
      // The second receipt to a sender leaves when the first one has been taken.
      for (const line of [...carrier.takeSent(), ...carrier.takeSent()])
        for (const [name, words] of Object.entries(ACTIONS)) if (words.test(line)) actions.add(name);
    }
    expect([...views].sort()).toEqual(Object.keys(VIEWS).sort());
    expect([...actions].sort()).toEqual(Object.keys(ACTIONS).sort());
  });

  it("every view is left: from anywhere there is a way to the home view", () => {
    const random = seededRandom(2);
    const carrier = new Carrier();
    carrier.bring();
    for (let walk = 0; walk < 60; walk += 1) {
      for (let step = 0; step < 30; step += 1) carrier.act(inputOf(random));
      let steps = 0;
      for (; steps < STEPS_HOME * 20 && !VIEWS.home?.test(carrier.bench.screen); steps += 1)
        carrier.act(inputOf(random));
      expect(VIEWS.home?.test(carrier.bench.screen), carrier.bench.screen).toBe(true);
    }
  });
});

describe("a finger", () => {
  function shown(): Carrier {
    const carrier = new Carrier();
    carrier.bring();
    return carrier;
  }

  it("that taps a row opens it, whichever is chosen", () => {
    const carrier = shown();
    for (let read = 0; !carrier.bench.screen.includes("inbox") && read < 20; read += 1) {
      if (carrier.bench.screen.includes("no answer")) carrier.act("a");
      else carrier.act("b");
    }
    expect(carrier.bench.screen).toMatch(/inbox {2}1\/3/);
    carrier.act({ kind: "tap", x: 100, y: 24 + 24 + 24 + 5 });
    expect(carrier.bench.screen).toContain("Gate 4 1");
  });

  it("that taps an answer gives it", () => {
    const carrier = shown();
    carrier.act("b");
    expect(carrier.bench.screen).toContain("A  yes | B  no |    later |    no answer | yes  no  more");
    carrier.act({ kind: "tap", x: 100, y: 240 - 28 - 22 - 10 });
    const sent = [...carrier.takeSent(), ...carrier.takeSent(), ...carrier.takeSent()];
    expect(sent.join("\n")).toContain('"answered","co":"later"');
  });

  it("that swipes a list moves by a screen of rows, and stops at its ends", () => {
    const carrier = shown();
    carrier.act({ kind: "hold", x: 0, y: 0 });
    carrier.act("c");
    carrier.act({ kind: "swipe", isOn: true, isFlat: false });
    expect(carrier.bench.screen).toMatch(/people {2}3\/3/);
    carrier.act({ kind: "swipe", isOn: false, isFlat: false });
    expect(carrier.bench.screen).toMatch(/people {2}1\/3/);
  });

  it("does not send an urgent page away", () => {
    const carrier = shown();
    carrier.bench.receive(publish(IM, im("u", "Fire", { priority: 5 }), { packetIdentifier: 99 }));
    carrier.bench.pass(LOOK_MS);
    carrier.act({ kind: "hold", x: 0, y: 0 });
    carrier.act({ kind: "swipe", isOn: true, isFlat: true });
    carrier.act({ kind: "tap", x: 100, y: 100 });
    expect(carrier.bench.screen).toContain("Fire");
    carrier.act({ kind: "tap", x: 160, y: 230 });
    expect(carrier.bench.screen).not.toContain("Fire");
  });
});
