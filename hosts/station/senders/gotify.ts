/** Gotify's message API (gotify.net/api-docs): JSON, or a form. Its priorities go from 0 to 10. */
import type { PushRequest } from "../shared/push.ts";
import { fittedPush } from "./fitted-push.ts";
import { type Json, jsonObject, objectAt, textAt } from "./json.ts";
import { quoted, SenderRefused } from "./sender-refused.ts";

/** What Gotify's clients expect as answer, beside the date. */
export interface GotifyPush {
  readonly push: PushRequest;
  readonly echo: Readonly<Record<string, unknown>>;
}

/** @throws SenderRefused */
export async function gotifyPush(to: string, body: Uint8Array, contentType: string): Promise<GotifyPush> {
  const json = /^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(contentType)
    ? await formOf(body, contentType)
    : jsonObject(body);
  const message = textAt(json, "message");
  if (message === "") throw new SenderRefused("message: is missing");
  const text = textAt(json, "priority");
  if (!/^-?\d{0,3}$/.test(text)) throw new SenderRefused(`priority ${quoted(text)}: expected 0 to 10`);
  const notification = objectAt(objectAt(json, "extras"), "client::notification");
  const push = fittedPush({
    to,
    text: message,
    title: textAt(json, "title"),
    ...(text !== "" && { priority: priorityOf(Number(text)) }),
    link: textAt(objectAt(notification, "click"), "url"),
    picture: textAt(notification, "bigImageUrl"),
  });
  const echo = {
    appid: 1,
    message: push.text,
    title: push.title ?? "",
    priority: Number(text),
    ...(json.extras !== undefined && { extras: json.extras }),
  };
  return { push, echo };
}

/** Gotify's apps make a sound from 4 on, and an urgent one from 8 on. */
function priorityOf(priority: number): number {
  if (priority <= 0) return 1;
  if (priority < 4) return 2;
  if (priority < 8) return 3;
  return priority < 10 ? 4 : 5;
}

async function formOf(body: Uint8Array, contentType: string): Promise<Json> {
  try {
    const form = await new Response(Buffer.from(body), { headers: { "content-type": contentType } }).formData();
    return Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
  } catch {
    throw new SenderRefused("the form cannot be read");
  }
}
