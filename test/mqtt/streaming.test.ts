import { describe, expect, it } from "vitest";
import { PACKET_BYTES_MAX, PUBACK_TIMEOUT_MS, TRANSMIT_BYTES_MAX, UNFINISHED_MAX } from "../../src/limits.ts";
import { MessagesInParts } from "../../src/mqtt/optional/large-messages.ts";
import type { PayloadSource, SessionOptions } from "../../src/mqtt/session-types.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex, toHex } from "../vectors/vector.ts";
import { Bench, CONNACK_PRESENT } from "./session-bench.ts";

const LARGE_BYTES = 1_000_000;

/** A payload whose bytes tell their place. It notes what was read of it. */
class Source implements PayloadSource {
  readonly length: number;
  readonly offsets: number[] = [];
  failsAt = Number.POSITIVE_INFINITY;
  pieceBytesMax = 0;

  constructor(length = LARGE_BYTES) {
    this.length = length;
  }

  read(offset: number, target: Uint8Array): void {
    if (offset >= this.failsAt) throw new Error("the card is gone");
    this.offsets.push(offset);
    this.pieceBytesMax = Math.max(this.pieceBytesMax, target.length);
    for (let index = 0; index < target.length; index += 1) target[index] = placed(offset + index);
  }
}

function placed(offset: number): number {
  return (offset * 31 + (offset >> 8)) & 0xff;
}

/** Takes one piece after the other, as a socket does. Returns all bytes. */
function drain(bench: Bench): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let bytes = bench.session.pollTransmit(); bytes; bytes = bench.session.pollTransmit())
    pieces.push(bytes.slice());
  return Buffer.concat(pieces);
}

/** Fixed header with 3 bytes of remaining length, topic `t`, packet identifier with QoS 1 and 2. */
function publishHead(flags: number, identifier: string, payloadBytes: number): string {
  const length = 3 + identifier.length / 2 + payloadBytes;
  const varint = [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14];
  return `3${flags.toString(16)}${toHex(Uint8Array.from(varint))}000174${identifier}`;
}

