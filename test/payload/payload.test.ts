import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError, UsageError } from "../../src/errors.ts";
import { JSON_BRACKETS_MAX, PRESUBSCRIPTION_TOPICS_MAX, SETUP_CODE_CHARACTERS_MAX } from "../../src/limits.ts";
import {
  decodeContent,
  decodeContents,
  decodePlainPage,
  encodeReceipt,
  encodeText,
} from "../../src/payload/content.ts";
import { decodeJsonObject } from "../../src/payload/json.ts";
import { decodeMessage, encodeMessage, type RawContent } from "../../src/payload/message.ts";
import {
  decodeDirectoryLine,
  decodePresubscription,
  encodeDirectoryLine,
  encodePresubscription,
} from "../../src/payload/optional/presubscription.ts";
import { decodePresence, encodePresence } from "../../src/payload/presence.ts";
import { decodeSetupCode, encodeSetupCode, type SetupCodeSettings } from "../../src/payload/setup-code.ts";
import { isUid } from "../../src/payload/uid.ts";
import { pemOf } from "../../src/pem.ts";
import { encodeUtf8, readableUtf8, utf8Length } from "../../src/utf8.ts";
import { checkPayloadVectors } from "../vectors/payload.ts";
import { codeOfFields, fieldOf, WHOLE_CODE } from "../vectors/setup-code.ts";

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

