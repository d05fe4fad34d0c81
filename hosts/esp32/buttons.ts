/**
 * Maps the buttons of a board to the three buttons of the pager. A board with fewer buttons also uses how long a button
 * is held. One button: a press is next, a hold is open. Two buttons: the first is open when pressed and back when held;
 * the second is next.
 */
import config from "mc/config";
import type { Button } from "../../src/pager/screen/buttons.ts";
import { OneTimer } from "../moddable/clock.ts";
import type { Guard, Guards } from "../moddable/guard.ts";

/** How long a button must be down to count as held, in milliseconds. */
const HOLD_MS = 600;

/** A button counts as down or up when it has been so for this long, in milliseconds. Contacts bounce, and radio disturbs pins. */
const STEADY_MS = 20;

/** How often a touch panel without an interrupt is sampled, in milliseconds. */
const TOUCH_POLL_MS = 30;

/** How often a touch panel that does not answer is sampled, in milliseconds. */
const TOUCH_RETRY_MS = 10_000;

/** What `read` of a button returns when it is down. The manifest says where this is not 0, the level of a pin with a pull-up. */
const DOWN_LEVEL = Number(config.buttonDownLevel ?? 0);

/** A button of M5Stack's boards. */
interface LevelButton {
  read(): number;
  onChanged?: () => void;
}

/** A button of the other boards. Some pass the state to `onPush`; for others `pressed` must be read. */
type PushButton = new (options: { onPush: (pressed?: number) => void }) => { readonly pressed: unknown };

type TouchClass = new (options: { onSample: () => void }) => TouchPanel;

interface TouchPanel {
  readonly configuration?: { readonly interrupt?: boolean };
  sample(): unknown;
}

/** Globals that the SDK sets on its boards. */
interface BoardGlobals {
  readonly button?: Readonly<Record<string, LevelButton>>;
  readonly Host?: { readonly Button?: { readonly Default?: PushButton } };
  readonly device?: {
    readonly peripheral?: { readonly button?: Readonly<Record<string, PushButton>> };
    readonly sensor?: { readonly Touch?: TouchClass };
  };
}

/** What a button is for. */
interface Use {
  /** When it is pressed, or let go of where holding it means something else. */
  readonly short: Button;
  readonly held?: Button;
}

/** Begins to listen to the buttons of this board, if it has any. */
export function listenToButtons(press: (button: Button) => void, guards: Guards): void {
  const { button, Host, device } = globalThis as unknown as BoardGlobals;
  const pushButtons = device?.peripheral?.button;
  const guard = guards.of("buttons");
  const onLevel = (level: LevelButton, use: Use) => {
    const presses = new PressDetector(() => level.read() === DOWN_LEVEL, press, use, guard);
    level.onChanged = () => guard.run(() => presses.handleChange());
  };
  const onPush = (Constructor: PushButton, use: Use) => {
    let isDown = false;
    const presses = new PressDetector(() => isDown, press, use, guard);
    const pushed = new Constructor({
      onPush: (pressed) =>
        guard.run(() => {
          isDown = Boolean(pressed ?? pushed.pressed);
          presses.handleChange();
        }),
    });
  };
  if (button?.a && button.b && button.c) {
    onLevel(button.a, { short: "a" });
    onLevel(button.b, { short: "b" });
    onLevel(button.c, { short: "c" });
    if (device?.sensor?.Touch) new TouchSampler(device.sensor.Touch, guards).start();
  } else if (button?.a && button.b) {
    onLevel(button.a, { short: "b", held: "a" });
    onLevel(button.b, { short: "c" });
  } else if (pushButtons?.A && pushButtons.B && pushButtons.C) {
    onPush(pushButtons.A, { short: "a" });
    onPush(pushButtons.B, { short: "b" });
    onPush(pushButtons.C, { short: "c" });
  } else if (Host?.Button?.Default) {
    onPush(Host.Button.Default, { short: "c", held: "b" });
  }
}

/**
 * Makes presses of the changes of a button. A button with one meaning acts when it goes down. A button with two meanings acts
 * when it is released, or when it has been held long enough. A button that is down at the start acts only when it goes down again.
 */
class PressDetector {
  private readonly read: () => boolean;
  private readonly press: (button: Button) => void;
  private readonly use: Use;
  private readonly steady: OneTimer;
  private readonly hold: OneTimer;
  private isDown: boolean;
  /** This press has acted, or it began before the start. */
  private isDone: boolean;

  /** @param read whether the button is down */
  constructor(read: () => boolean, press: (button: Button) => void, use: Use, guard: Guard) {
    this.read = read;
    this.press = press;
    this.use = use;
    this.steady = new OneTimer(guard);
    this.hold = new OneTimer(guard);
    this.isDown = this.isDone = read();
  }

  handleChange(): void {
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

/**
 * Samples the touch panel. The buttons of the later M5Stacks are areas of this panel and change when it is sampled. The panel is on
 * a bus that can fail for a moment or for good. Then it is sampled less often, and everything else goes on.
 */
class TouchSampler {
  private readonly Touch: TouchClass;
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private panel: TouchPanel | undefined;
  private pollMs = TOUCH_POLL_MS;

  constructor(Touch: TouchClass, guards: Guards) {
    this.Touch = Touch;
    this.guard = guards.of("touch", {
      handleBroken: () => {
        this.pollMs = TOUCH_RETRY_MS;
      },
    });
    this.timer = new OneTimer(this.guard);
  }

  start(): void {
    this.poll();
  }

  private poll(): void {
    const isWell = this.guard.run(() => this.sample());
    if (isWell) {
      this.pollMs = TOUCH_POLL_MS;
      if (this.panel?.configuration?.interrupt) return;
    }
    this.timer.set(this.pollMs, () => this.poll());
  }

  private sample(): void {
    this.panel ??= new this.Touch({ onSample: () => this.guard.run(() => this.panel?.sample()) });
    this.panel.sample();
  }
}
