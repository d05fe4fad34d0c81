import type { Publish } from "../mqtt/packet.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import { hasSameWords } from "../pager/message-name.ts";
import { type Device, keeping } from "./device.ts";
import { readMessage, readPlainPage } from "./incoming.ts";
import type { MessageSource } from "./message-source.ts";
import type { Route } from "./routes.ts";
import { TakenPages } from "./taken-pages.ts";

/**
 * Instant messages and plain pages to this device and its groups. The route stores a message in the inbox. Only then is it
 * acknowledged.
 */
export class MessageRoute implements Route {
  readonly topicFilters: readonly string[];
  /** The gateway tells it what happens to the connection. */
  readonly takenPages = new TakenPages();
  private readonly device: Device;
  private readonly sent: MessageSource;
  private readonly handleKept: (sequence: number, nowMs: number) => void;

  /**
   * @param sent the messages from here; it gets their receipts
   * @param handleKept is called when a new message is in the inbox, with its sequence
   */
  constructor(device: Device, sent: MessageSource, handleKept: (sequence: number, nowMs: number) => void) {
    this.device = device;
    this.sent = sent;
    this.handleKept = handleKept;
    const { topics, settings } = device;
    this.topicFilters = [topics.messages, topics.pages, ...settings.groups.map((group) => topics.messagesOf(group))];
  }

  /** Also matches the messages of groups for which the station has subscribed. */
  matches(topic: string): boolean {
    const { topics } = this.device;
    return topic === topics.pages || topics.uidOfMessages(topic) !== undefined;
  }

  take(publish: Publish, nowMs: number): boolean {
    const { topic, payload } = publish;
    const { topics, wallClock } = this.device;
    const uid = topics.uidOfMessages(topic);
    const nowSeconds = Math.floor(wallClock() ?? 0);
    const faults: string[] = [];
    if (uid === undefined) {
      const page = readPlainPage(payload, nowSeconds, faults);
      this.tellFaults(topic, faults);
      return !page || this.keep(page, publish, nowMs);
    }
    const group = uid === topics.uid ? undefined : uid;
    const { message, receipts, sender } = readMessage(payload, group, nowSeconds, faults);
    this.tellFaults(topic, faults);
    // A message from here to a group comes back from the group.
    if (group !== undefined && sender === topics.uid) return true;
    if (message && !this.keep(message, publish, nowMs)) return false;
    for (const receipt of receipts) this.sent.handleReceipt(receipt, sender);
    return true;
  }

  /** Counts and logs the parts that could not be read. The message is shown, and somebody should correct its sender. */
  private tellFaults(topic: string, faults: readonly string[]): void {
    if (faults.length === 0) return;
    const { counters, events } = this.device;
    counters.malformed += 1;
    events.log(`could not read all of a message on ${topic}: ${faults.join("; ")}`);
  }

  /** Stores a message. Without a name, the same payload is a new message, except for a repeat of this same PUBLISH. */
  private keep(message: InboxMessage, publish: Publish, nowMs: number): boolean {
    if (message.fingerprint !== undefined) return this.insert(message, nowMs, publish.dup || publish.retain);
    const { inbox, counters } = this.device;
    const { packetIdentifier, dup, qos } = publish;
    const former = this.takenPages.find(packetIdentifier);
    const formerMessage = dup && former !== undefined ? inbox.read(former) : undefined;
    if (former !== undefined && formerMessage && hasSameWords(formerMessage, message)) {
      this.takenPages.add(packetIdentifier, former);
      counters.duplicates += 1;
      return true;
    }
    this.takenPages.remove(packetIdentifier);
    const { stored } = counters;
    if (!this.insert(message, nowMs, true)) return false;
    const newest = inbox.older();
    if (qos > 0 && counters.stored > stored && newest !== undefined) this.takenPages.add(packetIdentifier, newest);
    return true;
  }

  /** @param isResent the broker has sent this same PUBLISH before, or keeps it. Any other repeat is of the sender, who lacks the receipts. */
  private insert(message: InboxMessage, nowMs: number, isResent: boolean): boolean {
    const { inbox, counters, wallClock } = this.device;
    const outcome = keeping(this.device, () => {
      const inserted = inbox.insert(message, wallClock(), nowMs / 1000);
      if (inserted === "duplicate" && !isResent) inbox.repeatReceipts(message);
      return inserted;
    });
    if (outcome === undefined) return false;
    if (outcome === "stored") this.handleKept(inbox.older() ?? -1, nowMs);
    if (outcome !== "expired") counters[outcome === "duplicate" ? "duplicates" : outcome] += 1;
    return true;
  }
}
