/** The inbox's records on the store: of older and newer firmware, damaged at any byte, and a store that refuses. */
import { describe, expect, it } from "vitest";
import { DUPLICATE_WINDOW_MAX, INBOX_RECORDS_MAX, NAME_WINDOW_BYTES_MAX } from "../../src/limits.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import type { InboxMessage } from "../../src/pager/inbox-message.ts";
import { messageFingerprint } from "../../src/pager/message-name.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";

const NO_BYTES = new Uint8Array();

function message(id: string, extra: Partial<InboxMessage> = {}): InboxMessage {
  const sender = extra.sender ?? "bob";
  const fingerprint = messageFingerprint(sender, id, NO_BYTES);
  return { fingerprint, sender, id, text: `text ${id}`, priority: 3, timestampSeconds: 1000, ...extra };
}

/** Oldest first. */
function messagesOf(inbox: Inbox): (InboxMessage | undefined)[] {
  const found: (InboxMessage | undefined)[] = [];
  for (let at = inbox.older(); at !== undefined; at = inbox.older(at)) found.unshift(inbox.read(at));
  return found;
}

function idsOf(inbox: Inbox): (string | undefined)[] {
  return messagesOf(inbox).map((found) => found?.id);
}

function tell(inbox: Inbox): string[] {
  const words: string[] = [];
  for (let owed = inbox.nextReceipts(); owed; owed = inbox.nextReceipts()) {
    inbox.handleReceiptsSent(owed);
    for (const { id, stage, answer } of owed.receipts)
      words.push([owed.sender, id, stage, answer ?? ""].join(" ").trim());
    inbox.handleReceiptsTaken(owed);
  }
  return words;
}

describe("names that a hash cannot tell apart", () => {
  it("do not let a message replace the unread alarm of another sender", () => {
    // `pump` and `12` joined are the same text as `pump1` and `2`. The other pairs have the same FNV-1a of 32 bits.
    for (const [a, b] of [
      [
        { sender: "pump", collapseKey: "12" },
        { sender: "pump1", collapseKey: "2" },
      ],
      [
        { sender: "costarring", collapseKey: "k" },
        { sender: "liquid", collapseKey: "k" },
      ],
      [
        { sender: "bob", collapseKey: "costarring" },
        { sender: "bob", collapseKey: "liquid" },
      ],
    ]) {
      const inbox = new Inbox(new MemoryStore());
      inbox.insert(message("1", { ...a, priority: 5 }), 1000);
      inbox.insert(message("2", b), 1000);
      expect([idsOf(inbox), inbox.replacedCount]).toEqual([["1", "2"], 0]);
    }
  });

  it("are different messages while the first is stored, after it has left, and while its receipts are owed", () => {
    const fingerprint = "0123456789abcdef";
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const others = ["a", "b", "c"].map((id) => message(id, { fingerprint }));
    const mute = { ...message("x", { fingerprint, text: "one" }), id: undefined };
    expect([others[0], mute].map((each) => inbox.insert(each as InboxMessage, 1000))).toEqual(["stored", "stored"]);
    inbox.retract(1);
    inbox.retract(2);
    expect(inbox.insert(others[1] as InboxMessage, 1000)).toBe("stored");
    tell(inbox);
    const again = new Inbox(store);
    expect(again.insert(others[2] as InboxMessage, 1000)).toBe("stored");
    for (const known of [...others, mute]) expect(again.insert(known as InboxMessage, 1000)).toBe("duplicate");
    expect(again.insert({ ...mute, sender: "ann" }, 1000)).toBe("stored");
  });

  it("get separate receipts for each sender", () => {
    const inbox = new Inbox(new MemoryStore());
    inbox.insert(message("1", { sender: "costarring" }), 1000);
    inbox.insert(message("2", { sender: "liquid" }), 1000);
    expect(tell(inbox)).toEqual(["costarring 1 stored", "liquid 2 stored"]);
  });
});

describe("a message without a name", () => {
  it("is a new message each time, and leaves no name behind", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const page: InboxMessage = { ...message("1", { sender: "" }), id: undefined, fingerprint: undefined };
    expect([inbox.insert(page, 1000), inbox.insert(page, 1000), inbox.length]).toEqual(["stored", "stored", 2]);
    inbox.retract(1);
    const again = new Inbox(store);
    expect([again.insert(page, 1000), again.length, store.keys().filter((key) => key.startsWith("k-"))]).toEqual([
      "stored",
      2,
      [],
    ]);
  });
});

