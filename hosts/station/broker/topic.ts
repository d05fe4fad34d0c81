/** Topic names, topic filters and shared subscriptions (4.7, 4.8.2). */

/** `$share/{group}/{filter}` in its parts. */
export interface SharedFilter {
  readonly group: string;
  readonly filter: string;
}

export function levelsOf(topic: string): string[] {
  return topic.split("/");
}

/** Whether a filter stands as the standard wants it: not empty [MQTT-4.7.3-1], `#` last and alone [MQTT-4.7.1-1], `+` alone [MQTT-4.7.1-2]. */
export function isTopicFilter(filter: string, levelsMax: number): boolean {
  if (filter === "") return false;
  const levels = levelsOf(filter);
  if (levels.length > levelsMax) return false;
  return levels.every(
    (level, index) =>
      level === "+" || (level === "#" && index === levels.length - 1) || !(level.includes("+") || level.includes("#")),
  );
}

/** The parts of a shared subscription. undefined: it is none. Its group may be wrong: see `isShareName`. */
export function sharedOf(filter: string): SharedFilter | undefined {
  if (!filter.startsWith("$share/")) return undefined;
  const end = filter.indexOf("/", 7);
  return end < 0
    ? { group: filter.slice(7), filter: "" }
    : { group: filter.slice(7, end), filter: filter.slice(end + 1) };
}

/** At least one character [MQTT-4.8.2-1], none of `/`, `+`, `#` [MQTT-4.8.2-2]. */
export function isShareName(group: string): boolean {
  return group !== "" && !group.includes("+") && !group.includes("#");
}
