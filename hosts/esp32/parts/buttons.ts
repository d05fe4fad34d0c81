/**
 * Maps the buttons of a board to the three buttons of the pager. A board with fewer buttons also uses how long a button
 * is held. One button: a press is next, a hold is open. Two buttons: the first is open when pressed and back when held;
 * the second is next.
 */
import type { Button } from "../../../src/pager/screen/buttons.ts";
import { OneTimer } from "../../moddable/clock.ts";
import type { Guard, Guards } from "../../moddable/guard.ts";
import type { ButtonInput } from "../board-parts.ts";
import { LOOK_MS } from "../light-sleep-rule.ts";

/** How long a button must be down to count as held, in milliseconds. */
const HOLD_MS = 600;

/** A button counts as down or up when it has been so for this long, in milliseconds. Contacts bounce, and radio disturbs pins. */
const STEADY_MS = 20;

/** A button that the SDK's `setup/target` makes on M5Stack's boards and on the T-Display. */
export interface LevelButton {
  read(): number;
  onChanged?: () => void;
}

/** A button whose `read` returns `downLevel` when it is down. */
export function levelButton(level: LevelButton, downLevel: 0 | 1): ButtonInput {
  return (handleChange) => {
    level.onChanged = handleChange;
    return () => level.read() === downLevel;
  };
}

/** A button of the SDK's driver `button`, or of one with the same shape. */
export interface PushButton {
  readonly pressed: unknown;
}

export type PushButtonMaker = new (options: { onPush: () => void }) => PushButton;

/** A button that is made with a callback. */
export function pushButton(Maker: PushButtonMaker): ButtonInput {
  return (handleChange) => {
    const button = new Maker({ onPush: handleChange });
    return () => Boolean(button.pressed);
  };
}

/** What a button is for. */
interface Use {
  /** When it is pressed, or let go of where holding it means something else. */
  readonly short: Button;
  readonly held?: Button;
}

/** By the number of buttons, from left to right. */
const USES: readonly (readonly Use[])[] = Object.freeze([
  [],
  [{ short: "c", held: "b" }],
  [{ short: "b", held: "a" }, { short: "c" }],
  [{ short: "a" }, { short: "b" }, { short: "c" }],
]);

/** The buttons of a board. A fourth one and further ones are for nothing. */
export class Buttons {
  private readonly detectors: PressDetector[] = [];
  private press: (button: Button) => void = () => {};

  constructor(inputs: readonly ButtonInput[], guards: Guards) {
    const uses = USES[Math.min(inputs.length, USES.length - 1)] as readonly Use[];
    const guard = guards.of("buttons");
    const press = (button: Button) => this.press(button);
    uses.forEach((use, at) => {
      const input = inputs[at] as ButtonInput;
      guard.run(() => this.detectors.push(new PressDetector(input, press, use, guard)));
    });
  }

  /** Whether one of them is down now. */
  get isAnyDown(): boolean {
    return this.detectors.some(({ read }) => read());
  }

  /** Looks at them again and again: a chip in light sleep does not see that one changes. */
  poll(guard: Guard): void {
    const timer = new OneTimer(guard);
    const look = () => {
      timer.set(LOOK_MS, look);
      for (const detector of this.detectors) detector.look();
    };
    look();
  }

  /** Begins to tell what is pressed. */
  listen(press: (button: Button) => void): void {
    this.press = press;
  }
}

/**
 * Makes presses of the changes of a button. A button with one meaning acts when it goes down. A button with two meanings acts
 * when it is released, or when it has been held long enough. A button that is down at the start acts only when it goes down again.
 */
class PressDetector {
  readonly read: () => boolean;
  private readonly press: (button: Button) => void;
  private readonly use: Use;
  private readonly steady: OneTimer;
  private readonly hold: OneTimer;
  private isDown: boolean;
  /** This press has acted, or it began before the start. */
  private isDone: boolean;

  constructor(input: ButtonInput, press: (button: Button) => void, use: Use, guard: Guard) {
    this.read = input(() => guard.run(() => this.handleChange()));
    this.press = press;
    this.use = use;
    this.steady = new OneTimer(guard);
    this.hold = new OneTimer(guard);
    this.isDown = this.isDone = this.read();
  }

  look(): void {
    if (this.read() !== this.isDown) this.handleChange();
  }

  private handleChange(): void {
    this.steady.set(STEADY_MS, () => this.settle());
  }

  private settle(): void {
    const isDown = this.read();
    if (isDown === this.isDown) return;
    this.isDown = isDown;
    const { short, held } = this.use;
    if (isDown) {
      this.isDone = false;
      if (held === undefined) this.finish(short);
      else this.hold.set(HOLD_MS, () => this.finish(held));
    } else {
      this.hold.set(undefined, () => {});
      if (!this.isDone) this.finish(short);
    }
  }

  private finish(button: Button): void {
    this.isDone = true;
    this.press(button);
  }
}
