import { describe, expect, it } from "vitest";
import {
  ANSWERS_MAX,
  OUTBOX_MESSAGES_MAX,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  STANZA_BYTES_MAX,
  STANZA_OUT_BYTES_MAX,
  STANZAS_UNTAKEN_MAX,
  TAKE_TIMEOUT_MS,
} from "../../src/limits.ts";
import type { Outgoing } from "../../src/xmpp/session-types.ts";
import { bindFeature, mechanisms, ScriptedServer, SM, STREAMS, smFeature } from "./scripted-server.ts";

const NOTIFICATION = "androidpn:iq:notification";
const RECEIPTS = "urn:xmpp:receipts";
const MARKERS = "urn:xmpp:chat-markers:0";

const push = (id: string, from = "") =>
  `<iq type='set' id='iq-${id}'${from}><notification xmlns='${NOTIFICATION}'><id>${id}</id><title>t</title><message>m</message><uri>http://u</uri></notification></iq>`;
const chat = (id: string, more = "") =>
  `<message from='bob@example.org/phone' id='${id}' type='chat'><body>hi ${id}</body>${more}</message>`;
const message = (id: string): Outgoing => ({ type: "message", to: "bob@example.org", id, body: "hello" });

/** Connected with stream management, the events up to there forgotten. */
function managed(options = {}): ScriptedServer {
  const server = new ScriptedServer(options).bind(smFeature);
  server.takeEvent("connected");
  return server;
}

function plain(options = {}): ScriptedServer {
  const server = new ScriptedServer(options).bind();
  server.takeEvent("connected");
  return server;
}

describe("a push of androidpn", () => {
  it("is told with all its fields, and answered with a result only when it is safe", () => {
    const server = plain();
    server.acknowledges = false;
    server.say(push("n1"));
    const { message: told, token } = server.takeEvent("message");
    expect(told).toEqual({
      kind: "notification",
      from: "example.org",
      id: "n1",
      subject: "t",
      body: "m",
      link: "http://u",
      sentAt: "",
      wantsReceived: false,
      isMarkable: false,
    });
    expect(server.hearAll()).toEqual([]);
    server.session.acknowledge(token);
    server.drain();
    const result = server.hear();
    expect([result.name, result.attribute("type"), result.attribute("id")]).toEqual(["iq", "result", "iq-n1"]);
    // A second word on it means nothing.
    server.session.acknowledge(token);
    server.drain();
    expect(server.hearAll()).toEqual([]);
  });

  it("of somebody else is told as his", () => {
    const server = plain().say(push("n1", " from='mallory@evil.example/x'"));
    expect(server.takeEvent("message").message.from).toBe("mallory@evil.example/x");
    expect(server.hear().attribute("to")).toBe("mallory@evil.example/x");
  });
});

describe("a message", () => {
  it("is told with subject, body, link, delay and what its sender asks for", () => {
    const server = plain().say(
      `<message from='bob@example.org/phone' id='m1' type='headline'><subject>s</subject><body>b &amp; c</body>` +
        `<x xmlns='jabber:x:oob'><url>http://u</url></x><delay xmlns='urn:xmpp:delay' stamp='2026-01-02T03:04:05Z'/>` +
        `<request xmlns='${RECEIPTS}'/><markable xmlns='${MARKERS}'/></message>`,
    );
    expect(server.takeEvent("message").message).toEqual({
      kind: "headline",
      from: "bob@example.org/phone",
      id: "m1",
      subject: "s",
      body: "b & c",
      link: "http://u",
      sentAt: "2026-01-02T03:04:05Z",
      wantsReceived: true,
      isMarkable: true,
    });
  });

  it("of a type that nobody knows is a normal one; of a room, or without words, it is none", () => {
    const told = (text: string) =>
      plain()
        .say(text)
        .told.filter(({ type }) => type === "message");
    expect(told("<message type='x'><body>b</body></message>")).toMatchObject([{ message: { kind: "normal" } }]);
    expect(told("<message type='groupchat'><body>b</body></message>")).toEqual([]);
    expect(told("<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>")).toEqual([]);
    expect(told("<message><body xmlns='other'>b</body></message>")).toEqual([]);
  });

  it("that came back is told as such", () => {
    const server = plain().say(
      "<message type='error' id='m1' from='bob@example.org'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>away</text></error></message>",
    );
    expect(server.takeEvent("bounced")).toEqual({
      type: "bounced",
      id: "m1",
      from: "bob@example.org",
      reason: "service-unavailable: away",
    });
  });
});

