import { describe, expect, it } from "vitest";
import { DUPLICATE_WINDOW_MAX, INBOX_BYTES_MAX, INBOX_RECORDS_MAX, LEFT_OWING_MAX } from "../../src/limits.ts";
import { Inbox, type InboxMessage } from "../../src/pager/inbox.ts";
import { messageName } from "../../src/pager/message-name.ts";
import { MemoryStore } from "../memory-store.ts";

const NO_BYTES = new Uint8Array();

function message(id: string, extra: Partial<InboxMessage> = {}): InboxMessage {
  return {
    name: messageName("bob", id, NO_BYTES),
    sender: "bob",
    id,
    text: `text ${id}`,
    priority: 3,
    timestampSeconds: 1000,
    ...extra,
  };
}

function fill(inbox: Inbox, count: number, extra: Partial<InboxMessage> = {}): void {
  for (let index = 0; index < count; index += 1) inbox.insert(message(`fill-${index}`, extra), 1000);
}

function idsOf(inbox: Inbox): (string | undefined)[] {
  return inbox.sequences.map((sequence) => inbox.read(sequence)?.id);
}

describe("inbox", () => {
  it("keeps a message durably and knows it again after a restart", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    expect(inbox.insert(message("1", { title: "T", expiresSeconds: 2000 }), 1000)).toBe("stored");
    expect(inbox.insert(message("1"), 1000)).toBe("duplicate");
    inbox.markShown(1);
    const again = new Inbox(store);
    expect(again.sequences).toEqual([1]);
    expect(again.read(1)).toEqual(message("1", { title: "T", expiresSeconds: 2000 }));
    expect([again.unreadCount, again.unshownCount]).toEqual([1, 0]);
    expect(again.insert(message("1"), 1000)).toBe("duplicate");
    expect(again.insert(message("2"), 1000)).toBe("stored");
    expect(again.sequences).toEqual([1, 2]);
  });

  it("owes each receipt once, in order, across a restart", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(message("1"), 1000);
    inbox.insert(message("2"), 1000);
    inbox.insert({ ...message("3"), id: undefined }, 1000);
    inbox.markShown(1);
    const stages: string[] = [];
    for (let owed = inbox.nextReceipt(); owed; owed = inbox.nextReceipt()) {
      inbox.handleReceiptSent(owed);
      stages.push(`${owed.id} ${owed.stage}`);
      if (owed.id === "1") inbox.handleReceiptTaken(owed);
    }
    expect(stages).toEqual(["1 stored", "1 shown", "2 stored"]);
    // The receipt for 2 was on its way when the power went.
    expect(new Inbox(store).nextReceipt()).toMatchObject({ id: "2", stage: "stored", sender: "bob" });
    inbox.markRead(2);
    expect(inbox.nextReceipt()).toMatchObject({ id: "2", stage: "shown" });
  });

  it("still owes the receipts of a message that left, as many as its limit says", () => {
    const inbox = new Inbox(new MemoryStore());
    inbox.insert(message("left"), 1000);
    inbox.markShown(1);
    const onItsWay = inbox.nextReceipt();
    if (onItsWay) inbox.handleReceiptSent(onItsWay);
    for (let index = 0; index < INBOX_RECORDS_MAX; index += 1)
      inbox.insert({ ...message(`fill-${index}`), id: undefined, priority: 5 }, 1000);
    expect(idsOf(inbox)).not.toContain("left");
    const owed = inbox.nextReceipt();
    expect([onItsWay, owed]).toMatchObject([
      { id: "left", stage: "stored", sender: "bob" },
      { id: "left", stage: "shown", sender: "bob" },
    ]);
    for (const receipt of [onItsWay, owed]) if (receipt) inbox.handleReceiptTaken(receipt);
    expect(inbox.nextReceipt()).toBeUndefined();
    for (let index = 0; index < LEFT_OWING_MAX + INBOX_RECORDS_MAX + 1; index += 1)
      inbox.insert({ ...message(`owing-${index}`), priority: 5 }, 1000);
    expect(inbox.unreceiptedCount).toBe(1);
    expect(inbox.nextReceipt()).toMatchObject({ id: "owing-1", stage: "stored" });
  });

  it("holds as many records as its limit says, and one more makes one leave", () => {
    const inbox = new Inbox(new MemoryStore());
    fill(inbox, INBOX_RECORDS_MAX);
    expect([inbox.length, inbox.droppedCount]).toEqual([INBOX_RECORDS_MAX, 0]);
    expect(inbox.insert(message("new"), 1000)).toBe("stored");
    expect([inbox.length, inbox.droppedCount]).toEqual([INBOX_RECORDS_MAX, 1]);
    expect(idsOf(inbox)).not.toContain("fill-0");
    // It left, and is still known.
    expect(inbox.insert(message("fill-0"), 1000)).toBe("duplicate");
  });

  it("holds as many bytes as its limit says", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const text = "x".repeat(1000);
    for (let index = 0; index < 20; index += 1) inbox.insert(message(`${index}`, { text }), 1000);
    const bytes = [...store.records]
      .filter(([key]) => key.startsWith("m-"))
      .reduce((sum, [, record]) => sum + record.length, 0);
    expect(bytes).toBeLessThanOrEqual(INBOX_BYTES_MAX);
    expect(inbox.length).toBe(Math.floor(INBOX_BYTES_MAX / (bytes / inbox.length)));
    expect(inbox.insert(message("huge", { text: "x".repeat(INBOX_BYTES_MAX) }), 1000)).toBe("full");
  });

  it("lets the expired go first, then the read, then the least important; what was never shown last", () => {
    const inbox = new Inbox(new MemoryStore());
    inbox.insert(message("important", { priority: 5 }), 1000);
    inbox.insert(message("low", { priority: 1 }), 1000);
    inbox.insert(message("read"), 1000);
    inbox.insert(message("expired", { expiresSeconds: 1500, priority: 5 }), 1000);
    inbox.insert(message("unshown low", { priority: 1 }), 1000);
    for (const sequence of [1, 2, 4]) inbox.markShown(sequence);
    inbox.markRead(3);
    fill(inbox, INBOX_RECORDS_MAX - 5, { priority: 5 });
    const left: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      const before = idsOf(inbox);
      expect(inbox.insert(message(`new-${index}`, { priority: 5 }), 2000)).toBe("stored");
      const after = idsOf(inbox);
      left.push(...before.filter((id) => !after.includes(id)).map(String));
    }
    expect(left).toEqual(["expired", "read", "low", "important", "unshown low"]);
  });

  it("does not let something more important go for something less", () => {
    const inbox = new Inbox(new MemoryStore());
    fill(inbox, INBOX_RECORDS_MAX, { priority: 4 });
    expect(inbox.insert(message("less"), 1000)).toBe("full");
    expect(inbox.insert(message("same", { priority: 4 }), 1000)).toBe("stored");
  });

  it("remembers the names of as many messages as the window says", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    fill(inbox, INBOX_RECORDS_MAX + DUPLICATE_WINDOW_MAX + 1);
    const again = new Inbox(store);
    expect(again.has(message("fill-0").name)).toBe(false);
    expect(again.has(message("fill-1").name)).toBe(true);
  });

  it("leaves out a damaged record, counts it, and clears what a power cut left behind", () => {
    const store = new MemoryStore();
    new Inbox(store).insert(message("1"), 1000);
    store.records.set("m-2", Uint8Array.of(0xff));
    store.records.set("m-3", Uint8Array.of(0x5b, 0x5d));
    store.records.set("s-9", Uint8Array.of(1));
    const inbox = new Inbox(store);
    expect([inbox.length, inbox.damagedCount]).toEqual([1, 2]);
    expect(store.keys()).toEqual(["m-1"]);
  });

  it("records with the next change what the store refused to record", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(message("1"), 1000);
    inbox.insert(message("2"), 1000);
    store.isFailing = true;
    expect(() => inbox.markShown(1)).toThrow("flash is full");
    expect(inbox.unshownCount).toBe(1);
    store.isFailing = false;
    inbox.markShown(2);
    expect(new Inbox(store).unshownCount).toBe(0);
  });

  it("does not have a message that the store refused", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    store.isFailing = true;
    expect(() => inbox.insert(message("1"), 1000)).toThrow("flash is full");
    store.isFailing = false;
    expect([inbox.length, inbox.unreadCount]).toEqual([0, 0]);
    expect(inbox.insert(message("1"), 1000)).toBe("stored");
  });
});

describe("message name", () => {
  it("differs by sender, by id, by payload, and by which of them there is", () => {
    const names = [
      messageName("a", "b", NO_BYTES),
      messageName("ab", "", NO_BYTES),
      messageName("a", undefined, Uint8Array.of(0x62)),
      messageName("a", undefined, Uint8Array.of(0x63)),
      messageName("", "b", NO_BYTES),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(messageName("a", "b", Uint8Array.of(1))).toBe(names[0]);
    expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
