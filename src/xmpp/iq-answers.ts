/** What this client answers to an iq of somebody else that the application does not see. */
import type { Element } from "./element.ts";
import { CLIENT, MARKERS, NOTIFICATION, PING, RECEIPTS } from "./namespaces.ts";
import { errorOf } from "./stanzas.ts";
import { xml } from "./xml-writer.ts";

export const ROSTER = "jabber:iq:roster";
/** XEP-0030. Senders look here whether they may ask for receipts. */
const DISCO = "http://jabber.org/protocol/disco#info";
const FEATURES: readonly string[] = Object.freeze([DISCO, PING, RECEIPTS, MARKERS, NOTIFICATION]);

/** The answer as text. @param isOfServer our own server, or our own account, has sent it */
export function answerOf(iq: Element, isOfServer: boolean): string {
  const type = iq.attribute("type");
  const isGet = type === "get";
  if (isGet && iq.child("ping", PING)) return resultOf(iq);
  // Only our own account changes our roster (RFC 6121, 2.1.6).
  if (type === "set" && isOfServer && iq.child("query", ROSTER)) return resultOf(iq);
  const query = isGet ? iq.child("query", DISCO) : undefined;
  if (query?.attribute("node") !== "") return errorOf(iq, "cancel", "service-unavailable");
  const identity = xml("identity", { category: "client", type: "phone", name: "Fieldpager" });
  const features = FEATURES.map((feature) => xml("feature", { var: feature }));
  return resultOf(iq, xml("query", { xmlns: DISCO }, identity, ...features));
}

export function resultOf(iq: Element, content = ""): string {
  const to = iq.attribute("from") || undefined;
  return xml("iq", { to, id: iq.attribute("id"), type: "result" }, content);
}

/** The addresses of the roster whose presence we get. */
export function subscribedOf(result: Element): readonly string[] {
  const items = result.child("query", ROSTER)?.children ?? [];
  return items
    .filter((item) => item.is("item", ROSTER) && ["to", "both"].includes(item.attribute("subscription")))
    .map((item) => item.attribute("jid"));
}

/** Whether an element is a stanza: the three kinds that stream management counts. */
export function isStanza({ name, namespace }: Element): boolean {
  return namespace === CLIENT && (name === "message" || name === "presence" || name === "iq");
}
