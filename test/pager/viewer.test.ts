import { describe, expect, it } from "vitest";
import { PRESS_GUARD_MS, SCREEN_HOLD_MS, SCREEN_RETURN_MS } from "../../src/limits.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import type { InboxMessage } from "../../src/pager/inbox-message.ts";
import { Roster } from "../../src/pager/roster.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import { Viewer } from "../../src/pager/viewer.ts";
import { MemoryStore } from "../memory-store.ts";

const DWELL_MS = 500;

class Bench {
  readonly store = new MemoryStore();
  readonly inbox = new Inbox(this.store);
  readonly roster = new Roster(["ann", "bob"]);
  readonly viewer = new Viewer(this.inbox, this.roster, {
    dwellMs: DWELL_MS,
    textCount: 2,
    presenceCount: 3,
    figureCount: 2,
  });
  nowMs = 100_000;

  arrive(count = 1, extra: Partial<InboxMessage> = {}): void {
    for (let index = 0; index < count; index += 1) {
      const name = `${this.inbox.length}`.padStart(16, "a");
      this.inbox.insert({ fingerprint: name, sender: "bob", text: "x", priority: 3, timestampSeconds: 0, ...extra }, 0);
    }
  }

  /** Paints after this time. Returns the message on the screen. */
  paint(afterMs = 0): number | undefined {
    this.nowMs += afterMs;
    this.viewer.update(this.nowMs);
    if (this.viewer.current !== undefined) this.inbox.markShown(this.viewer.current);
    return this.viewer.current;
  }

  /** Presses buttons as someone who has seen the present view. Returns the view after each press, as text. */
  press(...buttons: Button[]): string[] {
    this.nowMs += PRESS_GUARD_MS;
    return this.pressAtOnce(...buttons);
  }

  pressAtOnce(...buttons: Button[]): string[] {
    return buttons.map((button) => {
      const choice = this.viewer.press(button, this.nowMs);
      return choice ? `chosen ${choice.uid} ${choice.index}` : this.view;
    });
  }

  get view(): string {
    const { view } = this.viewer;
    switch (view.kind) {
      case "message":
        return `message ${view.sequence}${view.page ? ` page ${view.page}` : ""}`;
      case "reply":
        return `message ${view.sequence} replies from ${view.first}`;
      case "inbox":
        return `inbox ${view.sequence}`;
      case "roster":
        return view.isDevice ? "roster device" : `roster ${view.uid ?? "me"}`;
      case "device":
        return `device ${view.index}`;
      case "texts":
        return `texts ${view.uid} ${view.index}`;
      default:
        return view.kind;
    }
  }
}

describe("new messages", () => {
  it("are shown at once, and the next one after the dwell time", () => {
    const bench = new Bench();
    expect(bench.paint()).toBeUndefined();
    bench.arrive(2);
    expect(bench.paint()).toBe(1);
    expect(bench.viewer.timeoutMs(bench.nowMs)).toBe(bench.nowMs + DWELL_MS);
    expect(bench.paint(DWELL_MS - 1)).toBe(1);
    expect(bench.paint(1)).toBe(2);
    expect(bench.viewer.timeoutMs(bench.nowMs)).toBeUndefined();
    expect(bench.paint(60_000)).toBe(2);
  });

  it("of a backlog stay for the dwell time too, so that a person can see each", () => {
    const bench = new Bench();
    bench.arrive(40);
    expect([bench.paint(), bench.paint(), bench.paint(DWELL_MS - 1), bench.paint(1)]).toEqual([1, 1, 1, 2]);
    expect(bench.paint(DWELL_MS)).toBe(3);
    expect(bench.inbox.unshownCount).toBe(37);
  });

  it("do not take the screen while the carrier uses the buttons, unless they are urgent", () => {
    const bench = new Bench();
    bench.arrive();
    bench.paint();
    expect(bench.press("b", "b")).toEqual(["home", "inbox 1"]);
    bench.arrive();
    bench.paint(SCREEN_HOLD_MS - 1);
    expect([bench.view, bench.viewer.timeoutMs(bench.nowMs)]).toEqual(["inbox 1", bench.nowMs + 1]);
    bench.arrive(1, { priority: 4 });
    expect(bench.paint()).toBe(3);
    expect(bench.viewer.isHolding(bench.nowMs)).toBe(true);
    expect(bench.paint(3 * SCREEN_HOLD_MS)).toBe(3);
    expect(bench.press("a", "c", "b")).toEqual(["message 3", "message 3", "message 2"]);
    expect(bench.viewer.isHolding(bench.nowMs)).toBe(false);
  });

  it("of priority 4 and 5 stay until they are acknowledged, newest first", () => {
    const bench = new Bench();
    bench.arrive(2, { priority: 5 });
    bench.arrive();
    bench.paint();
    bench.paint(DWELL_MS);
    expect([bench.view, bench.paint(60_000)]).toEqual(["message 2", 2]);
    expect(bench.press("b", "b")).toEqual(["message 1", "message 3"]);
    expect(
      new Viewer(bench.inbox, bench.roster, { dwellMs: 0, textCount: 0, presenceCount: 0, figureCount: 0 }).current,
    ).toBe(3);
  });
});