describe("payload codecs", () => {
  it("agree with every vector", () => {
    expect(checkPayloadVectors()).toEqual([]);
  });

  it("name the content, the key and the offset in the payload", () => {
    const payload = (second: string) =>
      encodeMessage({
        timestampSeconds: 0,
        imType: 1,
        contents: [encodeText("hi"), { contentType: 0, content: encodeUtf8(second) }],
        sender: "bob",
      });
    const decodeAll = (bytes: Uint8Array) => decodeContents(decodeMessage(bytes).contents, bytes);
    const larger = (bytes: Uint8Array) => Uint8Array.of(0, 0, ...bytes).subarray(2);
    expect(decodeAll(larger(payload('{"co":"ho"}'))).map((content) => content.type)).toEqual(["text", "text"]);
    const faultsOf = (bytes: Uint8Array) => {
      const faults: string[] = [];
      decodeContents(decodeMessage(bytes).contents, bytes, faults);
      return faults;
    };
    expect(faultsOf(payload('{"co":"ho"}'))).toEqual([]);
    expect(faultsOf(payload('{"co":"ho","pr":9,"ti":{"a":1}}'))).toEqual(["Content 2 pr: 9", 'Content 2 ti: {"a":1}']);
    expect(faultsOf(payload('{"co":"ho","re":["a"],"id":""}'))).toEqual(['Content 2 id: ""', 'Content 2 re: ["a"]']);
    expect(faultsOf(payload("{}"))).toEqual(["Content 2 co: undefined"]);
    expect(faultsOf(larger(payload("no")))).toEqual(["Content 2 at byte 26: no JSON object"]);
  });

  it("leave out invalid receipts, and refuse a message that has nothing else", () => {
    const bad = { contentType: 5, content: encodeUtf8('{"id":"7","st":"seen"}') };
    const decode = (...contents: RawContent[]) => {
      const payload = encodeMessage({ timestampSeconds: 0, imType: 4, contents, sender: "bob" });
      const faults: string[] = [];
      return [decodeContents(decodeMessage(payload).contents, payload, faults), faults];
    };
    const problem = 'Content 1 st at byte 10: "seen", expected one of stored, shown, read, answered, expired, dropped';
    expect(decode(bad, encodeReceipt("8", "read"))).toEqual([[{ type: "receipt", id: "8", state: "read" }], [problem]]);
    expect(() => decode(bad)).toThrow(problem);
  });

  it("read JSON in the same way with the engine's reader and with our own", () => {
    // So many brackets that the engine's reader is not used.
    const many = `"of no generated key":${"[".repeat(JSON_BRACKETS_MAX)}${"]".repeat(JSON_BRACKETS_MAX)}`;
    const value = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.double(), fc.boolean(), fc.constant(null));
    const object = fc.dictionary(fc.string(), fc.oneof(value, fc.array(value), fc.dictionary(fc.string(), value)));
    fc.assert(
      fc.property(object, fc.nat(3), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const ours = decodeJsonObject(encodeUtf8(text.replace("{", text === "{}" ? `{${many}` : `{${many},`)), "x");
        const { "of no generated key": nested, ...rest } = ours;
        expect(nested).toBeDefined();
        expect(JSON.stringify(rest)).toBe(
          JSON.stringify(JSON.parse(readableUtf8(encodeUtf8(text), 0, utf8Length(text)))),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it("return views: no content is copied", () => {
    const text = encodeText("hi");
    const bytes = encodeMessage({ timestampSeconds: 0, imType: 1, contents: [text, text], sender: "bob" });
    const { contents } = decodeMessage(bytes);
    expect(contents.map(({ content }) => [content.buffer === bytes.buffer, content.byteOffset])).toEqual([
      [true, bytes.byteOffset + 10],
      [true, bytes.byteOffset + 26],
    ]);
  });

  it("throw only a FormatError, whatever the bytes", () => {
    const decoders = [
      decodePresence,
      decodeMessage,
      (bytes: Uint8Array) => decodePlainPage(bytes),
      decodePresubscription,
      decodeDirectoryLine,
      decodeSetupCode,
      (bytes: Uint8Array) => decodeContent({ contentType: (bytes[0] ?? 0) % 8, content: bytes.subarray(1) }),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const decode of decoders) {
          try {
            decode(bytes);
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("read a message as it was written", () => {
    const rawContent = fc.record({
      contentType: fc.integer({ min: 0, max: 255 }),
      content: fc.uint8Array({ maxLength: 50 }),
    });
    const message = fc.record({
      timestampSeconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      imType: fc.integer({ min: 1, max: 15 }),
      contents: fc.array(rawContent, { minLength: 1, maxLength: 15 }),
      sender: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter(isUid),
    });
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual(value);
      }),
    );
  });

  it("refuse to write a message that could not be read", () => {
    const good = {
      timestampSeconds: 0,
      imType: 1,
      contents: [{ contentType: 0, content: new Uint8Array() }],
      sender: "a",
    };
    for (const timestampSeconds of [-1, 0x1_0000_0000, 0.5])
      expect(() => encodeMessage({ ...good, timestampSeconds })).toThrow(`Time Stamp ${timestampSeconds}`);
    for (const contentType of [-1, 256, 0.5])
      expect(() => encodeMessage({ ...good, contents: [{ contentType, content: new Uint8Array() }] })).toThrow(
        `Content Type ${contentType}`,
      );
    expect(() => encodeMessage({ ...good, imType: 0 })).toThrow("IM Type 0");
    expect(() => encodeMessage({ ...good, imType: 16 })).toThrow("IM Type 16");
    expect(() => encodeMessage({ ...good, contents: [] })).toThrow("0 contents");
    expect(() => encodeMessage({ ...good, contents: Array(16).fill(good.contents[0]) })).toThrow("16 contents");
    expect(() => encodeMessage({ ...good, sender: "" })).toThrow("sender of 0 bytes");
    expect(() => encodeMessage({ ...good, sender: "s".repeat(65) })).toThrow("sender of 65 bytes");
    expect(() => encodePresence({ status: 0, context: "" })).toThrow("status 0");
    expect(() => encodePresence({ status: 16, context: "" })).toThrow("status 16");
    expect(() => encodePresence({ status: 1, context: "\u00e4".repeat(128) })).toThrow("Context of 256 bytes");
    expect(() => encodeText("hi", { id: "" })).toThrow("id of 0 bytes");
    expect(() => encodeText("hi", { id: "i".repeat(65) })).toThrow("id of 65 bytes");
  });

  it("refuse to write a set-up code that could not be read", () => {
    const write = (settings: object) => () => encodeSetupCode(settings as SetupCodeSettings);
    expect(write({ "broker.key": "x" })).toThrow("no setting broker.key in it");
    expect(write({ uid: "" })).toThrow("uid of 0 bytes, expected 1 to 255");
    expect(write({ "broker.password": "p".repeat(256) })).toThrow("broker.password of 256 bytes");
    expect(write({ "broker.ca": "ca.pem" })).toThrow("PEM: no -----BEGIN CERTIFICATE-----");
    const large = pemOf(new Uint8Array(2_682), "CERTIFICATE");
    expect(write({ "broker.ca": large })).toThrow(UsageError);
    const largest = encodeSetupCode({ "broker.ca": pemOf(new Uint8Array(2_675), "CERTIFICATE") });
    expect(largest.length).toBeLessThanOrEqual(SETUP_CODE_CHARACTERS_MAX);
    expect(write({ "broker.ca": pemOf(new Uint8Array(2_676), "CERTIFICATE") })).toThrow("expected at most 4296");
  });

  it("name no secret of a set-up code in their errors", () => {
    const code = codeOfFields([...fieldOf(8, letters("hunter2")), ...fieldOf(8, letters("hunter3"))]);
    for (const text of [code, code.slice(0, -4), `${WHOLE_CODE}A`])
      try {
        decodeSetupCode(encodeUtf8(text));
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toMatch(/hunter|s3cret/);
      }
  });

  it("take the longest allowed pre-subscription, and refuse one topic more", () => {
    const uid = "a";
    const longest = { uid, topics: [{ topicFilter: "b".repeat(65_535), qos: 1 }] } as const;
    const most = { uid, topics: Array(PRESUBSCRIPTION_TOPICS_MAX).fill({ topicFilter: "b", qos: 1 }) };
    expect(decodePresubscription(encodePresubscription(longest))).toEqual(longest);
    expect(decodePresubscription(encodePresubscription(most))).toEqual(most);
    expect(decodeDirectoryLine(encodeDirectoryLine(most))).toEqual(most);
    const oneMore = Uint8Array.of(...encodePresubscription(most), 0, 1, 0x63, 1);
    expect(() => decodePresubscription(oneMore)).toThrow(`topics at byte ${oneMore.length - 4}: more than`);
    const line = encodeUtf8(`a-<sub>-1-${"b,".repeat(PRESUBSCRIPTION_TOPICS_MAX)}b`);
    expect(() => decodeDirectoryLine(line)).toThrow(`topics at byte ${line.length - 1}: more than`);
  });

  it("refuse to write a pre-subscription that could not be read, or a line that would be read differently", () => {
    const topic = { topicFilter: "b", qos: 1 } as const;
    const good = { uid: "a", topics: [topic] };
    const tooMany = Array(PRESUBSCRIPTION_TOPICS_MAX + 1).fill(topic);
    for (const encode of [encodePresubscription, encodeDirectoryLine]) {
      expect(encode(good).length).toBeGreaterThan(0);
      expect(() => encode({ ...good, uid: "" })).toThrow("uid");
      expect(() => encode({ ...good, uid: "a".repeat(65) })).toThrow("uid");
      expect(() => encode({ ...good, topics: [] })).toThrow("0 topics");
      expect(() => encode({ ...good, topics: tooMany })).toThrow(`${tooMany.length} topics`);
      expect(() => encode({ ...good, topics: [{ ...topic, qos: 3 as 2 }] })).toThrow("QoS");
      expect(() => encode({ ...good, topics: [{ ...topic, topicFilter: "" }] })).toThrow("topic");
      expect(() => encode({ ...good, topics: [{ ...topic, topicFilter: "b".repeat(65_536) }] })).toThrow("topic");
    }
    expect(() => encodeDirectoryLine({ ...good, uid: "a-<sub>-b" })).toThrow("-<sub>-");
    expect(() => encodeDirectoryLine({ uid: "a", topics: [topic, { ...topic, qos: 0 }] })).toThrow("QoS 1 and 0");
    expect(() => encodeDirectoryLine({ uid: "a", topics: [{ ...topic, topicFilter: "b,c" }] })).toThrow("comma");
  });
});
