import type { Publish } from "../mqtt/packet.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import { messageName } from "../pager/message-name.ts";
import { type Device, keeping } from "./device.ts";
import { readMessage, readPlainPage } from "./incoming.ts";
import type { MessageSource } from "./message-source.ts";
import type { Route } from "./routes.ts";

/** Instant messages and plain pages to this device and to its groups: kept in the inbox, and only then acknowledged. */
export class MessageRoute implements Route {
  readonly topicFilters: readonly string[];
  private readonly device: Device;
  private readonly sent: MessageSource;

  /** @param sent what was sent from here; it is told what became of it */
  constructor(device: Device, sent: MessageSource) {
    this.device = device;
    this.sent = sent;
    const { topics, settings } = device;
    this.topicFilters = [topics.messages, topics.pages, ...settings.groups.map((group) => topics.messagesOf(group))];
  }

  /** Also the messages of groups for which the station has subscribed. */
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
      const page = this.readPage(publish, nowSeconds, nowMs, faults);
      this.tellFaults(topic, faults);
      return !page || this.insert(page);
    }
    const { message, receipts } = readMessage(payload, uid === topics.uid ? undefined : uid, nowSeconds, faults);
    this.tellFaults(topic, faults);
    if (message && !this.insert(message)) return false;
    for (const receipt of receipts) this.sent.handleReceipt(receipt);
    return true;
  }

  /** It is shown, and somebody should know that its sender is not quite right. */
  private tellFaults(topic: string, faults: readonly string[]): void {
    if (faults.length === 0) return;
    const { counters, events } = this.device;
    counters.malformed += 1;
    events.log(`could not read all of a message on ${topic}: ${faults.join("; ")}`);
  }

  private readPage(
    { payload, dup }: Publish,
    nowSeconds: number,
    nowMs: number,
    faults: string[],
  ): InboxMessage | undefined {
    const { inbox, random } = this.device;
    const page = readPlainPage(payload, nowSeconds, faults);
    if (!page) return undefined;
    // The same words again are a new page, unless the broker says that it sends them a second time.
    if (page.id !== undefined || dup || !inbox.has(page.name)) return page;
    return { ...page, name: messageName(page.name, String(nowMs + random()), payload) };
  }

  private insert(message: InboxMessage): boolean {
    const { inbox, counters, wallClock } = this.device;
    const outcome = keeping(this.device, () => inbox.insert(message, wallClock()));
    if (outcome === undefined) return false;
    if (outcome !== "expired") counters[outcome === "duplicate" ? "duplicates" : outcome] += 1;
    return true;
  }
}