describe("receipts", () => {
  it.each([
    ["stored", `<received xmlns='${RECEIPTS}' id='m1'/>`],
    ["shown", `<displayed xmlns='${MARKERS}' id='m1'/>`],
    ["read", `<acknowledged xmlns='${MARKERS}' id='m1'/>`],
    ["expired", "<receipt xmlns='urn:fieldpager:receipt:0' id='m1' stage='expired'/>"],
    ["dropped", "<receipt xmlns='urn:fieldpager:receipt:0' id='m1' stage='dropped'/>"],
  ] as const)("%s is written and read", (stage, expected) => {
    const server = plain();
    server.session.send({ type: "receipt", to: "bob@example.org", id: "m1", stage }, server.nowMs);
    server.drain();
    expect(server.sent).toContain(`<message to='bob@example.org' type='chat'>${expected}</message>`);
    server.say(`<message from='bob@example.org/x'>${expected}</message>`);
    expect(server.takeEvent("receipt")).toEqual({ type: "receipt", from: "bob@example.org/x", id: "m1", stage });
  });

  it("an answer has its words, and is no message of its own", () => {
    const server = plain();
    server.session.send(
      { type: "receipt", to: "bob@example.org", id: "m1", stage: "answered", answer: "yes" },
      server.nowMs,
    );
    server.drain();
    const sent = server.hear();
    expect(sent.childText("body")).toBe("yes");
    server.say(
      "<message from='bob@example.org/x'><body>yes</body><receipt xmlns='urn:fieldpager:receipt:0' id='m1' stage='answered'/></message>",
    );
    expect(server.told.map(({ type }) => type)).toEqual(["receipt"]);
    expect(server.takeEvent("receipt").answer).toBe("yes");
  });
});

describe("presence", () => {
  it.each([
    ["available", "busy with it", "<presence><status>busy with it</status></presence>"],
    ["dnd", "", "<presence><show>dnd</show></presence>"],
    ["unavailable", "", "<presence type='unavailable'/>"],
  ] as const)("%s is written and read", (show, status, expected) => {
    const server = plain();
    server.session.send({ type: "presence", show, status }, server.nowMs);
    server.drain();
    expect(server.sent).toContain(expected);
    server.say(expected.replace("<presence", "<presence from='Bob@example.org/x'"));
    expect(server.takeEvent("presence")).toEqual({ type: "presence", from: "bob@example.org", show, status });
  });

  it("asks only for contacts whose presence does not come, and lets only contacts see ours", () => {
    const server = plain({ contacts: ["bob@example.org", "eve@example.org"] });
    const get = server.hear();
    expect(get.child("query", "jabber:iq:roster")).toBeDefined();
    server.say(
      `<iq type='result' id='${get.attribute("id")}'><query xmlns='jabber:iq:roster'><item jid='bob@example.org' subscription='both'/></query></iq>`,
    );
    const subscribe = server.hear();
    expect([subscribe.attribute("to"), subscribe.attribute("type")]).toEqual(["eve@example.org", "subscribe"]);
    server.hearAll();
    server.say("<presence type='subscribe' from='mallory@example.org'/>");
    expect(server.hearAll()).toEqual([]);
    server.say("<presence type='subscribe' from='eve@example.org'/>");
    expect(server.hearAll()).toContain("presence subscribed");
  });
});

describe("questions", () => {
  it("ping is answered, features are told, all else is not there", () => {
    const server = plain();
    const ask = (type: string, inner: string) =>
      server.say(`<iq type='${type}' id='q1' from='bob@example.org/x'>${inner}</iq>`).hear();
    expect(ask("get", "<ping xmlns='urn:xmpp:ping'/>").attribute("type")).toBe("result");
    const info = ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
    const vars = info.children[0]?.children.map((child) => child.attribute("var"));
    expect(vars).toContain(RECEIPTS);
    const error = ask("get", "<query xmlns='jabber:iq:version'/>");
    expect(error.child("error")?.children[0]?.name).toBe("service-unavailable");
    expect([error.attribute("id"), error.attribute("to")]).toEqual(["q1", "bob@example.org/x"]);
  });

  it("a change of the roster counts only from our own account", () => {
    const server = plain();
    const item = "<query xmlns='jabber:iq:roster'><item jid='x@y'/></query>";
    expect(server.say(`<iq type='set' id='1'>${item}</iq>`).hear().attribute("type")).toBe("result");
    expect(server.say(`<iq type='set' id='2' from='mallory@evil.example'>${item}</iq>`).hear().attribute("type")).toBe(
      "error",
    );
  });

  it("an answer that nobody asked for means nothing", () => {
    const server = managed();
    server.say("<iq type='result' id='x' from='mallory@evil.example'/><iq type='error' id=''/>");
    expect(server.told).toEqual([]);
    expect(server.hearAll()).toEqual([]);
  });
});

