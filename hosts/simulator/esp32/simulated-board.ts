/**
 * A board on which the simulator's engine runs the program of `hosts/esp32`. The files in this folder replace drivers
 * of the SDK and have the same exports. `board.json`, in the folder in which the simulator was started, says how they
 * answer. Lines of input trigger events of the board.
 */
import { File } from "file";
import type { Button } from "../../../src/pager/screen/buttons.ts";
import type { BoardScript, SimulatedBoard } from "./board-script.ts";

const SCRIPT_FILE = "./board.json";
const DOWN = 0;
const RELEASED = 1;

interface SimulatorScreen {
  onMessage: (message: string) => void;
  postMessage(message: string): void;
}

/** Works like a button of an M5Stack. */
class LevelButton {
  onChanged?: () => void;
  private level = RELEASED;

  read(): number {
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

const buttons: Readonly<Record<Button, LevelButton>> = {
  a: new LevelButton(),
  b: new LevelButton(),
  c: new LevelButton(),
};

const globals = globalThis as unknown as {
  screen: SimulatorScreen;
  button: object;
  device: object;
  System: object;
  Date: DateConstructor;
  simulatedBoard: SimulatedBoard;
};
globals.button = buttons;
globals.device = { sensor: { Touch } };
/** Whoever started the program starts it again. */
globals.System = { restart: () => globals.screen.postMessage("exit:3") };

const ComputerDate = Date;
/** How far the board's clock is behind the computer's, in milliseconds. */
let behindMs = script.clock === "unset" ? ComputerDate.now() : 0;

class BoardDate extends ComputerDate {
  static override now(): number {
    return ComputerDate.now() - behindMs;
  }
}
globals.Date = BoardDate as DateConstructor;

globals.simulatedBoard = Object.freeze({
  script,
  events,
  nextTime: answers(script.time, "error"),
  nextWifi: answers(script.wifi, "joined"),
  computerMs: () => ComputerDate.now(),
  startedMs: ComputerDate.now(),
  setClock(seconds: number): void {
    behindMs = ComputerDate.now() - seconds * 1000;
  },
});

globals.screen.onMessage = (message) => {
  const event = events.get(message);
  if (event) event();
  else if (message.startsWith("{")) {
    for (const [key, pressed] of Object.entries(JSON.parse(message)))
      buttons[key[0] as Button].move(pressed ? DOWN : RELEASED);
  }
};
