import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describePayload } from "../../../../hosts/station/decode/describe-payload.ts";
import { readJson } from "../../../../hosts/station/decode/json-reader.ts";
import { decodeTelemetry } from "../../../../hosts/station/decode/telemetry.ts";
import { encodeLink, encodeReceipt, encodeText } from "../../../../src/payload/content.ts";
import { encodeMessage, type RawContent } from "../../../../src/payload/message.ts";
import { encodePresubscription } from "../../../../src/payload/optional/presubscription.ts";
import { encodeTelemetry } from "../../../../src/payload/telemetry.ts";
import { CONTENT_VECTORS } from "../../../vectors/content.ts";
import { fromHex } from "../../../vectors/vector.ts";

const ROOT = new URL("../../../..", import.meta.url).pathname;
const ascii = (text: string) => Buffer.from(text);
const message = (imType: number, ...contents: RawContent[]) =>
  encodeMessage({ timestampSeconds: 1_700_000_000, imType, contents, sender: "bob" });

describe("a payload in words", () => {
  it.each([
    ["51", "online"],
    ["52", "offline"],
    ["936c756e6368", 'busy, "lunch"'],
    ["af6f6e2063616c6c", 'custom, "on call"'],
    ["57", "unknown (status 7)"],
    ["55", "asleep"],
    ["9531373030303030303030", "asleep until 2023-11-14T22:13:20.000Z"],
    ["95736f6f6e", 'asleep, "soon"'],
    ["5461", "away (a Context after Type 1, ignored)"],
  ])("presence %s", (hex, words) => {
    expect(describePayload("/acme/pres/bay-7", fromHex(hex))).toEqual([`presence of bay-7 in acme: ${words}`]);
  });

  it("messages with every type of content and every key", () => {
    const keys = {
      id: "7",
      priority: 5,
      expirySeconds: 60,
      collapseKey: "k",
      title: "T",
      uri: "u",
      melody: "polka",
      choices: ["y", "n"],
    };
    const link = {
      type: "image",
      keys: { priority: 3, choices: [] },
      link: "l",
      thumbnail: "t",
      original: "o",
    } as const;
    const payload = message(
      2,
      encodeText("a\u001b[2J", keys),
      encodeLink(link),
      encodeLink({ ...link, type: "file", thumbnail: undefined, original: undefined, fileName: "f", sizeBytes: 9 }),
      { contentType: 9, content: ascii("?") },
    );
    const lines = describePayload("/acme/im/team", payload).map((line) => line.trim().replace(/ {2,}/, " "));
    expect(lines).toEqual([
      "message to team in acme: group",
      "made 2023-11-14T22:13:20.000Z",
      'sender "bob"',
      'text 1 "a\\u001b[2J"',
      'id "7"',
      "priority 5",
      "expires after 60 s",
      'collapse key "k"',
      'title "T"',
      'address "u"',
      'melody "polka"',
      'choices "y", "n"',
      'image 2 "l"',
      'thumbnail "t"',
      'original "o"',
      'file 3 "l"',
      'file name "f"',
      "length 9 bytes",
      "content 4 of type 9, skipped",
    ]);
  });

  it("receipts, plain pages, telemetry, pre-subscriptions, first connections", () => {
    const receipt = message(4, encodeReceipt("7", "stored"), encodeReceipt("8", "answered", "yes"));
    expect(describePayload("/acme/im/bob", receipt).slice(3)).toEqual([
      '  receipt 1      message "7" was stored',
      '  receipt 2      message "8" was answered, the answer "yes"',
    ]);
    expect(describePayload("/acme/page/p/receipt", encodeReceipt("7", "read").content)).toEqual([
      "receipt of p in acme",
      '  receipt        message "7" was read',
    ]);
    expect(describePayload("/acme/page/p", ascii("hot"))).toEqual([
      "plain page to p in acme",
      '  text           "hot"',
    ]);
    const readings = [{ name: "t", unit: "Cel", value: 21.5, ageSeconds: 60 }];
    expect(describePayload("/acme/tele/p", encodeTelemetry("cbor", "p", readings, undefined))).toEqual([
      "telemetry of p in acme: 1 reading, SenML in CBOR",
      "  p/t                      21.5 Cel, 60 s before it was sent",
    ]);
    const topics = [{ topicFilter: "/acme/pres/b", qos: 1 }] as const;
    expect(describePayload("/connect/presub", encodePresubscription({ uid: "a", topics }))).toEqual([
      'pre-subscription of "a"',
      '  topic 1        "/acme/pres/b", QoS 1',
    ]);
    expect(describePayload("/connect/new", ascii("bay-7"))).toEqual(['first connection of "bay-7"']);
  });

  it("commands and their results", () => {
    const command = { id: "c1", at: 1_700_000_000, do: "settings", set: { "screen.dwell": 5 } };
    expect(describePayload("/acme/cmd/p", ascii(JSON.stringify(command)))).toEqual([
      "command to p in acme: settings",
      '  id             "c1"',
      "  made           2023-11-14T22:13:20.000Z",
      "  holds          60 s",
      '  set            {"screen.dwell":5}',
    ]);
    expect(describePayload("/acme/cmd/p", ascii('{"id":"c1","do":"read","message":"7"}')).slice(2)).toEqual([
      "  made           by a sender without a clock",
      "  holds          60 s",
      '  message        "7"',
    ]);
    expect(describePayload("/acme/cmd/p/result", ascii('{"id":"c1","ok":false,"error":"stale"}'))).toEqual([
      "result of a command to p in acme: not done",
      '  id             "c1"',
      '  error          "stale"',
    ]);
  });

  it.each([
    ["/acme/pres/p", "", ["presence of p in acme: none any more, a retained one was cleared"]],
    ["/acme/page/p", "", ["plain page to p in acme: none any more, a retained one was cleared"]],
    [
      "/acme/page/p",
      '\ufeff{"co":"a\n","pr":"9","id":7,"re":["\u202ey"]}\0',
      [
        "plain page to p in acme",
        '  text           "a\\n"',
        '    id           "7"',
        '    choices      "\\u202ey"',
        '  not read       page pr: "9"',
      ],
    ],
    [
      "/acme/page/p",
      "a\xff",
      ["plain page to p in acme", '  text           "a\ufffd"', "  not read       page at byte 1: not UTF-8"],
    ],
  ])("the small mistakes in a payload on %s: %j", (topic, text, lines) => {
    const bytes = text.endsWith("\xff") ? Buffer.from(text, "latin1") : ascii(text);
    expect(describePayload(topic, bytes)).toEqual(lines);
  });

  it.each([
    ["/acme/cmd/p", ascii('{"id":"c1","do":"fly"}'), 'command do at byte 16: "fly", expected one of retract, read'],
    ["/acme/cmd/p", ascii('{"id":"c1",do:1}'), "command at byte 11: not JSON"],
    ["/acme/cmd/p/result", ascii('{"ok":1}'), "result ok at byte 6: expected true or false"],
    ["/acme/pres/p", fromHex("00"), "presence Type at byte 0: 0, expected 1 or 2"],
    ["/acme/im/p", message(4, { contentType: 5, content: ascii('{"id":"7"}') }), "Content 1 st at byte 10: undefined"],
    ["/acme/page/p/receipt", ascii('{"id":"7","x":{"st":1},"st":"seen"}'), 'receipt st at byte 28: "seen"'],
    ["/acme/page/p/receipt", ascii('{"id":"7"'), "receipt at byte 0: expected a JSON object"],
    ["/acme/tele/p", fromHex("81a10202"), "record 1 n at byte 1: missing, expected a name"],
    ["/connect/presub", fromHex("016105"), "Presub Flag at byte 2: 5, expected 4"],
    ["/connect/new", fromHex("612f"), "uid at byte 0"],
  ])("the error in a payload on %s, with field and offset", (topic, payload, problem) => {
    expect(() => describePayload(topic, payload)).toThrow(problem);
  });

  it.each(["acme/pres/p", "/acme/pres", "/acme/other/p", "/acme/pres/p/x", "/connect/other", "", "/acme/im/p/receipt"])(
    "no topic of ours: %j",
    (topic) => {
      expect(() => describePayload(topic, fromHex("51"))).toThrow(RangeError);
    },
  );
});