describe("what is sent", () => {
  it("is acknowledged by stream management", () => {
    const server = managed();
    const token = server.session.send(message("m1"), server.nowMs);
    server.drain();
    expect(server.hearAll()).toEqual(["message chat", "r"]);
    expect(server.session.outboxCount).toBe(1);
    server.say(`<a xmlns='${SM}' h='1'/>`);
    expect(server.takeEvent("acknowledged").token).toBe(token);
    expect(server.session.isDrained).toBe(true);
  });

  it("is acknowledged by the answer to a ping without it, and only by our server's", () => {
    const server = plain();
    const token = server.session.send(message("m1"), server.nowMs);
    server.drain();
    expect(server.hear().name).toBe("message");
    const id = server.hear().attribute("id");
    server.say(`<iq type='result' id='${id}' from='mallory@evil.example'/>`);
    expect(server.told).toEqual([]);
    server.say(`<iq type='result' id='${id}' from='example.org'/>`);
    expect(server.takeEvent("acknowledged").token).toBe(token);
  });

  it("comes again after a cut without resumption: messages, not presence", () => {
    const server = plain();
    server.session.send({ type: "presence", show: "away", status: "" }, server.nowMs);
    server.session.send(message("m1"), server.nowMs);
    server.drain();
    server.cut().wait(1_000).bindAgain();
    server.takeEvent("acknowledged");
    expect(server.hearAll()).toEqual(["message chat", "iq get"]);
  });

  it("ends the connection when the server does not acknowledge it", () => {
    const server = managed();
    server.session.send(message("m1"), server.nowMs);
    server.drain();
    server.wait(PUBACK_TIMEOUT_MS);
    expect(server.takeEvent("disconnected").reason).toBe("no acknowledgement of the server after 30 s");
  });

  it("is refused above the limits", () => {
    const server = managed();
    const long = { ...message("m1"), body: "x".repeat(STANZA_OUT_BYTES_MAX) } as Outgoing;
    expect(() => server.session.send(long, server.nowMs)).toThrow(/at most/);
    expect(() => server.session.send({ ...message("m1"), to: "@" } as Outgoing, server.nowMs)).toThrow(/address/);
    for (let index = 0; index < OUTBOX_MESSAGES_MAX; index += 1)
      expect(server.session.send(message(`m${index}`), server.nowMs)).toBeGreaterThan(0);
    expect(server.session.send(message("one more"), server.nowMs)).toBeUndefined();
  });

  it("may fill the outbox, and what the server says is still read: it may be the acknowledgement", () => {
    const server = managed();
    for (let index = 0; index < OUTBOX_MESSAGES_MAX; index += 1)
      server.session.send(message(`m${index}`), server.nowMs);
    server.drain();
    expect(server.session.canReceive).toBe(true);
    server.say(`${chat("1")}<a xmlns='${SM}' h='${OUTBOX_MESSAGES_MAX}'/>`);
    expect(server.takeEvent("message").message.id).toBe("1");
    expect(server.session.outboxCount).toBe(0);
  });

  it("is bounded where the server asks on and on and acknowledges nothing", () => {
    const server = managed();
    const ping = (id: number) => `<iq type='get' id='${id}' from='example.org'><ping xmlns='urn:xmpp:ping'/></iq>`;
    for (let id = 0; id < OUTBOX_MESSAGES_MAX + ANSWERS_MAX; id += 1) server.say(ping(id));
    expect(server.session.isConnected).toBe(true);
    expect(server.say(ping(-1)).takeEvent("disconnected").reason).toMatch(/without an acknowledgement/);
  });

  it("an acknowledgement of more than was sent ends the stream", () => {
    const server = managed().say(`<a xmlns='${SM}' h='1'/>`);
    expect(server.takeEvent("disconnected").reason).toMatch(/more acknowledged/);
  });

  it("a notification gets the answer of its receiver, and nobody else's", () => {
    const server = managed();
    const notification: Outgoing = {
      type: "notification",
      to: "p@example.org/x",
      id: "n1",
      title: "t",
      message: "m",
      uri: "u",
    };
    const token = server.session.send(notification, server.nowMs);
    server.drain();
    const iq = server.hear();
    expect(iq.child("notification", NOTIFICATION)?.children.map(({ name, text }) => [name, text])).toEqual([
      ["id", "n1"],
      ["title", "t"],
      ["message", "m"],
      ["uri", "u"],
    ]);
    const id = iq.attribute("id");
    server.say(`<iq type='result' id='${id}' from='mallory@example.org'/>`);
    expect(server.told).toEqual([]);
    server.say(`<iq type='result' id='${id}' from='p@example.org/x'/>`);
    expect(server.takeEvent("result")).toEqual({ type: "result", token, problem: "" });
  });
});

