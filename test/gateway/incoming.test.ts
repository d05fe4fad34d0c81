/** A device shows the words of a payload that is not quite right, and counts it. */
import { describe, expect, it } from "vitest";
import { readMessage, readPlainPage } from "../../src/gateway/incoming.ts";
import { encodeLink, encodeReceipt, encodeText } from "../../src/payload/content.ts";
import { encodeMessage, type RawContent } from "../../src/payload/message.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { Bench, IM, PAGE, publish, settingsOf } from "./bench.ts";

function message(imType: number, ...contents: RawContent[]): Uint8Array {
  return encodeMessage({ timestampSeconds: 1_700_000_000, imType, contents, sender: "bob" });
}

function raw(contentType: number, text: string): RawContent {
  return { contentType, content: encodeUtf8(text) };
}

function page(text: string) {
  return readPlainPage(encodeUtf8(text), 1000);
}

describe("what is shown", () => {
  it.each([
    ["a title alone", '{"ti":"Fire"}', { title: "Fire", text: "" }],
    ["no words", '{"co":""}', { text: "[no text]" }],
    ["blanks", " \n ", { text: "[no text]" }],
    ["an empty title", '{"ti":" ","co":"hot"}', { title: undefined, text: "hot" }],
    ["controls", '{"ti":"a\\nb\u001b","co":"a\r\nb\u0000\u202e"}', { title: "a b\ufffd", text: "a\nb\ufffd" }],
    ["an address", '{"co":"Door","ur":"http://x/y"}', { text: "Door\nhttp://x/y" }],
    [
      "a fourth choice",
      '{"co":"Come?","id":"7","re":["a","b","c","d"]}',
      {
        text: "Come?\n[no answer possible: d]",
        choices: ["a", "b", "c"],
      },
    ],
    [
      "choices without an id",
      '{"co":"Come?","re":["y","n"]}',
      { text: "Come?\n[no answer possible: y / n]", choices: [] },
    ],
    ["an id that is too long", `{"co":"hot","id":"${"i".repeat(65)}"}`, { text: "hot", id: undefined }],
    ["raw JSON, where no words are known", '{"message":"hot"}', { text: '{"message":"hot"}' }],
  ])("%s of a page", (_, text, shown) => {
    expect(page(text)).toMatchObject(shown);
  });

  it("keeps a choice as it came: the sender compares the answer with it", () => {
    expect(page('{"co":"?","id":"7","re":["y\\u0001"]}')?.choices).toEqual(["y\u0001"]);
  });

  it.each([
    ["text that is no JSON", [raw(0, "Pump 3 hot")], "Pump 3 hot"],
    ["an image that is no JSON", [raw(1, "http://x/y")], "http://x/y"],
    ["an image without its link", [raw(1, '{"ti":"Door"}')], ""],
    [
      "contents of every kind",
      [
        encodeText("hi"),
        encodeLink({
          type: "file",
          keys: { priority: 3, choices: [] },
          link: "http://x/y",
          fileName: "a\u0007.txt",
          sizeBytes: 1025,
        }),
        raw(9, "?"),
      ],
      "hi\n[a\ufffd.txt, 2 KB] http://x/y\n[content of type 9]",
    ],
  ])("%s of a message", (_, contents, text) => {
    expect(readMessage(message(1, ...contents), undefined, 0).message?.text).toBe(text);
  });

  it("is also content beside receipts; receipts count in a message of any type", () => {
    const read = (imType: number) =>
      readMessage(
        message(imType, encodeReceipt("7", "read"), encodeText("and this", { id: "8", priority: 5 })),
        undefined,
        0,
      );
    for (const imType of [1, 4]) {
      expect(read(imType).receipts).toEqual([{ type: "receipt", id: "7", state: "read", answer: undefined }]);
      expect(read(imType).message).toMatchObject({ text: "and this", id: "8", priority: 5, sender: "bob" });
    }
    expect(readMessage(message(4, encodeReceipt("7", "read")), undefined, 0).message).toBeUndefined();
  });
});

