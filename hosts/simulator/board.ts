/** The simulator as a board: its buttons, a folder of files as store, the computer's clock. */
import Debug from "debug";
import { File } from "file";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Sensor } from "../../src/seams.ts";
import type { Board, Pager } from "../moddable/board.ts";
import { FileStore } from "./file-store.ts";

/** All data is in the folder in which the simulator was started. So one build serves many pagers. */
const RECORDS = "./records";
const SETTINGS_FILE = "./settings.json";

/** The buttons of the simulated device, as the SDK's `host.js` makes them. */
type SimulatorButtons = Record<Button, new (options: { onPush: (pressed: number) => void }) => unknown>;

/** The simulated device. Messages to it arrive at `onMessage`. Its buttons listen there too. */
interface SimulatorScreen {
  onMessage: (message: string) => void;
  /** `exit:N` ends the launcher with that status. mcsim ignores it. */
  postMessage(message: string): void;
}

const { screen, Host } = globalThis as unknown as { screen: SimulatorScreen; Host: { Button: SimulatorButtons } };

/** This also ends a pager that could not start. */
screen.onMessage = (message) => {
  if (message === "stop") screen.postMessage("exit:0");
};

const startedAt = Date.now();

let store: FileStore | undefined;

/** A scripted sensor with the interface of a real one. Its value is a slow wave, so that there is telemetry. */
const temperature: Sensor = {
  name: "temperature",
  unit: "Cel",
  deadband: 0.2,
  sample: () => Math.round((21 + 2 * Math.sin((Date.now() - startedAt) / 60_000)) * 10) / 10,
};

export const board: Board = {
  log: (line) => trace(`${line}\n`),
  open() {},
  resetCause: () => ({ kind: "other" }),
  linger() {},

  openStore() {
    store = new FileStore(RECORDS);
    return store;
  },

  readSettings() {
    if (!File.exists(SETTINGS_FILE)) return {};
    const file = new File(SETTINGS_FILE);
    try {
      return JSON.parse(String.fromArrayBuffer(file.read(ArrayBuffer)));
    } finally {
      file.close();
    }
  },

  defaultUid: () => "pager-sim",
  ownSettings: [],
  checkOwnSettings: () => [],
  sensors: [temperature],
  wallClock: () => Date.now() / 1000,

  alert(priority) {
    trace(`alert of priority ${priority}\n`);
  },

  /** The simulator has no reset. The program ends, and whoever started it starts it again. */
  restart: () => screen.postMessage("exit:0"),

  start(pager: Pager) {
    for (const button of ["a", "b", "c"] as const) {
      new Host.Button[button]({
        onPush: (pressed) => {
          if (pressed) pager.press(button);
        },
      });
    }
    const toButtons = screen.onMessage;
    screen.onMessage = (message) => {
      if (message === "stop") pager.stop(() => screen.postMessage("exit:0"));
      else if (message === "network") pager.networkChanged();
      else if (message === "collect") {
        Debug.gc();
        trace("collected\n");
      } else if (message.startsWith("busy ")) {
        if (store) store.writeMs = Number(message.slice("busy ".length));
      } else toButtons.call(screen, message);
    };
  },
};
