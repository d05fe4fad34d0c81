/** The firmware on Node: the gateway, the runner and what this platform lends to them. */

import { Gateway } from "../../src/gateway/gateway.ts";
import type { Settings } from "../../src/gateway/settings.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { Sensor, Store } from "../../src/seams.ts";
import { machineZone } from "../machine-zone.ts";
import { type Platform, Runner } from "../runner.ts";
import { describeError } from "./describe-error.ts";
import { machineSensors } from "./machine-sensors.ts";
import { type NodeTransport, openTcp } from "./tcp-transport.ts";
import { measureText } from "./text-width.ts";
import { tlsOptions } from "./tls-options.ts";
import { openTls } from "./tls-transport.ts";
import { openWebSocket } from "./ws-transport.ts";

/** The longest that a timer of Node can wait, in milliseconds; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const OPENERS = Object.freeze({ tcp: openTcp, tls: openTls, ws: openWebSocket, wss: openWebSocket });

/** The screen that a pager without one believes to have: that of an M5Stack. */
export const NODE_SCREEN: Size = Object.freeze({ width: 320, height: 240 });

export interface PagerOptions {
  /** Named like `SETTINGS`, as text or numbers. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly store: Store;
  /** The machine's own when left out. */
  readonly sensors?: readonly Sensor[];
  readonly size?: Size;
  readonly onPaint?: (drawList: DrawList) => void;
  readonly onAlert?: (priority: number) => void;
  readonly onLog?: (line: string) => void;
}

export interface Pager {
  /** Those of the last start: a command may have changed them since and restarted the pager. */
  readonly settings: Settings;
  press(button: Button): void;
  networkChanged(): void;
  /** Presence offline, DISCONNECT, close. Resolves when the socket is gone. */
  stop(): Promise<void>;
}

/** What is wrong with the settings, one line each. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Starts a pager. Throws a `SettingsError` for settings that are wrong; what goes wrong later is logged and retried. */
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
    paint: (drawList) => options.onPaint?.(drawList),
    alert: (priority) => options.onAlert?.(priority),
    restart() {
      restarting = setImmediate(async () => {
        runner.stop();
        await closed();
        if (isStopped) return;
        try {
          ({ settings, runner } = begin(options, platform));
        } catch (error) {
          // A file that the settings name is gone, for example: better as before than not at all.
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

/** What a restart does, too: reads the settings, makes the gateway of what is stored, and runs it. */
function begin(options: PagerOptions, platform: Platform): { settings: Settings; runner: Runner } {
  // The time of day on the screen is this machine's, unless told otherwise.
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
    sensors: options.sensors ?? machineSensors(),
  });
  const runner = new Runner(gateway, platform);
  runner.start();
  return { settings, runner };
}
