/** Topic filters (MQTT 3.1.1, 4.7). */

export function isWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

/** Whether a topic is matched by a filter. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (!isWildcard(filter)) return filter === topic;
  // [MQTT-4.7.2-1]
  if (topic.startsWith("$") && !filter.startsWith("$")) return false;
  const levels = topic.split("/");
  const wanted = filter.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