describe("stream management", () => {
  it("counts a stanza only when it and all before it are safe", () => {
    const server = managed();
    server.acknowledges = false;
    server.say(`${chat("1")}${chat("2")}<r xmlns='${SM}'/>`);
    const tokens = [server.takeEvent("message").token, server.takeEvent("message").token];
    expect(server.hear().attribute("h")).toBe("0");
    server.session.acknowledge(tokens[1] as number);
    server.say(`<r xmlns='${SM}'/>`);
    expect(server.hear().attribute("h")).toBe("0");
    server.session.acknowledge(tokens[0] as number);
    server.drain();
    // The server is told without asking again.
    expect(server.hear().attribute("h")).toBe("2");
  });

  it("resumes: says what is here, sends what the server has not, keeps the rest", () => {
    const server = managed();
    const tokens = ["a", "b"].map((id) => server.session.send(message(id), server.nowMs));
    server.drain();
    server.say(chat("1"));
    server.cut().wait(1_000).connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature, smFeature);
    const resume = server.hear();
    expect([resume.name, resume.attribute("previd"), resume.attribute("h")]).toEqual(["resume", "sm1", "1"]);
    server.say(`<resumed xmlns='${SM}' previd='sm1' h='1'/>`);
    expect(server.takeEvent("connected").isResumed).toBe(true);
    expect(server.takeEvent("acknowledged").token).toBe(tokens[0]);
    expect(server.hear().attribute("id")).toBe("b");
    server.hearAll();
    server.say(`<a xmlns='${SM}' h='2'/>`);
    expect(server.takeEvent("acknowledged").token).toBe(tokens[1]);
  });

  it("takes a token of a former connection for nothing", () => {
    const server = managed();
    server.acknowledges = false;
    server.say(chat("1"));
    const { token } = server.takeEvent("message");
    server.cut().wait(1_000).connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature, smFeature);
    expect(server.hear().attribute("h")).toBe("0");
    server.say(`<resumed xmlns='${SM}' previd='sm1' h='0'/>${chat("1")}<r xmlns='${SM}'/>`);
    server.session.acknowledge(token);
    expect(server.hear().attribute("h")).toBe("0");
    server.session.acknowledge(server.takeEvent("message").token);
    server.drain();
    expect(server.hear().attribute("h")).toBe("1");
  });

  it("binds anew when the server has lost the stream, and not at all after its end", () => {
    const server = managed();
    server.cut().wait(1_000).bindAgain(smFeature);
    expect(server.takeEvent("connected").isResumed).toBe(false);
    server.say("</stream:stream>");
    expect(server.takeEvent("disconnected").reason).toBe("the server has ended the stream");
    expect(server.sent).toMatch(/<\/stream:stream>$/);
    server.wait(1_000).connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature, smFeature);
    expect(server.hear().name).toBe("iq");
  });

  it("an answer of ours that the server does not have comes again, too", () => {
    const server = managed().say(push("n1"));
    server.cut().wait(1_000).connect().offer(mechanisms("SCRAM-SHA-256")).authenticate().offer(bindFeature, smFeature);
    server.hear();
    server.say(`<resumed xmlns='${SM}' previd='sm1' h='0'/>`);
    expect(server.hear().attribute("id")).toBe("iq-n1");
  });
});