describe("the reader of JSON", () => {
  it("reads what JSON.parse reads, and refuses what it refuses", () => {
    const edges = fc.constantFrom(
      ...'{}[]",:\\tfn0123.eE+- \n\u0000'.split(""),
      "true",
      "null",
      '"a"',
      "\\u00e4",
      "\\x",
    );
    const near = fc.array(edges, { maxLength: 14 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.json(),
          fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at))),
        ),
        (text) => {
          let expected: unknown;
          let isJson = true;
          try {
            expected = JSON.parse(text);
          } catch {
            isJson = false;
          }
          const read = () => readJson(ascii(text), "x").value;
          if (isJson && !/[[{].*[[{].*[[{].*[[{].*[[{]/s.test(text))
            expect(JSON.stringify(read())).toBe(JSON.stringify(expected));
          if (!isJson) expect(read).toThrow(/^x at byte \d+: /);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});

describe("the reader of telemetry", () => {
  it("takes the longest allowed telemetry", () => {
    const json = JSON.stringify([
      { bn: "b".repeat(500), bu: "u".repeat(64) },
      ...Array.from({ length: 64 }, () => ({ n: "n".repeat(12), v: 1 })),
    ]);
    const { readings } = decodeTelemetry(ascii(json));
    expect(readings).toHaveLength(64);
    expect(readings[63]?.name).toHaveLength(512);
  });

  it("reads the example of RFC 8428, section 5.1.2, in CBOR", () => {
    const { readings } = decodeTelemetry(
      fromHex(`87 a7 21 78 1b 75 72 6e 3a 64 65 76 3a 6f 77 3a 31 30 65 32 30 37 33 61 30 31 30 38 30 30 36 3a
        22 fb 41 d3 03 a1 5b 00 10 62 23 61 41 20 05 00 67 76 6f 6c 74 61 67 65 01 61 56 02 fb 40 5e 06 66 66 66 66 66
        a3 00 67 63 75 72 72 65 6e 74 06 24 02 fb 3f f3 33 33 33 33 33 33 a3 00 67 63 75 72 72 65 6e 74 06 23 02 fb
        3f f4 cc cc cc cc cc cd a3 00 67 63 75 72 72 65 6e 74 06 22 02 fb 3f f6 66 66 66 66 66 66 a3 00 67 63 75 72 72
        65 6e 74 06 21 02 f9 3e 00 a3 00 67 63 75 72 72 65 6e 74 06 20 02 fb 3f f9 99 99 99 99 99 9a a3 00 67 63 75 72
        72 65 6e 74 06 00 02 fb 3f fb 33 33 33 33 33 33`),
    );
    const base = "urn:dev:ow:10e2073a0108006:";
    const current = (value: number, age: number) => ({
      name: `${base}current`,
      unit: "A",
      value,
      timeSeconds: 1_276_020_076.001 - age,
      isRelative: false,
    });
    expect(readings).toEqual([
      { ...current(120.1, 0), name: `${base}voltage`, unit: "V" },
      ...[1.2, 1.3, 1.4, 1.5, 1.6, 1.7].map((value, index) => current(value, 5 - index)),
    ]);
  });

  it("reads what the device writes: every value with its time, in both formats", () => {
    const reading = fc.record({
      name: fc.string({ minLength: 1, maxLength: 12 }),
      unit: fc.constantFrom("Cel", "%RH", "s", "count"),
      value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(undefined)),
      ageSeconds: fc.integer({ min: 0, max: 10_000_000 }).map((ms) => ms / 1000),
    });
    const clock = fc.option(fc.integer({ min: 1_600_000_000, max: 4_000_000_000 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom("cbor", "json"),
        fc.array(reading, { minLength: 1, maxLength: 16 }),
        clock,
        (format, readings, now) => {
          const got = decodeTelemetry(encodeTelemetry(format as "cbor" | "json", "bay-7", readings, now));
          expect(got.format).toBe(format);
          expect(got.readings).toEqual(
            readings.map(({ name, unit, value, ageSeconds }) => ({
              name: `bay-7/${name}`,
              unit: value === undefined ? undefined : unit,
              // JSON knows no negative zero.
              value: value === undefined ? "failed" : value === 0 ? 0 : value,
              timeSeconds: expect.closeTo((now ?? 0) - ageSeconds, 2),
              isRelative: now === undefined,
            })),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["no array", "{}", "telemetry at byte 0"],
    ["a record that is none", "[1]", "record 1 at byte 1: expected an object"],
    ["no name", '[{"v":1}]', "record 1 n at byte 1: missing"],
    ["no value", '[{"n":"a"}]', "record 1 at byte 1: a name without a value"],
    ["two values", '[{"n":"a","v":1,"vs":"b"}]', "record 1 vs at byte 21: a second value"],
    ["text for a number", '[{"n":"a","v":"1"}]', "record 1 v at byte 14: string, expected a number"],
    ["a number for text", '[{"n":1,"v":1}]', "record 1 n at byte 6: number, expected string"],
    ["a number without end", '[{"n":"a","v":1e999}]', "record 1 v at byte 14"],
    ["a later version", '[{"bver":11,"n":"a","v":1}]', "record 1 bver at byte 9: 11, expected at most 10"],
    ["what has to be understood", '[{"n":"a","v":1,"x_":1}]', "record 1 x_ at byte 21"],
    ["something behind", "[]]", "telemetry at byte 2"],
    [
      "65 readings",
      `[${'{"n":"a","v":1},'.repeat(64)}{"n":"a","v":1}]`,
      "record 65 at byte 1025: expected at most 64 readings",
    ],
    [
      "a name of 513",
      `[{"bn":"${"b".repeat(500)}"},{"n":"${"n".repeat(13)}","v":1}]`,
      "a name of 513 characters, expected at most 512",
    ],
    ["a unit of 65", `[{"n":"a","u":"${"u".repeat(65)}","v":1}]`, "a unit of 65 characters, expected at most 64"],
  ])("refuses %s", (_, json, problem) => {
    expect(() => decodeTelemetry(ascii(json))).toThrow(problem);
  });

  it.each([
    ["base value, unit and a sum", '[{"bn":"a","bv":2,"bu":"V","v":1},{"s":7}]', [["a", 3, "V"]]],
    [
      "base name alone, then the name",
      '[{"bn":"a/"},{"n":"b","vb":true},{"n":"c","vd":"aGk"}]',
      [
        ["a/b", true, undefined],
        ["a/c", "aGk", undefined],
      ],
    ],
    ["unknown fields", '[{"n":"a","v":1,"x":[{"y":1}]}]', [["a", 1, undefined]]],
  ])("takes %s", (_, json, expected) => {
    expect(decodeTelemetry(ascii(json)).readings.map(({ name, value, unit }) => [name, value, unit])).toEqual(expected);
  });

  it.each([
    ["cut at any byte", "81a40061740161560203"],
    ["an open array and map", "9fbf00617402182aff"],
  ])("refuses CBOR %s", (_, hex) => {
    const whole = fromHex(hex);
    for (let length = 0; length < whole.length; length += 1)
      expect(() => decodeTelemetry(whole.subarray(0, length)), `${length}`).toThrow(/^telemetry at byte \d+: /);
  });

  it.each([
    ["a break", "81ff", "telemetry at byte 1"],
    ["a second key", "81a200617400617502", "telemetry at byte 5: the key 0 a second time"],
    ["something behind", "8000", "telemetry at byte 1"],
    ["too deep", "81".repeat(40), "telemetry at byte 16: CBOR nested deeper than 16"],
    ["a reserved length", "811c", "telemetry at byte 1"],
  ])("refuses CBOR with %s", (_, hex, problem) => {
    expect(() => decodeTelemetry(fromHex(hex))).toThrow(problem);
  });
});

it("the command prints a payload, a stanza or its error, and sets its exit status", async () => {
  const run = async (...args: string[]) => {
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--import", "tsx", "hosts/station/cli/fieldpager.ts", "decode", ...args],
        { cwd: ROOT },
      );
      return [0, stdout];
    } catch (error) {
      const { code, stderr } = error as { code: number; stderr: string };
      return [code, stderr];
    }
  };
  const hex = CONTENT_VECTORS[0]?.hex.slice(2) ?? "";
  const answers = await Promise.all([
    run("/field/pres/b", "93", "6c 75", "6e6368"),
    run("/field/page/b", Buffer.from(hex, "hex").toString("base64")),
    run("/field/cmd/b", "abcd", "--base64"),
    run("/field/pres/b", "93ff"),
    run("/field/pres/b"),
    run("/field/other/b", "51"),
    run("/field/pres/b", "5g"),
    run("<presence><show>away</show></presence>"),
    run("<presence>"),
  ]);
  expect(answers.map(([code]) => code)).toEqual([0, 0, 1, 1, 2, 2, 2, 0, 1]);
  expect(answers.at(-2)?.[1]).toBe("presence: away\n");
  expect(answers.at(-1)?.[1]).toMatch(/^bad: .*\(not-well-formed\)\n$/);
  expect(answers[0]?.[1]).toBe('presence of b in field: busy, "lunch"\n');
  expect(answers[1]?.[1]).toContain('"hi"');
  expect(answers[3]?.[1]).toBe("bad: presence Context at byte 1: not UTF-8\n  93 [ff]\n");
});
