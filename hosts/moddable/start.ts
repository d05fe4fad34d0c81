/** Starts the program on boards and in the simulator: finds the settings, joins gateway and platform, and runs them. */
import type { Screen } from "commodetto/Poco";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import type { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { wantedUpdate } from "../../src/gateway/update-record.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { MeasureText, QrCode, Store } from "../../src/seams.ts";
import { type Platform, Runner, type TransportHandlers } from "../runner.ts";
import type { Board, Pager } from "./board.ts";
import { MonotonicClock, OneTimer } from "./clock.ts";
import { DeviceSettings } from "./device-settings.ts";
import { Ending } from "./ending.ts";
import type { Guard } from "./guard.ts";
import { memoryFigures } from "./memory-figures.ts";
import { loadFaces, Painter } from "./painter.ts";
import { afterHeldButton, enterSetUp } from "./setup/entrance.ts";
import { factoryReset, finishReset } from "./setup/factory-reset.ts";
import { listenWhileRunning } from "./setup/running-setup.ts";
import { setupScreen } from "./setup-screen.ts";
import { DeviceIdentity } from "./tls/device-identity.ts";
import { Network } from "./transport.ts";
import { EARLY_ENDS_MAX, EarlyEnds, GOOD_MS } from "./update/early-ends.ts";
import { beSafe, loadUpdate } from "./update/maintenance.ts";

/** How often `stop` checks whether the goodbye has been sent, in milliseconds. */
const STOP_POLL_MS = 20;

/** How long the reason of the former end is on the screen before the start goes on, in milliseconds. */
const FORMER_END_MS = 5_000;

/** How long after an exception inside the pager it goes on, in milliseconds. The wait doubles where it fails again soon. */
const RECOVER_MS = 1_000;
const RECOVER_MAX_MS = 60_000;

/** An exception so long after the former one is a new fault, in milliseconds. */
const CALM_MS = 600_000;

/** The size of a board without a screen. With it the gateway counts no message as shown. */
const NO_SCREEN: Size = Object.freeze({ width: 0, height: 0 });

/** Starts the pager on this board, or its set-up, or shows why it cannot start. */
export function start(board: Board): void {
  let display = BLANK;
  const { screenKind = "color" } = board;
  const screenGuard = board.guards.of("screen");
  const show = (title: string, lines: readonly string[], code?: QrCode) => {
    for (const line of lines) board.log(`${title}: ${line}`);
    screenGuard.run(() => board.setLight?.("full"));
    screenGuard.run(() =>
      display.paint(setupScreen(title, lines, display.size, screenKind, display.measureText, code)),
    );
  };
  const ending = new Ending((words) => {
    show("Stopped", [words]);
    board.linger();
  });
  screenGuard.run(() => {
    display = openDisplay();
  });
  const restartTimer = new OneTimer(board.guards.of("restart"));
  const restart = () => {
    ending.expect();
    restartTimer.set(0, () => board.restart());
  };
  const cannotStart = (errors: readonly string[]) => {
    show("Cannot start", errors);
    // A new program that cannot start gives way to the former one.
    if (board.updates?.isOnTrial) new OneTimer(board.guards.of("update")).set(FORMER_END_MS, restart);
  };
  const device = open(board, ending);
  if ("errors" in device) {
    cannotStart(device.errors);
    return;
  }
  const setUp = (problems: readonly string[]) => {
    // A new program that takes the settings for wrong gives way to the former one.
    if (problems.length > 0 && board.updates?.isOnTrial) cannotStart(problems);
    else enterSetUp(board, device, problems, show, restart);
  };
  afterHeldButton(board, show, {
    start: () => {
      const opened = check(device);
      if ("settingErrors" in opened) setUp(opened.settingErrors);
      else if ("errors" in opened) cannotStart(opened.errors);
      else goOn(board, display, opened, { show, restart, cannotStart, setUp });
    },
    "set up": () => setUp([]),
    reset: () => {
      factoryReset(device.store, device.settings);
      restart();
    },
  });
}

/** What a start can end in. */
interface Ends {
  readonly show: (title: string, lines: readonly string[]) => void;
  readonly restart: () => void;
  readonly cannotStart: (errors: readonly string[]) => void;
  readonly setUp: (problems: readonly string[]) => void;
}

/** Starts the pager with these settings, or what must come before it. */
function goOn(board: Board, display: Display, opened: Opened, { show, restart, cannotStart, setUp }: Ends): void {
  const { store, settings, own, formerEnd } = opened;
  if (formerEnd !== undefined) show("Stopped before", [formerEnd]);
  const { updates } = board;
  const { broker, updateUrl } = settings;
  const network = new Network(board.guards, () => board.certificateClock());
  const parts = { board, updates, network, store, broker, own, show, restart };
  const earlyEnds = new EarlyEnds(store);
  const isSafe = earlyEnds.handleStart(formerEnd !== undefined);
  const wanted = wantedUpdate(store);
  if (wanted) loadUpdate(parts, wanted);
  else if (isSafe) {
    show("Safe mode", [`it has ended early ${EARLY_ENDS_MAX} times: ${formerEnd}`, "Press a button to try again."]);
    beSafe(parts, earlyEnds, updateUrl);
  } else {
    const handleGood = () => earlyEnds.handleGood();
    new OneTimer(board.guards.of("start")).set(GOOD_MS, handleGood);
    const gateway = newGateway(board, display, opened);
    if ("settingErrors" in gateway) setUp(gateway.settingErrors);
    else if ("errors" in gateway) cannotStart(gateway.errors);
    else run(board, display, network, { restart, handleGood }, gateway, opened);
  }
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

interface OpenDevice {
  readonly store: Store;
  readonly settings: DeviceSettings;
  /** Why the former run ended. undefined: the end was wanted. */
  readonly formerEnd: string | undefined;
  readonly startReason: string;
}

/** A device whose settings are good. */
interface Opened {
  readonly store: Store;
  readonly device: DeviceSettings;
  readonly settings: Settings;
  readonly storedSettings: StoredSettings;
  /** The settings that the board reads. */
  readonly own: Values;
  /** Why the former run ended. undefined: the end was wanted. */
  readonly formerEnd: string | undefined;
  readonly startReason: string;
}

/** Something is wrong with the settings, or something else is wrong. */
type Problems = { readonly settingErrors: readonly string[] } | { readonly errors: readonly string[] };

/** Opens store and settings. It returns problems instead of throwing, so that the device can show them. */
function open(board: Board, ending: Ending): OpenDevice | { readonly errors: readonly string[] } {
  try {
    board.open();
    const store = board.openStore();
    const cause = board.resetCause();
    const formerEnd = ending.keepIn(store, cause);
    const settings = new DeviceSettings(board, store);
    finishReset(store, settings);
    return { store, settings, formerEnd, startReason: formerEnd ?? cause.words };
  } catch (error) {
    return { errors: [String(error)] };
  }
}

/** Checks the settings. It returns problems, see `open`. */
function check({ store, settings, formerEnd, startReason }: OpenDevice): Opened | Problems {
  try {
    const found = settings.check();
    if ("errors" in found) return { settingErrors: found.errors };
    const { identity } = found.settings.broker;
    if (identity && !new DeviceIdentity(identity).isPair)
      return { settingErrors: ["setting broker.key: is not the key of broker.certificate"] };
    return { ...found, device: settings, store, formerEnd, startReason };
  } catch (error) {
    return { errors: [String(error)] };
  }
}

/** Returns problems in the place of a gateway, see `open`. */
function newGateway(
  board: Board,
  { size, measureText }: Display,
  { store, settings, storedSettings, own, startReason }: Opened,
): Gateway | Problems {
  const { wallClock, updates } = board;
  const random = Math.random;
  try {
    const { sensors, carriers, problems } = board.openSensors(own);
    if (problems.length > 0) return { settingErrors: problems };
    return new Gateway({
      settings,
      storedSettings,
      store,
      random,
      wallClock,
      measureText,
      size,
      screenKind: board.screenKind,
      hasLight: board.setLight !== undefined,
      sensors,
      carriers,
      figures: [...memoryFigures(), ...board.figures],
      startReason,
      secrets: secretsAmong(own, board.ownSettings),
      updates,
      battery: board.openBattery?.(own),
      sleeper: board.openSleeper?.(own),
    });
  } catch (error) {
    return { errors: [String(error)] };
  }
}

/** The values of those settings that nobody may read. */
function secretsAmong(values: Values, table: SettingTable): readonly string[] {
  const secret = Object.keys(table).filter((name) => table[name]?.isSecret);
  return secret.map((name) => String(values[name] ?? ""));
}

function run(
  board: Board,
  display: Display,
  network: Network,
  { restart, handleGood }: { readonly restart: () => void; readonly handleGood: () => void },
  gateway: Gateway,
  { device, own, formerEnd }: Opened,
): void {
  const { guards } = board;
  guards.onFailure = () => gateway.handleHostFailure();
  guards.onLine = (line) => gateway.handleHostLine(line);
  const clock = new MonotonicClock();
  let failedMs = Number.NEGATIVE_INFINITY;
  let recoverMs = RECOVER_MS;
  const guard = guards.of("pager", {
    // After an exception the state of the pager is doubtful. It goes on with a new connection.
    handleFailure: () => {
      const nowMs = clock.nowMs();
      recoverMs = nowMs - failedMs > CALM_MS ? RECOVER_MS : Math.min(2 * recoverMs, RECOVER_MAX_MS);
      failedMs = nowMs;
      runner.abandon();
      recovery.set(recoverMs, () => runner.recover());
    },
    // Only a restart can help any more.
    handleBroken: (error) => {
      throw error;
    },
  });
  const recovery = new OneTimer(guard);
  const timer = new OneTimer(guard);
  const restartTimer = new OneTimer(guards.of("restart"));
  const screenGuard = guards.of("screen");
  const alertGuard = guards.of("alert");
  const sendGuard = guards.of("message");
  const platform: Platform = {
    nowMs: () => clock.nowMs(),
    setTimer: (delayMs, callback) => timer.set(delayMs, callback),
    openTransport: (broker, handlers) => network.openTransport(broker, guarded(handlers, guard)),
    paint: (drawList) =>
      screenGuard.run(() => {
        display.paint(drawList);
        board.handlePicture?.();
      }),
    light: (light) => screenGuard.run(() => board.setLight?.(light)),
    alert: (priority) => alertGuard.run(() => board.alert(priority)),
    restart: () => restartTimer.set(0, () => pager.stop(restart)),
    sleep: (durationMs) =>
      restartTimer.set(0, () => {
        handleGood();
        pager.stop(() => board.sleep?.(durationMs));
      }),
    log: (line) => board.log(line),
  };
  const runner = new Runner(gateway, platform);
  const pager: Pager = {
    press: (button) => guard.run(() => runner.press(button)),
    touch: (gesture) => guard.run(() => runner.touch(gesture)),
    networkChanged: (name) => guard.run(() => runner.networkChanged(name)),
    networkLost: (what, why) => guard.run(() => runner.networkLost(what, why)),
    sensed: () => guard.run(() => runner.sensed()),
    send: (to, text) => sendGuard.run(() => runner.send(to, text)),
    timeChanged: () =>
      guard.run(() => {
        network.handleTimeChanged();
        runner.networkChanged();
      }),
    stop: (done) => {
      guard.run(() => runner.stop());
      const poll = () => (network.idle ? done() : timer.set(STOP_POLL_MS, poll));
      poll();
    },
  };
  const { stop } = pager;
  listenWhileRunning(board, { settings: device, own, stop, restart, goOn: () => runner.start() }, guard, network);
  const begin = () => {
    guards.of("start").run(() => board.start(pager, own));
    guard.run(() => runner.start());
  };
  if (formerEnd === undefined) begin();
  else timer.set(FORMER_END_MS, begin);
}

/** The handlers of a connection under a guard. Bytes come from deep in the stack, so each catches itself. */
function guarded({ onPhase, onConnected, onBytes, onClosed }: TransportHandlers, guard: Guard): TransportHandlers {
  return {
    onPhase: (phase) => guard.run(() => onPhase?.(phase)),
    onConnected: () => guard.run(onConnected),
    onBytes: (bytes) => {
      try {
        onBytes(bytes);
        guard.pass();
      } catch (error) {
        guard.fail(error);
      }
    },
    onClosed: (reason, isRefusal) => guard.run(() => onClosed(reason, isRefusal)),
  };
}
