import { describe, expect, it } from "vitest";
import { LogLines } from "../../src/gateway/log-lines.ts";
import {
  LOG_CHARACTERS_MAX,
  LOG_FOLLOW_MS,
  LOG_FOLLOW_SECONDS_MAX,
  LOG_LINE_CHARACTERS_MAX,
  LOG_LINES_MAX,
  LOG_MESSAGE_BYTES_MAX,
} from "../../src/limits.ts";
import { encodeUtf8, utf8Length } from "../../src/utf8.ts";
import { Bench, publish, settingsOf } from "./bench.ts";

const RESULTS = "/acme/cmd/p1/result ";
const PASSWORD = "correct horse battery";
const PEM = `-----BEGIN CERTIFICATE-----\n${"MIIBszCCAVmgAwIBAgIUX7vKzGkQ4m9n".repeat(8)}\n-----END CERTIFICATE-----\n`;
const KEY = `-----BEGIN PRIVATE KEY-----\n${"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49".repeat(4)}\n-----END PRIVATE KEY-----\n`;

function linesOf(lines: LogLines): string[] {
  return Array.from({ length: lines.next - lines.first }, (_, index) => lines.at(lines.first + index));
}

describe("the lines of the log", () => {
  it("are kept with their time; the limit keeps the newest", () => {
    const lines = new LogLines([]);
    for (let index = 0; index <= LOG_LINES_MAX; index += 1) {
      lines.nowMs = index * 1500;
      lines.add(`line ${index}`);
    }
    expect([lines.first, lines.next]).toEqual([1, LOG_LINES_MAX + 1]);
    expect(linesOf(lines)[0]).toBe("1.5 line 1");
    expect(linesOf(lines).at(-1)).toBe(`${((LOG_LINES_MAX * 1500) / 1000).toFixed(1)} line ${LOG_LINES_MAX}`);
  });

  it("are cut if they are long, and push out older ones when there is no room for all", () => {
    const lines = new LogLines([]);
    for (let index = 0; index < LOG_LINES_MAX; index += 1) lines.add("x".repeat(LOG_LINE_CHARACTERS_MAX + 1));
    const kept = linesOf(lines);
    expect(kept.join("").length).toBeLessThanOrEqual(LOG_CHARACTERS_MAX);
    expect(kept).toHaveLength(Math.floor(LOG_CHARACTERS_MAX / (LOG_LINE_CHARACTERS_MAX + 4)));
    expect(kept[0]).toBe(`0.0 ${"x".repeat(LOG_LINE_CHARACTERS_MAX - 1)}…`);
  });

  it("hold no secret: neither whole, nor in part, nor cut off", () => {
    const lines = new LogLines([PASSWORD, PEM, "abc"]);
    const middle = PEM.slice(60, 90);
    const told = [
      `refused: ${PASSWORD}!`,
      `bad certificate ${middle}, and ${PEM.slice(0, 40)}`,
      `key ${PEM}`,
      "abc and word",
      `${"x".repeat(LOG_LINE_CHARACTERS_MAX - 5)}${PASSWORD}`,
    ].map((line) => lines.add(line));
    expect(told.slice(0, 2)).toEqual(["refused: [hidden]!", "bad certificate [hidden] and -----BEGIN [hidden]"]);
    expect(told[3]).toBe("abc and word");
    for (const text of [...told, ...linesOf(lines)])
      for (let at = 0; at + 16 <= PEM.length; at += 1) {
        expect(text).not.toContain(PEM.slice(at, at + 16));
        expect(text).not.toContain(PASSWORD.slice(0, 4));
      }
  });
});

/** A connected device that is asked for its log. */
class LoggedBench extends Bench {
  private packetIdentifier = 10;

  ask(id: string, keys: object = {}): void {
    this.packetIdentifier += 1;
    const at = Math.floor(1_700_000_000 + this.nowMs / 1000);
    const command = encodeUtf8(JSON.stringify({ id, at, do: "log", ...keys }));
    this.receive(publish("/acme/cmd/p1", command, { packetIdentifier: this.packetIdentifier }));
  }

