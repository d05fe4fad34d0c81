import { describe, expect, it } from "vitest";
import {
  CONTENTS_MAX,
  DUPLICATE_WINDOW_MAX,
  INBOX_BYTES_MAX,
  INBOX_RECORDS_MAX,
  LEFT_OWING_MAX,
  NAME_WINDOW_BYTES_MAX,
} from "../../src/limits.ts";
import { Inbox, type Receipt } from "../../src/pager/inbox.ts";
import type { InboxMessage } from "../../src/pager/inbox-message.ts";
import { messageFingerprint } from "../../src/pager/message-name.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { PowerCut, PowerCutStore } from "../simulation/power-cut-store.ts";

const NO_BYTES = new Uint8Array();

function message(id: string, extra: Partial<InboxMessage> = {}): InboxMessage {
  return {
    fingerprint: messageFingerprint("bob", id, NO_BYTES),
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

/** Oldest first. */
function sequencesOf(inbox: Inbox): number[] {
  const sequences: number[] = [];
  for (let at = inbox.older(); at !== undefined; at = inbox.older(at)) sequences.unshift(at);
  return sequences;
}

function idsOf(inbox: Inbox): (string | undefined)[] {
  return sequencesOf(inbox).map((sequence) => inbox.read(sequence)?.id);
}

/** Sends all owed receipts, and the broker takes them. Returns them as text. */
function tell(inbox: Inbox, words: string[] = []): string[] {
  for (let owed = inbox.nextReceipts(); owed; owed = inbox.nextReceipts()) {
    inbox.handleReceiptsSent(owed);
    words.push(`${owed.sender}: ${owed.receipts.map(wordsOf).join(", ")}`);
    inbox.handleReceiptsTaken(owed);
  }
  return words;
}

function wordsOf({ id, stage, answer }: Receipt): string {
  return [id, stage, ...(answer === undefined ? [] : [answer])].join(" ");
}

describe("inbox", () => {
  it("stores a message durably and recognises it after a restart", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    expect(inbox.insert(message("1", { title: "T", expiresSeconds: 2000 }), 1000)).toBe("stored");
    expect(inbox.insert(message("1"), 1000)).toBe("duplicate");
    inbox.markShown(1);
    const again = new Inbox(store);
    expect(sequencesOf(again)).toEqual([1]);
    expect(again.read(1)).toEqual(message("1", { title: "T", expiresSeconds: 2000 }));
    expect([again.unreadCount, again.unshownCount]).toEqual([1, 0]);
    expect(again.insert(message("1"), 1000)).toBe("duplicate");
    expect(again.insert(message("2"), 1000)).toBe("stored");
    expect(sequencesOf(again)).toEqual([1, 2]);
  });

  it("owes each receipt once, in order, across a restart", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(message("1"), 1000);
    inbox.insert(message("2"), 1000);
    inbox.insert({ ...message("3"), id: undefined }, 1000);
    inbox.markShown(1);
    const owed = inbox.nextReceipts();
    expect([owed?.sender, owed?.receipts.map(wordsOf)]).toEqual(["bob", ["1 stored", "1 shown", "2 stored"]]);
    if (!owed) return;
    inbox.handleReceiptsSent(owed);
    expect(inbox.nextReceipts()).toBeUndefined();
    inbox.handleReceiptsTaken({ ...owed, receipts: owed.receipts.slice(0, 2) });
    // The receipt for 2 was on its way when the power failed.
    const again = new Inbox(store);
    again.markRead(2);
    expect(tell(again)).toEqual(["bob: 2 stored, 2 shown, 2 read"]);
    expect(tell(new Inbox(store))).toEqual([]);
  });

  it("sends one sender as many receipts as fit into a message, and each sender its own", () => {
    const inbox = new Inbox(new MemoryStore());
    fill(inbox, CONTENTS_MAX + 1);
    inbox.insert(message("a", { sender: "ann", fingerprint: messageFingerprint("ann", "a", NO_BYTES) }), 1000);
    inbox.insert(message("p", { sender: "", fingerprint: messageFingerprint("", "p", NO_BYTES) }), 1000);
    inbox.markShown(sequencesOf(inbox).at(-1) as number);
    const told = tell(inbox);
    expect(told[0]?.split(",")).toHaveLength(CONTENTS_MAX);
    expect(told.slice(1)).toEqual([`bob: fill-${CONTENTS_MAX} stored`, "ann: a stored", ": p stored", ": p shown"]);
  });

  it("sends the answer once, and the receipt read", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(message("1", { choices: ["yes", "no"] }), 1000);
    tell(inbox);
    expect([inbox.markAnswered(1, 1), inbox.markAnswered(1, 0), inbox.answerOf(1)]).toEqual([true, false, 1]);
    expect(tell(new Inbox(store))).toEqual(["bob: 1 shown, 1 read, 1 answered no"]);
  });

  it("still owes the receipts of messages that left, also after a restart, up to its limit", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    inbox.insert(message("left", { choices: ["yes"] }), 1000);
    inbox.markAnswered(1, 0);
    const onItsWay = inbox.nextReceipts(1);
    if (onItsWay) inbox.handleReceiptsSent(onItsWay);
    for (let index = 0; index < INBOX_RECORDS_MAX; index += 1)
      inbox.insert({ ...message(`fill-${index}`), id: undefined, priority: 5 }, 1000);
    expect(idsOf(inbox)).not.toContain("left");
    if (onItsWay) inbox.handleReceiptsTaken(onItsWay);
    const again = new Inbox(store);
    expect([again.length, again.insert(message("left"), 1000)]).toEqual([INBOX_RECORDS_MAX, "duplicate"]);
    expect(tell(again)).toEqual(["bob: left shown, left read, left answered yes"]);
    expect(store.keys()).not.toContain("m-1");
    expect(new Inbox(store).insert(message("left"), 1000)).toBe("duplicate");
    for (let index = 0; index < LEFT_OWING_MAX + INBOX_RECORDS_MAX; index += 1) {
      expect(again.owesTooManyReceipts).toBe(false);
      again.insert({ ...message(`owing-${index}`), priority: 5 }, 1000);
    }
    expect([again.owesTooManyReceipts, again.unreceiptedCount]).toEqual([true, 0]);
    // A message that comes nevertheless is not stored, but counted.
    expect(again.insert({ ...message("late"), priority: 5 }, 1000)).toBe("full");
    expect([again.unreceiptedCount, again.nextReceipts()?.receipts[0]?.id]).toEqual([1, "owing-0"]);
    expect(new Set(tell(again).flatMap((words) => words.match(/owing-\d+/g))).size).toBe(
      LEFT_OWING_MAX + INBOX_RECORDS_MAX,
    );
    expect(again.owesTooManyReceipts).toBe(false);
  });

  it("drops no unread message of priority 4 or 5 for a less important one, which gets the receipt dropped", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    fill(inbox, INBOX_RECORDS_MAX, { priority: 4 });
    for (const sequence of sequencesOf(inbox)) inbox.markShown(sequence);
    tell(inbox);
    expect(inbox.insert(message("less"), 1000)).toBe("full");
    expect(new Inbox(store).insert(message("less"), 1000)).toBe("duplicate");
    expect(tell(inbox)).toEqual(["bob: less dropped"]);
    expect(inbox.insert(message("more", { priority: 5 }), 1000)).toBe("stored");
    expect([tell(inbox), inbox.droppedCount]).toEqual([["bob: fill-0 dropped, more stored"], 1]);
    const store4 = new MemoryStore();
    const low = new Inbox(store4);
    fill(low, INBOX_RECORDS_MAX, { priority: 1 });
    expect([low.insert(message("big", { text: "x".repeat(INBOX_BYTES_MAX) }), 1000), low.length]).toEqual([
      "full",
      INBOX_RECORDS_MAX,
    ]);
  });

  it("refuses an expired message; one that expires later is no longer unread; both get the receipt expired", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    expect(inbox.insert(message("late", { expiresSeconds: 1000 }), 1000)).toBe("expired");
    expect(inbox.insert(message("late", { expiresSeconds: 1000 }), 1000)).toBe("duplicate");
    expect(inbox.insert({ ...message("mute", { expiresSeconds: 1000 }), id: undefined }, 1000)).toBe("expired");
    expect(inbox.insert(message("in time", { expiresSeconds: 1001 }), 1000)).toBe("stored");
    expect(inbox.insert(message("no clock", { expiresSeconds: 900 }), undefined)).toBe("stored");
    expect(inbox.insert(message("read", { expiresSeconds: 900 }), undefined)).toBe("stored");
    inbox.markRead(sequencesOf(inbox)[2] as number);
    expect([inbox.nextExpirySeconds, inbox.expire(899), inbox.expire(900), inbox.nextExpirySeconds]).toEqual([
      900, 0, 1, 1001,
    ]);
    expect([inbox.expire(1001), inbox.unreadCount, inbox.nextUnshown(), inbox.length]).toEqual([1, 0, undefined, 3]);
    expect(tell(inbox)).toEqual([
      "bob: late expired, in time stored, in time expired, no clock stored, no clock expired, read stored, read shown, read read",
    ]);
    expect([new Inbox(store).unreadCount, inbox.expiredCount]).toEqual([0, 4]);
  });

  it("replaces an unread message of the same sender and key, but no read one and none of another sender", () => {
    const inbox = new Inbox(new MemoryStore());
    const keyed = (id: string, sender = "bob") =>
      message(id, { collapseKey: "door", sender, fingerprint: messageFingerprint(sender, id, NO_BYTES) });
    inbox.insert(keyed("1"), 1000);
    inbox.insert(keyed("2", "ann"), 1000);
    inbox.insert(keyed("3"), 1000);
    expect([idsOf(inbox), inbox.replacedCount, inbox.droppedCount]).toEqual([["2", "3"], 1, 0]);
    inbox.markRead(3);
    inbox.insert(keyed("4"), 1000);
    expect(idsOf(inbox)).toEqual(["2", "3", "4"]);
    expect(tell(inbox)[0]).toBe("bob: 1 stored, 1 dropped, 3 stored, 3 shown, 3 read, 4 stored");
  });

  it("keeps the older message of one sender and key if there is no room for the newer one", () => {
    const inbox = new Inbox(new MemoryStore());
    const extra = { priority: 5, collapseKey: "door" };
    inbox.insert(message("former", extra), 1000);
    const text = "x".repeat(INBOX_BYTES_MAX / 2);
    inbox.insert(message("half", { text, priority: 5 }), 1000);
    expect(inbox.insert(message("newer", { text, priority: 1, collapseKey: "door" }), 1000)).toBe("full");
    expect([idsOf(inbox), inbox.replacedCount, inbox.droppedCount]).toEqual([["former", "half"], 0, 0]);
    expect(tell(inbox)).toEqual(["bob: former stored, half stored, newer dropped"]);
    // The room of the older message counts as free.
    expect(inbox.insert(message("newest", { text: "x".repeat(100), ...extra }), 1000)).toBe("stored");
    expect([idsOf(inbox), inbox.replacedCount, inbox.droppedCount]).toEqual([["half", "newest"], 1, 0]);
  });

  it("never lets a message expire too early, however far its time is", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    for (const [id, expiresSeconds] of [
      ["edge", 2 ** 32 - 1],
      ["late", 2 ** 32],
      ["later", 1_700_000_000 + 2 ** 32],
    ] as const)
      expect(inbox.insert(message(id, { expiresSeconds }), 1_700_000_000)).toBe("stored");
    for (const each of [inbox, new Inbox(store)])
      expect([each.nextExpirySeconds, each.expire(1_700_000_001), each.unreadCount]).toEqual([2 ** 32 - 1, 0, 3]);
  });

  it("sends no acknowledged receipt again, even if the store refuses to record that, and records it later", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    for (const id of ["1", "2", "3"]) inbox.insert(message(id), 1000);
    inbox.retract(2);
    const owed = inbox.nextReceipts();
    expect(owed?.receipts.map(wordsOf)).toEqual(["1 stored", "2 stored", "3 stored"]);
    if (!owed) return;
    inbox.handleReceiptsSent(owed);
    store.isFailing = true;
    expect(() => inbox.handleReceiptsTaken(owed)).toThrow("flash is full");
    store.isFailing = false;
    inbox.markShown(1);
    expect(tell(inbox)).toEqual(["bob: 1 shown"]);
    const again = new Inbox(store);
    expect([tell(again), again.unreceiptedCount]).toEqual([[], 0]);
  });

  it("retracts a message for its sender, and still sends its receipts", () => {
    const inbox = new Inbox(new MemoryStore());
    inbox.insert(message("1"), 1000);
    const found = inbox.findId("1", "bob") as number;
    expect([inbox.findId("1", "ann"), inbox.findId("2"), inbox.findId("1")]).toEqual([undefined, undefined, found]);
    expect([inbox.retract(found), inbox.retract(found), inbox.length]).toEqual([true, false, 0]);
    expect([tell(inbox), inbox.insert(message("1"), 1000)]).toEqual([["bob: 1 stored"], "duplicate"]);
  });

  it("is the same after a power cut at any write", () => {
    for (let cutAt = 1; ; cutAt += 1) {
      const random = seededRandom(cutAt);
      let store = PowerCutStore.empty(random);
      const promised = new Set<string>();
      const sent: string[] = [];
      let isCut = false;
      const run = (store: PowerCutStore) => {
        const inbox = new Inbox(store);
        for (let index = 0; index < INBOX_RECORDS_MAX + 20; index += 1) {
          const extra = { priority: 1 + (index % 5), collapseKey: index % 7 === 0 ? "k" : undefined };
          const outcome = inbox.insert(message(`${index}`, extra), 1000);
          if (isCut && promised.has(`${index}`)) expect(outcome).toBe("duplicate");
          promised.add(`${index}`);
          if (index % 3 === 0) {
            const newest = inbox.older();
            if (newest !== undefined) inbox.markRead(newest);
          }
          if (index % 2) tell(inbox, sent);
        }
        tell(inbox, sent);
        return inbox;
      };
      store.cutAtWrite(cutAt * 17);
      try {
        run(store);
      } catch (error) {
        expect(error).toBeInstanceOf(PowerCut);
        isCut = true;
      }
      store = store.reborn();
      const inbox = run(store);
      const told = sent.flatMap((words) => words.slice("bob: ".length).split(", "));
      // Each receipt was sent once, except one batch that may have been on its way when the power failed.
      expect(told.length - new Set(told).size).toBeLessThanOrEqual(isCut ? CONTENTS_MAX : 0);
      const last = new Set(
        told.filter((words) => /stored|full|dropped/.test(words)).map((words) => words.split(" ")[0]),
      );
      expect(last.size).toBe(INBOX_RECORDS_MAX + 20);
      expect([inbox.damagedCount, inbox.unreceiptedCount]).toEqual([0, 0]);
      const expected = new Set(sequencesOf(inbox).map((sequence) => `m-${sequence.toString(36)}`));
      expect(new Set(store.keys().filter((key) => key.startsWith("m-")))).toEqual(expected);
      if (!isCut) return;
    }
  });

  it("holds as many records as its limit says, and then drops one for each new one", () => {
    const inbox = new Inbox(new MemoryStore());
    fill(inbox, INBOX_RECORDS_MAX);
    expect([inbox.length, inbox.droppedCount]).toEqual([INBOX_RECORDS_MAX, 0]);
    expect(inbox.insert(message("new"), 1000)).toBe("stored");
    expect([inbox.length, inbox.droppedCount]).toEqual([INBOX_RECORDS_MAX, 1]);
    expect(idsOf(inbox)).not.toContain("fill-0");
    // The message left, and is still recognised.
    expect(inbox.insert(message("fill-0"), 1000)).toBe("duplicate");
  });

  it("holds as many bytes as its limit says", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const text = "x".repeat(1000);
    for (let index = 0; index < 60; index += 1) inbox.insert({ ...message(`${index}`, { text }), id: undefined }, 1000);
    const bytes = [...store.records]
      .filter(([key]) => key.startsWith("m-"))
      .reduce((sum, [, record]) => sum + record.length, 0);
    expect(bytes).toBeLessThanOrEqual(INBOX_BYTES_MAX);
    expect(inbox.length).toBe(Math.floor(INBOX_BYTES_MAX / (bytes / inbox.length)));
    expect(inbox.insert(message("huge", { text: "x".repeat(INBOX_BYTES_MAX) }), 1000)).toBe("full");
  });

  it("drops expired messages first, then read ones, then the least important; of two equal ones the shown one", () => {
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
    expect(left).toEqual(["expired", "read", "low", "unshown low", "important"]);
  });

  it("remembers the names of as many messages as the window says, and no more", () => {
    const store = new MemoryStore();
    const inbox = new Inbox(store);
    const count = INBOX_RECORDS_MAX + 2 * DUPLICATE_WINDOW_MAX;
    for (let index = 0; index < count; index += 1) inbox.insert({ ...message(`${index}`), id: undefined }, 1000);
    const again = new Inbox(store);
    const mute = (id: string) => ({ ...message(id), id: undefined });
    expect(again.has(mute("0"))).toBe(false);
    for (let index = DUPLICATE_WINDOW_MAX; index < count; index += 1) expect(again.has(mute(`${index}`))).toBe(true);
    const bytes = store
      .keys()
      .reduce((sum, key) => sum + (key.startsWith("k-") ? (store.read(key)?.length ?? 0) : 0), 0);
    expect(bytes).toBeLessThanOrEqual(NAME_WINDOW_BYTES_MAX);
  });

  it("leaves out a damaged record, counts it and keeps it, and clears what a power cut has left", () => {
    const store = new MemoryStore();
    new Inbox(store).insert(message("1"), 1000);
    store.records.set("m-2", Uint8Array.of(0xff));
    store.records.set("m-3", Uint8Array.of(0x5b, 0x5d));
    store.records.set("s-9", Uint8Array.of(1));
    const inbox = new Inbox(store);
    expect([inbox.length, inbox.damagedCount]).toEqual([1, 2]);
    expect(store.keys()).toEqual(["m-1", "m-2", "m-3"]);
    expect(inbox.insert(message("2"), 1000)).toBe("stored");
    // The number of the left state is not used again. So no message gets that state.
    expect(store.keys()).toContain("m-a");
  });

  it("records a change that the store has refused together with the next one", () => {
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

  it("does not contain a message that the store has refused", () => {
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
  it("differs by sender, by id, by payload, and by which of these are present", () => {
    const names = [
      messageFingerprint("a", "b", NO_BYTES),
      messageFingerprint("ab", "", NO_BYTES),
      messageFingerprint("a", undefined, Uint8Array.of(0x62)),
      messageFingerprint("a", undefined, Uint8Array.of(0x63)),
      messageFingerprint("", "b", NO_BYTES),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(messageFingerprint("a", "b", Uint8Array.of(1))).toBe(names[0]);
    expect(names[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
