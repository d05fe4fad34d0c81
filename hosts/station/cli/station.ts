/** The command `fieldpager station`: broker, push service and console. */
import { whenAskedToEnd } from "../../common/ending.ts";
import { describeFirstStart } from "../directory/open-access.ts";
import { startStation } from "../station.ts";
import { called } from "./called.ts";
import { describePorts, fail, parseStationFlags, STATION_FLAGS_USAGE, warn } from "./station-flags.ts";

export async function station(args: readonly string[]): Promise<void> {
  const flags = parseStationFlags(args);
  if ("help" in flags) {
    console.log(`Usage: ${called("station")} [flags]\n${STATION_FLAGS_USAGE}`);
    return;
  }
  if ("errors" in flags) {
    for (const line of flags.errors) console.error(line);
    console.error(`Try ${called("station")} --help`);
    process.exitCode = 2;
    return;
  }
  warn(flags.options);
  const started = await startStation(flags.options);
  if (started.firstStart) console.log(describeFirstStart(started.firstStart));
  // Signals are handled before the line is printed: a reader of the line may end the station at once.
  whenAskedToEnd(
    () => {
      started.close().then(() => process.exit(0), fail);
    },
    () => started.refresh(),
  );
  console.log(`Station: ${describePorts(started, flags.options.host)}, console at ${started.url}/`);
}
