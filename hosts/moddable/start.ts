/** What the entries of boards and simulator share: finds the settings, joins gateway and platform, starts. */
import type { Screen } from "commodetto/Poco";
import config from "mc/config";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { MeasureText, Store } from "../../src/seams.ts";
import { type Platform, Runner } from "../runner.ts";
import type { Board, Pager } from "./board.ts";
import { MonotonicClock, OneTimer } from "./clock.ts";
import { type DeviceSettings, deviceSettings } from "./device-settings.ts";
import { loadFaces, Painter } from "./painter.ts";
import { setupScreen } from "./setup-screen.ts";
import { Network } from "./transport.ts";

/** How often `stop` looks whether the goodbye has been sent, in milliseconds. */
const STOP_POLL_MS = 20;

/** A board without a screen lays out for this one, and nobody sees it. */
const NO_SCREEN: Size = { width: 320, height: 240 };

/** Starts the pager on this board, or shows why it cannot. */
export function start(board: Board): void {
  const display = openDisplay();
  const found = prepare(board);
  if ("errors" in found) {
    for (const error of found.errors) trace(`${error}\n`);
    display.paint(setupScreen(found.errors, display.size, display.measureText));
    return;
  }
  run(board, display, found);
}

interface Display {
  readonly size: Size;
  readonly measureText: MeasureText;
  paint(drawList: DrawList): void;
}

function openDisplay(): Display {
  // The global is missing on a board without a screen.
  const { screen } = globalThis as unknown as { screen?: Screen };
  if (!screen) return { size: NO_SCREEN, measureText: (_font, text) => 8 * text.length, paint: () => {} };
  const painter = new Painter(screen, loadFaces());
  return {
    size: painter.size,
    measureText: (font, text) => painter.measureText(font, text),
    paint: (drawList) => painter.paint(drawList),
  };
}

type Prepared = Extract<DeviceSettings, { settings: Settings }> & { readonly store: Store };

/** What is wrong is told, never thrown: a device with wrong settings must be able to say so. */
function prepare(board: Board): Prepared | { readonly errors: readonly string[] } {
  try {
    const found = deviceSettings(config, board.readSettings(), board.ownSettings, board.defaultUid());
    return "errors" in found ? found : { ...found, store: board.openStore() };
  } catch (error) {
    return { errors: [`cannot start: ${error}`] };
  }
}

function run(board: Board, display: Display, { settings, own, store }: Prepared): void {
  const clock = new MonotonicClock();
  const timer = new OneTimer();
  const network = new Network();
  const platform: Platform = {
    nowMs: () => clock.nowMs(),
    setTimer: (delayMs, callback) => timer.set(delayMs, callback),
    openTransport: (broker, handlers) => network.openTransport(broker, handlers),
    paint: (drawList) => display.paint(drawList),
    alert: (priority) => board.alert(priority),
    log: (line) => trace(`${line}\n`),
  };
  const gateway = new Gateway({
    settings,
    store,
    random: Math.random,
    wallClock: board.wallClock,
    measureText: display.measureText,
    size: display.size,
    sensors: board.sensors,
  });
  const runner = new Runner(gateway, platform);
  const pager: Pager = {
    press: (button) => runner.press(button),
    networkChanged: () => runner.networkChanged(),
    stop: (done) => {
      runner.stop();
      const poll = () => (network.idle ? done() : timer.set(STOP_POLL_MS, poll));
      poll();
    },
  };
  board.start(pager, own);
  runner.start();
}
