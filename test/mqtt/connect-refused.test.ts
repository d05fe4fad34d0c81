/** A CONNECT that the broker does not take is sent with less. */
import { describe, expect, it } from "vitest";
import { BACKOFF_MAX_MS, CONNACK_TIMEOUT_MS, CONNECT_DROPS_MAX } from "../../src/limits.ts";
import type { SessionOptions } from "../../src/mqtt/session-types.ts";
import { Bench } from "./session-bench.ts";

describe("a CONNECT that the broker does not take", () => {
  const REFUSED = (code: string) => `2003 00${code} 00`.replaceAll(" ", "");
  /** The flags of the next CONNECT, and the level. */
  const connect = (bench: Bench): string => {
    bench.session.handleConnected(bench.nowMs);
    const [packet = ""] = bench.sent();
    return `${packet.slice(packet.indexOf("4d515454") + 8, packet.indexOf("4d515454") + 12)}`;
  };
  const begin = (options: Partial<SessionOptions> = {}): Bench => {
    const bench = new Bench({ protocol: "5", ...options });
    bench.session.start(bench.nowMs);
    bench.events();
    return bench;
  };

  it("for a retained will, or its QoS, is sent at once without, and that is said", () => {
    const bench = begin();
    expect(connect(bench)).toBe("052c");
    const [, told] = bench.receive(REFUSED("9a"));
    expect(told).toEqual({
      type: "disconnected",
      reason: "retain not supported; goes on with MQTT 5, the will not retained",
      retryMs: 0,
      serverReference: undefined,
    });
    bench.pass(0);
    expect(connect(bench)).toBe("050c");
    expect(bench.receive(REFUSED("9b"))[1]).toMatchObject({
      reason: "QoS not supported",
    });
    bench.pass(0);
    expect(connect(bench)).toBe("0504");
    expect(bench.receive(REFUSED("9b"))[1]).toMatchObject({ reason: expect.stringContaining("without a will") });
    bench.pass(0);
    expect(connect(bench)).toBe("0500");
    expect(bench.receive("2003000000")[0]).toMatchObject({ type: "connected" });
    // It goes on so on this broker, and begins anew with another.
    bench.session.handleClosed("cut", bench.nowMs);
    bench.pass(BACKOFF_MAX_MS);
    expect(connect(bench)).toBe("0500");
    bench.session.handleBrokerChanged([], undefined);
    bench.session.handleClosed("cut", bench.nowMs);
    bench.events();
    bench.pass(BACKOFF_MAX_MS);
    expect(connect(bench)).toBe("052c");
  });

  it("by closing is sent with less of the will, step by step, and once more whole when it is taken", () => {
    const bench = begin();
    const takes = (flags: string) => flags === "0500";
    const sent: string[] = [];
    for (let count = 0; count < 4 * CONNECT_DROPS_MAX; count += 1) {
      const flags = connect(bench);
      sent.push(flags);
      if (takes(flags)) bench.receive("2003000000");
      else bench.session.handleClosed("closed", bench.nowMs);
      if (bench.session.isConnected) break;
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
      bench.events();
    }
    const each = (flags: string) => Array(CONNECT_DROPS_MAX).fill(flags);
    expect(sent).toEqual([...each("052c"), ...each("050c"), ...each("0504"), "0500", "052c", "0500"]);
    expect(bench.session.isConnected).toBe(true);
  });

  it("by a broker that was only busy keeps its whole will", () => {
    const bench = begin();
    for (let count = 0; count < CONNECT_DROPS_MAX; count += 1) {
      connect(bench);
      bench.session.handleClosed("closed", bench.nowMs);
      bench.events();
      bench.pass(BACKOFF_MAX_MS);
    }
    expect(connect(bench)).toBe("050c");
    expect(bench.receive("2003000000")).toMatchObject([{ type: "close" }, { type: "disconnected", retryMs: 0 }]);
    bench.sent();
    bench.pass(0);
    expect(connect(bench)).toBe("052c");
    expect(bench.receive("2003000000")).toMatchObject([{ type: "connected" }]);
  });

  it.each([
    ["silence", (bench: Bench) => bench.pass(CONNACK_TIMEOUT_MS)],
    ["20 02 00 84", (bench: Bench) => bench.receive("20020084")],
    ["20 02 00 01", (bench: Bench) => bench.receive("20020001")],
    ["20 02 00 05", (bench: Bench) => bench.receive("20020005")],
    ["bytes that are no CONNACK", (bench: Bench) => bench.receive("2002000000")],
  ])("of MQTT 5, answered by %s, is followed by one of 3.1.1, and that is said", (_name, answer) => {
    const bench = begin({ protocol: "auto" });
    expect(connect(bench).slice(0, 2)).toBe("05");
    expect(answer(bench).find(({ type }) => type === "disconnected")).toMatchObject({
      reason: expect.stringContaining("goes on with MQTT 3.1.1"),
      retryMs: 0,
    });
    bench.pass(0);
    expect(connect(bench).slice(0, 2)).toBe("04");
  });
});
