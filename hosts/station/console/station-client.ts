/** What the console asks of the station it came from. */
import type { Push, PushRequest } from "../push.ts";

/** Sends a push and gives its id. Rejects with what is to be shown. */
export async function sendPush(request: PushRequest): Promise<string> {
  let response: Response;
  try {
    response = await fetch("/api/push", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": newKey() },
      body: JSON.stringify(request),
    });
  } catch {
    throw new Error("The station does not answer. Nothing was sent.");
  }
  const answer = (await response.json().catch(() => ({}))) as { id?: string; error?: string };
  if (response.status !== 202 || answer.id === undefined)
    throw new Error(answer.error ?? `The station refused it with status ${response.status}.`);
  return answer.id;
}

/** The newest pushes, newest first. */
export async function fetchPushes(): Promise<readonly Push[]> {
  const response = await fetch("/api/pushes");
  if (!response.ok) throw new Error(`status ${response.status}`);
  return ((await response.json()) as { pushes: readonly Push[] }).pushes;
}

/**
 * Follows the pushes: `onPush` for each that changed, `onOpen` whenever the stream stands (again), so that what was missed
 * can be fetched, `onLost` when it breaks. The browser opens it again by itself. Returns what ends it.
 */
export function followPushes(onPush: (push: Push) => void, onOpen: () => void, onLost: () => void): () => void {
  const events = new EventSource("/api/events");
  events.addEventListener("open", onOpen);
  events.addEventListener("error", onLost);
  events.addEventListener("push", (event) => onPush(JSON.parse(event.data as string) as Push));
  return () => events.close();
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
}
