/** The reference of the wire format. The decode command must print for each example what stands there. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describePayload } from "../../hosts/station/decode/describe-payload.ts";
import {
  CHOICE_BYTES_MAX,
  CHOICES_MAX,
  COMMAND_ID_BYTES_MAX,
  COMMAND_SECONDS_DEFAULT,
  CONTENTS_MAX,
  MESSAGE_ID_BYTES_MAX,
  PACKET_BYTES_MAX,
  PICTURE_BYTES_MAX,
  PICTURE_PIECE_BYTES_MAX,
  PICTURE_PIECES_MAX,
  PICTURE_PIXELS_MAX,
  PICTURE_SCALE_MAX,
  PICTURE_WORDS_BYTES_MAX,
  PRESENCE_CONTEXT_BYTES_MAX,
  RASTER_REPLY_BYTES_MAX,
  RUN_BYTES_MAX,
  RUN_PIXELS_MAX,
  RUN_PIXELS_MIN,
  RUNS_ASKED_MAX,
  SETUP_CODE_CHARACTERS_MAX,
  SETUP_TEXT_BYTES_MAX,
  UID_BYTES_MAX,
} from "../../src/limits.ts";
import { decodeSetupCode, SETUP_CODE_FIELDS } from "../../src/payload/setup-code.ts";
import { STAGES } from "../../src/stages.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { fromHex } from "../vectors/vector.ts";

const README = readFileSync(new URL("../../src/payload/README.md", import.meta.url), "utf8");
const EXAMPLES = [...README.matchAll(/^```(hex|json) (\S+)\n(.*?)\n```\n\n```text\n(.*?)\n```$/gms)].map(
  ([, kind, topic = "", payload = "", words]) => ({
    topic,
    words,
    bytes: kind === "hex" ? fromHex(payload) : encodeUtf8(payload),
  }),
);

describe("the reference of the wire format", () => {
  it("has an example of each topic", () => {
    const kinds = new Set(
      EXAMPLES.map(({ topic }) => topic.replace(/bay-7|station/, "{uid}").replace("/field/", "/{env}/")),
    );
    const named = [...README.matchAll(/^\| `(\/\S+)` \|/gm)].map(([, topic]) => topic);
    expect(named.filter((topic) => topic !== "/connect/new" && !kinds.has(topic as string))).toEqual([]);
    expect(EXAMPLES.length).toBe((README.match(/^```(hex|json) /gm) ?? []).length);
  });

  it.each(EXAMPLES)("has below an example on $topic what the command prints: $words", ({ topic, bytes, words }) => {
    expect(describePayload(topic, bytes).join("\n")).toBe(words);
  });

  it("names the real limits and states", () => {
    for (const words of [
      `at most ${PACKET_BYTES_MAX.toLocaleString("en")} bytes with its fixed header`,
      `Both have 1 to ${UID_BYTES_MAX} bytes`,
      `text of 1 to ${MESSAGE_ID_BYTES_MAX} bytes. It names`,
      `up to ${CHOICES_MAX} texts of at most ${CHOICE_BYTES_MAX} bytes`,
      `with up to ${CONTENTS_MAX} contents`,
      `text to the end of the payload, at most ${PRESENCE_CONTEXT_BYTES_MAX} bytes`,
      `\`id\` is text of 1 to ${COMMAND_ID_BYTES_MAX} bytes`,
      `it holds, ${COMMAND_SECONDS_DEFAULT} when absent`,
      `1 to ${RUNS_ASKED_MAX} runs, each: 1 byte Size in pixels, ${RUN_PIXELS_MIN} to ${RUN_PIXELS_MAX}; 1 byte Length, 1 to ${RUN_BYTES_MAX};`,
      `Replies have at most ${RASTER_REPLY_BYTES_MAX.toLocaleString("en")} bytes`,
      `A reply has at most ${PICTURE_PIECE_BYTES_MAX.toLocaleString("en")} bytes, and all pieces together have at most ${PICTURE_BYTES_MAX.toLocaleString("en")}.`,
      `1 to ${PICTURE_PIXELS_MAX.toLocaleString("en")} pixels each`,
      `Pieces of the picture, 1 to ${PICTURE_PIECES_MAX}; 0: there is no picture, and the rest is text that says why, at most ${PICTURE_WORDS_BYTES_MAX} bytes`,
      `Scale, 1 to ${PICTURE_SCALE_MAX}:`,
      ...STAGES.map((stage) => `| \`${stage}\` |`),
    ])
      expect(README).toContain(words);
  });

  it("describes the set-up code as it is read", () => {
    const [, code = "", words] = /^```setup\n(.*?)\n```\n\n```text\n(.*?)\n```$/ms.exec(README) ?? [];
    const settings = Object.entries(decodeSetupCode(encodeUtf8(code)));
    expect(settings.map(([name, value]) => `${name}=${value}`).join("\n")).toBe(words);
    const table = README.slice(README.indexOf("| key | setting |"));
    const rows = [...table.matchAll(/^\| (\d+) \| `([\w.]+)`/gm)].map(([, key, name]) => [Number(key), name]);
    expect(rows).toEqual(SETUP_CODE_FIELDS);
    expect(README).toContain(`at most ${SETUP_CODE_CHARACTERS_MAX.toLocaleString("en")} characters`);
    expect(README).toContain(`1 to ${SETUP_TEXT_BYTES_MAX} bytes of text`);
  });

  it("lists its own headings as contents", () => {
    const anchor = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-");
    const headings = [...README.matchAll(/^## (.*)$/gm)].map(([, heading]) => anchor(heading as string));
    const listed = [...README.matchAll(/^- \[[^\]]+\]\(#(.*)\)$/gm)].map(([, target]) => target);
    expect(listed).toEqual(headings);
  });
});
