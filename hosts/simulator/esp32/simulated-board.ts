/**
 * A board on which the simulator's engine runs the program of `hosts/esp32`. The files in this folder replace drivers
 * of the SDK and have the same exports. `board.json`, in the folder in which the simulator was started, says how they
 * answer. Lines of input trigger events of the board.
 */
import { File } from "file";
import Timer from "timer";
import type { Button } from "../../../src/pager/screen/buttons.ts";
import type { BoardScript, BreakableDriver, SimulatedBoard } from "./board-script.ts";

const SCRIPT_FILE = "./board.json";
/** Until then a driver that will break does not. */
const START_MS = 500;
const BOUNCED_PRESS_MS = 150;
/** A key that is pressed and released at once is a button that is down for this long. */
const PRESS_MS = 60;
const DOWN = 0;
const RELEASED = 1;

interface SimulatorScreen {
  onMessage: (message: string) => void;
  postMessage(message: string): void;
  send(...pixels: unknown[]): void;
}

/** Works like a button of an M5Stack. */
class LevelButton {
  onChanged?: () => void;
  private level: number;

  constructor(level: number) {
    this.level = level;
  }

  read(): number {
    if (isBroken("buttons")) throw new Error("no pin");
    return this.level;
  }

  move(level: number): void {
    this.level = level;
    this.onChanged?.();
  }
}

class Touch {
  constructor() {
    if (script.touch === "is missing") throw new Error("I2C: no answer");
  }

  sample(): void {
    if (script.touch === "fails") throw new Error("I2C: timeout");
  }
}

function readScript(): BoardScript {
  if (!File.exists(SCRIPT_FILE)) return {};
  const file = new File(SCRIPT_FILE);
  try {
    return JSON.parse(String.fromArrayBuffer(file.read(ArrayBuffer)));
  } finally {
    file.close();
  }
}

const script: BoardScript = readScript();

/** Returns the answers one after the other, then the last one again and again. */
function answers<Answer>(list: readonly Answer[] | undefined, otherwise: Answer): () => Answer {
  let at = 0;
  return () => {
    const answer = list?.[Math.min(at, list.length - 1)] ?? otherwise;
    at += 1;
    return answer;
  };
}

const events = new Map<string, () => void>();
events.set("throw", () => {
  throw new Error("a callback failed");
});

let broken: readonly BreakableDriver[] = [];
Timer.set(() => {
  broken = script.broken ?? [];
}, START_MS);
events.set("mend", () => {
  broken = [];
});
const isBroken = (driver: BreakableDriver) => broken.includes(driver);

const newButton = (name: Button) => new LevelButton(script.held === name ? DOWN : RELEASED);
const buttons: Readonly<Record<Button, LevelButton>> = { a: newButton("a"), b: newButton("b"), c: newButton("c") };

/** A contact that closes, bounces, opens and bounces. */
events.set("bounce b", () => {
  const levels = [DOWN, RELEASED, DOWN, RELEASED, DOWN];
  levels.forEach((level, at) => {
    Timer.set(() => buttons.b.move(level), 3 * at);
    Timer.set(() => buttons.b.move(DOWN + RELEASED - level), BOUNCED_PRESS_MS + 3 * at);
  });
});
events.set("let go of b", () => buttons.b.move(RELEASED));
/** A disturbance of the pin, too short for a press. */
events.set("spike b", () => {
  buttons.b.move(DOWN);
  Timer.set(() => buttons.b.move(RELEASED), 3);
});

/** What fails inside the pager: it asks for a random number when it has lost its connection. */
const { random } = Math;
let failures = 0;
const failingRandom = () => {
  if (failures === 0) return random();
  failures -= 1;
  throw new Error("an error of ours");
};
events.set("fail inside", () => {
  failures = 1;
});
const globals = globalThis as unknown as {
  screen: SimulatorScreen;
  button: object;
  vibration: object;
  device: object;
  System: object;
  Date: DateConstructor;
  Math: Math;
  simulatedBoard: SimulatedBoard;
};
globals.button = buttons;
// The engine's own cannot be changed.
globals.Math = Object.create(Math, { random: { value: failingRandom } });
globals.device = { sensor: { Touch } };
globals.vibration = {
  write(): void {
    if (isBroken("motor")) throw new Error("I2C: motor");
  },
};
/** Whoever started the program starts it again. */
globals.System = { restart: () => globals.screen.postMessage("exit:3") };

const ComputerDate = Date;
/** How far the board's clock is behind the computer's, in milliseconds. */
let behindMs = script.clock === "unset" ? ComputerDate.now() : 0;

/** The pager asks for the time whenever it does something. */
let isClockBroken = false;
events.set("fail inside for ever", () => {
  isClockBroken = true;
});

class BoardDate extends ComputerDate {
  static override now(): number {
    if (isClockBroken) throw new Error("an error of ours");
    return ComputerDate.now() - behindMs;
  }
}
globals.Date = BoardDate as DateConstructor;

globals.simulatedBoard = Object.freeze({
  script,
  events,
  nextTime: answers(script.time, "error"),
  nextWifi: answers(script.wifi, "joined"),
  isBroken,
  computerMs: () => ComputerDate.now(),
  startedMs: ComputerDate.now(),
  setClock(seconds: number): void {
    behindMs = ComputerDate.now() - seconds * 1000;
  },
});

const send = globals.screen.send;
globals.screen.send = function (...pixels) {
  if (isBroken("screen")) throw new Error("time out");
  send.apply(this, pixels);
};

globals.screen.onMessage = (message) => {
  const event = events.get(message);
  if (event) event();
  else if (message.startsWith("{")) {
    for (const [key, pressed] of Object.entries(JSON.parse(message))) {
      const button = buttons[key[0] as Button];
      if (pressed) button.move(DOWN);
      else Timer.set(() => button.move(RELEASED), PRESS_MS);
    }
  }
};
