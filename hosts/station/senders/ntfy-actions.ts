/**
 * The actions of an ntfy message: as a JSON array, or in its short format, such as `http, Open door, https://door.example.org/open;
 * view, Camera, url="https://door.example.org/?a,b"`. On a pager the first `view` is the link, and the others are answers. When a carrier
 * gives the answer of an `http` action, the station sends its request.
 */
import { CHOICES_MAX } from "../../../src/limits.ts";
import { ACTION_CHARACTERS_MAX } from "../shared/limits.ts";
import { quoted, SenderRefused } from "./sender-refused.ts";

export interface NtfyAction {
  readonly action: "view" | "http" | "broadcast";
  readonly label: string;
  readonly url: string;
  /** Of `http`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const KINDS: readonly string[] = Object.freeze(["view", "http", "broadcast"]);
const METHODS: readonly string[] = Object.freeze(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]);
/** Headers that say how the bytes go, which is the station's business. */
const OWN_HEADERS =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*)$/i;
const HEADERS_PREFIX = "headers.";
/** What the first parts mean that have no name. */
const UNNAMED = ["action", "label", "url"] as const;

/** @throws SenderRefused */
export function ntfyActions(text: string): readonly NtfyAction[] {
  if (text === "") return [];
  const wanted = text.startsWith("[") ? fromJson(text) : fromShort(text);
  if (wanted.length > CHOICES_MAX) throw refused(`${wanted.length} of them, expected at most ${CHOICES_MAX}`);
  return wanted.map((parts) => {
    const { action = "", label = "", url = "" } = parts;
    const kind = action.toLowerCase();
    if (!KINDS.includes(kind)) throw refused(`action ${quoted(action)}: expected ${KINDS.join(", ")}`);
    if (label === "") throw refused("one has no label");
    if (url === "" && kind !== "broadcast") throw refused(`${kind} ${quoted(label)} has no url`);
    const named = { action: kind as NtfyAction["action"], label, url };
    return kind === "http" ? { ...named, ...requestOf(named, parts) } : named;
  });
}

function requestOf({ label, url }: NtfyAction, parts: Parts): Pick<NtfyAction, "method" | "headers" | "body"> {
  const method = (parts.method ?? "POST").toUpperCase();
  if (!METHODS.includes(method)) throw refused(`method ${quoted(method)}: expected ${METHODS.join(", ")}`);
  if (!/^https?:\/\/./i.test(url) || !URL.canParse(url)) throw refused(`http ${quoted(label)}: the url is no address`);
  const headers = Object.entries(parts)
    .filter(([name]) => name.startsWith(HEADERS_PREFIX))
    .map(([name, value]) => [name.slice(HEADERS_PREFIX.length), value] as const);
  for (const [name, value] of headers) {
    if (!/^[-!#$%&'*+.^_`|~\w]+$/.test(name) || OWN_HEADERS.test(name))
      throw refused(`header ${quoted(name)}: it cannot be set`);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw refused(`header ${quoted(name)}: it has characters that no header has`);
  }
  const { body } = parts;
  const all = [url, body ?? "", ...headers.flat()].join("");
  if (all.length > ACTION_CHARACTERS_MAX)
    throw refused(`http ${quoted(label)} has ${all.length} characters, expected at most ${ACTION_CHARACTERS_MAX}`);
  return {
    method,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(body !== undefined && { body }),
  };
}

type Parts = Readonly<Record<string, string>>;

function fromJson(text: string): readonly Parts[] {
  try {
    const list = JSON.parse(text) as readonly unknown[];
    return list.map((each) =>
      Object.fromEntries([
        ...texts(each as object),
        ...texts((each as { headers?: object }).headers ?? {}, HEADERS_PREFIX),
      ]),
    );
  } catch {
    throw refused("expected a JSON array of objects");
  }
}

function texts(from: object, prefix = ""): readonly (readonly [string, string])[] {
  return Object.entries(from).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as const] : [],
  );
}

/** Actions end with a semicolon, parts with a comma. Both may stand in quotes, where a backslash takes the next character as it is. */
function fromShort(text: string): readonly Parts[] {
  return split(text, ";").flatMap((action) => {
    const parts: Record<string, string> = {};
    let unnamed = 0;
    for (const part of split(action, ",")) {
      const named = /^\s*([-.\w]+)\s*=(.*)$/s.exec(part);
      const name = named?.[1] ?? UNNAMED[unnamed++];
      if (name !== undefined) parts[name] = unquoted((named?.[2] ?? part).trim());
    }
    return action.trim() === "" ? [] : [parts];
  });
}

function split(text: string, separator: string): readonly string[] {
  const parts = [""];
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== "" && character === "\\") {
      parts[parts.length - 1] += character + text.charAt(at + 1);
      at += 1;
    } else if (quote === "" && character === separator) parts.push("");
    else {
      if (quote === character) quote = "";
      // Only at the beginning of a part or a value: there are apostrophes in words.
      else if (quote === "" && /["']/.test(character) && /(?:^|[=,;])\s*$/.test(parts.at(-1) ?? "")) quote = character;
      parts[parts.length - 1] += character;
    }
  }
  if (quote !== "") throw refused(`a quote ${quote} is not closed`);
  return parts;
}

function unquoted(text: string): string {
  const inner = /^(["'])(.*)\1$/s.exec(text)?.[2];
  return inner === undefined ? text : inner.replace(/\\(.)/gs, "$1");
}

function refused(problem: string): SenderRefused {
  return new SenderRefused(`actions: ${problem}`, 40_018);
}
