/** The command line of `npm run push`. */
import { parseFlags } from "../node/flags.ts";
import type { PushRequest } from "./push.ts";

/** Where `npm start` puts a station. */
export const STATION_DEFAULT = "http://127.0.0.1:8080";
const WAIT_SECONDS_DEFAULT = 10;
export const USAGE = `Usage: npm run push -- <uid> "<text>" [flags]
  --title TEXT       heading
  --priority NUMBER  1 (lowest) to 5; 3 when left out
  --expiry SECONDS   worthless after that time
  --station URL      where the station is (${STATION_DEFAULT})
  --wait SECONDS     how long to wait for "shown" (${WAIT_SECONDS_DEFAULT}; 0: do not wait)`;

export interface PushCommand {
  readonly request: PushRequest;
  readonly station: string;
  readonly waitSeconds: number;
}

/** Reads the command line; the problems are one line each. */
export function parsePushCommand(
  args: readonly string[],
): PushCommand | { readonly errors: readonly string[] } | "help" {
  const { values, words, errors } = parseFlags(args, ["title", "priority", "expiry", "station", "wait"], ["help"]);
  if (values.help) return "help";
  const problems = [...errors];
  const [to, text, ...more] = words;
  if (!to) problems.push("<uid>: to whom is missing");
  else if (!text) problems.push("<text>: what to say is missing");
  if (more.length > 0) problems.push(`${more[0]}: one text is expected; put it in quotation marks`);
  const number = (name: string, min: number, max: number) => {
    const value = values[name];
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (!/^\d+$/.test(value) || parsed < min || parsed > max)
      problems.push(`flag --${name}: ${JSON.stringify(value)}, expected a whole number from ${min} to ${max}`);
    return parsed;
  };
  const priority = number("priority", 1, 5);
  const expirySeconds = number("expiry", 1, 31_536_000);
  const waitSeconds = number("wait", 0, 86_400) ?? WAIT_SECONDS_DEFAULT;
  const station = (values.station ?? STATION_DEFAULT).replace(/\/+$/, "");
  if (!URL.canParse(station) || !/^https?:/.test(station))
    problems.push(`flag --station: ${JSON.stringify(station)}, expected an address such as ${STATION_DEFAULT}`);
  if (problems.length > 0 || !to || !text) return { errors: problems };
  const request = {
    to,
    text,
    ...(values.title === undefined ? {} : { title: values.title }),
    ...(priority === undefined ? {} : { priority }),
    ...(expirySeconds === undefined ? {} : { expirySeconds }),
  };
  return { request, station, waitSeconds };
}
