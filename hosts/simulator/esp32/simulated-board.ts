/**
 * A board on which the simulator's engine runs the program of `hosts/esp32`. The files in this folder replace drivers
 * of the SDK and have the same exports. `board.json`, in the folder in which the simulator was started, says how they
 * answer. Lines of input trigger events of the board.
 */
import { File } from "file";
import Timer from "timer";
import type { Button } from "../../../src/pager/screen/buttons.ts";
import type { BoardScript, BreakableDriver, SimulatedBoard } from "./board-script.ts";
import { PowerChip } from "./power-chip.ts";

const SCRIPT_FILE = "./board.json";
const BOUNCED_PRESS_MS = 150;
/** A key that is pressed and released at once is a button that is down for this long. */
const PRESS_MS = 60;
const HELD_MS = 900;
/** Boards whose buttons are areas of the touch panel. Their `read` returns 1 when they are down. */
const TOUCH_BOARDS = Object.freeze(["m5stack_core2", "m5stack_cores3"]);

interface SimulatorScreen {
  onMessage: (message: string) => void;
  postMessage(message: string): void;
  send(pixels: unknown, offset: number, count: number): void;
  /** Only the driver of e-paper has it. */
  configure?(options: { readonly updateMode: string }): void;
}

/** A contact that is pressed or not, and the driver that is told of a change. */
class Contact {
  onChanged?: () => void;
  isDown: boolean;
  private isDownOnPanel: boolean;

  constructor(isDown: boolean) {
    this.isDown = this.isDownOnPanel = isDown;
  }

  /** An area of the touch panel changes when the panel is sampled. */
  move(isDown: boolean): void {
    this.isDownOnPanel = isDown;
    if (!hasTouch) this.settle();
  }

  settle(): void {
    if (this.isDown === this.isDownOnPanel) return;
    this.isDown = this.isDownOnPanel;
    this.onChanged?.();
  }

  /** As a button of M5Stack's boards. */
  read(): number {
    if (isBroken("buttons")) throw new Error("no pin");
    return this.isDown === hasTouch ? 1 : 0;
  }
}

class Touch {
  /** An interrupt whose edge nobody sees, as in light sleep. */
  readonly configuration = { interrupt: script.touch === "has an unseen edge" };

  constructor() {
    if (script.touch === "is missing") throw new Error("I2C: no answer");
  }

  sample(): readonly { x: number; y: number }[] | undefined {
    if (script.touch === "fails") throw new Error("I2C: timeout");
    for (const contact of Object.values(contacts)) contact.settle();
    const isNews = finger !== undefined || wasFinger;
    wasFinger = finger !== undefined;
    return isNews ? (finger ? [finger] : []) : undefined;
  }
}

/** The finger on the panel. undefined: there is none. */
let finger: { readonly x: number; readonly y: number } | undefined;
/** The panel has told of it. */
let wasFinger = false;
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
if (script.finger) finger = { x: 160, y: 230 };
const hasTouch = TOUCH_BOARDS.includes(script.board ?? "");

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
const commands = new Map<string, (words: readonly string[]) => void>();
events.set("throw", () => {
  throw new Error("a callback failed");
});

let broken: readonly string[] = [];
/** `break driver …` */
commands.set("break", (drivers) => {
  broken = drivers;
});
events.set("mend", () => {
  broken = [];
});
const isBroken = (driver: BreakableDriver) => broken.includes(driver);

const newContact = (name: Button) => new Contact(script.held === name);
/** From left to right. */
const contacts: Readonly<Record<Button, Contact>> = { a: newContact("a"), b: newContact("b"), c: newContact("c") };

