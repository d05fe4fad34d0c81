/** A running pager is set up anew over its serial line. It stays in its network. */
import type { Values } from "../../../src/gateway/setting.ts";
import type { Board } from "../board.ts";
import type { DeviceSettings } from "../device-settings.ts";
import type { RunningPager } from "../running-pager.ts";
import type { Network } from "../transport.ts";
import { listenToSetup } from "./serial-device.ts";
import { SetUp } from "./set-up.ts";
import type { TrialNetwork } from "./trial.ts";
import { trialPlatform } from "./trial-platform.ts";

/**
 * @param own the settings that the board runs with
 * @param restart starts the device again with the settings that it keeps now
 */
export function listenWhileRunning(
  board: Board,
  pager: RunningPager,
  settings: DeviceSettings,
  own: Values,
  restart: () => void,
  connections: Network,
): void {
  listenToSetup(board, () => {
    const platform = trialPlatform(board, pager.guard, connections, joinedNetwork(own));
    const setUp = new SetUp(settings, platform, restart);
    // The broker would end the pager's connection for that of the trial.
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
