/** A deadline runs only while nothing is read. What is missing may stand behind a long message on a slow link. */
import { describe, expect, it } from "vitest";
import {
  BUSY_TIMEOUT_MS,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  SKIPPED_BYTES_MAX,
  SUBACK_TIMEOUT_MS,
} from "../../src/limits.ts";
import { toHex } from "../vectors/vector.ts";
import { Bench, CONNACK_NEW, CONNACK_PRESENT, HELD } from "./session-bench.ts";

/** Bytes a second on the slow link, and the time between two pieces of them. */
const LINK_BYTES = 50_000;
const STEP_MS = 500;

/** A message of 4 MB comes as fast as the link carries it. The session is woken as a host does. Returns what was told meanwhile. */
function receiveSlowly(bench: Bench, sent: string[]): string[] {
  const told: string[] = [];
  const length = SKIPPED_BYTES_MAX - 10;
  const bytes = new Uint8Array(5 + length);
  bytes.set([
    0x32,
    (length & 0x7f) | 0x80,
    ((length >> 7) & 0x7f) | 0x80,
    ((length >> 14) & 0x7f) | 0x80,
    length >> 21,
  ]);
  bytes.set([0, 1, 0x61, 0, 9], 5);
  for (let offset = 0; offset < bytes.length; offset += (LINK_BYTES * STEP_MS) / 1000) {
    bench.nowMs += STEP_MS;
    const part = toHex(bytes.subarray(offset, offset + (LINK_BYTES * STEP_MS) / 1000));
    for (const event of bench.receive(part)) told.push(event.type);
    sent.push(...bench.sent());
    if ((bench.session.pollTimeout() ?? Number.POSITIVE_INFINITY) <= bench.nowMs)
      for (const event of bench.pass(0)) told.push(event.type);
    sent.push(...bench.sent());
  }
  return told;
}

describe("4 MB at 50 KB a second", () => {
  it("arrive while PINGRESP and PUBACK stand behind them, with a ping an interval", () => {
    const bench = new Bench({ keepAliveSeconds: 20 }).connect();
    bench.publish("x");
    const sent = bench.sent();
    expect(receiveSlowly(bench, sent)).toEqual(["oversize"]);
    expect(sent.filter((hex) => hex === "c000").length).toBeGreaterThanOrEqual(3);
    expect(bench.receive("40020002")).toEqual([{ type: "acknowledged", token: 1 }]);
    bench.receive("d000d000d000d000");
    expect(bench.session.isConnected).toBe(true);
  });

  it("arrive while SUBACK stands behind them", () => {
    const bench = new Bench();
    bench.open();
    bench.receive(CONNACK_NEW);
    const sent = bench.sent();
    expect(receiveSlowly(bench, sent)).toEqual(["oversize"]);
    expect(bench.receive("9003000101")).toEqual([{ type: "subscribed", granted: true, reason: "" }]);
  });
});

