import { describe, expect, it } from "vitest";
import { describeStanzas } from "../../../../hosts/station/decode/describe-stanza.ts";
import type { Outgoing } from "../../../../src/xmpp/session-types.ts";
import { stanzaOf } from "../../../../src/xmpp/stanzas.ts";
import { StreamError } from "../../../../src/xmpp/stream-error.ts";

const words = (text: string) => describeStanzas(text).map((line) => line.trim().replace(/ {2,}/, " "));
const TO = "bay-7@example.org";

describe("a stanza in words", () => {
  it.each<[Outgoing, readonly string[]]>([
    [
      {
        type: "message",
        to: TO,
        id: "1",
        subject: "T",
        body: 'a "b"',
        link: "https://example.org",
        wantsReceipts: true,
      },
      [
        "message (chat)",
        `to "${TO}"`,
        'id "1"',
        'title "T"',
        'text "a \\"b\\""',
        'link "https://example.org"',
        "asks for a receipt (XEP-0184)",
        "asks for what the reader does (XEP-0333)",
      ],
    ],
    [
      { type: "notification", to: TO, id: "p", title: "T", message: "M", uri: "u" },
      ["push (androidpn)", `to "${TO}"`, 'id "iq-1"', 'push "p"', 'title "T"', 'text "M"', 'link "u"'],
    ],
    [{ type: "receipt", to: TO, id: "1", stage: "stored" }, ["receipt: stored", `to "${TO}"`, 'of "1"']],
    [{ type: "receipt", to: TO, id: "1", stage: "read" }, ["receipt: read", `to "${TO}"`, 'of "1"']],
    [
      { type: "receipt", to: TO, id: "1", stage: "answered", answer: "yes" },
      ["receipt: answered", `to "${TO}"`, 'of "1"', 'answer "yes"'],
    ],
    [{ type: "presence", show: "dnd", status: "night" }, ["presence: dnd", 'status "night"']],
    [{ type: "presence", show: "unavailable", status: "" }, ["presence: unavailable"]],
  ])("that this firmware sends: %o", (outgoing, lines) => {
    expect(words(stanzaOf(outgoing, "iq-1"))).toEqual(lines);
  });

  it.each([
    ["<r xmlns='urn:xmpp:sm:3'/>", ["asks how many stanzas have come (XEP-0198)"]],
    ["<a xmlns='urn:xmpp:sm:3' h='5'/>", ["has 5 stanzas of the other side (XEP-0198)"]],
    [
      "<resume xmlns='urn:xmpp:sm:3' h='5' previd='x'/>",
      ["resume of stream management (XEP-0198)", 'previd "x"', 'h "5"'],
    ],
    [
      "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>",
      ["question", 'id "1"', "about the list of contacts"],
    ],
    ["<iq type='result' id='1'/>", ["done", 'id "1"']],
    [
      "<iq type='error' id='1'><error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
      ["refused", 'id "1"', 'reason "not-authorized"'],
    ],
    [
      "<message type='error' from='x@y' id='1'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
      ["a message comes back", 'from "x@y"', 'id "1"', 'reason "gone"'],
    ],
    ["<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>", ["message without words"]],
    [
      "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
      ["the stream ends: host-unknown", "end of the stream"],
    ],
    [
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>" +
        "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>",
      ["begin of a stream", 'to "example.org"', "what the server offers", 'mechanisms "PLAIN"'],
    ],
    [
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>",
      ["failure of urn:ietf:params:xml:ns:xmpp-sasl: not-authorized"],
    ],
    ["  \n", ["a heartbeat: nothing but space"]],
  ])("of others: %s", (text, lines) => {
    expect(words(text)).toEqual(lines);
  });

  it("tells no secret of a login", () => {
    const login =
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHVzZXIAc2VjcmV0</auth>" +
      "<iq type='set' id='1'><query xmlns='jabber:iq:auth'><username>u</username><password>secret</password></query></iq>";
    expect(words(login)).toEqual([
      "auth of urn:ietf:params:xml:ns:xmpp-sasl: PLAIN",
      "order",
      'id "1"',
      "about login (jabber:iq:auth)",
    ]);
  });

  it.each(["<message", "<message><body>", "<message><![CDATA[x", "<a></b>", "<!DOCTYPE x>", "<message>&x;</message>"])(
    "or says what is wrong with it: %s",
    (text) => {
      expect(() => describeStanzas(text)).toThrow(StreamError);
    },
  );
});