describe("a device", () => {
  const bench = () => new Bench().connect();
  const counts = ({ gateway }: Bench) => {
    const { stored, refused, malformed } = gateway.counters;
    return { stored, refused, malformed };
  };

  it("shows the readable part of a message, counts the message and names the fault in the log", () => {
    const device = bench();
    device.receive(publish(IM, message(1, raw(0, '{"co":"hot","pr":"urgent"}'))));
    expect(device.screen).toContain("hot");
    expect(counts(device)).toEqual({ stored: 1, refused: 0, malformed: 1 });
    expect(device.events.map((event) => (event.type === "log" ? event.line : ""))).toContain(
      'could not read all of a message on /acme/im/p1: Content 1 pr: "urgent"',
    );
  });

  it("counts in its telemetry the messages that it could not read whole", () => {
    const device = new Bench({
      settings: settingsOf({ "telemetry.format": "json", "telemetry.interval": 60 }),
    }).connect();
    device.pass(0);
    device.receive(publish(IM, message(1, raw(0, '{"co":"hot","pr":"urgent"}'))));
    device.pass(60_000);
    const readings = device.sent
      .filter(({ topic }) => topic === "/acme/tele/p1")
      .flatMap(({ payload = "" }) => JSON.parse(payload) as { n: string; v: number }[]);
    const malformed = readings.filter(({ n }) => n === "malformed").map(({ v }) => v);
    expect([malformed[0], malformed.at(-1)]).toEqual([0, 1]);
  });

  it("shows the readable characters of a page in another encoding", () => {
    const device = bench();
    device.receive(publish(PAGE, Uint8Array.of(0x48, 0xf6, 0x68, 0x65)));
    expect(device.screen).toContain("H\ufffdhe");
    expect(counts(device)).toEqual({ stored: 1, refused: 0, malformed: 1 });
  });

  it.each([false, true])("ignores an empty payload, which clears a retained page, retained %j", (retain) => {
    const device = bench();
    device.takeSent();
    device.receive(publish(PAGE, new Uint8Array(), { retain }));
    expect(counts(device)).toEqual({ stored: 0, refused: 0, malformed: 0 });
    expect(device.gateway.counters.retained).toBe(0);
    expect(device.takeSent()).toEqual(["puback 7"]);
    expect(device.alerts).toEqual([]);
  });

  it("sends no receipts for an id that is too long", () => {
    const device = bench();
    device.takeSent();
    device.receive(publish(PAGE, encodeUtf8(`{"co":"Come?","id":"${"i".repeat(65)}","re":["y"]}`)));
    expect(device.screen).toContain("Come?");
    expect(device.takeSent()).toEqual(["puback 7"]);
    const longest = "i".repeat(64);
    device.receive(publish(PAGE, encodeUtf8(`{"co":"Come!","id":"${longest}"}`)));
    expect(device.takeSent()[1]).toBe(`/acme/page/p1/receipt {"id":"${longest}","st":"stored"}`);
  });

  it("shows the words of a page that is nested as deep as a packet allows", () => {
    const device = bench();
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const depth = Math.floor(3_900 / (open.length + close.length));
      device.receive(
        publish(PAGE, encodeUtf8(`{"x":${open.repeat(depth)}1${close.repeat(depth)},"co":"still ${depth}"}`)),
      );
      expect(device.screen).toContain(`still ${depth}`);
    }
  });
});

describe("unprintable characters are never drawn", () => {
  const ODD = "a\u0007b\u009fc\u202ed\u2066e\ufdd0f\ud800g\rh";
  const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u;
  const odd = (text: string) => JSON.stringify(text).slice(1, -1);

  it("neither those of a message, its choices and their answer, nor those of a contact and its texts, in any view", () => {
    const settings = settingsOf({ contacts: "ann", "presence.custom": ODD, "message.texts": ODD });
    const device = new Bench({ settings });
    device.subscriptions = 4;
    device.connect();
    const show = (button: "a" | "b" | "c") => {
      device.pass(1_000);
      device.gateway.handleButton(button, device.nowMs);
      device.drain();
      return device.screen;
    };
    const context = encodeUtf8(ODD);
    device.receive(publish("/acme/pres/ann", Uint8Array.of(0xaf, ...context), { retain: true }));
    const json = `{"co":"${odd(ODD)}","ti":"${odd(ODD)}","id":"7","re":["${odd(ODD)}"],"ur":"${odd(ODD)}"}`;
    device.receive(publish(IM, message(1, raw(0, json), raw(4, `{"co":"${odd(ODD)}","fn":"${odd(ODD)}"}`))));
    // The views: reply, the first choice, home, the inbox, people, the contact, its texts, own presence.
    const views = [show("b"), show("a"), show("b"), show("a"), show("c"), show("c"), show("c"), show("b"), show("a")];
    const shown = "a\ufffdb\ufffdcde\ufffdf\ufffdg";
    expect(device.screens.flat().filter((line) => line.includes(shown)).length).toBeGreaterThan(5);
    expect(views.some((view) => view.includes("ann"))).toBe(true);
    expect(device.screens.flat().filter((line) => UNPRINTABLE.test(line))).toEqual([]);
    // The sender gets back exactly the choice that it sent.
    const sent = device.takeSent().find((line) => line.includes('"st":"answered"'));
    expect(sent).toContain(JSON.stringify(ODD).slice(1, 10));
  });
});