describe("a deadline", () => {
  it.each([
    ["PUBACK", PUBACK_TIMEOUT_MS, (bench: Bench) => bench.publish("x"), { keepAliveSeconds: 600 }],
    [
      "SUBACK",
      SUBACK_TIMEOUT_MS,
      (bench: Bench) => bench.subscribing.subscribe([{ topicFilter: "b", qos: 1 }, ...HELD], bench.nowMs),
      {},
    ],
  ] as const)("begins anew with what is read, and ends when nothing is: %s", (name, timeoutMs, begin, options) => {
    const bench = new Bench({ held: HELD, ...options }).connect(CONNACK_PRESENT);
    begin(bench);
    bench.sent();
    bench.pass(timeoutMs - 1);
    expect(bench.receive("300400016178")).toMatchObject([{ type: "message" }]);
    expect(bench.pass(timeoutMs - 1)).toEqual([]);
    expect(bench.missed(1)).toContain(name);
  });

  it("is the link's where a ping is not answered either", () => {
    const bench = new Bench({ held: HELD, keepAliveSeconds: 600 }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    expect(bench.pass(PUBACK_TIMEOUT_MS)).toEqual([]);
    expect(bench.sent()).toEqual(["c000"]);
    expect(bench.pass(PINGRESP_TIMEOUT_MS - 1)).toEqual([]);
    expect(bench.pass(1).at(-1)).toMatchObject({ reason: expect.stringContaining("PINGRESP") });
  });

  it("is forgotten where the answer comes before that of the ping", () => {
    const bench = new Bench({ held: HELD, keepAliveSeconds: 600 }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    bench.pass(PUBACK_TIMEOUT_MS);
    bench.sent();
    expect(bench.receive("40020001d000")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("does not run while what may be the answer was handed in and not looked at", () => {
    const bench = new Bench({ held: HELD, keepAliveSeconds: 600 }).connect(CONNACK_PRESENT);
    bench.publish("x");
    bench.sent();
    bench.session.handleBytes(Uint8Array.of(0x40, 2, 0, 1), bench.nowMs);
    bench.nowMs += PUBACK_TIMEOUT_MS;
    bench.session.handleTimeout(bench.nowMs);
    expect(bench.events()).toEqual([{ type: "acknowledged", token: 1 }]);
  });

  it.each([
    ["PUBACK", (bench: Bench) => bench.publish("x"), 600],
    ["PINGRESP", () => {}, 60],
  ] as const)("ends however much else comes: %s", (name, begin, keepAliveSeconds) => {
    const bench = new Bench({ held: HELD, keepAliveSeconds }).connect(CONNACK_PRESENT);
    begin(bench);
    const told: string[] = [];
    const beganMs = bench.nowMs;
    while (told.length === 0 && bench.nowMs < beganMs + 2 * BUSY_TIMEOUT_MS) {
      bench.sent();
      bench.receive("3004000161" + "79");
      for (const event of bench.pass(1_000)) if (event.type === "disconnected") told.push(event.reason);
    }
    expect(told).toEqual([expect.stringContaining(`no ${name}`)]);
    expect(bench.nowMs - beganMs).toBeGreaterThanOrEqual(BUSY_TIMEOUT_MS);
  });
});

describe("another network on a connection that stands", () => {
  it("is found out by a ping at once, and the connection given up where nothing answers", () => {
    const bench = new Bench({ keepAliveSeconds: 300 }).connect();
    bench.pass(10_000);
    bench.session.handleNetworkChanged(bench.nowMs);
    expect(bench.sent()).toEqual(["c000"]);
    expect(bench.session.pollTimeout()).toBe(bench.nowMs + PINGRESP_TIMEOUT_MS);
    expect(bench.pass(PINGRESP_TIMEOUT_MS).at(-1)).toMatchObject({ reason: expect.stringContaining("PINGRESP") });
  });

  it("changes nothing where the broker answers", () => {
    const bench = new Bench({ keepAliveSeconds: 300 }).connect();
    bench.session.handleNetworkChanged(bench.nowMs);
    bench.sent();
    expect(bench.receive("d000")).toEqual([]);
    expect(bench.pass(PINGRESP_TIMEOUT_MS)).toEqual([]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("is found out without a keep-alive, too", () => {
    const bench = new Bench({ keepAliveSeconds: 0 }).connect();
    bench.session.handleNetworkChanged(bench.nowMs);
    expect(bench.sent()).toEqual(["c000"]);
    expect(bench.pass(PINGRESP_TIMEOUT_MS).at(-1)).toMatchObject({ type: "disconnected" });
  });
});

describe("goodbye", () => {
  it("with the will leaves without DISCONNECT in 3.1.1, and with reason 0x04 in MQTT 5", () => {
    const old = new Bench().connect();
    old.session.stop(old.nowMs, true);
    expect([old.sent(), old.events()]).toEqual([[], [{ type: "close" }]]);
    const bench = new Bench({ protocol: "5" });
    bench.open();
    bench.receive("2003000000");
    bench.sent();
    bench.receive("900400010001");
    bench.session.stop(bench.nowMs, true);
    expect([bench.sent(), bench.events()]).toEqual([["e00104"], [{ type: "close" }]]);
  });
});

describe("an application that has no room", () => {
  it("finds the answers that stand behind a message, however long that has waited", () => {
    const bench = new Bench({ keepAliveSeconds: 20 }).connect();
    bench.publish("x");
    bench.sent();
    bench.session.setReading(false, bench.nowMs);
    // A whole message has come, and the beginning of PUBACK. The rest of PUBACK is still with the broker.
    expect(bench.receive("3004000161784002")).toEqual([]);
    expect(bench.session.canReceive).toBe(false);
    const sent: string[] = [];
    for (let waitedMs = 0; waitedMs < 10 * PUBACK_TIMEOUT_MS; waitedMs += STEP_MS) {
      expect(bench.pass(STEP_MS)).toEqual([]);
      sent.push(...bench.sent());
    }
    expect(sent).toContain("c000");
    bench.session.setReading(true, bench.nowMs);
    expect(bench.events()).toMatchObject([{ type: "message" }]);
    expect(bench.session.canReceive).toBe(true);
    expect(bench.pass(PINGRESP_TIMEOUT_MS - 1)).toEqual([]);
    expect(bench.receive("0002d000")).toEqual([{ type: "acknowledged", token: 1 }]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("is not given more than it was given first", () => {
    const bench = new Bench().connect();
    bench.session.setReading(false, bench.nowMs);
    expect(bench.receive("300400016178")).toEqual([]);
    const [, ended] = bench.receive("300400016179");
    expect(ended).toMatchObject({ type: "disconnected", reason: "bytes before the former were read" });
    expect(bench.session.canReceive).toBe(true);
  });
});
