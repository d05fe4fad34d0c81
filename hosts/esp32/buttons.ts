/**
 * Maps the buttons of a board to the three buttons of the pager. A board with fewer buttons also uses how long a button
 * is held. One button: a press is next, a hold is open. Two buttons: the first is open when pressed and back when held;
 * the second is next.
 */
import type { Button } from "../../src/pager/screen/buttons.ts";
import { OneTimer } from "../moddable/clock.ts";

/** How long a button must be down to count as held, in milliseconds. */
const HOLD_MS = 600;

/** How often a touch panel without an interrupt is sampled, in milliseconds. */
const TOUCH_POLL_MS = 30;

/** A button of M5Stack's boards. Its level when pressed differs between boards. */
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

/**
 * A button with one meaning acts when it goes down. A button with two meanings acts when it is released, or when it has
 * been held long enough.
 */
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
 * Samples the touch panel. The buttons of the later M5Stacks are areas of this panel and change when it is sampled. The
 * panel is on a bus that can fail for a moment or for good. Then these buttons do not work, and everything else goes
 * on.
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
