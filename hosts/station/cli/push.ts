/** The command `fieldpager push <to> "<text>"`: sends a push and prints its receipts. */
import { randomUUID } from "node:crypto";
import { describeError } from "../../common/describe-error.ts";
import { readEvents } from "../shared/event-stream.ts";
import { called } from "./called.ts";
import type { PushCommand } from "./push-command-line.ts";
import { parsePushCommand, TOKEN_VARIABLE, USAGE } from "./push-command-line.ts";
import { PushProgress } from "./push-progress.ts";

/** Exit statuses; see the usage. */
const EXIT = Object.freeze({ notAccepted: 1, badUsage: 2, notReached: 3 } as const);

/** An error outside of this program. It is printed as one line. */
class CommandFailed extends Error {}

/** Sends a push, and sets the exit status of the process. */
export async function push(args: readonly string[]): Promise<void> {
  try {
    await run(args);
  } catch (error) {
    console.error(error instanceof CommandFailed ? error.message : error);
    process.exitCode = EXIT.notAccepted;
  }
}

async function run(args: readonly string[]): Promise<void> {
  const command = parsePushCommand(args, process.env);
  if (command === "help") {
    console.log(USAGE);
    return;
  }
  if ("errors" in command) {
    for (const line of command.errors) console.error(line);
    console.error(`Try ${called("push")} --help`);
    process.exitCode = EXIT.badUsage;
    return;
  }
  const beganMs = performance.now();
  const id = await send(command);
  console.log(`sent to ${command.request.to} as ${id}`);
  if (command.waitSeconds > 0 && !(await follow(command, id, beganMs))) process.exitCode = EXIT.notReached;
}

async function send(command: PushCommand): Promise<string> {
  const { request, key = randomUUID() } = command;
  const response = await ask(command, "/api/push", {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(request),
  });
  const answer = (await response.json().catch(() => ({}))) as { id?: string; error?: string };
  if (response.status === 401)
    throw new CommandFailed(`the station wants to know who sends: give --token or set ${TOKEN_VARIABLE}`);
  if (response.status !== 202 || !answer.id)
    throw new CommandFailed(`the station refused it: ${answer.error ?? `status ${response.status}`}`);
  return answer.id;
}

/** Prints receipts as they come. True if the push was shown to everyone; false if it will not be, or the wait or the station ended. */
async function follow(command: PushCommand, id: string, beganMs: number): Promise<boolean> {
  const { waitSeconds } = command;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), waitSeconds * 1000);
  const progress = new PushProgress(process.stdout, beganMs);
  try {
    const response = await ask(command, `/api/events?id=${encodeURIComponent(id)}`, { signal: abort.signal });
    if (!response.ok || !response.body) {
      console.error(`the station gives no receipts: status ${response.status}; it has accepted the push`);
      return false;
    }
    for await (const event of readEvents(response.body as AsyncIterable<Uint8Array>)) {
      if (progress.take(event)) return progress.end();
    }
    throw new Error("the stream of receipts has ended");
  } catch (error) {
    progress.end();
    if (abort.signal.aborted)
      console.log(`${progress.missing} within ${waitSeconds} s; the station keeps the push and goes on trying`);
    // The push was accepted. A user who took this for a refusal would send it twice.
    else
      console.error(`the station ended (${describeError(error)}); the push is on its disk and goes on when it is back`);
    return false;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function ask({ station, token }: PushCommand, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  try {
    return await fetch(station + path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    const cause = error instanceof Error && error.cause ? error.cause : error;
    throw new CommandFailed(`no station at ${station} (${describeError(cause)}): start one with ${called("start")}`);
  }
}