describe("records of older firmware", () => {
  const name = (id: string) => messageFingerprint("bob", id, NO_BYTES);

  it("in the first format: objects, one byte of state, names as text", () => {
    const store = new MemoryStore();
    const write = (key: string, value: unknown) => store.records.set(key, encodeUtf8(JSON.stringify(value)));
    const old = (id: string) => ({
      name: name(id),
      sender: "bob",
      id,
      text: `text ${id}`,
      priority: 4,
      timestampSeconds: 7,
    });
    write("m-1", { ...old("1"), title: "T", expiresSeconds: 2000 });
    write("m-2", old("2"));
    write("m-3", old("3"));
    // Shown and told so; read, and nothing told; nothing known.
    store.records.set("s-1", Uint8Array.of(1 | 4 | 8));
    store.records.set("s-2", Uint8Array.of(1 | 2));
    store.records.set("names", encodeUtf8(name("left") + name("gone")));
    const inbox = new Inbox(store);
    expect(messagesOf(inbox)[0]).toMatchObject({ text: "text 1", priority: 4, title: "T", expiresSeconds: 2000 });
    expect([idsOf(inbox), inbox.unreadCount, inbox.unshownCount]).toEqual([["1", "2", "3"], 2, 1]);
    expect(tell(inbox)).toEqual(["bob 2 stored", "bob 2 shown", "bob 2 read", "bob 3 stored"]);
    for (const each of [inbox, new Inbox(store)])
      for (const id of ["1", "left", "gone"]) expect(each.insert(message(id), 1000)).toBe("duplicate");
    expect([inbox.damagedCount, store.keys().includes("names")]).toEqual([0, false]);
  });

  it("in the second format: arrays without a version, two bytes of state, fingerprints alone", () => {
    const store = new MemoryStore();
    const write = (key: string, value: unknown) => store.records.set(key, encodeUtf8(JSON.stringify(value)));
    write("m-1", [1, name("1"), 5, 7, 2000, "bob", "1", "T", "text", "ops", "k", ["yes", "no"]]);
    write("m-2", [2, name("2"), 1 | 8, "bob", "2", "yes"]);
    store.records.set("s-1", Uint8Array.of(0x01, 0x0f));
    const record = [name("left"), name("gone")].flatMap((digits) => [...Buffer.from(digits, "hex")]);
    store.records.set("n-2", Uint8Array.from(record));
    const inbox = new Inbox(store);
    expect(messagesOf(inbox)).toEqual([
      {
        fingerprint: name("1"),
        sender: "bob",
        id: "1",
        title: "T",
        text: "text",
        group: "ops",
        collapseKey: "k",
        choices: ["yes", "no"],
        priority: 5,
        timestampSeconds: 7,
        expiresSeconds: 2000,
      },
    ]);
    expect(inbox.answerOf(1)).toBe(0);
    expect(tell(inbox)).toEqual([
      "bob 1 stored",
      "bob 1 shown",
      "bob 1 answered yes",
      "bob 2 stored",
      "bob 2 answered yes",
    ]);
    for (const each of [inbox, new Inbox(store)])
      for (const id of ["1", "2", "left", "gone"]) expect(each.insert(message(id), 1000)).toBe("duplicate");
    expect([inbox.damagedCount, store.keys().includes("n-2")]).toEqual([0, false]);
  });
});