describe("the buttons", () => {
  it("go to older and newer messages, from the newest to home, and back", () => {
    const bench = new Bench();
    bench.arrive(3);
    for (let index = 0; index < 3; index += 1) bench.paint(DWELL_MS);
    expect(bench.press("a", "a", "a", "c", "c", "c", "a")).toEqual([
      "message 2",
      "message 1",
      "message 1",
      "message 2",
      "message 3",
      "home",
      "message 3",
    ]);
  });

  it("mark as read and go on to the newest unread one, then home", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.paint(DWELL_MS);
    expect([...bench.press("b"), bench.inbox.unreadCount]).toEqual(["message 1", 1]);
    expect([...bench.press("b"), bench.inbox.unreadCount]).toEqual(["home", 0]);
  });

  it("go on even if the store refuses to record that a message was read", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.paint(DWELL_MS);
    bench.store.isFailing = true;
    expect(() => bench.press("b")).toThrow("flash is full");
    expect([bench.viewer.current, bench.inbox.unreadCount]).toEqual([1, 1]);
  });

  it("turn the pages of a long text before they go to another message", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.viewer.hasFurtherPage = true;
    expect(bench.viewer.labels()).toEqual(["", "read", "more"]);
    expect(bench.press("c", "c", "a", "c")).toEqual([
      "message 1 page 1",
      "message 1 page 2",
      "message 1 page 1",
      "message 1 page 2",
    ]);
    bench.viewer.hasFurtherPage = false;
    expect([...bench.viewer.labels(), ...bench.press("c")]).toEqual(["back", "read", "next", "message 2"]);
  });

  it("offer the choices when the carrier wants to reply; an answered message is read and is not asked again", () => {
    const bench = new Bench();
    bench.arrive(1, { choices: ["yes", "no"] });
    bench.paint();
    expect(bench.viewer.labels()).toEqual(["", "reply", "home"]);
    expect(bench.press("b")).toEqual(["message 1 replies from 0"]);
    expect(bench.viewer.labels()).toEqual(["yes", "no", "more"]);
    expect(bench.press("c")).toEqual(["message 1 replies from 2"]);
    expect(bench.viewer.labels()).toEqual(["no answer", "yes", "more"]);
    expect(bench.press("c")).toEqual(["message 1 replies from 1"]);
    expect(bench.viewer.labels()).toEqual(["no", "no answer", "back"]);
    expect(bench.press("c", "b", "b")).toEqual(["message 1", "message 1 replies from 0", "home"]);
    expect([bench.inbox.answerOf(1), bench.inbox.isRead(1)]).toEqual([1, true]);
    expect([...bench.press("a"), ...bench.viewer.labels()]).toEqual(["message 1", "", "list", "home"]);
  });

  it.each([1, 2, 3])("are given with the second button alone, each of %i", (count) => {
    const choices = ["yes", "no", "later"].slice(0, count);
    const given: string[] = [];
    for (let pages = 0; pages < 8; pages += 1) {
      const bench = new Bench();
      bench.arrive(1, { choices });
      bench.paint();
      bench.press("b", ...Array<"c">(pages).fill("c"), "b");
      const answer = bench.inbox.answerOf(1);
      given.push(answer === undefined ? `${bench.inbox.isRead(1)}` : (choices[answer] ?? ""));
    }
    for (const reply of [...choices, "true"]) expect(given).toContain(reply);
  });

  it.each([1, 2, 3])("put a message with %i choices away without an answer", (count) => {
    const bench = new Bench();
    bench.arrive(1, { choices: ["yes", "no", "later"].slice(0, count), priority: 5 });
    bench.paint();
    bench.press("b");
    const seen: string[] = [];
    for (let at = 0; at < 3 && !bench.viewer.labels().includes("no answer"); at += 1) {
      seen.push(...bench.viewer.labels().slice(0, 2));
      bench.press("c");
    }
    const [a, b] = bench.viewer.labels();
    const replies = [...["yes", "no", "later"].slice(0, count), "no answer"];
    expect([...seen, a, b].slice(0, replies.length)).toEqual(replies);
    expect(bench.press(a === "no answer" ? "a" : "b")).toEqual(["home"]);
    expect([bench.inbox.answerOf(1), bench.inbox.isRead(1), bench.viewer.isHolding(bench.nowMs)]).toEqual([
      undefined,
      true,
      false,
    ]);
  });

  it("have labels that read the message on the screen from the store only once", () => {
    const bench = new Bench();
    bench.arrive(1, { choices: ["yes"] });
    bench.paint();
    const { read } = bench.store;
    let count = 0;
    bench.store.read = (key) => {
      count += 1;
      return read.call(bench.store, key);
    };
    for (let at = 0; at < 5; at += 1) bench.viewer.labels();
    expect(count).toBeLessThanOrEqual(1);
  });

  it("go through the inbox, newest first, and leave it at both ends", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.paint(DWELL_MS);
    bench.press("b", "b");
    expect(bench.viewer.labels()).toEqual(["last", "list", "people"]);
    expect(bench.press("b", "c", "c", "b", "a", "b", "c", "b", "b", "a", "a")).toEqual([
      "inbox 2",
      "inbox 1",
      "home",
      "inbox 2",
      "home",
      "inbox 2",
      "inbox 1",
      "message 1",
      "inbox 1",
      "inbox 2",
      "home",
    ]);
  });

  it("choose a text for a contact, or the own presence", () => {
    const bench = new Bench();
    bench.roster.update("bob", 1, "");
    expect(bench.press("c", "b", "c", "c", "c", "a")).toEqual([
      "roster me",
      "texts undefined 0",
      "texts undefined 1",
      "texts undefined 2",
      "roster me",
      "home",
    ]);
    expect(bench.press("c", "c", "b", "c", "b")).toEqual([
      "roster me",
      "roster bob",
      "texts bob 0",
      "texts bob 1",
      "chosen bob 1",
    ]);
    expect([...bench.press("c", "b", "b"), bench.view]).toEqual([
      "roster me",
      "texts undefined 0",
      "chosen undefined 0",
      "home",
    ]);
  });

  it("show the figures of the device, below the people, and leave them again", () => {
    const bench = new Bench();
    expect(bench.press("c", "c", "c", "c", "c")).toEqual([
      "roster me",
      "roster ann",
      "roster bob",
      "roster device",
      "home",
    ]);
    expect(bench.press("c", "c", "c", "c", "b", "c", "c", "b", "b")).toEqual([
      "roster me",
      "roster ann",
      "roster bob",
      "roster device",
      "device 0",
      "device 1",
      "roster device",
      "device 0",
      "home",
    ]);
    expect(bench.press("c", "c", "c", "c", "b", "a", "a").slice(-3)).toEqual([
      "device 0",
      "roster device",
      "roster bob",
    ]);
  });

  it("act on the contact that was chosen, even if news of others moves its row", () => {
    const bench = new Bench();
    bench.roster.update("bob", 1, "");
    expect(bench.press("c", "c")).toEqual(["roster me", "roster bob"]);
    bench.roster.update("ann", 1, "");
    expect(bench.roster.contacts.map(({ uid }) => uid)).toEqual(["ann", "bob"]);
    expect([bench.viewer.labels(), ...bench.press("b", "a", "a", "a")]).toEqual([
      ["up", "pick", "down"],
      "texts bob 0",
      "roster bob",
      "roster ann",
      "roster me",
    ]);
  });

  it("do nothing just after the view has changed by itself: the press was meant for the former view", () => {
    const bench = new Bench();
    bench.arrive(1, { choices: ["yes", "no"] });
    bench.paint();
    expect(bench.press("b")).toEqual(["message 1 replies from 0"]);
    bench.arrive(1, { priority: 5, choices: ["stop", "go on"] });
    expect(bench.paint(DWELL_MS)).toBe(2);
    bench.nowMs += PRESS_GUARD_MS - 1;
    expect(bench.pressAtOnce("a", "b")).toEqual(["message 2", "message 2"]);
    bench.nowMs += 1;
    expect(bench.pressAtOnce("b")).toEqual(["message 2 replies from 0"]);
    expect([bench.inbox.answerOf(1), bench.inbox.answerOf(2)]).toEqual([undefined, undefined]);
  });

  it("work at once if the screen was empty before, or if the carrier has changed the view", () => {
    const bench = new Bench();
    bench.arrive();
    bench.paint();
    expect(bench.pressAtOnce("b", "b")).toEqual(["home", "inbox 1"]);
  });

  it("leave lists and questions for unread messages when nobody presses them any more", () => {
    const bench = new Bench();
    bench.press("c");
    expect(bench.viewer.timeoutMs(bench.nowMs)).toBe(bench.nowMs + SCREEN_RETURN_MS);
    bench.paint(SCREEN_RETURN_MS);
    expect([bench.view, bench.viewer.timeoutMs(bench.nowMs)]).toEqual(["home", undefined]);
  });
});
