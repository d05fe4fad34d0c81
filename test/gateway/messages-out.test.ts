/** Messages of the carrier to contacts and groups, and answers chosen with the buttons. */
import { describe, expect, it } from "vitest";
import { MESSAGE_TEXT_BYTES_MAX, MESSAGES_OUT_MAX } from "../../src/limits.ts";
import { encodeReceipt } from "../../src/payload/content.ts";
import { decodeMessage, encodeMessage } from "../../src/payload/message.ts";
import { seededRandom } from "../random.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

const TO_ANN = "/acme/im/ann";

/** The texts that were sent to a topic since the last call, each with its packet identifier. */
function left(bench: Bench, topic: string): { text: string; packetIdentifier: number }[] {
  return bench.sent
    .splice(0)
    .filter((packet) => packet.topic === topic)
    .map(({ payload = "", packetIdentifier = 0 }) => ({
      text: /"co":"([^"]*)"/.exec(payload)?.[1] ?? "",
      packetIdentifier,
    }));
}

describe("a message to a contact", () => {
  it("stays on the store until the broker has it, in order, across a reboot", () => {
    const random = seededRandom(1);
    const first = new Bench({ random });
    const ids = ["one", "two"].map((text) => first.gateway.sendMessage("ann", text, first.nowMs));
    expect(new Set(ids).size).toBe(2);
    const bench = new Bench({ random }, first.store).connect();
    const [one, two] = left(bench, TO_ANN);
    expect([one?.text, two?.text]).toEqual(["one", "two"]);
    bench.receive(Uint8Array.of(0x40, 2, 0, one?.packetIdentifier ?? 0));
    // The power fails before the second PUBACK. The message is sent again with the same id, so the receiver shows it once.
    const again = new Bench({ random }, bench.store).connect("20020100");
    const [repeated, ...rest] = left(again, TO_ANN);
    expect([repeated?.text, rest]).toEqual(["two", []]);
    again.receive(Uint8Array.of(0x40, 2, 0, repeated?.packetIdentifier ?? 0));
    expect(again.store.keys().filter((key) => key.startsWith("w-"))).toEqual([]);
  });

  it("to a group has the type of a group message, and the screen says what became of it", () => {
    const bench = new Bench({ settings: settingsOf({ groups: "ops" }) });
    bench.subscriptions = 4;
    bench.connect();
    const id = bench.gateway.sendMessage("ops", "all clear?", bench.nowMs);
    bench.drain();
    const packet = bench.sent.findLast(({ topic }) => topic === "/acme/im/ops");
    expect(decodeMessage(Buffer.from(packet?.payload ?? "", "latin1")).imType).toBe(2);
    expect(bench.screen).toContain("to ops: waiting");
    bench.receive(Uint8Array.of(0x40, 2, 0, packet?.packetIdentifier ?? 0));
    expect(bench.screen).toContain("to ops: sent");
    const receipt = (state: "shown" | "answered", answer?: string) =>
      encodeMessage({ timestampSeconds: 1, imType: 4, contents: [encodeReceipt(id, state, answer)], sender: "ann" });
    bench.receive(publish(IM, receipt("shown")));
    expect(bench.screen).toContain("to ops: shown");
    bench.receive(publish(IM, receipt("answered", "yes")));
    expect([bench.screen, bench.gateway.unreadCount]).toEqual([expect.stringContaining("to ops: answered: yes"), 0]);
  });

  it("is refused if it is too long, has no valid receiver, or too many wait, and is not sent if the store refuses", () => {
    const bench = new Bench({ random: seededRandom(1) });
    const send = (to: string, text: string) => () => bench.gateway.sendMessage(to, text, bench.nowMs);
    expect(send("ann", "x".repeat(MESSAGE_TEXT_BYTES_MAX + 1))).toThrow("bytes");
    expect(send("a/b", "x")).toThrow("expected a uid");
    bench.store.isFailing = true;
    expect(send("ann", "x")).toThrow("flash is full");
    bench.store.isFailing = false;
    for (let index = 0; index < MESSAGES_OUT_MAX; index += 1) send("ann", `${index}`)();
    expect(send("ann", "one more")).toThrow("wait already");
    bench.connect();
    const texts: string[] = [];
    for (let round = 0; round < MESSAGES_OUT_MAX; round += 1) {
      for (const { text, packetIdentifier } of left(bench, TO_ANN)) {
        texts.push(text);
        bench.receive(Uint8Array.of(0x40, 2, 0, packetIdentifier));
      }
    }
    expect(texts).toEqual(Array.from({ length: MESSAGES_OUT_MAX }, (_, index) => `${index}`));
  });

  it("can be chosen with the buttons", () => {
    const bench = new Bench({ settings: settingsOf({ contacts: "ann", "message.texts": "Call me,Yes" }) });
    bench.subscriptions = 4;
    bench.connect();
    left(bench, TO_ANN);
    for (const button of ["c", "c", "b", "c", "b"] as const) bench.gateway.handleButton(button, bench.nowMs);
    bench.drain();
    expect(left(bench, TO_ANN).map(({ text }) => text)).toEqual(["Yes"]);
  });
});

describe("a message chosen with the buttons that cannot be sent", () => {
  const choose = (bench: Bench) => {
    for (const button of ["c", "c", "b", "b"] as const) bench.gateway.handleButton(button, bench.nowMs);
    bench.drain();
  };
  const settings = settingsOf({ contacts: "ann", "message.texts": "Call me" });

  it("says on the screen that too many wait, and does not count as a failure of the store", () => {
    const bench = new Bench({ settings, random: seededRandom(1) });
    for (let index = 0; index <= MESSAGES_OUT_MAX; index += 1) choose(bench);
    expect(bench.screen).toContain(`to ann: not sent: ${MESSAGES_OUT_MAX} messages`);
    expect(bench.gateway.counters.storeFailures).toBe(0);
  });

  it("says on the screen that the flash refuses", () => {
    const bench = new Bench({ settings });
    bench.store.isFailing = true;
    choose(bench);
    expect(bench.screen).toContain("to ann: not sent: flash is full");
    expect(bench.gateway.counters.storeFailures).toBe(1);
  });
});

describe("a reply", () => {
  it("chosen with a button goes to the sender as a receipt, once, also if there was no connection", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("q1", "Gate?", { choices: ["open", "shut"] })));
    for (const { packetIdentifier = 0 } of bench.sent.splice(0).filter(({ topic }) => topic === "/acme/im/station"))
      bench.receive(Uint8Array.of(0x40, 2, 0, packetIdentifier));
    bench.gateway.handleClosed("cut", bench.nowMs);
    bench.gateway.handleButton("b", bench.nowMs);
    bench.drain();
    expect(bench.screen).toContain("open  shut  more");
    bench.gateway.handleButton("b", bench.nowMs);
    const again = new Bench({}, bench.store).connect("20020100");
    const told = again.sent.filter(({ topic }) => topic === "/acme/im/station").map(({ payload }) => payload);
    expect(told).toEqual([expect.stringMatching(/"st":"read".*"st":"answered","co":"shut"/)]);
    const { packetIdentifier = 0 } = again.sent.find(({ topic }) => topic === "/acme/im/station") ?? {};
    again.receive(Uint8Array.of(0x40, 2, 0, packetIdentifier), fromHex("d000"));
    expect(new Bench({}, bench.store).connect("20020100").takeSent().join()).not.toContain("answered");
  });
});