describe("the connection", () => {
  it("is kept open by a space while the server is heard, and tried by a ping when it is silent", () => {
    const server = managed();
    server.wait(40_000).say(" ");
    server.sent = "";
    server.wait(20_000);
    expect(server.sent).toBe(" ");
    server.sent = "";
    server.wait(40_000);
    expect(server.sent).toContain("urn:xmpp:ping");
    const id = server.hear().attribute("id");
    server.say(`<iq type='result' id='${id}' from='example.org'/><a xmlns='${SM}' h='1'/>`);
    server.wait(PINGRESP_TIMEOUT_MS);
    expect(server.session.isConnected).toBe(true);
  });

  it("counts an error as an answer: the server is there", () => {
    const server = plain().wait(60_000);
    const id = server.hear().attribute("id");
    server.say(`<iq type='error' id='${id}'><error type='cancel'/></iq>`).wait(PINGRESP_TIMEOUT_MS);
    expect(server.session.isConnected).toBe(true);
    expect(server.takeEvent("intervalLearned").learned.goodMs).toBe(60_000);
  });

  it("that is half open is found and left", () => {
    const server = managed().wait(60_000 + PINGRESP_TIMEOUT_MS);
    expect(server.takeEvent("disconnected").reason).toBe("no answer to a ping after 5 s");
  });

  it("ends with the server's reason, and tells where it sends us", () => {
    const error = (inner: string) =>
      `<stream:error>${inner}<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>soon</text></stream:error></stream:stream>`;
    const down = managed().say(error("<system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    expect(down.takeEvent("disconnected").reason).toBe("by the server: system-shutdown: soon");
    const moved = managed().say(
      error("<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>other.example:5223</see-other-host>"),
    );
    expect(moved.takeEvent("disconnected").redirect).toBe("other.example:5223");
  });

  it("is not sent elsewhere by whoever may stand in front of TLS", () => {
    const server = new ScriptedServer({ tls: "starttls" }).start().connect();
    server.say(
      `<stream:stream xmlns='jabber:client' xmlns:stream='${STREAMS}' version='1.0'><stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>evil.example</see-other-host></stream:error>`,
    );
    expect(server.takeEvent("disconnected").redirect).toBeUndefined();
  });

  it("refuses a second stream in this one, and says why", () => {
    const server = managed().say(`<stream:stream xmlns:stream='${STREAMS}' from='example.org'>${chat("1")}`);
    expect(server.takeEvent("disconnected").reason).toMatch(/stream within the stream/);
    expect(server.sent).toMatch(/<stream:error><bad-format .*<\/stream:stream>$/);
    expect(server.told.some(({ type }) => type === "message")).toBe(false);
  });

  it("passes a stanza above the limit over, counts it as taken, and answers it where it asks", () => {
    const server = managed();
    const long = "x".repeat(STANZA_BYTES_MAX);
    server.say(`<iq type='set' id='big' from='bob@example.org/x'><query xmlns='q'>${long}</query></iq>`);
    expect(server.takeEvent("oversize")).toMatchObject({ from: "bob@example.org/x" });
    const error = server.hear();
    expect([error.attribute("id"), error.attribute("type")]).toEqual(["big", "error"]);
    server.hearAll();
    server.say(`<iq type='result' id='x'>${long}</iq><r xmlns='${SM}'/>`);
    expect(server.hear().attribute("h")).toBe("2");
    server.say(chat("after"));
    expect(server.takeEvent("message").message.id).toBe("after");
  });

  it("reads no more while too many messages are not taken, and ends when none ever is", () => {
    const server = managed();
    server.acknowledges = false;
    server.say(Array.from({ length: STANZAS_UNTAKEN_MAX + 1 }, (_, index) => chat(`${index}`)).join(""));
    expect(server.told.filter(({ type }) => type === "message")).toHaveLength(STANZAS_UNTAKEN_MAX);
    expect(server.session.canReceive).toBe(false);
    for (let wakes = 0; server.session.isConnected && wakes < 100; wakes += 1) server.wait(TAKE_TIMEOUT_MS / 10);
    expect(server.told.some(({ type }) => type === "disconnected")).toBe(true);
  });

  it("says goodbye when it stops, and stays away", () => {
    const server = managed();
    server.session.send({ type: "presence", show: "unavailable", status: "" }, server.nowMs);
    server.session.stop(server.nowMs);
    server.drain();
    expect(server.sent).toMatch(/<presence type='unavailable'\/>.*<\/stream:stream>$/);
    server.takeEvent("close");
    expect(server.session.pollTimeout()).toBeUndefined();
  });

  it("comes back at once when there is another network", () => {
    const server = managed().cut();
    server.session.handleNetworkChanged(server.nowMs);
    server.drain();
    server.takeEvent("open");
  });
});