  /** Results that were sent since the last call. The broker acknowledges each. */
  results(): { id: string; ok: boolean; log?: string[]; more?: boolean; missed?: number; error?: string }[] {
    const all: ReturnType<LoggedBench["results"]> = [];
    for (;;) {
      const sent = this.sent.splice(0).filter(({ type }) => type === "publish");
      if (sent.length === 0) return all;
      for (const { topic, payload = "", packetIdentifier = 0 } of sent) {
        if (`${topic} ` === RESULTS) {
          expect(utf8Length(payload)).toBeLessThan(LOG_MESSAGE_BYTES_MAX + 100);
          all.push(JSON.parse(payload));
        }
        if (packetIdentifier > 0) this.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier & 255));
      }
    }
  }
}

describe("the command log", () => {
  it("is answered with the last lines, or with all that are kept if it names no number", () => {
    const bench = new LoggedBench({ startReason: "power-on" }).connect();
    bench.results();
    bench.ask("a");
    const [answer, { log = [], ...rest }] = bench.results() as [object, ReturnType<LoggedBench["results"]>[0]];
    expect([answer, rest]).toEqual([
      { id: "a", ok: true, note: "the lines follow" },
      { id: "a", ok: true },
    ]);
    expect(log[0]).toBe("0.0 started: power-on");
    expect(log.slice(1, 2)).toEqual([expect.stringContaining("connected to 127.0.0.1:1883")]);
    expect(log.at(-1)).toMatch(/^0\.0 figures: received 1, sent \d$/);
    bench.ask("b", { lines: 1 });
    expect(bench.results()[1]?.log).toEqual([expect.stringContaining("figures: ")]);
  });

  it("is answered in several messages; each but the last says that more follow", () => {
    const bench = new LoggedBench().connect();
    for (let index = 0; index < LOG_LINES_MAX; index += 1) bench.gateway.handleHostLine(`${index} ${"é\n".repeat(25)}`);
    bench.results();
    bench.ask("a");
    const messages = bench.results().slice(1);
    expect(messages.map(({ more }) => more)).toEqual([...Array(messages.length - 1).fill(true), undefined]);
    expect(messages.length).toBeGreaterThan(1);
    const told = messages.flatMap(({ log = [] }) => log);
    expect(told.length).toBeGreaterThan(30);
    expect(told.at(-2)).toContain(`${LOG_LINES_MAX - 1} é`);
  });

  it("with a time follows the log for so long, and says how many lines it could not keep", () => {
    const bench = new LoggedBench().connect();
    bench.results();
    bench.ask("a", { seconds: 60 });
    expect(bench.results()).toEqual([
      { id: "a", ok: true, note: "the lines follow" },
      { id: "a", ok: true, log: ["0.0 command a: log"], more: true },
    ]);
    bench.gateway.handleHostLine("Wi-Fi: weak");
    bench.pass(LOG_FOLLOW_MS);
    expect(bench.results().at(-1)).toMatchObject({ id: "a", more: true });
    for (let index = 0; index < LOG_LINES_MAX + 5; index += 1) bench.gateway.handleHostLine(`line ${index}`);
    bench.pass(LOG_FOLLOW_MS);
    const messages = bench.results();
    expect(messages[0]?.missed).toBe(5);
    expect(messages.flatMap(({ log = [] }) => log)).toHaveLength(LOG_LINES_MAX);
    bench.pass(60_000);
    expect(bench.results()).toEqual([{ id: "a", ok: true, log: [] }]);
    bench.gateway.handleHostLine("late");
    bench.pass(60_000);
    expect(bench.results()).toEqual([]);
  });

  it("wakes the device when its time is over, and does not keep it awake before", () => {
    const bench = new LoggedBench().connect();
    bench.results();
    bench.ask("a", { seconds: 5 });
    bench.results();
    const untilMs = bench.nowMs + 5000;
    let wakes = 0;
    for (; bench.nowMs < untilMs; wakes += 1) bench.pass((bench.gateway.pollTimeout() as number) - bench.nowMs);
    expect(wakes).toBeLessThan(8);
    expect(bench.results()).toEqual([expect.objectContaining({ id: "a", log: expect.any(Array) })]);
  });

  it("does not feed itself: the log line about a result leaves with the next result, a second later", () => {
    const bench = new LoggedBench().connect();
    bench.results();
    bench.ask("a", { seconds: 30 });
    bench.results();
    let messages = 0;
    for (let index = 0; index < 300; index += 1) {
      // Each result makes a new line of the log.
      const news = bench.results().length;
      messages += news;
      if (news > 0 || index === 0) bench.gateway.handleHostLine("the broker refused a message");
      bench.pass(100);
    }
    expect(messages).toBeGreaterThan(20);
    expect(messages).toBeLessThanOrEqual(31);
  });

  it.each([
    [{ lines: 0 }, `command lines at byte 0: 0, expected a whole number from 1 to ${LOG_LINES_MAX}`],
    [{ lines: LOG_LINES_MAX + 1 }, `expected a whole number from 1 to ${LOG_LINES_MAX}`],
    [{ seconds: LOG_FOLLOW_SECONDS_MAX + 1 }, `expected a whole number from 1 to ${LOG_FOLLOW_SECONDS_MAX}`],
    [{ seconds: "soon" }, "expected a whole number"],
    [{ seconds: 1, lines: 1 }, "expected lines or seconds, not both"],
  ])("with %j is refused", (keys, error) => {
    const bench = new LoggedBench().connect();
    bench.results();
    bench.ask("a", keys);
    expect(bench.results()).toEqual([{ id: "a", ok: false, error: expect.stringContaining(error) }]);
  });
});