describe("a payload larger than memory, out", () => {
  it.each([0, 1, 2] as const)("leaves in pieces of one transmit buffer, with QoS %d", (qos) => {
    const bench = new Bench().connect();
    const source = new Source();
    const token = bench.session.publish({ topic: "t", payload: source, qos, retain: false }, bench.nowMs);
    const bytes = drain(bench);
    const head = publishHead(qos * 2, qos > 0 ? "0002" : "", LARGE_BYTES);
    expect(toHex(bytes.subarray(0, head.length / 2))).toBe(head);
    const payload = bytes.subarray(head.length / 2);
    expect(payload.length).toBe(LARGE_BYTES);
    expect(payload.findIndex((byte, index) => byte !== placed(index))).toBe(-1);
    expect(source.pieceBytesMax).toBeLessThanOrEqual(TRANSMIT_BYTES_MAX);
    expect(bench.session.outboxBytes).toBeLessThan(20);
    if (qos === 1) bench.receive("40020002");
    if (qos === 2) bench.receive("50020002");
    if (qos === 2) expect(toHex(drain(bench))).toBe("62020002");
    const events = qos === 2 ? bench.receive("70020002") : bench.events();
    expect([events, token, bench.drainedCount]).toMatchObject([
      qos === 1 ? [] : [{ type: "acknowledged", token }],
      1,
      1,
    ]);
  });

  it("holds back everything else until it is whole, and then sends it in order", () => {
    const bench = new Bench().connect();
    bench.session.publish({ topic: "t", payload: new Source(10_000), qos: 1, retain: false }, bench.nowMs);
    const first = bench.session.pollTransmit()?.length ?? 0;
    bench.publish("x", { qos: 0 });
    const events = bench.receive("3206000161000700" + "62020009" + "50020063");
    bench.take(events);
    expect(bench.pass(PUBACK_TIMEOUT_MS - 1)).toEqual([]);
    const rest = toHex(drain(bench));
    const missing = 8 + 10_000 - first;
    expect(rest.length / 2 - missing).toBe(4 + 4 + 4 + 6);
    expect(rest.slice(-36)).toBe("70020009" + "62020063" + "40020007" + "300400017478");
  });

  it("begins anew after a reconnect, with DUP", () => {
    const bench = new Bench().connect();
    const source = new Source(10_000);
    bench.session.publish({ topic: "t", payload: source, qos: 1, retain: false }, bench.nowMs);
    bench.session.pollTransmit();
    const bytes = bench.reconnect(CONNACK_PRESENT).join("");
    expect(bytes.slice(0, 18)).toBe("3a954e0001740002" + "00");
    expect(bytes.length / 2).toBe(8 + 10_000);
    expect(source.offsets.filter((offset) => offset === 0)).toHaveLength(2);
  });

  it("is not interrupted by a ping, and is given up when nothing of it leaves any more", () => {
    const bench = new Bench().connect();
    bench.session.publish({ topic: "t", payload: new Source(), qos: 1, retain: false }, bench.nowMs);
    for (let second = 0; second < 130; second += 10) {
      expect(bench.pass(10_000)).toEqual([]);
      expect(bench.session.pollTransmit()?.length).toBe(TRANSMIT_BYTES_MAX);
    }
    const [close, disconnected] = bench.pass(PUBACK_TIMEOUT_MS);
    expect([close, disconnected]).toMatchObject([{ type: "close" }, { reason: "no PUBACK after 30 s" }]);
    expect(bench.session.pollTransmit()).toBeUndefined();
  });

  it("that cannot be read ends the connection, and is rejected", () => {
    const bench = new Bench().connect();
    const source = new Source(10_000);
    source.failsAt = 4_000;
    bench.session.publish({ topic: "t", payload: source, qos: 1, retain: false }, bench.nowMs);
    drain(bench);
    expect(bench.events()).toMatchObject([
      { type: "rejected", token: 1, reason: "a payload cannot be read: the card is gone" },
      { type: "close" },
      { type: "disconnected" },
    ]);
    expect(bench.session.outboxCount).toBe(0);
  });

  it("of QoS 2 gives its identifier back after a reboot, where it cannot be read any more", () => {
    const store = new MemoryStore();
    const bench = new Bench({ store }).connect();
    bench.session.publish({ topic: "t", payload: new Source(10_000), qos: 2, retain: false }, bench.nowMs);
    drain(bench);
    const rebooted = new Bench({ store });
    rebooted.open();
    rebooted.receive(CONNACK_PRESENT);
    expect(rebooted.sent().join("")).toContain("62020002");
    expect(rebooted.receive("70020002")).toMatchObject([{ type: "acknowledged", token: 1 }]);
    expect(store.keys()).toEqual([]);
  });

  it("is closed over without a goodbye when the device stops", () => {
    const bench = new Bench().connect();
    bench.session.publish({ topic: "t", payload: new Source(), qos: 0, retain: false }, bench.nowMs);
    bench.session.stop(bench.nowMs);
    expect(bench.events()).toEqual([{ type: "close" }]);
    expect(toHex(drain(bench)).endsWith("e000")).toBe(false);
  });

  it("does not let a broker pile up what has to wait for its end", () => {
    const bench = new Bench().connect();
    bench.session.publish({ topic: "t", payload: new Source(), qos: 0, retain: false }, bench.nowMs);
    const events = bench.receive("62020009".repeat(UNFINISHED_MAX + 1));
    expect(events.at(-1)).toMatchObject({ reason: expect.stringContaining("packets to answer") });
  });
});

function streaming(options: Partial<SessionOptions> = {}): Bench {
  return new Bench({ largeMessages: new MessagesInParts(), ...options }).connect();
}

