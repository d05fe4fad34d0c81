import type { Board, SetupLine } from "../board.ts";
import { MonotonicClock } from "../clock.ts";
import type { DeviceSettings } from "../device-settings.ts";
import { SerialSetup, type SetupDevice } from "./serial-setup.ts";
import type { SetUp } from "./set-up.ts";
import type { VisibleNetwork } from "./visible-network.ts";

/** What differs between a device that is set up and a running pager. */
export interface SerialDeviceParts {
  readonly settings: DeviceSettings;
  readonly setUp: Pick<SetUp, "tryOut">;
  /** Looks for networks, and calls `done` later. Left out where the device cannot. */
  readonly scan?: (done: (networks: readonly VisibleNetwork[]) => void) => void;
}

const FIRMWARE = "Fieldpager";
const SSID = "wifi.ssid";

/** Lets the device be set up over its serial line, if it has one. @param makeParts is called when something comes over it */
export function listenToSetup(board: Board, makeParts: () => SerialDeviceParts): void {
  const line = board.setupLine;
  if (!line) return;
  line.listen(() => {
    const clock = new MonotonicClock();
    const device = newDevice(board, line, makeParts());
    const nowMs = () => clock.nowMs();
    return new SerialSetup(device, nowMs, (bytes) => line.send(bytes));
  });
}

function newDevice(board: Board, line: SetupLine, { settings, setUp, scan }: SerialDeviceParts): SetupDevice {
  const { board: boardName = "", version = "" } = line.firmware;
  const { uid, [SSID]: ssid } = settings.describe(["uid", SSID]);
  // A wired board has no such setting. Its network is there.
  let hasNetwork = ssid !== "";
  return {
    info: [FIRMWARE, version, boardName, String(uid)],
    get hasNetwork() {
      return hasNetwork;
    },
    // It has none in the network that it joins.
    page: "",
    scan: (done) => {
      if (!scan) throw new Error("networks are looked for in set-up only");
      scan(done);
    },
    tryOut: (changes, done) => {
      // Improv brings a network and no broker.
      const isNetworkAlone = Object.keys(changes).every((name) => name.startsWith("wifi."));
      const onStep = (step: string) => board.log(`set-up: ${step}`);
      const onDone = (problems: readonly string[]) => {
        for (const problem of problems) board.log(`set-up: ${problem}`);
        hasNetwork ||= problems.length === 0;
        done(problems.length > 0 ? problems.join("; ") : undefined);
      };
      setUp.tryOut(changes, onStep, onDone, isNetworkAlone);
    },
  };
}
