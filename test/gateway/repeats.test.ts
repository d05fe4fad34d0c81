/** When a message is a repeat, and when it only looks like one. */
import { describe, expect, it } from "vitest";
import { encodeReceipt, encodeText } from "../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../src/payload/message.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, PAGE, publish, settingsOf } from "./bench.ts";

const DOOR = encodeUtf8("Door open");

function reconnect(bench: Bench, connack = "20020100"): void {
  bench.gateway.handleClosed("cut", bench.nowMs);
  bench.drain();
  bench.pass(60_000);
  bench.gateway.handleConnected(bench.nowMs);
  bench.receive(fromHex(connack));
}

function counts(bench: Bench): readonly number[] {
  const { stored, duplicates } = bench.gateway.counters;
  return [stored, duplicates];
}

/** Takes the page and loses the connection before the host has sent the answer. */
function takeUnanswered(bench: Bench, packetIdentifier: number): void {
  bench.gateway.handleBytes(publish(PAGE, DOOR, { packetIdentifier }), bench.nowMs);
  bench.sent.splice(0);
  reconnect(bench);
  expect(bench.sent.filter(({ type }) => type === "puback")).toEqual([]);
}

describe("a plain page without an id that comes with DUP", () => {
  it("is another page if its first transmission was cut, even if the same words came before", () => {
    const bench = new Bench().connect();
    bench.receive(publish(PAGE, DOOR, { packetIdentifier: 7 }));
    reconnect(bench);
    bench.receive(publish(PAGE, DOOR, { packetIdentifier: 8, dup: true }));
    reconnect(bench);
    // The broker has the PUBACK, and gives the identifier to the next page.
    bench.receive(publish(PAGE, DOOR, { packetIdentifier: 8, dup: true }));
    expect([counts(bench), bench.alerts.length]).toEqual([[3, 0], 3]);
  });

  it("is a repeat if its PUBACK never left", () => {
    const bench = new Bench().connect();
    takeUnanswered(bench, 7);
    bench.gateway.handleBytes(publish(PAGE, DOOR, { packetIdentifier: 7, dup: true }), bench.nowMs);
    reconnect(bench);
    bench.receive(publish(PAGE, DOOR, { packetIdentifier: 7, dup: true }));
    expect(counts(bench)).toEqual([1, 2]);
    reconnect(bench);
    bench.receive(publish(PAGE, DOOR, { packetIdentifier: 7, dup: true }));
    expect(counts(bench)).toEqual([2, 2]);
  });

  it.each([
    ["other words", { packetIdentifier: 7, dup: true }, "Door shut"],
    ["another identifier", { packetIdentifier: 8, dup: true }, "Door open"],
    ["no DUP", { packetIdentifier: 7, dup: false }, "Door open"],
  ] as const)("is another one with %s", (_words, extra, text) => {
    const bench = new Bench().connect();
    takeUnanswered(bench, 7);
    bench.receive(publish(PAGE, encodeUtf8(text), extra));
    expect(counts(bench)).toEqual([2, 0]);
  });

  it("is another one in a new session, and after a reboot", () => {
    const bench = new Bench().connect();
    bench.gateway.handleBytes(publish(PAGE, DOOR), bench.nowMs);
    reconnect(bench, "20020000");
    bench.receive(publish(PAGE, DOOR, { dup: true }));
    expect(counts(bench)).toEqual([2, 0]);
    const again = new Bench({}, bench.store).connect("20020100");
    again.receive(publish(PAGE, DOOR, { dup: true }));
    expect(counts(again)).toEqual([1, 0]);
  });
});

describe("a message without an id", () => {
  const mute = (timestampSeconds: number) =>
    encodeMessage({ timestampSeconds, imType: 1, contents: [encodeText("hi", {})], sender: "bob" });

  it("is a repeat if it has the same time, and never if it has none", () => {
    const bench = new Bench().connect();
    for (let time = 0; time < 2; time += 1) bench.receive(publish(IM, mute(1_700_000_000)));
    expect(counts(bench)).toEqual([1, 1]);
    for (let time = 0; time < 2; time += 1) bench.receive(publish(IM, mute(0)));
    expect(counts(bench)).toEqual([3, 1]);
  });
});

describe("what was written here", () => {
  const receipt = (id: string, state: "stored" | "read" | "answered", sender: string, answer?: string) =>
    publish(
      IM,
      encodeMessage({
        timestampSeconds: 1,
        imType: IM_TYPE.receipt,
        contents: [encodeReceipt(id, state, answer)],
        sender,
      }),
    );

  it("to a group is not shown when the group sends it back", () => {
    const bench = new Bench({ settings: settingsOf({ groups: "ops" }) });
    bench.subscriptions = 4;
    bench.connect();
    bench.gateway.sendMessage("ops", "all clear?", bench.nowMs);
    bench.drain();
    const sent = bench.sent.findLast(({ topic }) => topic === "/acme/im/ops");
    bench.takeSent();
    bench.receive(publish("/acme/im/ops", new Uint8Array(Buffer.from(sent?.payload ?? "", "latin1"))));
    expect([counts(bench), bench.alerts, bench.takeSent()]).toEqual([[0, 0], [], ["puback 7"]]);
    bench.receive(publish("/acme/im/ops", im("1", "yes")));
    expect(counts(bench)).toEqual([1, 0]);
  });

  it("gets receipts only from its receiver, and a late receipt does not change a later state", () => {
    const bench = new Bench().connect();
    const id = bench.gateway.sendMessage("ann", "Gate?", bench.nowMs);
    bench.drain();
    bench.receive(receipt(id, "answered", "eve", "no"));
    expect(bench.screen).toContain("to ann: waiting");
    bench.receive(receipt(id, "read", "ann"));
    const { packetIdentifier = 0 } = bench.sent.findLast(({ topic }) => topic === "/acme/im/ann") ?? {};
    bench.receive(Uint8Array.of(0x40, 2, 0, packetIdentifier));
    bench.receive(receipt(id, "stored", "ann"));
    expect(bench.screen).toContain("to ann: read");
    // The state is known after a reboot, too.
    const again = new Bench({}, bench.store).connect("20020100");
    again.receive(receipt(id, "stored", "ann"), receipt("other", "answered", "ann", "no"));
    expect(again.screen).toContain("to ann: read");
    again.receive(receipt(id, "answered", "ann", "open"));
    expect(again.screen).toContain("to ann: answered: open");
  });
});
