/**
 * Any other program that sends JSON. The address says where its parts are: `?title={/monitor/name}&text={/state} since {/at}`. In braces
 * stands a JSON pointer (RFC 6901). Without `text` the whole body is shown.
 */
import type { PushRequest } from "../shared/push.ts";
import { fittedPush } from "./fitted-push.ts";
import { isObject, jsonObject } from "./json.ts";
import { quoted, SenderRefused } from "./sender-refused.ts";

const PARTS: readonly string[] = Object.freeze(["title", "text", "priority", "key", "link", "picture"]);

/** @param templates by the names of `PARTS` @throws SenderRefused */
export function webhookPush(to: string, body: Uint8Array, templates: Readonly<Record<string, string>>): PushRequest {
  for (const name of Object.keys(templates))
    if (!PARTS.includes(name)) throw new SenderRefused(`${name}: there is no such part, expected ${PARTS.join(", ")}`);
  const json = jsonObject(body);
  const filled = (name: string) =>
    templates[name]?.replace(/\{(\/[^{}]*|)\}/g, (_all, pointer) => words(json, pointer));
  const priority = filled("priority");
  if (priority !== undefined && !/^[1-5]?$/.test(priority))
    throw new SenderRefused(`priority ${quoted(priority)}: expected 1 to 5`);
  return fittedPush({
    to,
    title: filled("title"),
    text: filled("text") ?? JSON.stringify(json, undefined, 1),
    ...(priority && { priority: Number(priority) }),
    collapseKey: filled("key"),
    link: filled("link"),
    picture: filled("picture"),
  });
}

/** What the pointer leads to, as text. Nothing if it leads nowhere. */
function words(json: unknown, pointer: string): string {
  let at = json;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) ? at[Number(key)] : isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  if (at === undefined || at === null) return "";
  return typeof at === "object" ? JSON.stringify(at) : String(at);
}
