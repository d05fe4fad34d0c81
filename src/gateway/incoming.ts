/** Turns the payload of a message or page into what the inbox stores. */
import { MELODIES } from "../melodies.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import { messageFingerprint } from "../pager/message-name.ts";
import {
  type Content,
  decodeContents,
  decodePlainPage,
  type LinkContent,
  type MessageKeys,
  type ReceiptContent,
} from "../payload/content.ts";
import { decodeMessage } from "../payload/message.ts";
import { printable, printableLine } from "../printable.ts";

export interface ReadMessage {
  /** The message to show. undefined where all contents are receipts. */
  readonly message: InboxMessage | undefined;
  readonly receipts: readonly ReceiptContent[];
  readonly sender: string;
}

/**
 * Reads a message of a topic `im`. A message of any type may contain receipts. The other contents are shown. Throws a
 * `FormatError`.
 * @param group uid of the group that it was sent to
 * @param nowSeconds time of arrival, 0: unknown
 * @param faults gets one phrase for each part that could not be read
 */
export function readMessage(
  payload: Uint8Array,
  group: string | undefined,
  nowSeconds: number,
  faults: string[] = [],
): ReadMessage {
  const { timestampSeconds, contents, sender } = decodeMessage(payload);
  const receipts: ReceiptContent[] = [];
  const shown: Exclude<Content, ReceiptContent>[] = [];
  for (const content of decodeContents(contents, payload, faults))
    if (content.type === "receipt") receipts.push(content);
    else shown.push(content);
  const [first] = shown;
  if (!first) return { message: undefined, receipts, sender };
  // A picture is asked for by the id of its message. The first one is shown, and the others are links.
  const picture = first.keys.id === undefined ? undefined : shown.find(isImage);
  const text = lines(shown.filter((content) => content !== picture).map(describeContent));
  const origin = { sender, group, timestampSeconds, nowSeconds, hasTime: timestampSeconds !== 0 };
  return { message: toInboxMessage(first.keys, text, origin, payload, picture?.link), receipts, sender };
}

/**
 * Reads a plain page. Returns undefined for an empty payload, which clears a retained page. The page's time is `nowSeconds`,
 * the time of arrival, 0: unknown.
 */
export function readPlainPage(
  payload: Uint8Array,
  nowSeconds: number,
  faults: string[] = [],
): InboxMessage | undefined {
  const page = decodePlainPage(payload, faults);
  const origin = { sender: "", timestampSeconds: nowSeconds, nowSeconds, hasTime: false };
  return page && toInboxMessage(page.keys, page.text, origin, payload);
}

interface Origin {
  /** Empty for a plain page. */
  readonly sender: string;
  readonly group?: string | undefined;
  readonly timestampSeconds: number;
  readonly nowSeconds: number;
  /** The payload holds a time. So the same payload is the same message. */
  readonly hasTime: boolean;
}

function isImage(content: Content): content is LinkContent {
  return content.type === "image";
}

/** @param picture its link */
function toInboxMessage(
  keys: MessageKeys,
  words: string,
  origin: Origin,
  payload: Uint8Array,
  picture?: string,
): InboxMessage {
  const { id, title, priority, expirySeconds, collapseKey, uri, melody, choices, unoffered } = keys;
  const { sender, group, timestampSeconds, nowSeconds, hasTime } = origin;
  // A message without a time expires so many seconds after its arrival.
  const sinceSeconds = timestampSeconds || nowSeconds;
  const shownTitle = title && printableLine(title).trim();
  const rest = [uri ?? "", unoffered ? `[no answer possible: ${unoffered.join(" / ")}]` : ""];
  const text = printable(lines([words, ...rest]));
  return {
    fingerprint: id !== undefined || hasTime ? messageFingerprint(sender, id, payload) : undefined,
    sender,
    id,
    group,
    title: shownTitle || undefined,
    text: text.trim() === "" && !shownTitle && picture === undefined ? "[no text]" : text,
    picture: picture === undefined ? undefined : printableLine(picture),
    collapseKey,
    choices,
    // What this device does not know takes no room.
    melody: melody !== undefined && MELODIES.includes(melody) ? melody : undefined,
    priority,
    timestampSeconds: sinceSeconds,
    expiresSeconds: expirySeconds === undefined || sinceSeconds === 0 ? undefined : sinceSeconds + expirySeconds,
    lifeSeconds: sinceSeconds === 0 ? expirySeconds : undefined,
  };
}

function describeContent(content: Exclude<Content, ReceiptContent>): string {
  switch (content.type) {
    case "text":
      return content.text;
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

/** A single line is not copied: a long one would take room twice. */
function lines(words: readonly string[]): string {
  const shown = words.filter((line) => line !== "");
  return shown.length === 1 ? (shown[0] as string) : shown.join("\n");
}
