/** What the entries of boards and simulator share: finds the settings, joins gateway and platform, starts. */
import type { Screen } from "commodetto/Poco";
import config from "mc/config";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { MeasureText } from "../../src/seams.ts";
import { type Platform, Runner } from "../runner.ts";
import type { Board, Pager } from "./board.ts";
import { MonotonicClock, OneTimer } from "./clock.ts";
import { deviceSettings } from "./device-settings.ts";
import { loadFaces, Painter } from "./painter.ts";
import { setupScreen } from "./setup-screen.ts";
import { DeviceIdentity } from "./tls/device-identity.ts";
import { Network } from "./transport.ts";

/** How often `stop` looks whether the goodbye has been sent, in milliseconds. */
const STOP_POLL_MS = 20;

/** What the gateway is told of a board without a screen: nothing counts as shown there. */
const NO_SCREEN: Size = Object.freeze({ width: 0, height: 0 });

/** Starts the pager on this board, or shows why it cannot. */
export function start(board: Board): void {
  const display = openDisplay();
  const prepared = prepare(board, display);
  if ("errors" in prepared) {
    for (const error of prepared.errors) trace(`${error}\n`);
    display.paint(setupScreen(prepared.errors, display.size, display.measureText));
    return;
  }
  run(board, display, prepared);
}

interface Display {
  readonly size: Size;
  readonly measureText: MeasureText;
  paint(drawList: DrawList): void;
}

function openDisplay(): Display {
  // The global is missing on a board without a screen.
  const { screen } = globalThis as unknown as { screen?: Screen };
  if (!screen) return { size: NO_SCREEN, measureText: () => 0, paint: () => {} };
  const painter = new Painter(screen, loadFaces());
  return {
    size: painter.size,
    measureText: (font, text) => painter.measureText(font, text),
    paint: (drawList) => painter.paint(drawList),
  };
}

interface Prepared {
  readonly gateway: Gateway;
  /** The settings that the board reads itself. */
  readonly own: Readonly<Record<string, unknown>>;
}

/** What is wrong is told, never thrown: a device with wrong settings must be able to say so. */
function prepare(board: Board, { measureText, size }: Display): Prepared | { readonly errors: readonly string[] } {
  try {
    const store = board.openStore();
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
    return { gateway, own };
  } catch (error) {
    return { errors: [String(error)] };
  }
}

function run(board: Board, display: Display, { gateway, own }: Prepared): void {
  const clock = new MonotonicClock();
  const timer = new OneTimer();
  const restartTimer = new OneTimer();
  const network = new Network();
  const platform: Platform = {
    nowMs: () => clock.nowMs(),
    setTimer: (delayMs, callback) => timer.set(delayMs, callback),
    openTransport: (broker, handlers) => network.openTransport(broker, handlers),
    paint: (drawList) => display.paint(drawList),
    alert: (priority) => board.alert(priority),
    restart: () => restartTimer.set(0, () => pager.stop(() => board.restart())),
    log: (line) => trace(`${line}\n`),
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
  board.start(pager, own);
  runner.start();
}
