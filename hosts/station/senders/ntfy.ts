/**
 * The publish API of ntfy (docs.ntfy.sh/publish): a message in the body, the rest in headers or the query; or all of it as JSON. The topic
 * is whom to push to. E-mail, calls, Markdown, caching and Firebase are for phones: these parameters are taken and have no effect.
 */
import type { IncomingHttpHeaders } from "node:http";
import { nameToEmoji } from "gemoji";
import type { PushCall } from "../push/push-call.ts";
import type { PushRequest } from "../shared/push.ts";
import { fittedChoice, fittedPush } from "./fitted-push.ts";
import { jsonObject } from "./json.ts";
import { ntfyActions } from "./ntfy-actions.ts";
import { ntfyDelaySeconds } from "./ntfy-delay.ts";
import { quoted, SenderRefused } from "./sender-refused.ts";

/** Names of priorities. Both of the last line mean the same. */
const PRIORITIES: Readonly<Record<string, number>> = Object.freeze({
  min: 1,
  low: 2,
  default: 3,
  high: 4,
  max: 5,
  urgent: 5,
});

/** The names of each parameter as header or in the query, in lower case. The first that is there counts. */
const NAMES = Object.freeze({
  message: ["x-message", "message", "m"],
  title: ["x-title", "title", "t"],
  priority: ["x-priority", "priority", "prio", "p"],
  tags: ["x-tags", "tags", "tag", "ta"],
  delay: ["x-delay", "delay", "x-at", "at", "x-in", "in"],
  click: ["x-click", "click"],
  attach: ["x-attach", "attach", "a"],
  icon: ["x-icon", "icon"],
  filename: ["x-filename", "filename", "file", "f"],
  actions: ["x-actions", "actions", "action"],
} as const);

/** What a picture says that came without words. */
const PICTURE_WORDS = "picture";

/** The number of ntfy's error for a message that is no such JSON. */
const JSON_REFUSED = 40_017;

/** Gives a parameter as it came, without space around it; empty if it did not come. */
type Read = (name: keyof typeof NAMES) => string;

/** The push, and what ntfy's clients expect as answer beside its id and time. */
export interface NtfyPush {
  readonly push: PushRequest;
  /** What the station sends when an answer is given. */
  readonly calls: readonly PushCall[];
  /** What came in the body instead of a text, to be kept as the picture of the push. */
  readonly picture?: Uint8Array;
  readonly echo: Readonly<Record<string, unknown>>;
}

/**
 * A message in the body.
 * @param query of the address, with its names in lower case
 * @throws SenderRefused
 */
export function ntfyPush(
  topic: string,
  body: Uint8Array,
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, string>>,
  nowMs: number,
): NtfyPush {
  const read = readerOf(headers, query);
  const message = read("message").replaceAll("\\n", "\n");
  if (isPicture(body)) {
    // A file without words is announced by its name, as at ntfy.
    const words = message || read("filename") || (read("title") === "" ? PICTURE_WORDS : "");
    return { ...pushOf(topic, words, read, nowMs), picture: body };
  }
  return pushOf(topic, message === "" ? bodyText(body) : message, read, nowMs);
}

/** A message as JSON, sent to the root. What it does not say may stand in headers or the query. @throws SenderRefused */
export function ntfyJsonPush(
  body: Uint8Array,
  headers: IncomingHttpHeaders,
  query: Readonly<Record<string, string>>,
  nowMs: number,
): NtfyPush {
  const json = jsonObject(body, JSON_REFUSED);
  const text = (name: string) => {
    const value = json[name];
    if (value === undefined || value === null) return "";
    if (Array.isArray(value)) {
      if (value.length === 0) return "";
      return name === "tags" ? value.map(String).join() : JSON.stringify(value);
    }
    if (typeof value !== "string" && typeof value !== "number")
      throw new SenderRefused(`${name}: expected a text`, JSON_REFUSED);
    // Clients say priority 0 for none.
    return value === 0 ? "" : String(value).trim();
  };
  const further = readerOf(headers, query);
  return pushOf(text("topic"), text("message") || further("message"), (name) => text(name) || further(name), nowMs);
}

