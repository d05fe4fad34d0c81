/** The firmware on Node: the gateway, the runner, and the parts of this platform that they use. */

import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { makeXmppLine } from "../../src/gateway/xmpp-line.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import type { Sensor, Store } from "../../src/seams.ts";
import { describeError } from "../common/describe-error.ts";
import { machineZone } from "../machine-zone.ts";
import { type Platform, Runner } from "../runner.ts";
import { measureText } from "./faces.ts";
import { heapFigure, machineSensors } from "./machine-sensors.ts";
import { type NodeTransport, openTcp } from "./tcp-transport.ts";
import { tlsOptions } from "./tls-options.ts";
import { openStartTls, openTls } from "./tls-transport.ts";
import { openWebSocket } from "./ws-transport.ts";

/** The longest time of a timer of Node, in milliseconds. A timer with a longer time fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const OPENERS = Object.freeze({
  tcp: openTcp,
  tls: openTls,
  starttls: openStartTls,
  ws: openWebSocket,
  wss: openWebSocket,
});

/** The size of the screen if there is none: that of an M5Stack. */
export const NODE_SCREEN: Size = Object.freeze({ width: 320, height: 240 });

export interface PagerOptions {
  /** Named like `SETTINGS`, as text or numbers. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly store: Store;
  /** Without them, the sensors of this machine are used. */
  readonly sensors?: readonly Sensor[];
  readonly size?: Size;
  readonly screenKind?: ScreenKind;
  readonly onPaint?: (drawList: DrawList) => void;
  readonly onAlert?: (priority: number, melody: string | undefined) => void;
  readonly onLog?: (line: string) => void;
}

export interface Pager {
  /** The settings of the last start. A command may have changed them and restarted the pager. */
  readonly settings: Settings;
  press(button: Button): void;
  networkChanged(): void;
  /** Publishes presence offline, disconnects and closes. Resolves when the socket is gone. */
  stop(): Promise<void>;
}

/** The settings are wrong. Each problem is one line. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Starts a pager. Throws a `SettingsError` for wrong settings. Later errors are logged, and the pager tries again. */
export function startPager(options: PagerOptions): Pager {
  const open = new Set<NodeTransport>();
  const closed = async () => {
    await Promise.all([...open].map((transport) => transport.closed));
  };
  let timer: NodeJS.Timeout | undefined;
  let restarting: NodeJS.Immediate | undefined;
  let isStopped = false;

  const platform: Platform = {
    nowMs: () => performance.now(),
    setTimer(delayMs, callback) {
      clearTimeout(timer);
      timer = delayMs === undefined ? undefined : setTimeout(callback, Math.min(Math.ceil(delayMs), TIMER_MS_MAX));
    },
    openTransport(broker, handlers) {
      const transport = OPENERS[broker.transport](broker, handlers);
      open.add(transport);
      void transport.closed.then(() => open.delete(transport));
      return transport;
    },
    paint: (drawList) => {
      options.onPaint?.(drawList);
      return true;
    },
    alert: (priority, melody) => options.onAlert?.(priority, melody),
    restart() {
      restarting = setImmediate(async () => {
        runner.stop();
        await closed();
        if (isStopped) return;
        try {
          ({ settings, runner } = begin(options, platform));
        } catch (error) {
          // For example, a file that the settings name is gone. Then the pager goes on with its former settings.
          options.onLog?.(`restart: ${describeError(error)}`);
          runner.start();
        }
      });
    },
    log: (line) => options.onLog?.(line),
  };
  let { settings, runner } = begin(options, platform);
  return {
    get settings() {
      return settings;
    },
    press: (button) => runner.press(button),
    networkChanged: () => runner.networkChanged(),
    async stop() {
      isStopped = true;
      clearImmediate(restarting);
      runner.stop();
      await closed();
    },
  };
}

/** Reads the settings, makes the gateway from the stored records, and runs it. A restart does the same. */
function begin(options: PagerOptions, platform: Platform): { settings: Settings; runner: Runner } {
  // Without a setting the screen shows the time zone of this machine.
  const storedSettings = new StoredSettings(options.store, { ...machineZone(), ...options.settings });
  const { result } = storedSettings;
  if ("errors" in result) throw new SettingsError(result.errors);
  const { settings } = result;
  try {
    tlsOptions(settings.broker);
  } catch (error) {
    throw new SettingsError([describeError(error)]);
  }
  const gateway = new Gateway({
    settings,
    storedSettings,
    store: options.store,
    random: Math.random,
    wallClock: () => Date.now() / 1000,
    measureText,
    size: options.size ?? NODE_SCREEN,
    screenKind: options.screenKind,
    sensors: options.sensors ?? machineSensors(),
    figures: [heapFigure],
    makeXmppLine,
  });
  const runner = new Runner(gateway, platform);
  runner.start();
  return { settings, runner };
}
