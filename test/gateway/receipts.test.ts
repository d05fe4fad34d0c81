/** The sender gets every receipt, however many messages come at once. The messages that have no room wait at the broker. */
import { describe, expect, it } from "vitest";
import { readPlainPage } from "../../src/gateway/incoming.ts";
import { ReceiptSource } from "../../src/gateway/receipt-source.ts";
import { LEFT_OWING_MAX, TAKE_TIMEOUT_MS } from "../../src/limits.ts";
import type { InboxMessage } from "../../src/pager/inbox-message.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { Bench, IM, im, publish } from "./bench.ts";
import { testDevice } from "./test-device.ts";

/** A broker with messages for the device. It sends all of them at once as soon as there is a connection. */
class Flood {
  readonly bench: Bench;
  /** Messages that the device has not acknowledged, by packet identifier. */
  readonly waiting = new Map<number, string>();
  /** The states that the sender was told, by id. */
  readonly told = new Map<string, string[]>();
  connections = 1;

  constructor(bench: Bench, count: number) {
    this.bench = bench;
    for (let index = 1; index <= count; index += 1) this.waiting.set(index, `id-${index}`);
  }

  send(dup: boolean, retain = false): void {
    this.bench.receive(
      ...[...this.waiting].map(([packetIdentifier, id]) =>
        publish(IM, im(id, `text ${id}`), { packetIdentifier, dup, retain }),
      ),
    );
  }

  /** Answers what the device has sent. Returns whether there was anything. */
  answer(): boolean {
    const sent = this.bench.sent.splice(0);
    const answers: Uint8Array[] = [];
    for (const { type, topic, payload = "", packetIdentifier = 0 } of sent) {
      if (type === "puback") this.waiting.delete(packetIdentifier);
      if (type === "pingreq") answers.push(Uint8Array.of(0xd0, 0));
      if (type !== "publish" || packetIdentifier === 0) continue;
      answers.push(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier));
      if (topic !== "/acme/im/station") continue;
      for (const [, id = "", state = ""] of payload.matchAll(/"id":"([^"]+)","st":"([a-z]+)"/g))
        this.told.set(id, [...(this.told.get(id) ?? []), state]);
    }
    if (answers.length > 0) this.bench.receive(...answers);
    return sent.length > 0;
  }

  /** Runs until nothing more happens. Connects again each time that the device has closed. */
  run(): void {
    this.send(false);
    for (let quiet = 0; quiet < 30; quiet += 1) {
      while (this.answer()) quiet = 0;
      if (this.bench.gateway.isConnected) {
        this.bench.pass(1_000);
        continue;
      }
      this.bench.pass(60_000);
      this.bench.gateway.handleConnected(this.bench.nowMs);
      this.bench.receive(Uint8Array.of(0x20, 2, 1, 0));
      this.connections += 1;
      this.send(true);
    }
  }
}

describe("a thousand messages at once", () => {
  it.each([
    ["with a screen", { width: 320, height: 240 }],
    ["without a screen", { width: 0, height: 0 }],
  ])("each get their receipts, %s", { timeout: 60_000 }, (_words, size) => {
    const bench = new Bench({ size }).connect();
    bench.sent.splice(0);
    const flood = new Flood(bench, 1000);
    flood.run();
    const { duplicates, unreceipted, full, dropped, stored, disconnections } = bench.gateway.counters;
    expect([flood.waiting.size, flood.told.size, unreceipted, full]).toEqual([0, 1000, 0, 0]);
    expect([...flood.told.values()].filter((states) => new Set(states).size !== states.length)).toEqual([]);
    expect([stored, duplicates, dropped, bench.gateway.unreadCount]).toEqual([1000, 0, 800, 200]);
    expect(disconnections).toBeLessThan(1000 / LEFT_OWING_MAX + 1);
  });
});

describe("receipts that the sender lacks", () => {
  it("are given again when it sends the message again, also after a restart, and not when the broker does so", () => {
    const bench = new Bench().connect();
    bench.sent.splice(0);
    const flood = new Flood(bench, 1);
    flood.run();
    expect(flood.told.get("id-1")).toEqual(["stored", "shown"]);
    const again = (isDup: boolean, isRetained = false) => {
      flood.told.clear();
      flood.waiting.set(1, "id-1");
      flood.send(isDup, isRetained);
      while (flood.answer());
      return flood.told.get("id-1");
    };
    expect(again(true)).toBeUndefined();
    expect(again(false, true)).toBeUndefined();
    expect(again(false)).toEqual(["stored", "shown"]);
    expect(again(false)).toEqual(["stored", "shown"]);
    expect([bench.gateway.counters.stored, bench.alerts.length]).toEqual([1, 1]);
    const next = new Bench({}, bench.store).connect("20020100");
    next.sent.splice(0);
    const second = new Flood(next, 1);
    second.run();
    expect(second.told.get("id-1")).toEqual(["stored", "shown"]);
  });

  it("are those of the expiry, or that it was dropped, where the message has ended", () => {
    const device = testDevice();
    const { inbox } = device;
    const source = new ReceiptSource(device);
    const message = readPlainPage(encodeUtf8('{"co":"x","id":"1","ex":60}'), 1_700_000_000) as InboxMessage;
    const told = () => {
      const states: string[] = [];
      for (let owed = inbox.nextReceipts(); owed; owed = inbox.nextReceipts()) {
        const next = source.next();
        next?.handleSent?.();
        next?.handleTaken?.();
        states.push(...owed.receipts.map(({ stage }) => stage));
      }
      return states;
    };
    inbox.insert(message, 1_700_000_000);
    inbox.expire(1_700_000_060);
    inbox.markRead(inbox.older() ?? -1);
    expect(told()).toEqual(["stored", "expired"]);
    inbox.repeatReceipts(message);
    expect(told()).toEqual(["stored", "expired"]);
    inbox.retract(inbox.older() ?? -1);
    for (let times = 0; times < 2; times += 1) {
      inbox.repeatReceipts(message);
      expect([told(), inbox.length, inbox.leftCount]).toEqual([["dropped"], 0, 0]);
    }
  });
});

describe("receipts that the broker never takes", () => {
  it("leave further messages with the broker, and the device connects again", () => {
    const bench = new Bench({ size: { width: 0, height: 0 } }).connect();
    bench.sent.splice(0);
    for (let index = 1; index <= 400; index += 1)
      bench.receive(publish(IM, im(`id-${index}`, "x"), { packetIdentifier: index }));
    expect(bench.takeSent().filter((line) => line.startsWith("puback"))).toHaveLength(200 + LEFT_OWING_MAX);
    bench.pass(TAKE_TIMEOUT_MS);
    expect(bench.gateway.isConnected).toBe(false);
    expect(bench.gateway.counters.unreceipted).toBe(0);
  });

  it("are counted if the broker refuses them", () => {
    const device = testDevice();
    const source = new ReceiptSource(device);
    device.inbox.insert(readPlainPage(encodeUtf8('{"co":"x","id":"1"}'), 1_700_000_000) as InboxMessage, 1_700_000_000);
    source.next()?.handleTaken?.("not authorised");
    expect([device.inbox.unreceiptedCount, source.next()]).toEqual([1, undefined]);
  });
});
