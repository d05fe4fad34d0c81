/**
 * Reads a stream of XML (RFC 6120, 4 and 11) byte by byte. The bytes may be cut anywhere. What it keeps is at most one stanza of a
 * limited size, so its memory is bounded. A larger stanza is passed over: only its own tag is kept, so that it can be answered.
 *
 * Refused, as XMPP wants it: comments, processing instructions, DTDs, and entities other than the five of XML and numeric ones.
 */
import { XML_ATTRIBUTES_MAX, XML_DEPTH_MAX, XML_NAME_BYTES_MAX } from "../limits.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { Element } from "./element.ts";
import { STREAMS } from "./namespaces.ts";
import { StreamError } from "./stream-error.ts";
import { isXmlCharacter } from "./xml-characters.ts";

export type Read =
  /** The header of the stream. */
  | { readonly type: "open"; readonly element: Element }
  | { readonly type: "stanza"; readonly element: Element }
  /** A stanza above the limits. The element has no children and no text. It has no attributes if its own tag is above the limits. */
  | { readonly type: "oversize"; readonly element: Element; readonly bytes: number }
  /** The end of the stream. Nothing after it is read. */
  | { readonly type: "close" };

/** What the next byte belongs to. */
const CONTENT = 0;
const TAG = 1;
const START_NAME = 2;
const IN_TAG = 3;
const ATTRIBUTE_NAME = 4;
const BEFORE_EQUALS = 5;
const BEFORE_VALUE = 6;
const VALUE = 7;
const EMPTY_TAG = 8;
const END_NAME = 9;
const AFTER_END_NAME = 10;
const ENTITY = 11;
const MARKUP = 12;
const CDATA = 13;
const DECLARATION = 14;
const CLOSED = 15;

const CLOSE: Read = Object.freeze({ type: "close" });
const CDATA_BEGIN = "[CDATA[";
const DECLARATION_BEGIN = "xml";
const ENTITY_BYTES_MAX = 10;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BRACKET = 0x5d;

/** An element that has begun. `declared` holds prefix, namespace, prefix, namespace, … */
interface Open {
  readonly tag: string;
  readonly declared: readonly string[];
}

export class XmlReader {
  private readonly stanzaBytesMax: number;
  private readonly token: Uint8Array;
  private tokenLength = 0;
  private bytes: Uint8Array = NONE;
  private at = 0;
  private state = CONTENT;
  /** The state to go back to after an entity. */
  private outer = CONTENT;
  /** The quote that ends the value, or how many brackets have come in CDATA. */
  private mark = 0;
  private wasCr = false;
  private isFirst = true;
  private tag = "";
  private attributes: string[] = [];
  private readonly open: Open[] = [];
  /** The elements of this stanza that have begun, from the outside to the inside. */
  private readonly tree: Element[] = [];
  private stanzaBytes = 0;
  /** The tag of a stanza that is passed over. undefined: none is. */
  private skipped: Element | undefined;
  /** How many elements have begun below `XML_DEPTH_MAX`. */
  private deeper = 0;
  private entity = "";

  /** @param stanzaBytesMax the largest stanza that is kept, and the largest header of a stream */
  constructor(stanzaBytesMax: number) {
    this.stanzaBytesMax = stanzaBytesMax;
    this.token = new Uint8Array(stanzaBytesMax);
  }

  /** A new stream begins. */
  reset(): void {
    this.bytes = NONE;
    this.at = 0;
    this.state = CONTENT;
    this.wasCr = false;
    this.isFirst = true;
    this.open.length = 0;
    this.deeper = 0;
    this.endStanza();
  }

  /** Whether all bytes are read. */
  get isEmpty(): boolean {
    return this.at >= this.bytes.length;
  }

