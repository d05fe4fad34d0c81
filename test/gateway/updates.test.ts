/** Updates in the gateway: it records the order, confirms a new program at the broker, and tells how the update ended. */
import { beforeEach, describe, expect, it } from "vitest";
import { readUpdate, writeUpdate } from "../../src/gateway/update-record.ts";
import type { UpdateHost } from "../../src/gateway/updates.ts";
import { UPDATE_TRIAL_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench, publish, settingsOf } from "./bench.ts";

const COMMANDS = "/acme/cmd/p1";
const RESULTS = "/acme/cmd/p1/result";

/** A board with two slots. */
class Host implements UpdateHost {
  installed = {
    board: "m5stack",
    version: [1, 2, 0] as const,
    publicKey: new Uint8Array(32) as Uint8Array | undefined,
  };
  isOnTrial = false;
  confirmed = 0;

  confirm(): void {
    this.confirmed += 1;
    this.isOnTrial = false;
  }
}

let store: MemoryStore;
let host: Host;
beforeEach(() => {
  store = new MemoryStore();
  host = new Host();
});

const start = (raw: Readonly<Record<string, unknown>> = {}) =>
  new Bench({ updates: host, settings: settingsOf({ env: "acme", uid: "p1", ...raw }) }, store);

function command(bench: Bench, id: string, more: object = {}): void {
  const body = { id, at: 1_700_000_000, ex: 86_400, do: "update", url: "https://station.example/a.fpui", ...more };
  bench.receive(publish(COMMANDS, encodeUtf8(JSON.stringify(body))));
}

const results = (bench: Bench) =>
  bench
    .takeSent()
    .filter((words) => words.startsWith(RESULTS))
    .map((words) => JSON.parse(words.slice(RESULTS.length + 1)));

const isRestarted = (bench: Bench) => bench.events.some(({ type }) => type === "restart");

describe("a command to update", () => {
  it("is recorded, answered, and followed by a restart; the presence says why", () => {
    const bench = start().connect();
    command(bench, "u1", { version: "1.3.0" });
    const sent = bench.takeSent();
    expect(sent.find((words) => words.startsWith(RESULTS))).toContain('"ok":true');
    expect(readUpdate(store)).toEqual({
      stage: "wanted",
      id: "u1",
      url: "https://station.example/a.fpui",
      version: "1.3.0",
      mayBeOlder: false,
      tries: 0,
    });
    bench.pass(5_000);
    expect(isRestarted(bench)).toBe(true);
    bench.gateway.stop(bench.nowMs);
    bench.drain();
    expect(bench.takeSent().find((words) => words.startsWith("/acme/pres/p1"))).toContain("update");
  });

  it("takes the address of the settings if it names none", () => {
    command(start({ "update.url": "https://other.example/b" }).connect(), "u1", { url: undefined, downgrade: true });
    expect(readUpdate(store)).toMatchObject({ url: "https://other.example/b", mayBeOlder: true });
  });

  it.each([
    ["no address", { url: undefined }, /setting update.url is empty/],
    ["an address that is none", { url: "station.example" }, /expected https/],
    ["an address that is too long", { url: `https://a/${"b".repeat(250)}` }, /at most 255/],
    ["a version that is none", { version: "new" }, /1\.2\.0/],
    ["a downgrade that is neither", { downgrade: "yes" }, /true or false/],
  ])("is refused with %s", (_name, more, reason) => {
    const bench = start().connect();
    command(bench, "u1", more);
    expect(results(bench)).toEqual([{ id: "u1", ok: false, error: expect.stringMatching(reason) }]);
    expect(readUpdate(store)).toBeUndefined();
    bench.pass(10_000);
    expect(isRestarted(bench)).toBe(false);
  });

  it("is refused without a key, during a trial, and on a host that takes no updates", () => {
    host.installed.publicKey = undefined;
    const withoutKey = start().connect();
    command(withoutKey, "u1");
    expect(results(withoutKey)).toEqual([
      { id: "u1", ok: false, error: expect.stringContaining("without a release key") },
    ]);
    const other = new Bench({}, store).connect();
    command(other, "u2");
    expect(results(other)).toEqual([{ id: "u2", ok: false, error: "this host takes no updates" }]);
  });
});

describe("a new program", () => {
  beforeEach(() => {
    host.isOnTrial = true;
    writeUpdate(store, { stage: "trial", id: "u1", version: "1.2.0" });
  });

  it("is confirmed when the broker is reached, and this is told once", () => {
    const bench = start();
    expect(host.confirmed).toBe(0);
    bench.connect();
    expect(host.confirmed).toBe(1);
    const sent = bench.takeSent();
    expect(sent.filter((words) => words.startsWith("/acme/info/p1"))).toEqual([
      '/acme/info/p1 {"version":"1.2.0","board":"m5stack","takesUpdates":true}',
    ]);
    expect(sent.filter((words) => words.startsWith(RESULTS))).toEqual([
      `${RESULTS} {"id":"u1","ok":true,"note":"running 1.2.0"}`,
    ]);
    bench.pass(UPDATE_TRIAL_MS + 1);
    expect(isRestarted(bench)).toBe(false);
  });

  it("that does not reach the broker is given up after its time, and not before", () => {
    const bench = start();
    bench.gateway.start(bench.nowMs);
    bench.drain();
    const endMs = bench.nowMs + UPDATE_TRIAL_MS;
    while (bench.nowMs < endMs) {
      expect(isRestarted(bench)).toBe(false);
      bench.gateway.handleClosed("no connection", bench.nowMs);
      bench.drain();
      bench.pass((bench.gateway.pollTimeout() ?? Number.NaN) - bench.nowMs);
    }
    expect(isRestarted(bench)).toBe(true);
    expect(host.confirmed).toBe(0);
  });

  it("that was given up is reported by the former one", () => {
    host.isOnTrial = false;
    writeUpdate(store, { stage: "trial", id: "u1", version: "1.3.0" });
    expect(results(start().connect())).toEqual([
      { id: "u1", ok: false, error: "1.3.0 did not reach the broker, so 1.2.0 is back" },
    ]);
    expect(host.confirmed).toBe(0);
  });
});

describe("the end of an update", () => {
  it("is told again after each start until the broker has it", () => {
    writeUpdate(store, { stage: "ended", id: "u1", error: "the image is older" });
    for (let count = 0; count < 2; count += 1)
      expect(results(start().connect())).toEqual([{ id: "u1", ok: false, error: "the image is older" }]);
    const bench = start().connect();
    const { packetIdentifier = 0 } = bench.sent.find(({ topic }) => topic === RESULTS) ?? {};
    bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier & 255));
    expect(readUpdate(store)).toBeUndefined();
    expect(results(start().connect())).toEqual([]);
  });

  it("is not told if no command asked for it", () => {
    writeUpdate(store, { stage: "ended", id: "", error: "the image is older" });
    expect(results(start().connect())).toEqual([]);
    expect(readUpdate(store)).toBeUndefined();
  });

  it("is not told if its record is damaged", () => {
    store.write("update", encodeUtf8("{"));
    expect(results(start().connect())).toEqual([]);
  });
});