/** Receives a message of a million bytes in pieces. Returns the payload that was told, and the token. */
function receiveLarge(bench: Bench, flags: number, identifier: string, pieceBytes: number): [Uint8Array, number] {
  const head = fromHex(publishHead(flags, identifier, LARGE_BYTES));
  const payload = Uint8Array.from({ length: LARGE_BYTES }, (_, index) => placed(index));
  const packet = Buffer.concat([head, payload]);
  const told: Uint8Array[] = [];
  let token = -1;
  for (let at = 0; at < packet.length; at += pieceBytes) {
    bench.session.handleBytes(packet.subarray(at, at + pieceBytes), bench.nowMs);
    for (const event of bench.events()) {
      if (event.type === "messageBegin") {
        expect(event.message).toMatchObject({ topic: "t", packetBytes: packet.length, retain: (flags & 1) === 1 });
      } else if (event.type === "messagePart") {
        told.push(event.payload);
        if (event.isLast) token = event.token;
      } else throw new Error(`told ${event.type}`);
    }
  }
  return [Buffer.concat(told), token];
}

describe("a payload larger than memory, in", () => {
  it.each([7, 1_460, 65_536, 2_000_000])("is told in parts as it comes, in pieces of %d bytes", (pieceBytes) => {
    const bench = streaming();
    const [payload, token] = receiveLarge(bench, 3, "0007", pieceBytes);
    expect(payload.length).toBe(LARGE_BYTES);
    expect(payload.findIndex((byte, index) => byte !== placed(index))).toBe(-1);
    expect(bench.sent()).toEqual([]);
    bench.session.acknowledge(token);
    expect(bench.sent()).toEqual(["40020007"]);
  });

  it("needs no answer with QoS 0, and what comes behind it is read", () => {
    const bench = streaming();
    expect(receiveLarge(bench, 0, "", 10_000)[1]).toBe(0);
    expect(bench.receive("300400016178")).toMatchObject([{ type: "message", message: { topic: "a" } }]);
  });

  it("is told once with QoS 2, however often it comes", () => {
    const bench = streaming();
    bench.session.acknowledge(receiveLarge(bench, 4, "0009", 50_000)[1]);
    expect(bench.sent()).toEqual(["50020009"]);
    expect(receiveLarge(bench, 12, "0009", 50_000)).toEqual([Buffer.alloc(0), -1]);
    expect(bench.sent()).toEqual(["50020009"]);
    bench.receive("62020009");
    expect(bench.sent()).toEqual(["70020009"]);
    expect(receiveLarge(bench, 4, "0009", 50_000)[0]).toHaveLength(LARGE_BYTES);
  });

  it("that was cut comes again from its beginning", () => {
    const bench = streaming();
    const head = publishHead(2, "0007", LARGE_BYTES);
    expect(bench.receive(`${head}${"00".repeat(5_000)}`)).toMatchObject([{ type: "messageBegin" }, { isLast: false }]);
    bench.reconnect(CONNACK_PRESENT);
    expect(receiveLarge(bench, 10, "0007", 50_000)[0]).toHaveLength(LARGE_BYTES);
  });

  it("is skipped where nobody wants it in parts, or where its topic does not fit into memory", () => {
    const skipping = new Bench().connect();
    const head = publishHead(2, "0007", LARGE_BYTES);
    skipping.receive(head);
    for (let at = 0; at < LARGE_BYTES; at += 50_000) {
      skipping.session.handleBytes(new Uint8Array(50_000), skipping.nowMs);
      const events = skipping.events();
      expect(events.map(({ type }) => type)).toEqual(at + 50_000 < LARGE_BYTES ? [] : ["oversize"]);
    }
    expect(skipping.sent()).toEqual(["40020007"]);
    const bench = streaming();
    const topic = `${PACKET_BYTES_MAX.toString(16).padStart(4, "0")}${"61".repeat(PACKET_BYTES_MAX)}`;
    const [event] = bench.receive(`32862000${topic}0007`.replace("32862000", "328420"));
    expect(event).toMatchObject({ type: "oversize", message: { topic: "", packetIdentifier: 7 } });
    expect(bench.sent()).toEqual(["40020007"]);
  });
});
