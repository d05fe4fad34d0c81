/** ntfy's publish API: each parameter by each of its names, as docs.ntfy.sh/publish describes them. */
import { describe, expect, it } from "vitest";
import { headerText, ntfyJsonPush, ntfyPush } from "../../../../hosts/station/senders/ntfy.ts";
import { ntfyActions } from "../../../../hosts/station/senders/ntfy-actions.ts";
import { ntfyDelaySeconds } from "../../../../hosts/station/senders/ntfy-delay.ts";
import type { SenderRefused } from "../../../../hosts/station/senders/sender-refused.ts";

/** A Friday, 12:00 in the zone of this machine. */
const NOW_MS = new Date(2026, 10, 27, 12).getTime();
const bytes = (text: string) => new TextEncoder().encode(text);
const raw = (text: string) => Buffer.from(text).toString("latin1");
const push = (body: string, headers = {}, query = {}) => ntfyPush("anna", bytes(body), headers, query, NOW_MS).push;
const json = (body: object, headers = {}) =>
  ntfyJsonPush(bytes(JSON.stringify({ topic: "anna", ...body })), headers, {}, NOW_MS).push;

function refusalOf(run: () => unknown): { readonly message: string; readonly ntfyCode: number } {
  try {
    run();
  } catch (error) {
    const { message, ntfyCode } = error as SenderRefused;
    return { message, ntfyCode };
  }
  throw new Error("it was not refused");
}

describe("a message in the body", () => {
  it("is the text", () => {
    expect(push("Backup successful 😀")).toEqual({ to: "anna", text: "Backup successful 😀" });
  });

  it("that is empty says triggered", () => {
    expect(push("")).toEqual({ to: "anna", text: "triggered" });
  });

  it("may come in a header or the query, with line ends as \\n", () => {
    expect(push("", { "x-message": "one\\ntwo" }).text).toBe("one\ntwo");
    expect(push("ignored", {}, { m: "three" }).text).toBe("three");
  });

  it("that is a file is refused in words", () => {
    const run = () => ntfyPush("anna", Uint8Array.of(0x50, 0x4b, 3, 4, 0xff), {}, {}, NOW_MS);
    expect(refusalOf(run)).toEqual({ message: expect.stringContaining("no files"), ntfyCode: 40_011 });
  });

  it("that is a picture is the picture, with the words that stand beside it", () => {
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0);
    const sent = (headers: object) => ntfyPush("anna", jpeg, { ...headers }, {}, NOW_MS);
    expect(sent({ message: "Somebody rings", title: "Door" })).toMatchObject({
      push: { to: "anna", title: "Door", text: "Somebody rings" },
      picture: jpeg,
    });
    expect(sent({ filename: "door.jpg" }).push.text).toBe("door.jpg");
    expect(sent({}).push.text).toBe("picture");
    expect(sent({ title: "Door" }).push).toEqual({ to: "anna", text: "Door" });
    for (const beginning of ["\x89PNG\r\n", "GIF89a", "RIFF\x10\0\0\0WEBPVP8 "])
      expect(ntfyPush("anna", Buffer.from(beginning, "latin1"), {}, {}, NOW_MS).picture).toBeDefined();
    expect(ntfyPush("anna", bytes("GIF is a format"), {}, {}, NOW_MS).picture).toBe(undefined);
  });

  it.each(["x-title", "title", "t"])("has a title: %s", (name) => {
    expect(push("x", { [name]: "Dogs are better than cats" }).title).toBe("Dogs are better than cats");
    expect(push("x", {}, { [name]: "Dogs" }).title).toBe("Dogs");
  });

  it.each([
    ["x-priority", "5", 5],
    ["priority", "high", 4],
    ["prio", "urgent", 5],
    ["p", "MAX", 5],
    ["p", "min", 1],
    ["p", "low", 2],
    ["p", "default", 3],
  ])("has a priority: %s %s", (name, value, priority) => {
    expect(push("x", { [name]: value }).priority).toBe(priority);
  });

  it("with another priority is refused", () => {
    expect(refusalOf(() => push("x", { p: "7" }))).toEqual({
      message: 'priority "7": expected 1 to 5, min, low, default, high, max or urgent',
      ntfyCode: 40_007,
    });
  });

  it("shows known tags as emoji before the title, and the others below the text", () => {
    expect(push("Disk", { tags: "warning,skull,ssh-login", title: "Server" })).toMatchObject({
      title: "⚠️ 💀 Server",
      text: "Disk\nssh-login",
    });
    expect(push("Disk", { ta: "+1" }).text).toBe("👍 Disk");
  });

  it("has a link, and a picture if what is attached is one", () => {
    expect(push("x", { click: "https://home.nest.com/" }).link).toBe("https://home.nest.com/");
    expect(push("x", { attach: "https://example.org/flower.jpg?s=1" })).toMatchObject({
      picture: "https://example.org/flower.jpg?s=1",
    });
    expect(push("x", { a: "https://example.org/doc.pdf" }).link).toBe("https://example.org/doc.pdf");
    expect(push("x", { icon: "https://example.org/icon.png" }).picture).toBe("https://example.org/icon.png");
  });

  it("has actions: the first address is the link, the others are answers", () => {
    const actions =
      "view, Open portal, https://home.nest.com/, clear=true; http, Turn down, https://api.nest.com/, body='{\"temperature\": 65}'";
    expect(push("x", { actions })).toMatchObject({ link: "https://home.nest.com/", choices: ["Turn down"] });
    expect(ntfyPush("anna", bytes("x"), { actions }, {}, NOW_MS).calls).toEqual([
      { choice: "Turn down", url: "https://api.nest.com/", method: "POST", headers: {}, body: '{"temperature": 65}' },
    ]);
  });

  it("has requests under the very words of its answers", () => {
    const label = `Close the door ${"very ".repeat(10)}gently`;
    const { push, calls } = ntfyPush("a", bytes("x"), { actions: `http, ${label}, https://a.org/` }, {}, NOW_MS);
    expect(push.choices?.[0]).toHaveLength(40);
    expect(calls.map(({ choice }) => choice)).toEqual(push.choices);
  });

  it("is answered with what was taken", () => {
    const { echo } = ntfyPush(
      "anna",
      bytes("Disk"),
      { title: "Server", tags: "warning", p: "4", click: "https://a.org/" },
      {},
      NOW_MS,
    );
    expect(echo).toEqual({
      event: "message",
      topic: "anna",
      title: "⚠️ Server",
      message: "Disk",
      priority: 4,
      tags: ["warning"],
      click: "https://a.org/",
    });
  });
});

