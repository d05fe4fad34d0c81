/** Payloads to what the inbox keeps: the way from a topic's bytes to a message that can be shown. */
import { FormatError } from "../errors.ts";
import { CHOICE_BYTES_MAX } from "../limits.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import { messageName } from "../pager/message-name.ts";
import {
  type Content,
  decodeContents,
  decodePlainPage,
  type MessageKeys,
  type ReceiptContent,
} from "../payload/content.ts";
import { decodeMessage, IM_TYPE } from "../payload/message.ts";
import { utf8Length } from "../utf8.ts";

/**
 * A message of a topic `im`, or the receipts in it, which are not shown. Throws a `FormatError`.
 * @param group uid of the group that it was sent to @param nowSeconds time of arrival, 0 = unknown
 */
export function readMessage(
  payload: Uint8Array,
  group: string | undefined,
  nowSeconds: number,
): { readonly message: InboxMessage } | { readonly receipts: readonly ReceiptContent[] } {
  const { timestampSeconds, imType, contents, sender } = decodeMessage(payload);
  const decoded = decodeContents(contents, payload);
  if (imType === IM_TYPE.receipt) return { receipts: decoded.filter((content) => content.type === "receipt") };
  const keys = decoded.find((content) => content.type !== "receipt")?.keys;
  if (!keys) throw new FormatError("IM Type", 4, `${imType} with nothing but receipts`);
  const text = decoded
    .map(contentInWords)
    .filter((words) => words !== "")
    .join("\n");
  return { message: toInboxMessage(keys, text, { sender, group, timestampSeconds, nowSeconds }, payload) };
}

/** A plain page. Its time is the time of arrival: `nowSeconds`, 0 = unknown. Throws a `FormatError`. */
export function readPlainPage(payload: Uint8Array, nowSeconds: number): InboxMessage {
  const { keys, text } = decodePlainPage(payload);
  return toInboxMessage(keys, text, { sender: "", timestampSeconds: nowSeconds, nowSeconds }, payload);
}

interface Origin {
  /** Empty for a plain page. */
  readonly sender: string;
  readonly group?: string | undefined;
  readonly timestampSeconds: number;
  readonly nowSeconds: number;
}

function toInboxMessage(keys: MessageKeys, text: string, origin: Origin, payload: Uint8Array): InboxMessage {
  const { id, title, priority, expirySeconds, collapseKey, choices } = keys;
  const { sender, group, timestampSeconds, nowSeconds } = origin;
  // A sender without a clock means: so long after it has come.
  const sinceSeconds = timestampSeconds || nowSeconds;
  return {
    name: messageName(sender, id, payload),
    sender,
    id,
    group,
    title: title && printable(title),
    text: printable(text),
    collapseKey,
    choices: choices.filter((choice) => utf8Length(choice) <= CHOICE_BYTES_MAX),
    priority,
    timestampSeconds,
    expiresSeconds: expirySeconds === undefined || sinceSeconds === 0 ? undefined : sinceSeconds + expirySeconds,
  };
}

/** Control characters other than the end of a line have no picture; a tab is a space. */
function printable(text: string): string {
  let printed = "";
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code >= 0x20 && code !== 0x7f) || code === 0x0a || code === 0x0d) continue;
    printed += `${text.slice(start, index)}${code === 0x09 ? " " : "\ufffd"}`;
    start = index + 1;
  }
  return printed + text.slice(start);
}

function contentInWords(content: Content): string {
  switch (content.type) {
    case "text":
      return content.text;
    case "receipt":
      return "";
    case "other":
      return `[content of type ${content.contentType}]`;
    case "image":
      return `[image] ${content.link}`;
    default: {
      const { type, fileName, sizeBytes, link } = content;
      const size = sizeBytes === undefined ? "" : `, ${Math.ceil(sizeBytes / 1024)} KB`;
      return `[${fileName ?? type}${size}] ${link}`;
    }
  }
}
