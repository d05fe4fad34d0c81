/** The flags that `npm run station` and `npm start` share, and how both tell what is wrong. */

import { errorInWords } from "../node/error-in-words.ts";
import { type Flags, parseFlags } from "../node/flags.ts";
import {
  DATA_DEFAULT,
  ENV_DEFAULT,
  HOST_DEFAULT,
  HTTP_PORT_DEFAULT,
  MQTT_PORT_DEFAULT,
  StationError,
  type StationOptions,
} from "./station.ts";

const FLAGS = Object.freeze(["data", "host", "mqtt-port", "http-port", "env"]);

export const STATION_FLAGS_USAGE = `  --data DIR         folder of everything that is kept (${DATA_DEFAULT})
  --host ADDRESS     address to listen on (${HOST_DEFAULT}; 0.0.0.0: every one, there is no login yet)
  --mqtt-port PORT   port of MQTT (${MQTT_PORT_DEFAULT}; 0: any free one)
  --http-port PORT   port of the console and of MQTT over WebSocket (${HTTP_PORT_DEFAULT}; 0: any free one)
  --env NAME         first level of every topic (${ENV_DEFAULT})`;

export type StationFlags =
  | { readonly help: true }
  | { readonly errors: readonly string[] }
  | { readonly options: Required<Omit<StationOptions, "pushesMax">> };

/** Reads the flags of a station; names each wrong one. */
export function parseStationFlags(args: readonly string[]): StationFlags {
  const flags = parseFlags(args, FLAGS, ["help"]);
  if (flags.values.help) return { help: true };
  const errors = [...flags.errors, ...flags.words.map((word) => `${word}: a flag begins with --`)];
  const options = {
    data: flags.values.data ?? DATA_DEFAULT,
    host: flags.values.host ?? HOST_DEFAULT,
    env: flags.values.env ?? ENV_DEFAULT,
    mqttPort: portOf(flags, "mqtt-port", MQTT_PORT_DEFAULT, errors),
    httpPort: portOf(flags, "http-port", HTTP_PORT_DEFAULT, errors),
  };
  return errors.length > 0 ? { errors } : { options };
}

/** Ends the program: one line for what the user can change, more for what is wrong with the program itself. */
export function fail(error: unknown): never {
  if (error instanceof StationError) console.error(error.message);
  else console.error(error instanceof Error ? (error.stack ?? errorInWords(error)) : error);
  process.exit(1);
}

function portOf(flags: Flags, name: string, byDefault: number, errors: string[]): number {
  const text = flags.values[name];
  if (text === undefined) return byDefault;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    errors.push(`flag --${name}: ${JSON.stringify(text)}, expected a port from 0 to 65535`);
  return port;
}
