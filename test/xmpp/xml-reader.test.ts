import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STANZA_BYTES_MAX, XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_NAME_BYTES_MAX } from "../../src/limits.ts";
import type { Element } from "../../src/xmpp/element.ts";
import { isXmlCharacter } from "../../src/xmpp/xml-characters.ts";
import { type Read, XmlReader } from "../../src/xmpp/xml-reader.ts";
import { escapeXml, xml } from "../../src/xmpp/xml-writer.ts";

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s1' version='1.0'>";

/** What the reader makes of bytes that come in these pieces. */
function readPieces(pieces: readonly Uint8Array[], bytesMax = STANZA_BYTES_MAX): Read[] {
  const reader = new XmlReader(bytesMax);
  const all: Read[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let read = reader.next(); read; read = reader.next()) all.push(read);
  }
  return all;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** After a header, whole. */
function readAll(text: string, bytesMax?: number): Read[] {
  return readPieces([bytesOf(HEADER + text)], bytesMax).slice(1);
}

function stanzaOf(text: string): Element {
  const [read] = readAll(text);
  if (read?.type !== "stanza") throw new Error(`expected a stanza, got ${read?.type}`);
  return read.element;
}

/** An element in words, to compare. */
function shape(element: Element): unknown {
  return [element.namespace, element.name, element.text, element.children.map(shape)];
}

const read: readonly [name: string, text: string, expected: unknown][] = [
  [
    "text",
    "<message><body>hi</body></message>",
    ["jabber:client", "message", "", [["jabber:client", "body", "hi", []]]],
  ],
  ["an empty element", "<a/>", ["jabber:client", "a", "", []]],
  ["blanks in tags", "<a  b = 'c'\n ></a >", ["jabber:client", "a", "", []]],
  ["the five entities", "<a>&lt;&gt;&amp;&apos;&quot;</a>", ["jabber:client", "a", `<>&'"`, []]],
  ["numeric entities", "<a>&#65;&#x1F600;&#xe4;</a>", ["jabber:client", "a", "A😀ä", []]],
  ["CDATA", "<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>", ["jabber:client", "a", "x<b>&amp;]]>", []]],
  ["CR LF and CR as line feeds", "<a>1\r\n2\r3\n4</a>", ["jabber:client", "a", "1\n2\n3\n4", []]],
  ["text around children", "<a>1<b/>2</a>", ["jabber:client", "a", "12", [["jabber:client", "b", "", []]]]],
  [
    "a namespace of its own",
    "<a xmlns='n'><b/><c xmlns=''/></a>",
    [
      "n",
      "a",
      "",
      [
        ["n", "b", "", []],
        ["", "c", "", []],
      ],
    ],
  ],
  [
    "prefixes",
    "<x:a xmlns:x='n'><x:b/><b/></x:a>",
    [
      "n",
      "a",
      "",
      [
        ["n", "b", "", []],
        ["jabber:client", "b", "", []],
      ],
    ],
  ],
  ["a prefix of the header", "<stream:features/>", ["http://etherx.jabber.org/streams", "features", "", []]],
  ["four-byte characters", "<a>😀ä€</a>", ["jabber:client", "a", "😀ä€", []]],
  ["blanks between stanzas", " \n\t <a/>", ["jabber:client", "a", "", []]],
];

