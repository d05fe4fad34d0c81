/** Topic filters (MQTT 3.1.1, 4.7). */

export function isWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

/** Whether a filter matches a topic. */
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

/** The subscriptions of a connection, by filter. */
export type Subscriptions = Readonly<Record<string, { readonly qos: number }>>;

/** The highest QoS of the filters that match a topic [MQTT-3.3.5-1]; undefined if none does. */
export function grantedQos(subscriptions: Subscriptions, topic: string): number | undefined {
  let granted = subscriptions[topic]?.qos;
  for (const filter in subscriptions) {
    const qos = subscriptions[filter]?.qos ?? 0;
    if (qos > (granted ?? -1) && isWildcard(filter) && matchesFilter(filter, topic)) granted = qos;
  }
  return granted;
}