/** A header counts before the query. */
function readerOf(headers: IncomingHttpHeaders, query: Readonly<Record<string, string>>): Read {
  return (parameter) => {
    for (const name of NAMES[parameter]) {
      const value = headerText([headers[name] ?? ""].flat().join()).trim();
      // A browser says how urgent its request is in a header of this name (RFC 9218).
      if (value !== "" && !(name === "priority" && /^u=\d/.test(value))) return value;
    }
    for (const name of NAMES[parameter]) {
      const value = query[name]?.trim() ?? "";
      if (value !== "") return value;
    }
    return "";
  };
}

function pushOf(topic: string, text: string, read: Read, nowMs: number): NtfyPush {
  const tags = listOf(read("tags"));
  const actions = ntfyActions(read("actions"));
  const [title, click, attach, icon, delay] = [
    read("title"),
    read("click"),
    read("attach"),
    read("icon"),
    read("delay"),
  ];
  const emojis = tags.flatMap((tag) => nameToEmoji[tag] ?? []);
  const words = tags.filter((tag) => nameToEmoji[tag] === undefined);
  const message = [text, words.join(", ")].filter((part) => part !== "").join("\n");
  // They stand before the title, and without one before the message.
  const before = (words: string) => [...emojis, words].filter((part) => part !== "").join(" ");
  const isPictureName = /\.(?:jpe?g|png|gif|webp|avif|svg)(?:[?#]|$)/i.test(attach);
  const view = actions.find(({ action }) => action === "view")?.url;
  const push = fittedPush({
    to: topic,
    title: title === "" ? "" : before(title),
    text: title === "" ? before(message) : message,
    priority: priorityOf(read("priority")),
    delaySeconds: delay === "" ? undefined : ntfyDelaySeconds(delay, nowMs),
    choices: actions.filter(({ action }) => action !== "view").map(({ label }) => label),
    link: click || view || (isPictureName ? "" : attach),
    picture: isPictureName ? attach : icon,
  });
  const echo = {
    event: "message",
    topic,
    message: push.text,
    ...(push.title !== undefined && { title: push.title }),
    ...(push.priority !== undefined && { priority: push.priority }),
    ...(tags.length > 0 && { tags }),
    ...(click !== "" && { click }),
    ...(icon !== "" && { icon }),
    ...(attach !== "" && { attachment: { name: attach.split("/").at(-1), url: attach } }),
    ...(actions.length > 0 && { actions }),
  };
  const calls = actions
    .filter(({ action }) => action === "http")
    .map(({ label, url, method = "POST", headers = {}, body }) => ({
      choice: fittedChoice(label),
      url,
      method,
      headers,
      body,
    }));
  return { push, calls, echo };
}

/** JPEG, PNG, GIF or WebP, by its first bytes. */
function isPicture(body: Uint8Array): boolean {
  return /^(?:\xff\xd8\xff|\x89PNG|GIF8|RIFF.{4}WEBP)/s.test(Buffer.from(body.subarray(0, 16)).toString("latin1"));
}

function priorityOf(text: string): number | undefined {
  if (text === "") return undefined;
  const priority = PRIORITIES[text.toLowerCase()] ?? (/^[1-5]$/.test(text) ? Number(text) : undefined);
  if (priority === undefined)
    throw new SenderRefused(
      `priority ${quoted(text)}: expected 1 to 5, min, low, default, high, max or urgent`,
      40_007,
    );
  return priority;
}

function listOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Node gives each byte of a header as a character. Clients send UTF-8, or encode it as RFC 2047 says. */
export function headerText(header: string): string {
  const text = Buffer.from(header, "latin1").toString("utf8");
  const own = text.includes("\ufffd") ? header : text;
  return own.replace(
    /=\?(utf-8|iso-8859-1|us-ascii)\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi,
    (_all, set, way, word: string) => {
      const bytes =
        way.toLowerCase() === "b"
          ? Buffer.from(word, "base64")
          : Buffer.from(
              word
                .replaceAll("_", " ")
                .replace(/=([0-9a-f]{2})/gi, (_each, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
              "latin1",
            );
      return bytes.toString(set.toLowerCase() === "utf-8" ? "utf8" : "latin1");
    },
  );
}

function bodyText(body: Uint8Array): string {
  const text = Buffer.from(body).toString("utf8");
  if (Buffer.compare(Buffer.from(text), body) !== 0)
    throw new SenderRefused("the message is not UTF-8: a pager shows no files; give an address with Attach", 40_011);
  return text;
}
