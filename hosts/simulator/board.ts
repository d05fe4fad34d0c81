/** The simulator as a board: its buttons, a folder of files as store, the computer's clock. */
import type { Screen } from "commodetto/Poco";
import { File } from "file";
import freeMemory from "memory";
import { KeptSettings } from "../../src/gateway/kept-settings.ts";
import type { Light } from "../../src/gateway/screen-light.ts";
import type { Values } from "../../src/gateway/setting.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import type { MeasureText, Sensor } from "../../src/seams.ts";
import { Gestures } from "../gestures.ts";
import type { Board, BoardSensors, Pager, ResetCause } from "../moddable/board.ts";
import { MonotonicClock } from "../moddable/clock.ts";
import { Guards } from "../moddable/guard.ts";
import { loadFaces, Painter } from "../moddable/painter.ts";
import { makeQrCode } from "../moddable/qr-code.ts";
import { setupScreen } from "../moddable/setup-screen.ts";
import type { CertificateTime } from "../moddable/tls/certificate-time.ts";
import { FileStore } from "./file-store.ts";

/** All data is in the folder in which the simulator was started. So one build serves many pagers. */
const RECORDS = "./records";
const SETTINGS = "./settings";
/** What whoever starts the simulator gives to it. */
const SETTINGS_FILE = "./settings.json";

/** Screens of at least this width are those of the M5Paper. */
const PAPER_PIXELS = 540;

/** The buttons of the simulated device, as the SDK's `host.js` makes them. */
type SimulatorButtons = Record<Button, new (options: { onPush: (pressed: number) => void }) => unknown>;

/** Gets what the mouse does on the simulated screen. The place is in pixels. */
interface TouchListener {
  onTouchBegan(finger: number, x: number, y: number): void;
  onTouchMoved(finger: number, x: number, y: number): void;
  onTouchEnded(finger: number, x: number, y: number): void;
}

/** The simulated device. Messages to it arrive at `onMessage`. Its buttons listen there too. */
interface SimulatorScreen extends Screen {
  context: TouchListener;
  onMessage: (message: string) => void;
  /** `exit:N` ends the launcher with that status. mcsim ignores it. */
  postMessage(message: string): void;
}

/** The board of the simulated pager. */
export class SimulatedPager implements Board {
  readonly guards = new Guards((line) => this.log(line));
  readonly updates = undefined;
  readonly ownSettings = {};
  readonly figures = [];
  private readonly startedAt = Date.now();
  private readonly screen: SimulatorScreen;
  private readonly buttons: SimulatorButtons;
  private store: FileStore | undefined;

  constructor() {
    const { screen, Host } = globalThis as unknown as { screen: SimulatorScreen; Host: { Button: SimulatorButtons } };
    this.screen = screen;
    this.buttons = Host.Button;
    // Also a pager that could not be started can be told to end.
    screen.onMessage = (message) => {
      if (message === "stop") this.restart();
    };
  }

  /** A screen of this width is e-paper. */
  get screenKind(): ScreenKind {
    return this.screen.width < PAPER_PIXELS ? "color" : "grey";
  }

  log(line: string): void {
    trace(`${line}\n`);
  }

  open(): void {}

  resetCause(): ResetCause {
    return { kind: "other", words: "start of the simulator" };
  }

  linger(): void {}

  /** Scripted, in the shape of a real one: a slow wave, so that telemetry has something to tell. */
  openSensors(): BoardSensors {
    const temperature: Sensor = {
      name: "temperature",
      unit: "Cel",
      deadband: 0.2,
      sample: () => Math.round((21 + 2 * Math.sin((Date.now() - this.startedAt) / 60_000)) * 10) / 10,
    };
    return { sensors: [temperature], carriers: [], problems: [] };
  }

  openStore(): FileStore {
    this.store = new FileStore(RECORDS);
    return this.store;
  }

  givenSettings(): Values {
    if (!File.exists(SETTINGS_FILE)) return {};
    const file = new File(SETTINGS_FILE);
    try {
      return JSON.parse(String.fromArrayBuffer(file.read(ArrayBuffer)));
    } finally {
      file.close();
    }
  }

  openSettings(): KeptSettings {
    return new KeptSettings(new FileStore(SETTINGS));
  }

  defaultUid(): string {
    return "pager-sim";
  }

  wallClock(): number {
    return Date.now() / 1000;
  }

  certificateClock(): CertificateTime {
    return { kind: "known", seconds: this.wallClock() };
  }

  readonly setLight = (light: Light): void => this.log(`screen: light ${light}`);

  alert(priority: number, melody: string | undefined): void {
    trace(`alert of priority ${priority}${melody === undefined ? "" : `, melody ${melody}`}\n`);
  }

  /** The simulator has no reset. The program ends, and whoever started it starts it again. */
  restart(): void {
    this.screen.postMessage("exit:0");
  }

  start(pager: Pager): void {
    for (const button of ["a", "b", "c"] as const) {
      new this.buttons[button]({
        onPush: (pressed) => {
          if (pressed) pager.press(button);
        },
      });
    }
    const { screen } = this;
    const clock = new MonotonicClock();
    const gestures = new Gestures((gesture) => pager.touch(gesture), clock.nowMs());
    const move = (_finger: number, x: number, y: number) => gestures.handleTouch(x, y, clock.nowMs());
    screen.context = {
      onTouchBegan: move,
      onTouchMoved: move,
      onTouchEnded: (finger, x, y) => {
        move(finger, x, y);
        gestures.handleRelease(clock.nowMs());
      },
    };
    const toButtons = screen.onMessage;
    screen.onMessage = (message) => {
      if (message === "stop") pager.stop(() => this.restart());
      else if (message === "network") pager.networkChanged();
      else if (message.startsWith("code ")) this.showCode(message.slice("code ".length));
      else if (message === "collect") {
        const slots = freeMemory(0);
        trace(`collected: ${slots} slots and ${freeMemory(1)} bytes of chunks are free\n`);
      } else if (message.startsWith("busy ")) {
        if (this.store) this.store.writeMs = Number(message.slice("busy ".length));
      } else toButtons.call(screen, message);
    };
  }

  /** Shows a text as a QR code until the pager paints again. */
  private showCode(text: string): void {
    const painter = new Painter(this.screen, loadFaces());
    const { size } = painter;
    const code = makeQrCode(text);
    const measureText: MeasureText = (font, character) => painter.measureText(font, character);
    painter.paint(setupScreen(code ? "QR code" : "Too long", [text], size, "color", measureText, code));
  }
}
