/**
 * What leaves the outbox before it was sent: what makes room for others, and what is worthless. A session without these
 * policies takes a message where there is room for it, and drops none.
 */
import { EXPIRY_RETRY_MS, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../../limits.ts";
import { isDroppable, type Outbound } from "../outbound.ts";
import type { Properties } from "../properties.ts";
import type { DropReason, OutboxPolicies, OutboxPolicy } from "../session-types.ts";

const LATEST: OutboxPolicy = "latestPerTopic";

export class Policies implements OutboxPolicies {
  /** Storage refused to drop something; until then it is not asked again. */
  private retryMs = 0;

  makeRoom(
    entries: readonly Outbound[],
    bytesNow: number,
    entry: Outbound,
    drop: (victim: Outbound, reason: DropReason) => void,
  ): boolean {
    const victims: Outbound[] = [];
    let bytes = bytesNow + entry.bytes;
    const hasRoom = () => entries.length - victims.length < OUTBOX_MESSAGES_MAX && bytes <= OUTBOX_BYTES_MAX;
    const take = (victim: Outbound) => {
      victims.push(victim);
      bytes -= victim.bytes;
    };
    const candidates = entries.filter((one) => isDroppable(one) && one.policy !== "reject");
    // First, where its class says so, the former ones of its topic, then the oldest of all.
    const isFormer = (one: Outbound) => one.policy === LATEST && one.topic === entry.topic;
    if (entry.policy === LATEST) candidates.filter(isFormer).forEach(take);
    for (const one of candidates) if (!hasRoom() && !victims.includes(one)) take(one);
    if (!hasRoom()) return false;
    for (const victim of victims)
      drop(victim, entry.policy === LATEST && victim.topic === entry.topic ? "superseded" : "oldest");
    return true;
  }

  expire(entries: readonly Outbound[], nowMs: number, drop: (entry: Outbound) => void): void {
    try {
      entries.filter((entry) => isDroppable(entry) && entry.expiresMs <= nowMs).forEach(drop);
    } catch {
      this.retryMs = nowMs + EXPIRY_RETRY_MS;
    }
  }

  expiryMs(entries: readonly Outbound[]): number {
    let earliest = Number.POSITIVE_INFINITY;
    // Walked by index, since this is asked for after every event: it allocates nothing.
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as Outbound;
      if (isDroppable(entry) && entry.expiresMs < earliest) earliest = entry.expiresMs;
    }
    return Math.max(earliest, this.retryMs);
  }

  properties({ properties, expiresMs }: Outbound, nowMs: number): Properties {
    if (expiresMs === Number.POSITIVE_INFINITY || properties.messageExpiryInterval === undefined) return properties;
    return { ...properties, messageExpiryInterval: Math.max(1, Math.ceil((expiresMs - nowMs) / 1000)) };
  }
}
