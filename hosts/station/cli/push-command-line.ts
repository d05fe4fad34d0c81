/** The command line of `fieldpager push`. */
import { isIP } from "node:net";
import { join } from "node:path";
import { MELODIES } from "../../../src/melodies.ts";
import { parseFlags } from "../../common/flags.ts";
import { LOCAL_KEY_FILE, localToken, readLocalKey } from "../../common/local-key.ts";
import { isLoopback } from "../../common/loopback.ts";
import { DATA_DEFAULT } from "../shared/defaults.ts";
import { REQUEST_EXPIRY_SECONDS_MAX } from "../shared/limits.ts";
import type { PushRequest } from "../shared/push.ts";
import { called } from "./called.ts";

/** Where `fieldpager start` puts a station. */
export const STATION_DEFAULT = "http://127.0.0.1:8080";
/** The environment variable with the token, if no flag gives one. */
export const TOKEN_VARIABLE = "FIELDPAGER_TOKEN";
const WAIT_SECONDS_DEFAULT = 10;

export const USAGE = `Usage: ${called("push")} <to> "<text>" [flags]
  <to>               uid of a device, a person or a group, or everyone
  --title TEXT       heading
  --priority NUMBER  1 (lowest) to 5; 3 when left out
  --expiry SECONDS   worthless after that time
  --collapse KEY     replaces an unread message of the same key
  --melody NAME      ${MELODIES.join(", ")}; what it sounds like from priority 3 on
  --choice TEXT      an answer for the buttons; up to three times
  --picture ADDRESS  of a picture, https://…
  --link ADDRESS     of a further resource, https://…
  --key KEY          idempotency key: the same again within 24 hours sends nothing twice
  --wait SECONDS     how long to wait until everyone was shown it (${WAIT_SECONDS_DEFAULT}; 0: do not wait)
  --station URL      where the station is (${STATION_DEFAULT})
  --token TOKEN      who sends; else ${TOKEN_VARIABLE}, else, on the station's own machine, the key in its folder
  --data DIR         that folder (${DATA_DEFAULT})
Exit status: 0 everyone was reached (or it was not waited for), 1 not accepted, 2 bad usage, 3 accepted and not everyone was
reached in time.`;

export interface PushCommand {
  readonly request: PushRequest;
  readonly station: string;
  readonly waitSeconds: number;
  readonly token?: string;
  readonly key?: string;
}

const VALUES = "title priority expiry collapse melody picture link key wait station token data".split(" ");

/** Reads the command line. Each problem is one line. */
export function parsePushCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): PushCommand | { readonly errors: readonly string[] } | "help" {
  const { values, lists, words, errors } = parseFlags(args, VALUES, ["help"], ["choice"]);
  if (values.help) return "help";
  const problems = [...errors];
  const [to, text, ...more] = words;
  if (!to) problems.push("<to>: to whom is missing");
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
  if (values.melody !== undefined && !MELODIES.includes(values.melody))
    problems.push(`flag --melody: ${JSON.stringify(values.melody)}, expected one of ${MELODIES.join(", ")}`);
  const choices = lists.choice ?? [];
  const fields = {
    title: values.title,
    priority: number("priority", 1, 5),
    expirySeconds: number("expiry", 1, REQUEST_EXPIRY_SECONDS_MAX),
    collapseKey: values.collapse,
    melody: values.melody,
    choices: choices.length > 0 ? choices : undefined,
    picture: values.picture,
    link: values.link,
  };
  const waitSeconds = number("wait", 0, 86_400) ?? WAIT_SECONDS_DEFAULT;
  const station = (values.station ?? STATION_DEFAULT).replace(/\/+$/, "");
  if (!URL.canParse(station) || !/^https?:/.test(station))
    problems.push(`flag --station: ${JSON.stringify(station)}, expected an address such as ${STATION_DEFAULT}`);
  if (problems.length > 0 || !to || !text) return { errors: problems };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const token = values.token ?? environment[TOKEN_VARIABLE] ?? ownToken(station, values.data ?? DATA_DEFAULT);
  return {
    request: { to, text, ...given },
    station,
    waitSeconds,
    ...(token === undefined ? {} : { token }),
    ...(values.key === undefined ? {} : { key: values.key }),
  };
}

/** The token from the local key in a folder. It is sent to this machine only. */
function ownToken(station: string, data: string): string | undefined {
  const host = new URL(station).hostname.replace(/^\[(.*)\]$/, "$1");
  if (!isLoopback(host) || (isIP(host) === 0 && host !== "localhost")) return undefined;
  const key = readLocalKey(join(data, LOCAL_KEY_FILE));
  return key === undefined ? undefined : localToken(key);
}
