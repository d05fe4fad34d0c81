/**
 * What leaves the outbox before it is sent, as `SessionOptions.outboxPolicies`: what makes room for others, and what is worthless.
 * A session without policies accepts a message if there is room for it, and drops none.
 */
import { EXPIRY_RETRY_MS, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../../limits.ts";
import type { DropReason, Outbox, OutboxPolicies } from "../extensions.ts";
import { isDroppable, type Outbound } from "../outbound.ts";
import type { Properties } from "../properties.ts";
import type { OutboxPolicy } from "../session-types.ts";

const LATEST: OutboxPolicy = "latestPerTopic";

export class Policies implements OutboxPolicies {
  private readonly counts = { full: 0, oldest: 0, superseded: 0, expired: 0 };
  /** Storage has refused to drop something. It is not asked again before this time. */
  private retryMs = 0;

  /** Messages that were dropped, by reason. `full`: not accepted. */
  get dropped(): Readonly<Record<DropReason | "full", number>> {
    return this.counts;
  }

  makeRoom(outbox: Outbox, entry: Outbound): boolean {
    const { entries } = outbox;
    const victims: Outbound[] = [];
    let bytes = outbox.bytes + entry.bytes;
    const hasRoom = () => entries.length - victims.length < OUTBOX_MESSAGES_MAX && bytes <= OUTBOX_BYTES_MAX;
    const take = (victim: Outbound) => {
      victims.push(victim);
      bytes -= victim.bytes;
    };
    const candidates = entries.filter((one) => isDroppable(one) && (one.policy ?? "reject") !== "reject");
    // If its class says so, the former ones of its topic leave first. Then the oldest of all leave.
    const isFormer = (one: Outbound) => one.policy === LATEST && one.topic === entry.topic;
    if (entry.policy === LATEST) candidates.filter(isFormer).forEach(take);
    for (const one of candidates) if (!hasRoom() && !victims.includes(one)) take(one);
    if (!hasRoom()) {
      this.counts.full += 1;
      return false;
    }
    for (const victim of victims)
      this.drop(outbox, victim, entry.policy === LATEST && victim.topic === entry.topic ? "superseded" : "oldest");
    return true;
  }

  expire(outbox: Outbox, nowMs: number): void {
    try {
      for (const entry of outbox.entries.filter((one) => isDroppable(one) && expiryOf(one) <= nowMs))
        this.drop(outbox, entry, "expired");
    } catch {
      this.retryMs = nowMs + EXPIRY_RETRY_MS;
    }
  }

  expiryMs({ entries }: Outbox): number {
    let earliest = Number.POSITIVE_INFINITY;
    // This is asked for after every event. It allocates nothing.
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as Outbound;
      if (isDroppable(entry)) earliest = Math.min(earliest, expiryOf(entry));
    }
    return Math.max(earliest, this.retryMs);
  }

  properties(entry: Outbound, nowMs: number): Properties {
    const expiresMs = expiryOf(entry);
    if (expiresMs === Number.POSITIVE_INFINITY) return entry.properties;
    // Whole seconds, and not 0.
    return { ...entry.properties, messageExpiryInterval: Math.max(1, Math.ceil((expiresMs - nowMs) / 1000)) };
  }

  private drop(outbox: Outbox, entry: Outbound, reason: DropReason): void {
    outbox.drop(entry, reason);
    this.counts[reason] += 1;
  }
}

/** When a message is worthless. Infinity: never. Its time counts in the life in which it was accepted. */
function expiryOf({ acceptedMs, properties }: Outbound): number {
  return acceptedMs + (properties.messageExpiryInterval ?? Number.POSITIVE_INFINITY) * 1000;
}
