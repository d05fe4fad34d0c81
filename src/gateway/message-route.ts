import type { Publish } from "../mqtt/packet.ts";
import type { Inbox } from "../pager/inbox.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import { messageName } from "../pager/message-name.ts";
import type { ReceiptContent } from "../payload/content.ts";
import type { Random, WallClock } from "../seams.ts";
import { readMessage, readPlainPage } from "./incoming.ts";
import type { Journal } from "./journal.ts";
import type { Route } from "./routes.ts";
import type { Topics } from "./topics.ts";

export interface MessageRouteOptions {
  readonly topics: Topics;
  readonly groups: readonly string[];
  readonly inbox: Inbox;
  readonly journal: Journal;
  readonly wallClock: WallClock;
  readonly random: Random;
  /** What became of a message that was sent from here. */
  readonly onReceipt: (receipt: ReceiptContent) => void;
}

/** Instant messages and plain pages to this device and to its groups: kept in the inbox, and only then acknowledged. */
export class MessageRoute implements Route {
  readonly topicFilters: readonly string[];
  private readonly options: MessageRouteOptions;

  constructor(options: MessageRouteOptions) {
    this.options = options;
    const { topics, groups } = options;
    this.topicFilters = [topics.messages, topics.pages, ...groups.map((group) => topics.messagesOf(group))];
  }

  /** Also the messages of groups for which the station has subscribed. */
  matches(topic: string): boolean {
    const { topics } = this.options;
    return topic === topics.pages || topics.uidOfMessages(topic) !== undefined;
  }

  take(publish: Publish, nowMs: number): boolean {
    const { topic, payload } = publish;
    const { topics, wallClock, onReceipt } = this.options;
    const uid = topics.uidOfMessages(topic);
    const nowSeconds = Math.floor(wallClock() ?? 0);
    if (uid === undefined) return this.insert(this.readPage(publish, nowSeconds, nowMs));
    const read = readMessage(payload, uid === topics.uid ? undefined : uid, nowSeconds);
    if ("message" in read) return this.insert(read.message);
    for (const receipt of read.receipts) onReceipt(receipt);
    return true;
  }

  private readPage({ payload, dup }: Publish, nowSeconds: number, nowMs: number): InboxMessage {
    const { inbox, random } = this.options;
    const page = readPlainPage(payload, nowSeconds);
    // The same words again are a new page, unless the broker says that it sends them a second time.
    if (page.id !== undefined || dup || !inbox.has(page.name)) return page;
    return { ...page, name: messageName(page.name, String(nowMs + random()), payload) };
  }

  private insert(message: InboxMessage): boolean {
    const { inbox, journal, wallClock } = this.options;
    const outcome = journal.keeping(() => inbox.insert(message, wallClock()));
    if (outcome === undefined) return false;
    if (outcome !== "expired") journal.counters[outcome === "duplicate" ? "duplicates" : outcome] += 1;
    return true;
  }
}