describe("no password, key or certificate", () => {
  const raw = {
    "broker.protocol": "5",
    "broker.transport": "tls",
    "broker.userName": "p1",
    "broker.password": PASSWORD,
    "broker.ca": PEM,
    "broker.certificate": PEM.replaceAll("b", "d"),
    "broker.key": KEY,
  };
  const secrets = [PASSWORD, ...[raw["broker.ca"], raw["broker.certificate"], KEY].flatMap((pem) => pem.split("\n"))];

  it("is in a line of the log or in a result, whatever a broker, a driver or a command says", () => {
    const bench = new LoggedBench({
      settings: settingsOf(raw),
      secrets: ["wifi password"],
      startReason: `exception: Error: ${PASSWORD}`,
    }).connect("200300000 0".replace(" ", "").slice(0, 10));
    // The reason of a closed connection contains what the device has sent.
    bench.gateway.handleClosed(`TLS: ${PEM} is no certificate for ${KEY}`, bench.nowMs);
    bench.gateway.handleHostLine("Wi-Fi: the wifi password is wrong");
    bench.drain();
    for (const set of [{ "screen.dwell": PASSWORD }, { "broker.password": PASSWORD }, { "broker.key": KEY }]) {
      bench.pass(120_000);
      bench.gateway.handleConnected(bench.nowMs);
      bench.receive(Uint8Array.of(0x20, 3, 0, 0, 0));
      bench.ask(JSON.stringify(set).slice(2, 12), { do: "settings", set });
    }
    bench.ask("log");
    const lines = bench.events.flatMap((event) => (event.type === "log" ? [event.line] : []));
    const told = bench.results().flatMap(({ log = [] }) => log);
    expect(lines.length).toBeGreaterThan(3);
    expect([...lines, ...told].join("\n")).toContain("[hidden]");
    for (const line of [...lines, ...told])
      for (const secret of [...secrets, "wifi password"])
        if (secret !== "" && !secret.startsWith("---")) expect(line).not.toContain(secret);
  });
});