/** A contact that closes, bounces, opens and bounces. */
events.set("bounce b", () => {
  const moves = [true, false, true, false, true];
  moves.forEach((isDown, at) => {
    Timer.set(() => contacts.b.move(isDown), 3 * at);
    Timer.set(() => contacts.b.move(!isDown), BOUNCED_PRESS_MS + 3 * at);
  });
});
for (const name of ["a", "b", "c"] as const) events.set(`let go of ${name}`, () => contacts[name].move(false));
/** A chip in light sleep does not see that a pin changes. */
events.set("hold a unseen", () => {
  contacts.a.isDown = true;
  Timer.set(() => {
    contacts.a.isDown = false;
  }, HELD_MS);
});
events.set("hold a", () => {
  contacts.a.move(true);
  Timer.set(() => contacts.a.move(false), HELD_MS);
});
/** A disturbance of the pin, too short for a press. */
events.set("spike b", () => {
  contacts.b.move(true);
  Timer.set(() => contacts.b.move(false), 3);
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
  Host: object;
  vibration: object;
  power: object;
  powerChip: object;
  device: object;
  System: object;
  Date: DateConstructor;
  Math: Math;
  simulatedBoard: SimulatedBoard;
};
globals.button = contacts;
// The engine's own cannot be changed.
globals.Math = Object.create(Math, { random: { value: failingRandom } });

/** Makes a button of the SDK's driver `button`, or of one with the same shape. */
const pushButtonOf = (contact: Contact) =>
  class {
    constructor(options: { onPush: () => void }) {
      contact.onChanged = options.onPush;
    }
    get pressed(): boolean {
      return contact.isDown;
    }
  };

globals.Host = {
  Button: { Default: pushButtonOf(contacts.a) },
  Backlight: class {
    write(percent: number): void {
      trace(`backlight: ${percent} %\n`);
    }
  },
  LED: {
    Default: class {
      on(): void {
        if (isBroken("light")) throw new Error("RMT: timeout");
        trace("light: on\n");
      }
      off(): void {
        trace("light: off\n");
      }
      close(): void {
        trace("light: closed\n");
      }
    },
  },
};
const level = script.battery === "none" ? 0 : (script.battery ?? 0.5);
globals.device = {
  sensor: {
    Touch,
    IMU: class {
      constructor() {
        if (!script.acceleration) throw new Error("IMU not found");
      }
      sample() {
        return { accelerometer: script.acceleration };
      }
    },
  },
  peripheral: {
    button: { A: pushButtonOf(contacts.a), B: pushButtonOf(contacts.b), C: pushButtonOf(contacts.c) },
    battery: {
      Default: class {
        read(): number {
          return level;
        }
        close(): void {}
      },
    },
  },
};
const powerChip = new PowerChip(script);
globals.powerChip = powerChip;
globals.power = {
  readByte: (register: number) => powerChip.readByte(register),
  set brightness(percent: number) {
    trace(`backlight: ${percent} %\n`);
  },
};
globals.vibration = {
  write(on: boolean): void {
    if (isBroken("vibration")) throw new Error("I2C: motor");
    trace(`vibration: ${on ? "on" : "off"}\n`);
  },
};
/** Whoever started the program starts it again. */
const end = (status: number) => globals.screen.postMessage(`exit:${status}`);
globals.System = { restart: () => end(3) };

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

let air = script.air;

const i2c = { plugged: new Set(script.i2c), opened: new Set<string>() };
commands.set("plug", (words) => i2c.plugged.add(words.join(" ")));
commands.set("unplug", (words) => i2c.plugged.delete(words.join(" ")));
/** `finger x y`, or `finger` when it leaves. */
commands.set("finger", ([x, y]) => {
  finger = x === undefined ? undefined : { x: Number(x), y: Number(y) };
});

globals.simulatedBoard = Object.freeze({
  script,
  events,
  commands,
  get air(): BoardScript["air"] {
    return air;
  },
  nextTime: answers(script.time, "error"),
  nextWifi: answers(script.wifi, "joined"),
  isBroken,
  i2c,
  readRegister: (register: number) => powerChip.readByte(register),
  computerMs: () => ComputerDate.now(),
  startedMs: ComputerDate.now(),
  runningSlot: script.slot ?? 0,
  setClock(seconds: number): void {
    behindMs = ComputerDate.now() - seconds * 1000;
  },
  end,
  wireButton(onPush: () => void): Contact {
    const contact = Object.values(contacts).find((each) => !each.onChanged);
    if (!contact) throw new Error("no pin");
    contact.onChanged = onPush;
    return contact;
  },
});

const send = globals.screen.send;
/** Takes no memory: while a picture is drawn that holds a bitmap, nothing is collected. */
globals.screen.send = function (pixels, offset, count) {
  if (isBroken("screen")) throw new Error("time out");
  send.call(this, pixels, offset, count);
};

if (script.board === "m5paper") globals.screen.configure = ({ updateMode }) => trace(`screen: ${updateMode}\n`);

globals.screen.onMessage = (message) => {
  const event = events.get(message);
  const words = message.split(" ");
  const one = commands.get(words[0] as string);
  const two = commands.get(words.slice(0, 2).join(" "));
  if (event) event();
  else if (one) one(words.slice(1));
  else if (two) two(words.slice(2));
  else if (message.startsWith("air ")) air = JSON.parse(message.slice("air ".length));
  else if (message.startsWith("{")) {
    for (const [key, pressed] of Object.entries(JSON.parse(message))) {
      const contact = contacts[key[0] as Button];
      if (pressed) contact.move(true);
      else Timer.set(() => contact.move(false), PRESS_MS);
    }
  }
};
