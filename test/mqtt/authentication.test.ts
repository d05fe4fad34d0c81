import { describe, expect, it } from "vitest";
import { AUTH_TIMEOUT_MS } from "../../src/limits.ts";
import { type Authenticator, MethodAuthentication } from "../../src/mqtt/optional/authentication.ts";
import type { SessionOptions } from "../../src/mqtt/session-types.ts";
import { Bench } from "./session-bench.ts";

/** Method "m" begins with 1. It answers a number with its double. It wants 9 at the end. */
const authenticator: Authenticator = {
  method: "m",
  begin: () => Uint8Array.of(1),
  answer: ([number = 0]) => (number === 0 ? undefined : Uint8Array.of(number * 2)),
  finish: ([number]) => number === 9,
};
const auth = (reasonCode: string, data: string) => `f00a${reasonCode}0815` + `00016d160001${data}`;
const SENT_ANSWER = "f00a180815" + "00016d160001";
const CONNACK_9 = "200b00000815" + "00016d16000109";

function opened(options: Partial<SessionOptions> = { authentication: new MethodAuthentication(authenticator) }): Bench {
  const bench = new Bench({ protocol: "5", subscriptions: [], ...options });
  bench.session.start(bench.nowMs);
  bench.events();
  bench.session.handleConnected(bench.nowMs);
  return bench;
}

function connected(): [Bench, MethodAuthentication] {
  const authentication = new MethodAuthentication(authenticator);
  const bench = opened({ authentication });
  bench.receive(CONNACK_9);
  bench.sent();
  return [bench, authentication];
}

describe("authentication", () => {
  it("goes back and forth before CONNACK, whose last word has to convince", () => {
    const bench = opened();
    expect(bench.sent()[0]).toContain("1500016d16000101");
    expect(bench.receive(auth("18", "04"))).toEqual([]);
    expect(bench.sent()).toEqual([`${SENT_ANSWER}08`]);
    expect(bench.receive(CONNACK_9)).toMatchObject([{ type: "connected" }]);
  });

  it.each([
    ["the broker does not convince", auth("18", "00"), "does not convince"],
    ["its last word does not convince", "200b00000815" + "00016d16000108", "does not convince"],
    ["it has no last word", "20070000" + "0415" + "00016d", "does not convince"],
    ["CONNACK names no method", "2003000000", "method undefined, expected m"],
    ["another method", auth("18", "04").replace("016d16", "017816"), "method x, expected m"],
    ["success before CONNACK", auth("00", "09"), "success before CONNACK"],
    ["the broker asks for it anew", auth("19", "04"), "only a client begins"],
  ])("ends the connection where %s", (_name, hex, reason) => {
    expect(opened().receive(hex)).toMatchObject([{ type: "close" }, { reason: expect.stringContaining(reason) }]);
  });

  it("is no matter of a client without a method", () => {
    expect(opened({}).receive(auth("18", "04")).at(-1)).toMatchObject({ reason: expect.stringContaining("AUTH") });
  });

  it("can be done again on a connection that stands, and has a time limit", () => {
    const [bench, authentication] = connected();
    authentication.reauthenticate(bench.nowMs);
    expect(bench.sent()).toEqual(["f00a190815" + "00016d16000101"]);
    expect(bench.receive(auth("18", "03"))).toEqual([]);
    expect(bench.sent()).toEqual([`${SENT_ANSWER}06`]);
    expect(bench.receive(auth("00", "09"))).toEqual([{ type: "reauthenticated" }]);
    expect(bench.receive(auth("18", "03")).at(-1)).toMatchObject({ reason: expect.stringContaining("AUTH") });
    const [silent, again] = connected();
    again.reauthenticate(silent.nowMs);
    silent.sent();
    expect(silent.pass(AUTH_TIMEOUT_MS - 1)).toEqual([]);
    expect(silent.pass(1).at(-1)).toMatchObject({ reason: expect.stringContaining("no AUTH") });
  });

  it("tells the broker that it does not convince", () => {
    const [bench, authentication] = connected();
    authentication.reauthenticate(bench.nowMs);
    bench.sent();
    bench.receive(auth("18", "00"));
    expect(bench.sent()).toEqual(["e00187"]);
  });

  it("is not for a connection that cannot have it", () => {
    const authentication = new MethodAuthentication(authenticator);
    expect(() => authentication.reauthenticate(0)).toThrow("needs a connection");
    const bench = opened({ authentication });
    expect(() => authentication.reauthenticate(bench.nowMs)).toThrow("needs a connection");
  });
});