describe("a record that cannot be read", () => {
  it("because newer firmware wrote it is kept, and that firmware reads it again", () => {
    const store = new MemoryStore();
    const first = new Inbox(store);
    first.insert(message("1"), 1000);
    const ours = store.records.get("m-1") as Uint8Array;
    store.records.set("m-1", Uint8Array.from([9, ...ours.slice(1)]));
    const other = new Inbox(store);
    other.insert(message("2"), 1000);
    expect([other.length, other.damagedCount, other.unreceiptedCount]).toEqual([1, 1, 0]);
    store.records.set("m-1", ours);
    expect(idsOf(new Inbox(store))).toEqual(["1", "2"]);
  });

  it("leaves the full inbox after read messages and before unread ones, and is counted then", () => {
    const store = new MemoryStore();
    store.records.set("m-1", Uint8Array.of(9));
    const inbox = new Inbox(store);
    for (let index = 1; index < INBOX_RECORDS_MAX; index += 1) inbox.insert(message(`${index}`), 1000);
    inbox.markRead(2);
    inbox.insert(message("a"), 1000);
    expect([store.keys().includes("m-1"), inbox.isRead(3), inbox.contains(2), inbox.unreceiptedCount]).toEqual([
      true,
      false,
      false,
      0,
    ]);
    inbox.insert(message("b"), 1000);
    expect([store.keys().includes("m-1"), inbox.length, inbox.unreceiptedCount]).toEqual([false, INBOX_RECORDS_MAX, 1]);
    expect(inbox.droppedCount).toBe(0);
  });

  it("because any byte of it changed throws no error, and every page is kept or counted", () => {
    const whole = new MemoryStore();
    const first = new Inbox(whole);
    first.insert(
      message("1", { choices: ["ja", "nein"], expiresSeconds: 5000, title: "T", collapseKey: "k", melody: "bell" }),
      1000,
    );
    first.insert(message("2", { lifeSeconds: 60, timestampSeconds: 0, group: "ops" }), undefined);
    first.insert(message("3"), 1000);
    first.markRead(2);
    first.markAnswered(1, 1);
    first.retract(3);
    first.insert({ ...message("4"), id: undefined }, 1000);
    first.retract(4);
    for (const key of whole.records.keys()) {
      const record = whole.records.get(key) as Uint8Array;
      for (let at = 0; at <= record.length; at += 1) {
        for (const byte of [0x00, 0x02, 0x22, 0x30, 0x39, 0x5d, 0x7b, 0xff, -1]) {
          const store = new MemoryStore();
          for (const [other, bytes] of whole.records) store.records.set(other, bytes.slice());
          const damaged = byte < 0 ? record.slice(0, at) : Uint8Array.from(record);
          if (byte >= 0 && at < damaged.length) damaged[at] = byte;
          store.records.set(key, damaged);
          const inbox = new Inbox(store);
          const there = [inbox.length + inbox.leftCount + inbox.damagedCount, idsOf(inbox).length];
          if (key.startsWith("m-")) expect([key, at, byte, ...there]).toEqual([key, at, byte, 3, inbox.length]);
          inbox.expire(undefined, 10);
          inbox.expire(2000, 20);
          tell(inbox);
          for (const id of ["1", "2", "3", "new"]) inbox.insert(message(id, { collapseKey: "k" }), 2000);
          inbox.nextUnshown();
          expect(new Inbox(store).damagedCount).toBe(inbox.damagedCount);
        }
      }
    }
  });
});

describe("a store that refuses", () => {
  class Refusing extends MemoryStore {
    refuses: readonly ("read" | "remove" | "keys")[] = [];
    override read(key: string) {
      if (this.refuses.includes("read")) throw new Error("no");
      return super.read(key);
    }
    override remove(key: string) {
      if (this.refuses.includes("remove")) throw new Error("no");
      super.remove(key);
    }
    override keys() {
      if (this.refuses.includes("keys")) throw new Error("no");
      return super.keys();
    }
  }

  it.each(["read", "remove", "keys"] as const)("to %s does not stop the inbox from opening", (what) => {
    const store = new Refusing();
    const first = new Inbox(store);
    for (const id of ["1", "2"]) first.insert({ ...message(id), id: undefined }, 1000);
    store.records.set("s-99", Uint8Array.of(1));
    store.records.set("n-1", new Uint8Array(8));
    store.refuses = [what];
    const inbox = new Inbox(store);
    expect(inbox.insert(message("3"), 1000)).toBe("stored");
    store.refuses = [];
    expect(new Inbox(store).length).toBeGreaterThanOrEqual(what === "remove" ? 3 : 1);
  });

  it("to remove still lets a message leave, and it does not come back", () => {
    const store = new Refusing();
    const inbox = new Inbox(store);
    inbox.insert(message("1"), 1000);
    inbox.markRead(1);
    tell(inbox);
    store.refuses = ["remove"];
    expect([inbox.retract(1), inbox.length, inbox.insert(message("2"), 1000)]).toEqual([true, 0, "stored"]);
    const again = new Inbox(store);
    expect([idsOf(again), again.insert(message("1"), 1000)]).toEqual([["2"], "duplicate"]);
    store.refuses = [];
    expect([idsOf(new Inbox(store)), store.keys().includes("m-1")]).toEqual([["2"], false]);
  });

  it("to remove gives no message the state of another", () => {
    const store = new Refusing();
    const inbox = new Inbox(store);
    inbox.insert(message("1"), 1000);
    inbox.markRead(1);
    tell(inbox);
    inbox.retract(1);
    store.records.set("s-1", Uint8Array.of(2, 0x1c, 0x07));
    store.refuses = ["remove"];
    const again = new Inbox(store);
    again.insert(message("2"), 1000);
    expect([again.unreadCount, tell(new Inbox(store))]).toEqual([1, ["bob 2 stored"]]);
  });
});