describe("the text of a header", () => {
  it.each([
    ["raw UTF-8", raw("Grüße 😀"), "Grüße 😀"],
    ["Latin-1", "Gr\u00fc\u00dfe", "Grüße"],
    ["base64 of RFC 2047", "=?UTF-8?B?8J+HqfCfh6o=?=", "🇩🇪"],
    ["quoted-printable of RFC 2047", "=?UTF-8?Q?=C3=84pfel_rot?= und mehr", "Äpfel rot und mehr"],
    ["two words of RFC 2047", "=?utf-8?q?a?= =?utf-8?q?b?=", "ab"],
    ["plain", "a=b?c", "a=b?c"],
  ])("%s", (_what, header, text) => {
    expect(headerText(header)).toBe(text);
  });
});

describe("a message as JSON", () => {
  it("has the same parts", () => {
    const body = {
      message: "Disk space is low at 5.1 GB",
      title: "Low disk space alert",
      tags: ["warning", "cd"],
      priority: 4,
      attach: "https://filesrv.lan/space.jpg",
      click: "https://homecamera.lan/xasds1h2xsSsa/",
      delay: "30min",
      actions: [{ action: "view", label: "Admin panel", url: "https://filesrv.lan/admin" }],
    };
    expect(json(body)).toEqual({
      to: "anna",
      title: "⚠️ 💿 Low disk space alert",
      text: "Disk space is low at 5.1 GB",
      priority: 4,
      delaySeconds: 1_800,
      picture: "https://filesrv.lan/space.jpg",
      link: "https://homecamera.lan/xasds1h2xsSsa/",
    });
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["a text that is none", '{"topic":"a","message":{}}'],
  ])("is refused: %s", (_what, body) => {
    expect(refusalOf(() => ntfyJsonPush(bytes(body), {}, {}, NOW_MS)).ntfyCode).toBe(40_017);
  });
});

