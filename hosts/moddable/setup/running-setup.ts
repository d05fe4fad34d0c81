/** A running pager is set up anew over its serial line. It stays in its network. */
import type { Values } from "../../../src/gateway/setting.ts";
import type { Board } from "../board.ts";
import type { DeviceSettings } from "../device-settings.ts";
import type { Guard } from "../guard.ts";
import type { Network } from "../transport.ts";
import { listenToSetup } from "./serial-device.ts";
import { SetUp } from "./set-up.ts";
import type { TrialNetwork } from "./trial.ts";
import { trialPlatform } from "./trial-platform.ts";

/** What a trial does with the pager. */
export interface RunningPager {
  readonly settings: DeviceSettings;
  /** The settings that the board runs with. */
  readonly own: Values;
  /** Says goodbye to the broker, and calls `done` later. The broker would end this connection for that of the trial. */
  stop(done: () => void): void;
  /** Goes on after `stop`. */
  goOn(): void;
  /** Starts the device again with the settings that it keeps now. */
  restart(): void;
}

export function listenWhileRunning(board: Board, pager: RunningPager, guard: Guard, connections: Network): void {
  listenToSetup(board, () => {
    const { settings, own } = pager;
    const platform = trialPlatform(board, guard, connections, joinedNetwork(own));
    const setUp = new SetUp(settings, platform, () => pager.restart());
    const tryOut: SetUp["tryOut"] = (changes, onStep, done, isNetworkAlone) =>
      pager.stop(() => {
        const end = (problems: readonly string[]) => {
          done(problems);
          if (problems.length > 0 || isNetworkAlone) pager.goOn();
        };
        setUp.tryOut(changes, onStep, end, isNetworkAlone);
      });
    return { settings, setUp: { tryOut } };
  });
}

function joinedNetwork(own: Values): TrialNetwork {
  return {
    join: (tried, joined, failed) => {
      const isSame = ["wifi.ssid", "wifi.password"].every((name) => tried[name] === own[name]);
      if (isSame) joined();
      else failed("another Wi-Fi network is tried in set-up only: hold a button at the start");
    },
    leave: () => {},
  };
}
