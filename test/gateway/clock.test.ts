/** Which time the device believes. A clock that jumps must cost no message and no alarm. */
import { describe, expect, it } from "vitest";
import { Clock } from "../../src/gateway/clock.ts";
import { ALARM_REPEAT_MS, CLOCK_DOUBT_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, PAGE, publish } from "./bench.ts";

const BORN = 1_700_000_000;
const YEAR_2036 = 2_085_978_496;

/** A bench whose clock shows what the test sets. */
function benchWith(clock: { seconds: number | undefined | ((nowMs: number) => number) }) {
  const bench: Bench = new Bench({
    wallClock: () => (typeof clock.seconds === "function" ? clock.seconds(bench.nowMs) : clock.seconds),
  });
  return bench.connect();
}

const right = (nowMs: number) => BORN + nowMs / 1000;

function wait(bench: Bench, ms: number): void {
  for (let left = ms; left > 0; left -= 10_000) {
    bench.pass(Math.min(left, 10_000));
    for (const { type, packetIdentifier = 0 } of bench.sent.splice(0)) {
      if (type === "pingreq") bench.receive(fromHex("d000"));
      if (type === "publish") bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier));
    }
  }
}

describe("a clock", () => {
  it("is believed at first and after small jumps; over a large jump the device counts on by itself", () => {
    let seconds: number | undefined = BORN;
    const clock = new Clock(() => seconds);
    expect(clock.seconds).toBeUndefined();
    clock.update(0);
    seconds = BORN + 86_000;
    clock.update(1_000);
    expect(clock.seconds).toBe(BORN + 86_000);
    for (const wrong of [YEAR_2036, BORN - 1e8, undefined, -1, 0, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
      seconds = wrong;
      clock.update(2_000);
      expect(clock.seconds).toBe(BORN + 86_001);
    }
    seconds = BORN + 86_002;
    clock.update(3_000);
    expect(clock.seconds).toBe(BORN + 86_002);
  });

  it("is believed after a large jump only when it has kept to the new time for long", () => {
    let seconds = BORN;
    const clock = new Clock(() => seconds);
    clock.update(0);
    seconds = YEAR_2036;
    clock.update(1_000);
    seconds = YEAR_2036 + CLOCK_DOUBT_MS / 1000 - 1;
    clock.update(CLOCK_DOUBT_MS);
    expect(clock.seconds).toBe(BORN + CLOCK_DOUBT_MS / 1000);
    seconds += 1;
    clock.update(CLOCK_DOUBT_MS + 1_000);
    expect(clock.seconds).toBe(seconds);
  });

  it("that shows an impossible time is not believed", () => {
    for (const seconds of [undefined, -1, 0, 86_400, 2 ** 32, 1e15, Number.NaN]) {
      const clock = new Clock(() => seconds);
      clock.update(0);
      expect(clock.seconds).toBeUndefined();
    }
  });
});

describe("one wrong answer of a time server", () => {
  it.each([
    ["2036", YEAR_2036],
    ["2085", 3_629_000_000],
    ["1970", 5],
    ["2110", 4_420_000_000],
    ["1901", -2_177_000_000],
  ])("of %s costs no alarm and no message, and the device goes on", (_year, wrong) => {
    const clock: { seconds: number | ((nowMs: number) => number) } = { seconds: right };
    const bench = benchWith(clock);
    bench.receive(publish(IM, im("1", "fire", { priority: 5, expirySeconds: 3600 })));
    clock.seconds = wrong;
    wait(bench, 2 * ALARM_REPEAT_MS);
    bench.receive(publish(IM, im("2", "pump", { expirySeconds: 3600 }), { packetIdentifier: 8 }));
    bench.receive(publish(PAGE, encodeUtf8('{"co":"door","ex":60}'), { packetIdentifier: 9 }));
    expect([bench.gateway.counters.expired, bench.gateway.counters.stored, bench.gateway.unreadCount]).toEqual([
      0, 3, 3,
    ]);
    expect(bench.alerts.filter((priority) => priority === 5)).toHaveLength(3);
    clock.seconds = right;
    wait(bench, 3_540_000);
    expect([bench.gateway.counters.expired, bench.gateway.unreadCount]).toEqual([3, 0]);
  });
});

describe("a page with ex that comes before the clock is set", () => {
  it("sounds no longer than ex says, even if the clock is never set", () => {
    const bench = benchWith({ seconds: undefined });
    bench.receive(publish(PAGE, encodeUtf8('{"co":"door","ex":600,"pr":5}')));
    wait(bench, 7_200_000);
    expect([bench.gateway.counters.expired, bench.alerts.length]).toEqual([1, 1 + 600_000 / ALARM_REPEAT_MS]);
  });

  it("gets the time of its arrival when the clock is set", () => {
    const clock: { seconds: undefined | ((nowMs: number) => number) } = { seconds: undefined };
    const bench = benchWith(clock);
    bench.receive(publish(PAGE, encodeUtf8('{"co":"door","ex":3600}')));
    wait(bench, 1_800_000);
    clock.seconds = right;
    wait(bench, 10_000);
    expect(bench.screen).toContain("*  page  14 Nov 22:13");
    wait(bench, 1_780_000);
    expect([bench.gateway.counters.expired, bench.gateway.unreadCount]).toEqual([0, 1]);
    wait(bench, 20_000);
    expect([bench.gateway.counters.expired, bench.gateway.unreadCount]).toEqual([1, 0]);
  });
});
