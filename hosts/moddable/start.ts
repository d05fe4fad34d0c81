/** Starts the program on boards and in the simulator: finds the settings, joins gateway and platform, and runs them. */
import { Gateway } from "../../src/gateway/gateway.ts";
import type { SettingTable, Values } from "../../src/gateway/setting.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import type { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { wantedUpdate } from "../../src/gateway/update-record.ts";
import type { QrCode, Store } from "../../src/seams.ts";
import type { Board } from "./board.ts";
import { OneTimer } from "./clock.ts";
import { DeviceSettings } from "./device-settings.ts";
import { BLANK, type Display, openDisplay } from "./display.ts";
import { Ending } from "./ending.ts";
import { memoryFigures } from "./memory-figures.ts";
import { makeQrCode } from "./qr-code.ts";
import { RunningPager } from "./running-pager.ts";
import { afterHeldButton, enterSetUp } from "./setup/entrance.ts";
import { factoryReset, finishReset } from "./setup/factory-reset.ts";
import { listenWhileRunning } from "./setup/running-setup.ts";
import { setupScreen } from "./setup-screen.ts";
import { DeviceIdentity } from "./tls/device-identity.ts";
import { Network } from "./transport.ts";
import { EARLY_ENDS_MAX, EarlyEnds, GOOD_MS } from "./update/early-ends.ts";
import { beSafe, loadUpdate } from "./update/maintenance.ts";

/** How long the reason of the former end is on the screen before the start goes on, in milliseconds. */
const FORMER_END_MS = 5_000;

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
    else {
      const pager = new RunningPager(board, display, network, gateway, restart, handleGood);
      listenWhileRunning(board, pager, opened.device, own, restart, network);
      pager.begin(formerEnd === undefined ? 0 : FORMER_END_MS, own);
    }
  }
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
      makeQrCode,
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
