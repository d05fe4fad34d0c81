/**
 * The three buttons on whatever a board has. Where there are fewer than three, holding one stands for what is missing:
 * one button is next when pressed and open when held; of two, the first is open, or back when held, and the second next.
 */
import type { Button } from "../../src/pager/screen/buttons.ts";
import { OneTimer } from "../moddable/clock.ts";

/** How long a button is down before it counts as held, in milliseconds. */
const HOLD_MS = 600;

/** How often a touch panel is asked that has no interrupt, in milliseconds. */
const TOUCH_POLL_MS = 30;

/** A button of M5Stack's boards; its level when down differs between boards. */
interface LevelButton {
  read(): number;
  onChanged?: () => void;
}

/** A button of the other boards. `onPush` is told the state, or has to ask `pressed`. */
type PushButton = new (options: { onPush: (pressed?: number) => void }) => { readonly pressed: unknown };

type TouchClass = new (options: { onSample: () => void }) => TouchPanel;

interface TouchPanel {
  readonly configuration?: { readonly interrupt?: boolean };
  sample(): unknown;
}

/** What the SDK's boards put into the global object. */
interface BoardGlobals {
  readonly button?: Readonly<Record<string, LevelButton>>;
  readonly Host?: { readonly Button?: { readonly Default?: PushButton } };
  readonly device?: {
    readonly peripheral?: { readonly button?: Readonly<Record<string, PushButton>> };
    readonly sensor?: { readonly Touch?: TouchClass };
  };
}

/** Begins to listen to the buttons of this board, if it has any. */
export function listenToButtons(press: (button: Button) => void, log: (line: string) => void): void {
  const { button, Host, device } = globalThis as unknown as BoardGlobals;
  const pushButtons = device?.peripheral?.button;
  if (button?.a && button.b && button.c) {
    onLevel(button.a, press, "a");
    onLevel(button.b, press, "b");
    onLevel(button.c, press, "c");
    sampleTouch(device?.sensor?.Touch, log);
  } else if (button?.a && button.b) {
    onLevel(button.a, press, "b", "a");
    onLevel(button.b, press, "c");
  } else if (pushButtons?.A && pushButtons.B && pushButtons.C) {
    onPush(pushButtons.A, press, "a");
    onPush(pushButtons.B, press, "b");
    onPush(pushButtons.C, press, "c");
  } else if (Host?.Button?.Default) {
    onPush(Host.Button.Default, press, "c", "b");
  }
}

function onLevel(button: LevelButton, press: (button: Button) => void, short: Button, held?: Button): void {
  const released = button.read();
  const change = holdDetector(press, short, held);
  button.onChanged = () => change(button.read() !== released);
}

function onPush(Constructor: PushButton, press: (button: Button) => void, short: Button, held?: Button): void {
  const change = holdDetector(press, short, held);
  const button = new Constructor({ onPush: (pressed) => change(Boolean(pressed ?? button.pressed)) });
}

/** Without a meaning for holding, going down counts at once; with one, letting go does, or the time. */
function holdDetector(
  press: (button: Button) => void,
  short: Button,
  held: Button | undefined,
): (down: boolean) => void {
  const timer = new OneTimer();
  let down = false;
  return (now) => {
    if (now === down) return;
    down = now;
    if (held === undefined) {
      if (down) press(short);
    } else if (down) {
      timer.set(HOLD_MS, () => {
        down = false;
        press(held);
      });
    } else {
      timer.set(undefined, () => {});
      press(short);
    }
  };
}

/**
 * The buttons of the later M5Stacks are places on the touch panel; they change while the panel is sampled. The panel is asked over
 * a bus that may fail, now or for good: then the buttons are missing, and all else goes on.
 */
function sampleTouch(Touch: TouchClass | undefined, log: (line: string) => void): void {
  if (!Touch) return;
  let panel: TouchPanel | undefined;
  let isFailing = false;
  const sample = () => {
    try {
      panel?.sample();
      isFailing = false;
    } catch (error) {
      if (!isFailing) log(`touch: ${error}`);
      isFailing = true;
    }
  };
  try {
    panel = new Touch({ onSample: sample });
  } catch (error) {
    log(`touch: ${error}`);
    return;
  }
  if (panel.configuration?.interrupt) return;
  const timer = new OneTimer();
  const poll = () => {
    sample();
    timer.set(TOUCH_POLL_MS, poll);
  };
  poll();
}
