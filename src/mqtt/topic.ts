/** Topic names and topic filters (section 4.7). */
import { utf8Length } from "../utf8.ts";

/** A topic name: 1 to 65,535 bytes, no wildcard [MQTT-3.3.2-2], no U+0000 [MQTT-4.7.3-2]. */
export function isTopicName(topic: string): boolean {
  return isFilterText(topic) && !topic.includes("+") && !topic.includes("#");
}

/** A topic filter: `#` only as the whole last level [MQTT-4.7.1-2], `+` only as a whole level [MQTT-4.7.1-3]. */
export function isTopicFilter(topicFilter: string): boolean {
  if (!isFilterText(topicFilter)) return false;
  const levels = topicFilter.split("/");
  return levels.every(
    (level, index) => level === "+" || (level === "#" && index === levels.length - 1) || !/[+#]/.test(level),
  );
}

function isFilterText(text: string): boolean {
  return text !== "" && !text.includes("\0") && utf8Length(text) <= 0xffff;
}
