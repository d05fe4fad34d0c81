/** The command `npm run push -- <uid> "<text>"`: sends a push and tells what becomes of it. */
import { randomUUID } from "node:crypto";
import { errorInWords } from "../node/error-in-words.ts";
import { readEvents } from "./event-stream.ts";
import { isFinished, type Push, type PushRequest, type Receipt } from "./push.ts";
import { parsePushCommand, USAGE } from "./push-command-line.ts";

/** What goes wrong outside of this program: one line. */
class CommandFailed extends Error {}

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
    throw new CommandFailed(`no station at ${station} (${errorInWords(cause)}): start one with npm start`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof CommandFailed ? error.message : error);
  process.exitCode = 1;
});