describe("the reader", () => {
  it.each(read)("reads %s, whole, byte by byte and with bytes behind it", (_name, text, expected) => {
    const bytes = bytesOf(HEADER + text);
    const ways = [[bytes], Array.from(bytes, (byte) => Uint8Array.of(byte)), [bytesOf(`${HEADER}${text}<more`)]];
    for (const pieces of ways) {
      const [, second] = readPieces(pieces);
      expect(second?.type === "stanza" && shape(second.element)).toEqual(expected);
    }
  });

  it("reads attributes with their entities and blanks", () => {
    const element = stanzaOf(`<a b='1 &lt; "2"' c="it's\n" xml:lang='en' xmlns:d='e'/>`);
    expect(["b", "c", "xml:lang", "xmlns:d", "nothing"].map((name) => element.attribute(name))).toEqual([
      '1 < "2"',
      "it's ",
      "en",
      "",
      "",
    ]);
  });

  it("tells the header and the end, and reads nothing after the end", () => {
    const all = readPieces([bytesOf(`${HEADER}<a/></stream:stream><b/>\0<<<`)]);
    expect(all.map(({ type }) => type)).toEqual(["open", "stanza", "close"]);
    expect(all[0]?.type === "open" && all[0].element.attribute("id")).toBe("s1");
  });

  it("reads whatever the writer wrote, wherever the bytes are cut", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(text, text, cuts, (body, value, cut) => {
        const bytes = bytesOf(HEADER + xml("a", { v: value }, xml("b", {}, escapeXml(body))));
        const at = [0, ...cut.map((each) => each % bytes.length).sort((a, b) => a - b), bytes.length];
        const [, second] = readPieces(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
        if (second?.type !== "stanza") throw new Error("no stanza");
        // A lone surrogate, and what XML cannot hold, comes as U+FFFD.
        const expected = (each: string) =>
          Array.from(Buffer.from(each).toString(), (character) =>
            isXmlCharacter(character.codePointAt(0) as number) ? character : "\ufffd",
          ).join("");
        expect(second.element.attribute("v")).toBe(expected(value));
        expect(second.element.childText("b")).toBe(expected(body));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

const refused: readonly [name: string, text: string, condition: string][] = [
  ["a comment", "<a><!-- --></a>", "restricted-xml"],
  ["a DTD", "<!DOCTYPE a>", "restricted-xml"],
  ["an entity that is declared (billion laughs)", "<!ENTITY lol 'lol'>", "restricted-xml"],
  ["an entity that nobody declared", "<a>&lol;</a>", "not-well-formed"],
  ["an entity without end", `<a>&${"a".repeat(30)}`, "not-well-formed"],
  ["an entity for no character", "<a>&#0;</a>", "not-well-formed"],
  ["an entity for a surrogate", "<a>&#xd800;</a>", "not-well-formed"],
  ["an entity above Unicode", "<a>&#x110000;</a>", "not-well-formed"],
  ["a number with an exponent as entity", "<a>&#1e3;</a>", "not-well-formed"],
  ["an entity without digits", "<a>&#;</a>", "not-well-formed"],
  ["a processing instruction", "<?php ?>", "restricted-xml"],
  ["CDATA between stanzas", "<![CDATA[x]]>", "restricted-xml"],
  ["text between stanzas", "hello", "not-well-formed"],
  ["wrong nesting", "<a><b></a></b>", "not-well-formed"],
  ["an end without a beginning", "<a></a></b>", "not-well-formed"],
  ["an attribute without quotes", "<a b=c/>", "not-well-formed"],
  ["an attribute without a value", "<a b/>", "not-well-formed"],
  ["an attribute that stands twice", "<a b='1' b='2'/>", "not-well-formed"],
  ["< in a value", "<a b='<'/>", "not-well-formed"],
  ["a prefix without a namespace", "<x:a/>", "not-well-formed"],
  ["a name that begins with a digit", "<1a/>", "not-well-formed"],
  ["a NUL", "<a>\0</a>", "not-well-formed"],
  ["another stream within the stream", "<stream:stream><a/>", "bad-format"],
  ["an endless name", `<${"a".repeat(XML_NAME_BYTES_MAX + 1)}`, "policy-violation"],
  ["an endless name of an attribute", `<a ${"b".repeat(XML_NAME_BYTES_MAX + 1)}`, "policy-violation"],
];

describe("the reader refuses", () => {
  it.each(refused)("%s", (_name, text, condition) => {
    expect(() => readAll(text)).toThrow(expect.objectContaining({ condition }));
    const bytes = bytesOf(HEADER + text);
    expect(() => readPieces(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toThrow();
  });

  it("bytes that are no UTF-8", () => {
    const head = bytesOf(`${HEADER}<a>`);
    expect(() => readPieces([head, Uint8Array.of(0xff), bytesOf("</a>")])).toThrow(
      expect.objectContaining({ condition: "bad-format" }),
    );
  });

  it("a stream that begins with anything else", () => {
    for (const header of [
      "<a>",
      "<stream xmlns='jabber:client'>",
      "HTTP/1.1 400",
      "\ufeff<a>",
      " <?xml version='1.0'?><a>",
    ])
      expect(() => readPieces([bytesOf(header)]), header).toThrow();
  });

  it("a header above the limit", () => {
    const header = (bytes: number) =>
      `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' a='${"x".repeat(bytes)}'>`;
    const rest = header(0).length;
    expect(readPieces([bytesOf(header(1000 - rest))], 1000)).toHaveLength(1);
    expect(() => readPieces([bytesOf(header(1001 - rest))], 1000)).toThrow(/header above/);
  });
});

describe("a stanza above the limits is passed over", () => {
  const types = (reads: readonly Read[]) => reads.map(({ type }) => type);

  it("by its bytes, at the limit and one past it", () => {
    const stanza = (bytes: number) => `<message id='m1'><body>${"x".repeat(bytes - 40)}</body></message>`;
    expect(stanza(500)).toHaveLength(500);
    expect(types(readAll(stanza(500), 500))).toEqual(["stanza"]);
    const reads = readAll(`${stanza(501)}<a/>`, 500);
    expect(types(reads)).toEqual(["oversize", "stanza"]);
    expect(reads[0]).toMatchObject({ bytes: 501, element: { name: "message" } });
    expect(reads[0]?.type === "oversize" && reads[0].element.attribute("id")).toBe("m1");
    expect(reads[0]?.type === "oversize" && reads[0].element.children).toEqual([]);
  });

  it("by the depth, the attributes and the size of its own tag", () => {
    const deep = (depth: number) => "<a>".repeat(depth - 1) + "</a>".repeat(depth - 1);
    expect(types(readAll(deep(XML_DEPTH_MAX)))).toEqual(["stanza"]);
    expect(types(readAll(`${deep(XML_DEPTH_MAX + 5)}<a/>`))).toEqual(["oversize", "stanza"]);
    expect(types(readAll(`<a>${"<b><c/>".repeat(20)}${"</b>".repeat(20)}</a><a/>`))).toEqual(["oversize", "stanza"]);
    const tag = (count: number) => `<a${Array.from({ length: count }, (_, index) => ` b${index}='c'`).join("")}/>`;
    expect(types(readAll(tag(XML_ATTRIBUTES_MAX)))).toEqual(["stanza"]);
    expect(types(readAll(`${tag(XML_ATTRIBUTES_MAX + 1)}<a/>`))).toEqual(["oversize", "stanza"]);
    expect(types(readAll(`<a b='${"x".repeat(600)}' cd='e'><f g='h'>&amp;</f></a><a/>`, 500))).toEqual([
      "oversize",
      "stanza",
    ]);
  });

  it("of 100 MB, and without memory for it", () => {
    const reader = new XmlReader(STANZA_BYTES_MAX);
    const piece = bytesOf(`<b c='d'>text &amp; ${"x".repeat(20_000)}</b>`.repeat(5));
    reader.push(bytesOf(`${HEADER}<message id='big'>`));
    expect(reader.next()?.type).toBe("open");
    expect(reader.next()).toBeUndefined();
    const before = process.memoryUsage();
    for (let bytes = 0; bytes < 100_000_000; bytes += piece.length) {
      reader.push(piece);
      expect(reader.next()).toBeUndefined();
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
    reader.push(bytesOf("</message>"));
    expect(reader.next()).toMatchObject({ type: "oversize", element: { name: "message" } });
  });
});
