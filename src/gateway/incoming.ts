/** Payloads to what the inbox keeps: the way from a topic's bytes to a message that can be shown. */
import { FormatError } from "../errors.ts";
import type { InboxMessage } from "../pager/inbox.ts";
import { messageName } from "../pager/message-name.ts";
import { CONTENT_TYPE, type Content, decodeContent, decodePlainPage, type MessageKeys } from "../payload/content.ts";
import { decodeMessage, IM_TYPE } from "../payload/message.ts";

/** A message of the topic `im`, or undefined for a receipt, which is not shown. Throws a `FormatError`. */
export function readMessage(payload: Uint8Array): InboxMessage | undefined {
  const { timestampSeconds, imType, contents, sender } = decodeMessage(payload);
  const decoded = contents.map(decodeContent);
  if (imType === IM_TYPE.receipt) return undefined;
  const keys = decoded.find((content) => content.type !== "receipt")?.keys;
  if (!keys) throw new FormatError("IM Type", 4, `${imType} with nothing but receipts`);
  const text = decoded
    .map(contentInWords)
    .filter((words) => words !== "")
    .join("\n");
  return toInboxMessage(keys, text, sender, timestampSeconds, payload);
}

/** A plain page. Its time is the time of arrival: `nowSeconds`, 0 = unknown. Throws a `FormatError`. */
export function readPlainPage(payload: Uint8Array, nowSeconds: number): InboxMessage {
  const { keys, text } = decodePlainPage(payload);
  return toInboxMessage(keys, text, "", nowSeconds, payload);
}

function toInboxMessage(
  keys: MessageKeys,
  text: string,
  sender: string,
  timestampSeconds: number,
  payload: Uint8Array,
): InboxMessage {
  const { id, title, priority, expirySeconds } = keys;
  const expiresSeconds =
    expirySeconds === undefined || timestampSeconds === 0 ? undefined : timestampSeconds + expirySeconds;
  const name = messageName(sender, id, payload);
  return {
    name,
    sender,
    id,
    title: title && printable(title),
    text: printable(text),
    priority,
    timestampSeconds,
    expiresSeconds,
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
    case "other": {
      const { contentType } = content;
      if (contentType === CONTENT_TYPE.image) return "[image]";
      if (contentType === CONTENT_TYPE.audio) return "[audio]";
      if (contentType === CONTENT_TYPE.video) return "[video]";
      return contentType === CONTENT_TYPE.file ? "[file]" : `[content of type ${contentType}]`;
    }
  }
}
