import { describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway/gateway.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import { Addresses } from "../../src/gateway/xmpp-addresses.ts";
import { makeXmppLine } from "../../src/gateway/xmpp-line.ts";
import { UID_BYTES_MAX } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { Bench, settingsOf } from "./bench.ts";

const HEADER =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='s1' version='1.0'>";
const FEATURES = "<stream:features><auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>";
const ASKS = "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>";
const SETTINGS = {
  "broker.protocol": "xmpp",
  "broker.host": "example.org",
  "broker.password": "secret",
  uid: "p1",
};

/** A gateway whose server of XMPP is played by the test. */
class XmppBench extends Bench {
  /** What was sent and not looked at. */
  said = "";

  constructor(
    settings: Record<string, unknown> = {},
    options: Partial<GatewayOptions> = {},
    store = new MemoryStore(),
  ) {
    super({ settings: settingsOf({ ...SETTINGS, ...settings }), makeXmppLine, ...options }, store);
  }

  /** Logs in as the paper has it. */
  override connect(): this {
    this.gateway.start(this.nowMs);
    this.drain();
    return this.connectAgain();
  }

  connectAgain(): this {
    this.gateway.handleConnected(this.nowMs);
    this.drain();
    this.hear(HEADER + FEATURES);
    this.hear("<iq type='result' id='login-5'><query xmlns='jabber:iq:auth'><digest/></query></iq>");
    this.hear("<iq type='result' id='login-6'/>");
    return this;
  }

  hear(text: string): this {
    this.receive(encodeUtf8(text));
    return this;
  }

  take(): string {
    const said = this.said;
    this.said = "";
    return said;
  }

  /** The server answers every ping of ours, which acknowledges what came before it. */
  answerPings(): this {
    for (let id = /<iq to='example.org' id='([^']+)' type='get'>/.exec(this.take())?.[1]; id; ) {
      this.hear(`<iq type='result' id='${id}' from='example.org'/>`);
      id = /<iq to='example.org' id='([^']+)' type='get'>/.exec(this.take())?.[1];
    }
    return this;
  }

  protected override handleSent(bytes: Uint8Array): void {
    this.said += Buffer.from(bytes).toString();
  }
}

const chat = (id: string, text: string, more = ASKS) =>
  `<message from='bob@example.org/phone' id='${id}' type='chat'><body>${text}</body>${more}</message>`;

