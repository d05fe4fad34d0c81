/** The command `fieldpager start`: a station and one pager on Node in one process, to try everything without hardware. */
import { join } from "node:path";
import { whenAskedToEnd } from "../../common/ending.ts";
import { FileStore } from "../../common/file-store.ts";
import { localPassword } from "../../common/local-key.ts";
import { type Pager, startPager } from "../../node/pager.ts";
import { readKeys, terminalLog, terminalScreen } from "../../node/terminal.ts";
import { describeFirstStart } from "../directory/open-access.ts";
import { hostAndPort } from "../foreign-broker/broker-address.ts";
import { ownAddress, plainHost } from "../mqtt-server/mqtt-listener.ts";
import { type Station, type StationOptions, startStation } from "../station.ts";
import { called } from "./called.ts";
import { describePorts, fail, parseStationFlags, STATION_FLAGS_USAGE, warn } from "./station-flags.ts";

const PAGER_UID = "pager-1";

export async function start(args: readonly string[]): Promise<void> {
  const flags = parseStationFlags(args);
  if ("help" in flags) {
    console.log(`Usage: ${called("start")} [flags]\n${STATION_FLAGS_USAGE}\nKeys of the pager: a, b, c. Ctrl-C ends.`);
    return;
  }
  if ("errors" in flags) {
    for (const line of flags.errors) console.error(line);
    console.error(`Try ${called("start")} --help`);
    process.exitCode = 2;
    return;
  }
  warn(flags.options);
  const station = await startStation(flags.options);
  if (station.firstStart) console.log(describeFirstStart(station.firstStart));
  console.log(`Console: ${station.url}/ (${describePorts(station)}; Ctrl-C ends)`);
  const pager = startOwnPager(flags.options, station);
  const end = whenAskedToEnd(() => {
    releaseKeys();
    pager
      .stop()
      .then(() => station.close())
      .then(() => process.exit(0), fail);
  });
  const releaseKeys = readKeys(process.stdin, (button) => pager.press(button), end);
}

function startOwnPager(
  { data, host, env, certificate, broker }: StationOptions & { readonly host: string },
  station: Station,
): Pager {
  const own = {
    "broker.host": ownAddress(plainHost({ host, certificate })),
    "broker.userName": PAGER_UID,
    "broker.password": localPassword(station.localKey, PAGER_UID),
  };
  // Whoever may log in there is not for the station to say: it lends its own login.
  const foreign = broker && {
    "broker.host": broker.host,
    "broker.transport": broker.isSecure ? "tls" : "tcp",
    "broker.fallback": (broker.fallback ?? []).map(hostAndPort).join(),
    "broker.userName": broker.userName,
    "broker.password": broker.password,
    ...(broker.authorities !== undefined && { "broker.ca": broker.authorities }),
  };
  return startPager({
    settings: { uid: PAGER_UID, env, "broker.port": station.mqttPort, ...(foreign ?? own) },
    store: new FileStore(join(data, "pagers", PAGER_UID)),
    onPaint: terminalScreen(PAGER_UID, process.stdout),
    onAlert: () => {
      if (process.stdout.isTTY) process.stdout.write("\u0007");
    },
    onLog: terminalLog(PAGER_UID, process.stderr),
  });
}