describe("names of messages that left", () => {
  it("take a limited room, however long they are, and the newest are known", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const long = (index: number) => message(`${index}`.padStart(64, "x"), { sender: "s".repeat(64) });
    for (let index = 0; index < 2 * DUPLICATE_WINDOW_MAX; index += 1) {
      inbox.insert(long(index), 1000);
      tell(inbox);
      inbox.retract(index + 1);
    }
    const keys = store.keys().filter((key) => key.startsWith("k-"));
    const bytes = keys.reduce((sum, key) => sum + (store.read(key)?.length ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(NAME_WINDOW_BYTES_MAX);
    const again = new Inbox(store);
    for (let back = 1; back <= 40; back += 1) expect(again.has(long(2 * DUPLICATE_WINDOW_MAX - back))).toBe(true);
    expect(again.has(long(0))).toBe(false);
  });
});

describe("a message that came before the time was known", () => {
  const early = (id: string, lifeSeconds?: number) => message(id, { timestampSeconds: 0, lifeSeconds });

  it("gets a date when the time is known, and expires counted from its arrival", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(early("short", 600), undefined, 100);
    inbox.insert(early("long", 7200), undefined, 100);
    inbox.insert(early("for ever"), undefined, 100);
    expect([inbox.nextExpirySeconds, inbox.nextUptimeExpirySeconds]).toEqual([Number.POSITIVE_INFINITY, 700]);
    expect([inbox.expire(undefined, 699), inbox.unreadCount]).toEqual([0, 3]);
    expect(inbox.expire(1_700_000_000, 650)).toBe(0);
    expect(messagesOf(inbox)).toMatchObject([
      { timestampSeconds: 1_699_999_450, expiresSeconds: 1_700_000_050 },
      { timestampSeconds: 1_699_999_450, expiresSeconds: 1_700_006_650 },
      { timestampSeconds: 1_700_000_000, expiresSeconds: undefined },
    ]);
    const again = new Inbox(store);
    expect([again.nextExpirySeconds, again.expire(1_700_000_050, 3), again.unreadCount]).toEqual([1_700_000_050, 1, 2]);
  });

  it("expires in time even if the time is never known", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(early("1", 600), undefined, 100);
    expect([inbox.expire(undefined, 700), inbox.unreadCount]).toEqual([1, 0]);
    // After a restart the device counts from the start.
    const other = new MemoryStore();
    new Inbox(other).insert(early("1", 600), undefined, 100);
    const again = new Inbox(other);
    expect([again.expire(undefined, 599), again.expire(undefined, 600)]).toEqual([0, 1]);
  });

  it("gets a date even if the store refuses to record it", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(early("1", 600), undefined, 100);
    store.isFailing = true;
    expect(() => inbox.expire(1_700_000_000, 100)).toThrow("flash is full");
    store.isFailing = false;
    expect([inbox.expire(1_700_000_599, 700), inbox.expire(1_700_000_600, 700)]).toEqual([0, 1]);
  });
});

describe("an expired message", () => {
  it("gets no further receipts, and cannot be answered", () => {
    const inbox = new Inbox(new MemoryStore());
    inbox.insert(message("1", { expiresSeconds: 2000, choices: ["yes"] }), 1000);
    inbox.insert(message("2", { expiresSeconds: 2000 }), 1000);
    inbox.markShown(2);
    inbox.expire(2000);
    inbox.markRead(1);
    inbox.markShown(2);
    expect([inbox.markAnswered(1, 0), inbox.isRead(1), inbox.answerOf(1)]).toEqual([false, true, undefined]);
    expect(tell(inbox)).toEqual(["bob 1 stored", "bob 1 expired", "bob 2 stored", "bob 2 shown", "bob 2 expired"]);
  });
});

describe("the next message", () => {
  it("is found without a look at the messages if the inbox has not changed", () => {
    const inbox = new Inbox(new MemoryStore());
    for (let index = 0; index < 100; index += 1) inbox.insert(message(`${index}`, { priority: 4 }), 1000);
    for (let sequence = 1; sequence < 50; sequence += 1) inbox.markShown(sequence);
    const ask = () => [
      inbox.nextUnshown(),
      inbox.newestUnread(),
      inbox.nextAlert(),
      inbox.unreadCount,
      inbox.expire(1000),
    ];
    tell(inbox);
    const first = ask();
    expect(first).toEqual([50, 100, 49, 100, 0]);
    const rows = (inbox as unknown as { index: { state(row: number): number } }).index;
    rows.state = () => {
      throw new Error("looked");
    };
    expect([ask(), inbox.nextReceipts()]).toEqual([first, undefined]);
  });
});