  /** The bytes have to stay as they are until they are read. */
  push(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Returns what comes next, or undefined when it needs more bytes. Throws a `StreamError`; only `reset` helps then. */
  next(): Read | undefined {
    if (this.state === CLOSED) this.at = this.bytes.length;
    while (this.at < this.bytes.length) {
      this.takeRun();
      if (this.at >= this.bytes.length) break;
      const byte = this.bytes[this.at] as number;
      this.at += 1;
      this.count(1);
      const read = this.step(byte);
      if (read) return read;
    }
    return undefined;
  }

  /** Takes the bytes of a text or a value that mean nothing but themselves. */
  private takeRun(): void {
    const bytes = this.bytes;
    const at = this.at;
    const state = this.state;
    if ((state !== CONTENT && state !== VALUE) || this.wasCr) return;
    let end = at;
    for (; end < bytes.length; end += 1) {
      const byte = bytes[end] as number;
      if (byte < SPACE || byte === LESS || byte === AMPERSAND || byte === QUOTE || byte === APOSTROPHE) break;
      if (state === CONTENT && this.open.length < 2 && byte !== SPACE) break;
    }
    if (end === at) return;
    this.isFirst = false;
    this.count(end - at);
    if (this.isKept) {
      this.token.set(bytes.subarray(at, end), this.tokenLength);
      this.tokenLength += end - at;
    }
    this.at = end;
  }

  private get isKept(): boolean {
    return this.skipped === undefined && (this.open.length > 1 || this.state !== CONTENT);
  }

  /** So many bytes more belong to this stanza. White space between stanzas belongs to none. */
  private count(bytes: number): void {
    if (this.state === CONTENT && this.open.length < 2) return;
    this.stanzaBytes += bytes;
    if (this.stanzaBytes > this.stanzaBytesMax && !this.skipped) this.skip();
  }

  /** This stanza is too large. Of its content only the nesting is followed from now on. */
  private skip(): void {
    if (this.open.length === 0) throw new StreamError("policy-violation", `header above ${this.stanzaBytesMax} bytes`);
    const [stanza] = this.tree;
    // A name that is being read is still needed.
    if (this.state !== START_NAME && this.state !== ATTRIBUTE_NAME && this.state !== END_NAME) this.tokenLength = 0;
    this.skipped = stanza ? stanza.copyOfTag() : new Element("", "", []);
    this.tree.length = 0;
    this.attributes = [];
  }

  private step(byte: number): Read | undefined {
    if (byte < SPACE && byte !== TAB && byte !== LF && byte !== CR) throw malformed(`byte ${byte}`);
    const isBlank = byte <= SPACE;
    switch (this.state) {
      case CONTENT:
        if (byte === LESS) {
          this.state = TAG;
          if (this.open.length < 2) this.stanzaBytes = 1;
        } else this.text(byte);
        break;
      case TAG:
        this.beginTag(byte);
        break;
      case START_NAME:
        if (isName(byte)) this.name(byte);
        else {
          this.tag = this.take();
          this.attributes = [];
          this.state = IN_TAG;
          return this.inTag(byte);
        }
        break;
      case IN_TAG:
        return this.inTag(byte);
      case ATTRIBUTE_NAME:
        if (isName(byte)) this.name(byte);
        else {
          this.attributes.push(this.take());
          this.state = BEFORE_EQUALS;
          this.step(byte);
        }
        break;
      case BEFORE_EQUALS:
        if (byte === EQUALS) this.state = BEFORE_VALUE;
        else if (!isBlank) throw malformed("an attribute without a value");
        break;
      case BEFORE_VALUE:
        if (byte === QUOTE || byte === APOSTROPHE) {
          this.mark = byte;
          this.state = VALUE;
        } else if (!isBlank) throw malformed("a value without quotes");
        break;
      case VALUE:
        if (byte === this.mark) this.endValue();
        else if (byte === LESS) throw malformed("< in a value");
        // A blank of any kind counts as a space (XML 1.0, 3.3.3).
        else if (byte === AMPERSAND) this.text(byte);
        else this.keep(isBlank ? SPACE : byte);
        break;
      case EMPTY_TAG:
        if (byte !== GREATER) throw malformed("/ in a tag");
        if (this.open.length === 0) throw malformed("a stream without content");
        this.beginElement();
        return this.endElement();
      case END_NAME:
        if (isName(byte)) this.name(byte);
        else {
          this.tag = this.take();
          this.state = AFTER_END_NAME;
          return this.step(byte);
        }
        break;
      case AFTER_END_NAME:
        if (byte === GREATER) return this.endTag();
        if (!isBlank) throw malformed("an end tag with more than a name");
        break;
      case ENTITY:
        this.inEntity(byte);
        break;
      case MARKUP:
        this.inMarkup(byte);
        break;
      case CDATA:
        this.inCdata(byte);
        break;
      case DECLARATION:
        this.inDeclaration(byte);
        break;
    }
    return undefined;
  }

  private text(byte: number): void {
    if (this.state === CONTENT && this.open.length < 2) {
      if (byte > SPACE) throw malformed("text between stanzas");
      this.isFirst = false;
    } else if (byte === AMPERSAND) {
      this.outer = this.state;
      this.state = ENTITY;
      this.entity = "";
    } else if (byte === CR || byte === LF) {
      // CR and CR LF are line feeds (XML 1.0, 2.11).
      if (byte === CR || !this.wasCr) this.keep(LF);
      this.wasCr = byte === CR;
      return;
    } else this.keep(byte);
    this.wasCr = false;
  }

  private beginTag(byte: number): void {
    const isFirst = this.isFirst;
    this.isFirst = false;
    this.wasCr = false;
    if (byte === SLASH) {
      this.flushText();
      this.state = END_NAME;
    } else if (byte === 0x21) {
      this.entity = "";
      this.state = MARKUP;
    } else if (byte === 0x3f) {
      if (!isFirst) throw new StreamError("restricted-xml", "a processing instruction");
      this.entity = "";
      this.state = DECLARATION;
    } else if (isName(byte) && !isDigit(byte) && byte !== 0x2d && byte !== 0x2e) {
      this.flushText();
      this.state = START_NAME;
      this.name(byte);
    } else throw malformed("< without a name");
  }

  private inTag(byte: number): Read | undefined {
    if (byte === GREATER) {
      this.state = CONTENT;
      return this.beginElement();
    }
    if (byte === SLASH) this.state = EMPTY_TAG;
    else if (isName(byte) && !isDigit(byte)) {
      this.state = ATTRIBUTE_NAME;
      this.name(byte);
    } else if (byte > SPACE) throw malformed("a tag with neither attribute nor end");
    return undefined;
  }

  private endValue(): void {
    const value = this.skipped ? "" : this.take();
    this.state = IN_TAG;
    if (this.skipped) this.attributes = [];
    else this.attributes.push(value);
    if (this.attributes.length > 2 * XML_ATTRIBUTES_MAX) {
      if (this.open.length === 0) throw new StreamError("policy-violation", "a header with too many attributes");
      this.skip();
    }
  }

  private inEntity(byte: number): void {
    if (byte !== SEMICOLON) {
      if (this.entity.length >= ENTITY_BYTES_MAX || byte <= SPACE || byte >= 0x80)
        throw malformed("& without an entity");
      this.entity += String.fromCharCode(byte);
      return;
    }
    const code = codeOfEntity(this.entity);
    this.state = this.outer;
    if (!this.isKept) return;
    // An entity is at least as long as the bytes that it stands for.
    for (const each of encodeUtf8(String.fromCodePoint(code))) this.keep(each);
  }

  /** After `<!`. Of all that may follow only CDATA is allowed in a stream. */
  private inMarkup(byte: number): void {
    this.entity += String.fromCharCode(byte);
    if (!CDATA_BEGIN.startsWith(this.entity) || this.open.length < 2)
      throw new StreamError("restricted-xml", "a comment or a DTD");
    if (this.entity !== CDATA_BEGIN) return;
    this.mark = 0;
    this.state = CDATA;
  }

  private inCdata(byte: number): void {
    if (byte === BRACKET) {
      if (this.mark < 2) this.mark += 1;
      else this.keep(BRACKET);
      return;
    }
    if (byte === GREATER && this.mark === 2) {
      this.state = CONTENT;
      return;
    }
    for (; this.mark > 0; this.mark -= 1) this.keep(BRACKET);
    if (byte === CR || byte === LF) {
      if (byte === CR || !this.wasCr) this.keep(LF);
    } else this.keep(byte);
    this.wasCr = byte === CR;
  }

  /** `<?xml … ?>` at the very beginning. Its encoding is not looked at: a stream is UTF-8. */
  private inDeclaration(byte: number): void {
    if (this.entity.length < DECLARATION_BEGIN.length) this.entity += String.fromCharCode(byte);
    if (!DECLARATION_BEGIN.startsWith(this.entity)) throw new StreamError("restricted-xml", "a processing instruction");
    if (byte === GREATER) this.state = CONTENT;
  }

  private name(byte: number): void {
    if (this.tokenLength >= XML_NAME_BYTES_MAX)
      throw new StreamError("policy-violation", `a name above ${XML_NAME_BYTES_MAX} bytes`);
    this.token[this.tokenLength] = byte;
    this.tokenLength += 1;
  }

  private keep(byte: number): void {
    if (this.skipped) return;
    this.token[this.tokenLength] = byte;
    this.tokenLength += 1;
  }

  /** Takes the token as text. */
  private take(): string {
    const text = this.decode();
    this.tokenLength = 0;
    return text;
  }

  private decode(): string {
    try {
      return decodeUtf8(this.token, 0, this.tokenLength, "stream");
    } catch {
      throw new StreamError("bad-format", "bytes that are no UTF-8");
    }
  }

  private flushText(): void {
    const element = this.tree[this.tree.length - 1];
    if (this.tokenLength > 0 && element) element.text += this.take();
    this.tokenLength = 0;
  }

  /** The tag that begins an element is complete. */
  private beginElement(): Read | undefined {
    const depth = this.open.length;
    if (depth >= XML_DEPTH_MAX) {
      if (!this.skipped) this.skip();
      this.deeper += 1;
      return undefined;
    }
    const declared: string[] = [];
    this.open.push({ tag: this.tag, declared });
    if (this.skipped) return undefined;
    const attributes: string[] = [];
    for (let at = 0; at < this.attributes.length; at += 2) {
      const name = this.attributes[at] as string;
      const value = this.attributes[at + 1] as string;
      const list = name === "xmlns" || name.startsWith("xmlns:") ? declared : attributes;
      const key = list === declared ? name.slice(6) : name;
      for (let other = 0; other < list.length; other += 2)
        if (list[other] === key) throw malformed("an attribute that stands twice");
      list.push(key, value);
    }
    const colon = this.tag.indexOf(":");
    const namespace = this.namespaceOf(this.tag.slice(0, Math.max(0, colon)));
    const element = new Element(this.tag.slice(colon + 1), namespace, attributes);
    if (depth === 0) {
      this.endStanza();
      if (!element.is("stream", STREAMS))
        throw new StreamError("invalid-namespace", `a stream that begins with ${this.tag}`);
      return { type: "open", element };
    }
    // Another stream within this one would never end. Its stanzas would be taken for parts of one.
    if (element.is("stream", STREAMS)) throw new StreamError("bad-format", "a stream within the stream");
    this.tree[this.tree.length - 1]?.children.push(element);
    this.tree.push(element);
    return undefined;
  }

  private namespaceOf(prefix: string): string {
    if (prefix === "xml") return "http://www.w3.org/XML/1998/namespace";
    for (let index = this.open.length - 1; index >= 0; index -= 1) {
      const { declared } = this.open[index] as Open;
      for (let at = 0; at < declared.length; at += 2) if (declared[at] === prefix) return declared[at + 1] as string;
    }
    if (prefix !== "") throw malformed(`prefix ${prefix} without a namespace`);
    return "";
  }

  private endTag(): Read | undefined {
    this.state = CONTENT;
    if (this.deeper > 0) {
      this.deeper -= 1;
      return undefined;
    }
    const tag = this.open[this.open.length - 1]?.tag;
    if (tag !== this.tag) throw malformed(`</${this.tag}> where ${tag ?? "nothing"} is open`);
    return this.endElement();
  }

  private endElement(): Read | undefined {
    this.state = CONTENT;
    if (this.deeper > 0) {
      this.deeper -= 1;
      return undefined;
    }
    this.open.pop();
    if (this.open.length === 0) {
      this.state = CLOSED;
      return CLOSE;
    }
    const element = this.tree.pop();
    if (this.open.length > 1) return undefined;
    const skipped = this.skipped;
    const bytes = this.stanzaBytes;
    this.endStanza();
    if (skipped) return { type: "oversize", element: skipped, bytes };
    return element && { type: "stanza", element };
  }

  private endStanza(): void {
    this.tree.length = 0;
    this.tokenLength = 0;
    this.stanzaBytes = 0;
    this.skipped = undefined;
    this.attributes = [];
  }
}

const NONE = new Uint8Array(0);

function malformed(problem: string): StreamError {
  return new StreamError("not-well-formed", problem);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** A-Z a-z 0-9 _ : - . and all characters that are not ASCII. */
function isName(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x2d && byte <= 0x3a && byte !== SLASH) ||
    byte === 0x5f ||
    byte >= 0x80
  );
}

/** Throws where there is no such entity, or no such character. */
function codeOfEntity(entity: string): number {
  const index = ENTITIES.indexOf(entity);
  if (index >= 0) return CODES[index] as number;
  const base = entity.startsWith("#x") ? 16 : 10;
  let code = 0;
  for (let at = base === 16 ? 2 : 1; at < entity.length; at += 1) {
    const digit = DIGITS.indexOf(entity.charAt(at).toLowerCase());
    code = digit < 0 || digit >= base ? Number.NaN : code * base + digit;
  }
  // No digit at all gives 0, which is no character either.
  if (!entity.startsWith("#") || !isXmlCharacter(code)) throw malformed(`entity ${entity}`);
  return code;
}

const DIGITS = "0123456789abcdef";
const ENTITIES: readonly string[] = Object.freeze(["lt", "gt", "amp", "apos", "quot"]);
const CODES: readonly number[] = Object.freeze([LESS, GREATER, AMPERSAND, APOSTROPHE, QUOTE]);
