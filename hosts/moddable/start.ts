/** Starts the program on boards and in the simulator: finds the settings, joins gateway and platform, and runs them. */
import type { Screen } from "commodetto/Poco";
import config from "mc/config";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { MeasureText } from "../../src/seams.ts";
import { type Platform, Runner } from "../runner.ts";
import type { Board, Pager } from "./board.ts";
import { MonotonicClock, OneTimer } from "./clock.ts";
import { deviceSettings } from "./device-settings.ts";
import { Ending } from "./ending.ts";
import { loadFaces, Painter } from "./painter.ts";
import { setupScreen } from "./setup-screen.ts";
import { DeviceIdentity } from "./tls/device-identity.ts";
import { Network } from "./transport.ts";

/** How often `stop` checks whether the goodbye has been sent, in milliseconds. */
const STOP_POLL_MS = 20;

/** How long the reason of the former end is on the screen before the start goes on, in milliseconds. */
const FORMER_END_MS = 5_000;

/** The size of a board without a screen. With it the gateway counts no message as shown. */
const NO_SCREEN: Size = Object.freeze({ width: 0, height: 0 });

/** Starts the pager on this board, or shows why it cannot start. */
export function start(board: Board): void {
  let display = BLANK;
  const show = (title: string, lines: readonly string[]) => {
    for (const line of lines) board.log(`${title}: ${line}`);
    display.paint(setupScreen(title, lines, display.size, display.measureText));
  };
  const ending = new Ending((words) => {
    show("Stopped", [words]);
    board.linger();
  });
  display = openDisplay();
  const prepared = prepare(board, display, ending);
  if ("errors" in prepared) {
    show("Cannot start", prepared.errors);
    return;
  }
  const { formerEnd } = prepared;
  if (formerEnd !== undefined) show("Stopped before", [formerEnd]);
  run(board, display, ending, prepared);
}

interface Display {
  readonly size: Size;
  readonly measureText: MeasureText;
  paint(drawList: DrawList): void;
}

/** The display of a board without a screen. */
const BLANK: Display = Object.freeze({ size: NO_SCREEN, measureText: () => 0, paint: () => {} });

function openDisplay(): Display {
  // A board without a screen does not have this global.
  const { screen } = globalThis as unknown as { screen?: Screen };
  if (!screen) return BLANK;
  const painter = new Painter(screen, loadFaces());
  return {
    size: painter.size,
    measureText: (font, text) => painter.measureText(font, text),
    paint: (drawList) => painter.paint(drawList),
  };
}

interface Prepared {
  readonly gateway: Gateway;
  /** The settings that the board reads. */
  readonly own: Readonly<Record<string, unknown>>;
  /** Why the former run ended. undefined: the end was wanted. */
  readonly formerEnd: string | undefined;
}

/** Makes the gateway. It returns problems instead of throwing, so that a device with wrong settings can show them. */
function prepare(
  board: Board,
  { measureText, size }: Display,
  ending: Ending,
): Prepared | { readonly errors: readonly string[] } {
  try {
    board.open();
    const store = board.openStore();
    const formerEnd = ending.keepIn(store, board.resetCause());
    const found = deviceSettings(config, board, store);
    if ("errors" in found) return found;
    const { settings, storedSettings, own } = found;
    const { identity } = settings.broker;
    if (identity && !new DeviceIdentity(identity).isPair)
      return { errors: ["setting broker.key: is not the key of broker.certificate"] };
    const { wallClock, sensors } = board;
    const random = Math.random;
    const network = String(own["wifi.ssid"] ?? "");
    const gateway = new Gateway({
      settings,
      storedSettings,
      store,
      random,
      wallClock,
      measureText,
      size,
      sensors,
      network,
    });
    return { gateway, own, formerEnd };
  } catch (error) {
    return { errors: [String(error)] };
  }
}

function run(board: Board, display: Display, ending: Ending, { gateway, own, formerEnd }: Prepared): void {
  const clock = new MonotonicClock();
  const timer = new OneTimer();
  const restartTimer = new OneTimer();
  const network = new Network();
  const restart = () => {
    ending.expect();
    board.restart();
  };
  const platform: Platform = {
    nowMs: () => clock.nowMs(),
    setTimer: (delayMs, callback) => timer.set(delayMs, callback),
    openTransport: (broker, handlers) => network.openTransport(broker, handlers),
    paint: (drawList) => display.paint(drawList),
    alert: (priority) => board.alert(priority),
    restart: () => restartTimer.set(0, () => pager.stop(restart)),
    log: (line) => board.log(line),
  };
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
  const begin = () => {
    board.start(pager, own);
    runner.start();
  };
  if (formerEnd === undefined) begin();
  else timer.set(FORMER_END_MS, begin);
}