describe("a device whose line is XMPP", () => {
  it("says who it is, and asks for no subscriptions", () => {
    const bench = new XmppBench().connect();
    expect(bench.said).toContain("<username>p1</username>");
    expect(bench.said).toContain("<presence/>");
    expect(bench.said).not.toContain("/pres/");
    expect(bench.gateway.isConnected).toBe(true);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ line: expect.stringContaining("XMPP, jabber:iq:auth, as p1@example.org/p1") }),
    );
  });

  it("shows a message, sounds, and tells stored, shown and read to who asked", () => {
    const bench = new XmppBench().connect();
    bench.answerPings().hear(chat("m1", "pump 3 is hot"));
    expect(bench.screen).toContain("pump 3 is hot");
    expect(bench.screen).toContain("bob");
    expect(bench.alerts).toEqual([3]);
    let said = bench.said;
    bench.answerPings();
    bench.pass(1_000);
    bench.gateway.handleButton("b", bench.nowMs);
    bench.drain();
    said += bench.said;
    for (const receipt of [
      "<received xmlns='urn:xmpp:receipts' id='m1'/>",
      "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
      "<acknowledged xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    ])
      expect(said).toContain(`<message to='bob@example.org' type='chat'>${receipt}</message>`);
  });

  it("tells nothing to who did not ask, and only what was asked for", () => {
    const bench = new XmppBench().connect().answerPings();
    bench.hear(chat("m1", "quiet", "")).pass(1_000);
    expect(bench.take()).not.toContain("m1");
    bench.hear(chat("m2", "half", "<request xmlns='urn:xmpp:receipts'/>")).pass(1_000);
    const said = bench.take();
    expect(said).toContain("received");
    expect(said).not.toContain("displayed");
  });

  it("shows the push of androidpn with title, text and link, and answers it after it is stored", () => {
    const push =
      "<iq type='set' id='i1'><notification xmlns='androidpn:iq:notification'><id>9</id><title>Lunch</title><message>is served</message><uri>http://menu.example</uri></notification></iq>";
    const bench = new XmppBench().connect().answerPings().hear(push);
    for (const words of ["Lunch", "is served", "http://menu.example"]) expect(bench.screen).toContain(words);
    expect(bench.take()).toContain("<iq id='i1' type='result'/>");
    const refusing = new MemoryStore();
    const other = new XmppBench({}, {}, refusing).connect().answerPings();
    refusing.write = () => {
      throw new Error("full");
    };
    other.hear(push);
    expect(other.said).not.toContain("type='result'");
    expect(other.events).toContainEqual({ type: "close" });
  });

  it("shows once what comes again, also after a restart", () => {
    const store = new MemoryStore();
    const bench = new XmppBench({}, {}, store).connect().hear(chat("m1", "once")).hear(chat("m1", "once"));
    expect(bench.gateway.counters).toMatchObject({ stored: 1, duplicates: 1 });
    const again = new XmppBench({}, {}, store).connect().hear(chat("m1", "once"));
    expect(again.gateway.counters).toMatchObject({ stored: 0, duplicates: 1 });
  });

  it("shows the presence of contacts, and asks only for that of contacts", () => {
    const bench = new XmppBench({ contacts: "bob,eve@other.example" }).connect();
    bench.hear("<presence from='bob@example.org/phone'><show>dnd</show><status>lunch</status></presence>");
    bench.hear("<presence from='eve@other.example/x' type='unavailable'/>");
    expect(bench.gateway.contacts).toEqual([
      expect.objectContaining({ uid: "bob", status: 3, context: "lunch" }),
      expect.objectContaining({ uid: "eve@other.example", status: 2 }),
    ]);
  });

  it("writes to a contact, and hears what became of it", () => {
    const bench = new XmppBench({ contacts: "bob" }).connect().answerPings();
    const id = bench.gateway.sendMessage("bob", "on my way", bench.nowMs);
    bench.drain();
    expect(bench.said).toContain(
      `<message to='bob@example.org' id='${id}' type='chat'><body>on my way</body>${ASKS}</message>`,
    );
    bench.answerPings();
    bench.hear(
      `<message from='bob@example.org/phone'><displayed xmlns='urn:xmpp:chat-markers:0' id='${id}'/></message>`,
    );
    expect(bench.gateway.counters.refused).toBe(0);
  });

  it("goes away with its presence and the end of the stream", () => {
    const bench = new XmppBench().connect().answerPings();
    bench.gateway.stop(bench.nowMs);
    bench.drain();
    expect(bench.take()).toMatch(/<presence type='unavailable'\/>.*<\/stream:stream>$/);
  });

  it("follows the server elsewhere, with the certificate of its own domain", () => {
    const bench = new XmppBench({ "broker.host": "10.0.0.1", "broker.userName": "p1@example.org" }).connect();
    expect(bench.events).toContainEqual({
      type: "open",
      broker: expect.objectContaining({ host: "10.0.0.1", serverName: "example.org" }),
    });
    bench.hear(
      "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>10.0.0.2:5299</see-other-host></stream:error>",
    );
    bench.pass(60_000);
    expect(bench.events.filter(({ type }) => type === "open").at(-1)).toMatchObject({
      broker: { host: "10.0.0.2", port: 5299, serverName: "example.org" },
    });
  });

  it("counts a stanza that is too large, and a message that came back", () => {
    const bench = new XmppBench().connect().answerPings();
    bench.hear(chat("big", "x".repeat(5_000)));
    bench.hear("<message type='error' from='bob@example.org' id='m9'><error code='503'/></message>");
    expect(bench.gateway.counters).toMatchObject({ oversize: 1, rejected: 1 });
  });
});

describe("the settings of XMPP", () => {
  const problems = (raw: Record<string, unknown>, hasXmpp = true) => {
    const result = parseSettings(raw, { transports: ["tcp", "tls", "starttls", "ws"], hasXmpp, lacks: [], reason: "" });
    return "errors" in result ? result.errors.join() : "";
  };

  it("are refused where they contradict each other, or the program has no XMPP", () => {
    expect(problems({ "broker.protocol": "xmpp", "broker.transport": "starttls" })).toBe("");
    expect(problems({ "broker.protocol": "xmpp" }, false)).toContain("has no xmpp");
    expect(problems({ "broker.protocol": "xmpp", "broker.transport": "ws" })).toContain("ws, not with");
    expect(problems({ "broker.transport": "starttls" })).toContain("starttls, not with");
  });
});

describe("addresses", () => {
  const of = (settings: Record<string, unknown>) => new Addresses(settingsOf({ ...SETTINGS, ...settings }));

  it.each([
    [{}, "p1@example.org"],
    [{ "broker.userName": "bay" }, "bay@example.org"],
    [{ "broker.userName": "Bay@Other.example" }, "bay@other.example"],
  ])("of this device with %j", (settings, expected) => {
    expect(of(settings).own).toBe(expected);
  });

  it.each([
    ["bob@example.org/phone", "bob", "bob@example.org"],
    ["eve@other.example", "eve@other.example", "eve@other.example"],
    ["example.org", "example.org", "example.org"],
    ["push.example.org", "push.example.org", "push.example.org"],
  ])("%s is %s", (jid, uid, back) => {
    const addresses = of({});
    expect(addresses.uidOf(jid)).toBe(uid);
    expect(addresses.jidOf(uid)).toBe(back);
  });

  it("that are no uids can be shown", () => {
    const addresses = of({});
    expect(addresses.uidOf("a+b,c@example.org")).toBe("a_b_c");
    expect(addresses.uidOf(`${"x".repeat(100)}@example.org`)).toBe("x".repeat(UID_BYTES_MAX));
  });
});
