/** Does everything with a full inbox that can happen to it, with a reboot after each step. Returns the state as lines. */
import { INBOX_RECORDS_MAX } from "../../src/limits.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import type { InboxMessage } from "../../src/pager/inbox-message.ts";
import { messageFingerprint } from "../../src/pager/message-name.ts";
import { MemoryStore } from "../memory-store.ts";

const NO_BYTES = new Uint8Array();

function message(id: string, extra: Partial<InboxMessage> = {}): InboxMessage {
  const common = { sender: "bob", id, text: `Füllstand ${id}`, priority: 3, timestampSeconds: 1000 };
  return { fingerprint: messageFingerprint("bob", id, NO_BYTES), ...common, ...extra };
}

export function run(): string[] {
  const store = new MemoryStore();
  const lines: string[] = [];
  let inbox = new Inbox(store);
  const step = (name: string, act: (inbox: Inbox) => unknown) => {
    const result = act(inbox);
    inbox = new Inbox(store);
    const counts = `${inbox.length} messages, ${inbox.unreadCount} unread, ${inbox.unshownCount} not shown`;
    lines.push(`${name}: ${String(result)}; ${counts}; ${tell(inbox)}`);
  };
  step("fill", (inbox) => {
    for (let index = 0; index < INBOX_RECORDS_MAX; index += 1)
      inbox.insert(message(`${index}`, index === 3 ? { choices: ["ja", "nein"] } : {}), 1000);
    return inbox.insert(message("7"), 1000);
  });
  step("shown", (inbox) => inbox.markShown(inbox.older() ?? 0));
  step("answered", (inbox) => inbox.markAnswered(4, 1));
  step("read goes first", (inbox) => inbox.insert(message("new"), 1000));
  step("then the least important", (inbox) => inbox.insert(message("more", { priority: 4 }), 1000));
  step("late", (inbox) => inbox.insert(message("late", { expiresSeconds: 999 }), 1000));
  step("less", (inbox) => inbox.insert(message("less", { priority: 1 }), 1000));
  step("keyed", (inbox) => [
    inbox.insert(message("k1", { collapseKey: "k", expiresSeconds: 2000, priority: 5 }), 1000),
    inbox.insert(message("k2", { collapseKey: "k", expiresSeconds: 2000, priority: 5 }), 1000),
  ]);
  step("worthless", (inbox) => inbox.expire(2000));
  step("taken back", (inbox) => inbox.retract(inbox.findId("more", "bob") ?? 0));
  step("again", (inbox) => ["3", "late", "less", "k1", "more"].map((id) => inbox.insert(message(id), 1000)));
  lines.push(`oldest: ${inbox.read(1)?.text} ${inbox.read(2)?.text}`);
  return lines;
}

/** Sends all owed receipts. Returns them as text, or their number if they are many. */
function tell(inbox: Inbox): string {
  const told: string[] = [];
  for (let owed = inbox.nextReceipts(); owed; owed = inbox.nextReceipts()) {
    inbox.handleReceiptsSent(owed);
    for (const { id, stage, answer = "" } of owed.receipts) told.push(`${id} ${stage} ${answer}`.trim());
    inbox.handleReceiptsTaken(owed);
  }
  return told.length > 9 ? `${told.length} receipts` : told.join(", ");
}
