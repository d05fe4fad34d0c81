/** Topic names and topic filters (section 4.7). */
import { FormatError, UsageError } from "../errors.ts";
import { TOPICS_CACHED_MAX } from "../limits.ts";
import { decodeUtf8, encodeUtf8, latin1 } from "../utf8.ts";

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
 * A device has few topics and uses them again and again: each is checked and translated once. Beyond `TOPICS_CACHED_MAX` the
 * table begins anew.
 */
export class TopicCache {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #texts = new Map<string, string>();

  /** The topic name as UTF-8. Throws a `UsageError` where it is none. */
  encode(topic: string): Uint8Array {
    const known = this.#bytes.get(topic);
    if (known) return known;
    if (!isTopicName(topic)) throw new UsageError(`${topic}: not a topic name`);
    const bytes = encodeUtf8(topic);
    if (this.#bytes.size >= TOPICS_CACHED_MAX) this.#bytes.clear();
    this.#bytes.set(topic, bytes);
    return bytes;
  }

  /** The topic name in `bytes[start, end)`. Throws a `FormatError` where it is none. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    const key = latin1(bytes, start, end);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const topic = decodeUtf8(bytes, start, end, "PUBLISH topic");
    if (!isTopicName(topic))
      throw new FormatError("PUBLISH topic", 2, "empty, with a wildcard or with U+0000 [MQTT-3.3.2-2]");
    if (this.#texts.size >= TOPICS_CACHED_MAX) this.#texts.clear();
    this.#texts.set(key, topic);
    return topic;
  }
}

function isFilterText(text: string): boolean {
  return text !== "" && !text.includes("\0") && encodeUtf8(text).length <= 0xffff;
}
