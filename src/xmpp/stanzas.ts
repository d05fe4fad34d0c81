/** Stanzas ↔ values: messages, notifications, receipts, presence, errors. */
import type { Stage } from "../stages.ts";
import type { Element } from "./element.ts";
import { CLIENT, DELAY, MARKERS, NOTIFICATION, RECEIPTS, STANZA_ERRORS } from "./namespaces.ts";
import type { IncomingMessage, Outgoing, Show } from "./session-types.ts";
import { escapeXml, xml } from "./xml-writer.ts";

/** XEP-0066. */
const OUT_OF_BAND = "jabber:x:oob";
/** What neither XEP-0184 nor XEP-0333 can say, as an element of our own: `<receipt id='…' stage='expired'/>`. */
const OWN_RECEIPT = "urn:fieldpager:receipt:0";

/** Markers of XEP-0333 and what they say. */
const MARKER_OF: Readonly<Record<string, string>> = Object.freeze({ shown: "displayed", read: "acknowledged" });
const STAGE_OF: Readonly<Record<string, Stage>> = Object.freeze({
  received: "stored",
  displayed: "shown",
  acknowledged: "read",
});
const OWN_STAGES: readonly Stage[] = Object.freeze(["answered", "expired", "dropped"]);
const SHOWS: readonly Show[] = Object.freeze(["chat", "away", "xa", "dnd"]);

/** The stanza as text. @param iqId of a notification */
export function stanzaOf(outgoing: Outgoing, iqId: string): string {
  switch (outgoing.type) {
    case "message": {
      const { to, id, kind = "chat", subject, body, link, wantsReceipts } = outgoing;
      return xml(
        "message",
        { to, id, type: kind === "normal" ? undefined : kind },
        subject ? textElement("subject", subject) : "",
        textElement("body", body),
        link ? xml("x", { xmlns: OUT_OF_BAND }, textElement("url", link)) : "",
        wantsReceipts ? REQUESTS : "",
      );
    }
    case "notification": {
      const { to, id, title, message, uri, wantsReceipts } = outgoing;
      const fields = [textElement("id", id), textElement("title", title), textElement("message", message)];
      const notification = xml(
        "notification",
        { xmlns: NOTIFICATION },
        ...fields,
        textElement("uri", uri),
        wantsReceipts ? REQUESTS : "",
      );
      return xml("iq", { to, id: iqId, type: "set" }, notification);
    }
    case "receipt":
      return receiptOf(outgoing);
    case "presence": {
      const { show, status } = outgoing;
      const isGone = show === "unavailable";
      const shown = isGone || show === "available" ? "" : textElement("show", show);
      return xml(
        "presence",
        { type: isGone ? show : undefined },
        shown,
        status === "" ? "" : textElement("status", status),
      );
    }
  }
}

const REQUESTS = xml("request", { xmlns: RECEIPTS }) + xml("markable", { xmlns: MARKERS });

/**
 * `stored`: received of XEP-0184. `shown` and `read`: displayed and acknowledged of XEP-0333. The others have an element of our own.
 * An answer is a chat message as well, so that every client shows it.
 */
function receiptOf({ to, id, stage, answer }: Outgoing & { readonly type: "receipt" }): string {
  const marker = MARKER_OF[stage];
  const isOwn = OWN_STAGES.includes(stage);
  const body = answer === undefined ? "" : textElement("body", answer);
  const said = isOwn
    ? xml("receipt", { xmlns: OWN_RECEIPT, id, stage })
    : marker
      ? xml(marker, { xmlns: MARKERS, id })
      : xml("received", { xmlns: RECEIPTS, id });
  return xml("message", { to, type: "chat" }, body, said);
}

/** What a message says of a message of ours. undefined: nothing. */
export function readReceipt(
  message: Element,
): { readonly id: string; readonly stage: Stage; readonly answer?: string } | undefined {
  for (const child of message.children) {
    const { name, namespace } = child;
    const id = child.attribute("id");
    if (id === "") continue;
    const stage =
      namespace === MARKERS || child.is("received", RECEIPTS)
        ? STAGE_OF[name]
        : child.is("receipt", OWN_RECEIPT)
          ? OWN_STAGES.find((each) => each === child.attribute("stage"))
          : undefined;
    if (stage === undefined) continue;
    return stage === "answered" ? { id, stage, answer: message.childText("body") } : { id, stage };
  }
  return undefined;
}

/** A message with words or a link. undefined: it has none, or it is of a type that is no push. @param server who sends what has no sender */
export function readMessage(stanza: Element, server: string): IncomingMessage | undefined {
  const type = stanza.attribute("type");
  // A server that knows no type takes it for normal (RFC 6121, 5.2.2).
  const kind = type === "chat" || type === "headline" ? type : "normal";
  const subject = stanza.childText("subject", CLIENT);
  const body = stanza.childText("body", CLIENT);
  const link = stanza.child("x", OUT_OF_BAND)?.childText("url") ?? "";
  if (type === "groupchat" || type === "error" || (subject === "" && body === "" && link === "")) return undefined;
  return {
    kind,
    from: stanza.attribute("from") || server,
    id: stanza.attribute("id"),
    subject,
    body,
    link,
    sentAt: stanza.child("delay", DELAY)?.attribute("stamp") ?? "",
    wantsReceived: stanza.child("request", RECEIPTS) !== undefined,
    isMarkable: stanza.child("markable", MARKERS) !== undefined,
  };
}

/** A notification of androidpn in an iq. undefined: the iq holds none. */
export function readNotification(iq: Element, server: string): IncomingMessage | undefined {
  const notification = iq.child("notification", NOTIFICATION);
  return (
    notification && {
      kind: "notification",
      from: iq.attribute("from") || server,
      id: notification.childText("id"),
      subject: notification.childText("title"),
      body: notification.childText("message"),
      link: notification.childText("uri"),
      sentAt: "",
      wantsReceived: notification.child("request", RECEIPTS) !== undefined,
      isMarkable: notification.child("markable", MARKERS) !== undefined,
    }
  );
}

/** What a presence without a type, or of the type unavailable, shows. */
export function readShow(presence: Element): Show {
  if (presence.attribute("type") === "unavailable") return "unavailable";
  const show = presence.childText("show", CLIENT);
  return SHOWS.find((each) => each === show) ?? "available";
}

/** What an element `error` within a stanza says: its condition, and the server's words. */
export function describeError(stanza: Element): string {
  const error = stanza.child("error", CLIENT);
  const condition = error?.children.find((each) => each.namespace === STANZA_ERRORS && each.name !== "text");
  const words = error?.childText("text", STANZA_ERRORS) ?? "";
  const name = condition?.name ?? `error ${error?.attribute("code") ?? ""}`;
  return words === "" ? name : `${name}: ${words}`;
}

/** The answer to a stanza that is refused. Empty where an answer is not allowed (RFC 6120, 8.3.1). */
export function errorOf(stanza: Element, errorType: "cancel" | "modify" | "wait", condition: string): string {
  const type = stanza.attribute("type");
  const asks = stanza.name === "iq" ? type === "get" || type === "set" : stanza.name === "message" && type !== "error";
  const to = stanza.attribute("from") || undefined;
  if (!asks || (stanza.name === "message" && to === undefined)) return "";
  const error = xml("error", { type: errorType }, xml(condition, { xmlns: STANZA_ERRORS }));
  return xml(stanza.name, { to, id: stanza.attribute("id") || undefined, type: "error" }, error);
}

export function textElement(name: string, text: string): string {
  return xml(name, {}, escapeXml(text));
}
