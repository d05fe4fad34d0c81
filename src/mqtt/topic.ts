/** Topic names and topic filters (section 4.7). */
import { FormatError, UsageError } from "../errors.ts";
import { TOPICS_CACHED_MAX } from "../limits.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

/** A topic name: 1 to 65,535 bytes, no wildcard [MQTT-3.3.2-2], no U+0000 [MQTT-4.7.3-2]. */
export function isTopicName(topic: string): boolean {
  return isFilterText(topic) && !topic.includes("+") && !topic.includes("#");
}

/** A topic filter: `#` only as the whole last level [MQTT-4.7.1-2], `+` only as a whole level [MQTT-4.7.1-3]. */
export function isTopicFilter(topicFilter: string): boolean {
  if (!isFilterText(topicFilter)) return false;
  const levels = topicFilter.split("/");
  return levels.every(
    (level, index) =>
      level === "+" || (level === "#" && index === levels.length - 1) || !(level.includes("+") || level.includes("#")),
  );
}

/**
 * A device uses few topics again and again. Each is checked and translated once. Beyond `TOPICS_CACHED_MAX` the table begins anew.
 */
export class TopicCache {
  private readonly bytes = new Map<string, Uint8Array>();
  private readonly received: { readonly bytes: Uint8Array; readonly topic: string }[] = [];

  /** Returns the topic name as UTF-8. Throws a `UsageError` if it is none. */
  encode(topic: string): Uint8Array {
    const known = this.bytes.get(topic);
    if (known) return known;
    if (!isTopicName(topic)) throw new UsageError(`${topic}: not a topic name`);
    const bytes = encodeUtf8(topic);
    if (this.bytes.size >= TOPICS_CACHED_MAX) this.bytes.clear();
    this.bytes.set(topic, bytes);
    return bytes;
  }

  /** Returns the topic name in `bytes[start, end)`. Throws a `FormatError` if it is none. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    const received = this.received;
    for (let index = 0; index < received.length; index += 1) {
      const known = received[index] as (typeof received)[number];
      if (isSame(known.bytes, bytes, start, end)) return known.topic;
    }
    const topic = decodeUtf8(bytes, start, end, "PUBLISH topic");
    if (!isTopicName(topic)) throw new FormatError("PUBLISH topic", 2, "empty, a wildcard or U+0000 [MQTT-3.3.2-2]");
    if (received.length >= TOPICS_CACHED_MAX) received.length = 0;
    received.push({ bytes: bytes.slice(start, end), topic });
    return topic;
  }
}

/** Begins at the end: topics rather differ there. */
function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  let at = known.length;
  if (at !== end - start) return false;
  while (at > 0 && known[at - 1] === bytes[start + at - 1]) at -= 1;
  return at === 0;
}

function isFilterText(text: string): boolean {
  return text !== "" && !text.includes("\0") && encodeUtf8(text).length <= 0xffff;
}
