/** Puts what goes over a stream of XMPP into words, line by line. Secrets of a login are not told. */
import type { Element } from "../../../src/xmpp/element.ts";
import { isStanza, ROSTER } from "../../../src/xmpp/iq-answers.ts";
import { MANAGEMENT } from "../../../src/xmpp/login.ts";
import { CLIENT, PING, STREAM_ERRORS, STREAMS } from "../../../src/xmpp/namespaces.ts";
import type { IncomingMessage } from "../../../src/xmpp/session-types.ts";
import { describeError, readMessage, readNotification, readReceipt, readShow } from "../../../src/xmpp/stanzas.ts";
import { StreamError } from "../../../src/xmpp/stream-error.ts";
import { XmlReader } from "../../../src/xmpp/xml-reader.ts";
import { STANZA_TEXT_BYTES_MAX } from "../shared/limits.ts";
import { quoted, row } from "./words.ts";

/** What stands before a stanza in its stream. */
const HEADER = `<stream:stream xmlns='${CLIENT}' xmlns:stream='${STREAMS}'>`;
const CLOSE = "</stream:stream>";

/** What a question or an order of a known namespace is about. */
const QUERIES: Readonly<Record<string, string>> = Object.freeze({
  [ROSTER]: "the list of contacts",
  [PING]: "whether the other side is there (XEP-0199)",
  "jabber:iq:auth": "login (jabber:iq:auth)",
  "jabber:iq:register": "registration (XEP-0077)",
  "urn:ietf:params:xml:ns:xmpp-bind": "a resource for this connection",
  "urn:ietf:params:xml:ns:xmpp-session": "a session (RFC 3921)",
  "http://jabber.org/protocol/disco#info": "what the other side can do (XEP-0030)",
});

/** One element after the other. A stream may begin with its header. Throws a `StreamError` for what no stream may hold. */
export function describeStanzas(text: string): string[] {
  const bytes = Buffer.from(text);
  if (bytes.length > STANZA_TEXT_BYTES_MAX)
    throw new RangeError(`${bytes.length} bytes, expected at most ${STANZA_TEXT_BYTES_MAX}`);
  const hasHeader = /^\s*<(?:\?xml|stream:stream)\b/.test(text);
  const reader = new XmlReader(STANZA_TEXT_BYTES_MAX);
  const lines: string[] = [];
  let isClosed = false;
  for (const part of [hasHeader ? "" : HEADER, text, CLOSE]) {
    reader.push(Buffer.from(part));
    for (let read = reader.next(); read; read = reader.next()) {
      if (read.type === "close") isClosed = true;
      else if (read.type === "oversize") throw new RangeError("more elements in each other than a stanza may have");
      else if (read.type === "stanza") lines.push(...describeElement(read.element));
      else if (hasHeader) lines.push(...describeHeader(read.element));
    }
    if (isClosed && part === text) lines.push("end of the stream");
  }
  if (!isClosed) throw new StreamError("not-well-formed", "it ends in the middle of a stanza");
  return lines.length === 0 ? ["a heartbeat: nothing but space"] : lines;
}

function describeHeader(header: Element): string[] {
  return ["begin of a stream", ...rows(header, ["from", "to", "id", "version"])];
}

function describeElement(element: Element): string[] {
  if (element.namespace === MANAGEMENT) return describeManagement(element);
  if (element.is("error", STREAMS))
    return [
      `the stream ends: ${element.children.find(({ namespace }) => namespace === STREAM_ERRORS)?.name ?? "error"}`,
    ];
  if (element.is("features", STREAMS))
    return ["what the server offers", ...element.children.map((child) => row(child.name, offersOf(child)))];
  if (!isStanza(element)) return [describeStep(element)];
  if (element.name === "message") return describeMessage(element);
  return element.name === "presence" ? describePresence(element) : describeIq(element);
}

function offersOf({ namespace, children }: Element): string {
  const texts = children.map(({ text }) => text).filter((text) => text !== "");
  return texts.length > 0 ? texts.map(quoted).join(", ") : namespace;
}

/** A step of the login: what it carries is a secret, or proves one. */
function describeStep(element: Element): string {
  const { name, namespace, children } = element;
  const mechanism = element.attribute("mechanism");
  const reason = name === "failure" ? (children[0]?.name ?? "") : "";
  return `${name} of ${namespace}${[mechanism, reason].map((words) => (words === "" ? "" : `: ${words}`)).join("")}`;
}

/** XEP-0198. */
function describeManagement(element: Element): string[] {
  const { name } = element;
  const handled = element.attribute("h");
  if (name === "r") return ["asks how many stanzas have come (XEP-0198)"];
  if (name === "a") return [`has ${handled} stanzas of the other side (XEP-0198)`];
  return [`${name} of stream management (XEP-0198)`, ...rows(element, ["id", "previd", "h", "resume", "max"])];
}

function describeMessage(message: Element): string[] {
  const head = rows(message, ["from", "to", "id"]);
  if (message.attribute("type") === "error")
    return ["a message comes back", ...head, row("reason", quoted(describeError(message)))];
  const receipt = readReceipt(message);
  if (receipt) {
    const { id, stage, answer } = receipt;
    return [
      `receipt: ${stage}`,
      ...head,
      row("of", quoted(id)),
      ...(answer === undefined ? [] : [row("answer", quoted(answer))]),
    ];
  }
  const read = readMessage(message, "");
  return read ? [`message (${read.kind})`, ...head, ...describeContent(read)] : ["message without words", ...head];
}

function describeContent({ subject, body, link, sentAt, wantsReceived, isMarkable }: IncomingMessage): string[] {
  const texts = Object.entries({ title: subject, text: body, link, sent: sentAt }).filter(([, text]) => text !== "");
  return [
    ...texts.map(([name, text]) => row(name, quoted(text))),
    ...(wantsReceived ? [row("asks for", "a receipt (XEP-0184)")] : []),
    ...(isMarkable ? [row("asks for", "what the reader does (XEP-0333)")] : []),
  ];
}

function describePresence(presence: Element): string[] {
  const type = presence.attribute("type");
  const status = presence.childText("status");
  const words = type === "" || type === "unavailable" ? readShow(presence) : type;
  return [
    `presence: ${words}`,
    ...rows(presence, ["from", "to"]),
    ...(status === "" ? [] : [row("status", quoted(status))]),
  ];
}

function describeIq(iq: Element): string[] {
  const type = iq.attribute("type");
  const head = rows(iq, ["from", "to", "id"]);
  if (type === "error") return ["refused", ...head, row("reason", quoted(describeError(iq)))];
  const push = type === "set" ? readNotification(iq, "") : undefined;
  if (push) return ["push (androidpn)", ...head, row("push", quoted(push.id)), ...describeContent(push)];
  const [child] = iq.children;
  const about = child ? [row("about", QUERIES[child.namespace] ?? child.namespace)] : [];
  const verb = type === "get" ? "question" : type === "set" ? "order" : "done";
  return [verb, ...head, ...about];
}

function rows(element: Element, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = element.attribute(name);
    return value === "" ? [] : [row(name, quoted(value))];
  });
}
