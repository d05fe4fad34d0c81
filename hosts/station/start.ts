/** The command `npm start`: a station and one pager on Node in one process, to try everything without hardware. */
import { join } from "node:path";
import { whenAskedToEnd } from "../node/ending.ts";
import { FileStore } from "../node/file-store.ts";
import { type Pager, startPager } from "../node/pager.ts";
import { readKeys, terminalScreen } from "../node/terminal.ts";
import { isLoopback } from "./request-guard.ts";
import { type StationOptions, startStation } from "./station.ts";
import { fail, parseStationFlags, STATION_FLAGS_USAGE } from "./station-flags.ts";

const PAGER_UID = "pager-1";

async function main(args: readonly string[]): Promise<void> {
  const flags = parseStationFlags(args);
  if ("help" in flags) {
    console.log(`Usage: npm start -- [flags]\n${STATION_FLAGS_USAGE}\nKeys of the pager: a, b, c. Ctrl-C ends.`);
    return;
  }
  if ("errors" in flags) {
    for (const line of flags.errors) console.error(line);
    console.error("Try npm start -- --help");
    process.exitCode = 2;
    return;
  }
  const station = await startStation(flags.options);
  console.log(`Console: ${station.url}/ (MQTT on port ${station.mqttPort}; Ctrl-C ends)`);
  const pager = startOwnPager(flags.options, station.mqttPort);
  const end = whenAskedToEnd(() => {
    releaseKeys();
    pager
      .stop()
      .then(() => station.close())
      .then(() => process.exit(0), fail);
  });
  const releaseKeys = readKeys(process.stdin, (button) => pager.press(button), end);
}

function startOwnPager({ data, host, env }: StationOptions & { readonly host: string }, mqttPort: number): Pager {
  return startPager({
    settings: {
      uid: PAGER_UID,
      env,
      // A station that listens on every address listens on this one too.
      "broker.host": isLoopback(host) ? host : host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host,
      "broker.port": mqttPort,
    },
    store: new FileStore(join(data, "pagers", PAGER_UID)),
    onPaint: terminalScreen(PAGER_UID, process.stdout),
    onAlert: () => {
      if (process.stdout.isTTY) process.stdout.write("\u0007");
    },
    onLog: (line) => console.error(`${PAGER_UID}: ${line}`),
  });
}

main(process.argv.slice(2)).catch(fail);
