/** The command `npm run push -- <uid> "<text>"`: sends a push and tells what becomes of it. */
import { randomUUID } from "node:crypto";
import { parseFlags } from "../node/flags.ts";
import { describe } from "../node/tcp-transport.ts";
import { readEvents } from "./event-stream.ts";
import { isFinished, type Push, type PushRequest, type Receipt } from "./push.ts";

const STATION_DEFAULT = "http://127.0.0.1:8080";
const WAIT_SECONDS_DEFAULT = 10;
const USAGE = `Usage: npm run push -- <uid> "<text>" [flags]
  --title TEXT       heading
  --priority NUMBER  1 (lowest) to 5; 3 when left out
  --expiry SECONDS   worthless after that time
  --station URL      where the station is (${STATION_DEFAULT})
  --wait SECONDS     how long to wait for "shown" (${WAIT_SECONDS_DEFAULT}; 0: do not wait)`;

interface Command {
  readonly request: PushRequest;
  readonly station: string;
  readonly waitSeconds: number;
}

/** What goes wrong outside of this program: one line. */
class CommandFailed extends Error {}

/** Reads the command line; the problems are one line each. */
export function parsePushCommand(args: readonly string[]): Command | { readonly errors: readonly string[] } | "help" {
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

async function main(args: readonly string[]): Promise<void> {
  const command = parsePushCommand(args);
  if (command === "help") {
    console.log(USAGE);
    return;
  }
  if ("errors" in command) {
    for (const line of command.errors) console.error(line);
    console.error("Try npm run push -- --help");
    process.exitCode = 2;
    return;
  }
  const { request, station, waitSeconds } = command;
  const beganMs = performance.now();
  const id = await send(station, request);
  console.log(`sent to ${request.to} as ${id}`);
  if (waitSeconds > 0) await follow(station, id, request.to, waitSeconds, beganMs);
}

async function send(station: string, request: PushRequest): Promise<string> {
  const response = await ask(`${station}/api/push`, station, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
    body: JSON.stringify(request),
  });
  const answer = (await response.json().catch(() => ({}))) as { id?: string; error?: string };
  if (response.status !== 202 || !answer.id)
    throw new CommandFailed(`the station refused it: ${answer.error ?? `status ${response.status}`}`);
  return answer.id;
}

/** Prints receipts as they come, until the push was shown (or will never be) or the time is over. */
async function follow(station: string, id: string, to: string, waitSeconds: number, beganMs: number): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), waitSeconds * 1000);
  let printed = 0;
  let waiting = false;
  try {
    const response = await ask(`${station}/api/events?id=${encodeURIComponent(id)}`, station, { signal: abort.signal });
    if (!response.ok || !response.body)
      throw new CommandFailed(`the station gives no receipts: status ${response.status}`);
    for await (const data of readEvents(response.body as AsyncIterable<Uint8Array>)) {
      const push = JSON.parse(data) as Push;
      if (push.state === "waiting" && !waiting) {
        waiting = true;
        console.log(`waiting: ${to} has never connected; the push goes out when it does`);
      }
      for (const receipt of push.receipts.slice(printed)) console.log(lineOf(receipt, performance.now() - beganMs));
      printed = push.receipts.length;
      if (isFinished(push)) return;
    }
    throw new CommandFailed("the station ended; the push is on its disk and goes on when it is back");
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    console.log(`not shown within ${waitSeconds} s; the station keeps the push and goes on trying`);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

function lineOf(receipt: Receipt, elapsedMs: number): string {
  const clock = new Date(receipt.atMs).toTimeString().slice(0, 8);
  const answer = receipt.answer === undefined ? "" : ` ${JSON.stringify(receipt.answer)}`;
  return `${receipt.status}${answer} by ${receipt.from} at ${clock}, after ${(elapsedMs / 1000).toFixed(2)} s`;
}

async function ask(url: string, station: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw new CommandFailed(`no station at ${station} (${describe(cause)}): start one with npm start`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof CommandFailed ? error.message : error);
  process.exitCode = 1;
});