describe("a delay", () => {
  it.each([
    ["30m", 1_800],
    ["30min", 1_800],
    ["3 hours", 10_800],
    ["1h30m", 5_400],
    ["2 days", 172_800],
    [String(NOW_MS / 1_000 + 600), 600],
    ["3pm", 10_800],
    ["tomorrow, 10am", 79_200],
    ["tomorrow, 3:30pm", 99_000],
  ])("%s", (text, seconds) => {
    expect(ntfyDelaySeconds(text, NOW_MS)).toBe(seconds);
  });

  it.each([
    ["whenever", 40_004],
    ["5s", 40_005],
    ["1639194738", 40_005],
    ["40 days", 40_006],
  ])("%s is refused", (text, code) => {
    expect(refusalOf(() => ntfyDelaySeconds(text, NOW_MS)).ntfyCode).toBe(code);
  });
});

describe("a message as JSON with headers beside it, as Apprise sends it", () => {
  it("takes from them what it does not say itself", () => {
    const headers = { "x-priority": "max", "x-tags": "warning", "x-click": "https://example.org/", "x-delay": "30m" };
    expect(json({ message: "x", title: "Door" }, headers)).toEqual({
      to: "anna",
      title: "⚠️ Door",
      text: "x",
      priority: 5,
      link: "https://example.org/",
      delaySeconds: 1_800,
    });
    expect(json({ message: "x", priority: 2, tags: ["tada"] }, headers)).toMatchObject({ priority: 2, text: "🎉 x" });
  });

  it("with priority 0, or the urgency that a browser says, has none", () => {
    expect(json({ message: "x", priority: 0 })).toEqual({ to: "anna", text: "x" });
    expect(push("x", { priority: "u=1, i" })).toEqual({ to: "anna", text: "x" });
    expect(push("x", { priority: "u=1, i" }, { p: "high" }).priority).toBe(4);
  });
});

describe("actions in the short format", () => {
  it.each([
    ["view, Open, https://a.org/", [{ action: "view", label: "Open", url: "https://a.org/" }]],
    [
      'action=http, label="Close, now; or later", url=https://a.org/',
      [{ action: "http", label: "Close, now; or later", url: "https://a.org/", method: "POST" }],
    ],
    ["broadcast, Take picture, extras.cmd=pic", [{ action: "broadcast", label: "Take picture", url: "" }]],
    [
      "http, Don't, https://a.org/?a=b",
      [{ action: "http", label: "Don't", url: "https://a.org/?a=b", method: "POST" }],
    ],
    [
      "http, Turn down, https://a.org/, method=put, headers.Authorization=Bearer x=, body='{\"to\": 65}', clear=true",
      [
        {
          action: "http",
          label: "Turn down",
          url: "https://a.org/",
          method: "PUT",
          headers: { Authorization: "Bearer x=" },
          body: '{"to": 65}',
        },
      ],
    ],
    [
      '[{"action": "http", "label": "a", "url": "http://a.org/", "method": "GET", "headers": {"X-A": "1", "X-B": 2}}]',
      [{ action: "http", label: "a", url: "http://a.org/", method: "GET", headers: { "X-A": "1" } }],
    ],
    ['view, "say \\"hi\\"", https://a.org/;', [{ action: "view", label: 'say "hi"', url: "https://a.org/" }]],
    [
      "view, 'a', https://a.org/; HTTP, b, https://b.org/",
      [
        { action: "view", label: "a", url: "https://a.org/" },
        { action: "http", label: "b", url: "https://b.org/", method: "POST" },
      ],
    ],
  ])("%s", (text, actions) => {
    expect(ntfyActions(text)).toEqual(actions);
  });

  it.each([
    ["dance, a, https://a.org/", "expected view, http, broadcast"],
    ["view, , https://a.org/", "no label"],
    ["view, a", '"a" has no url'],
    ['view, "a, https://a.org/', "not closed"],
    ["[7", "JSON"],
    ["[null]", "JSON"],
    ["view,a,b;view,a,b;view,a,b;view,a,b", "at most 3"],
    ["http, a, ftp://a.org/", '"a": the url is no address'],
    ["http, a, https://a.org/, method=TRACE", 'method "TRACE": expected GET, POST'],
    ["http, a, https://a.org/, headers.Host=b.org", 'header "Host": it cannot be set'],
    ['[{"action": "http", "label": "a", "url": "http://a.org/", "headers": {"X Y": "b"}}]', 'header "X Y": it cannot'],
    ["http, a, https://a.org/, headers.X=Tür…", 'header "X": it has characters'],
    [`http, a, https://a.org/, body=${"x".repeat(4_000)}`, "expected at most 4000"],
  ])("%s is refused", (text, problem) => {
    expect(refusalOf(() => ntfyActions(text))).toEqual({ message: expect.stringContaining(problem), ntfyCode: 40_018 });
  });
});
