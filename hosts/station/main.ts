/** The command `npm run station`: broker, push service and console. */
import { whenAskedToEnd } from "../node/ending.ts";
import { describeFirstStart } from "./access/open-access.ts";
import { startStation } from "./station.ts";
import { fail, parseStationFlags, STATION_FLAGS_USAGE, warn } from "./station-flags.ts";

async function main(args: readonly string[]): Promise<void> {
  const flags = parseStationFlags(args);
  if ("help" in flags) {
    console.log(`Usage: npm run station -- [flags]\n${STATION_FLAGS_USAGE}`);
    return;
  }
  if ("errors" in flags) {
    for (const line of flags.errors) console.error(line);
    console.error("Try npm run station -- --help");
    process.exitCode = 2;
    return;
  }
  warn(flags.options);
  const station = await startStation(flags.options);
  if (station.firstStart) console.log(describeFirstStart(station.firstStart));
  // Signals are handled before the line is printed: a reader of the line may end the station at once.
  whenAskedToEnd(
    () => {
      station.close().then(() => process.exit(0), fail);
    },
    () => station.refresh(),
  );
  console.log(`Station: MQTT on port ${station.mqttPort} of ${flags.options.host}, console at ${station.url}/`);
}

main(process.argv.slice(2)).catch(fail);
