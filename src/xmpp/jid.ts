/** Addresses: `local@domain/resource` (RFC 7622), of which only the domain must be there. */
import { JID_BYTES_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";

/** The address without its resource, in lower case as far as servers compare without case. */
export function bareJid(jid: string): string {
  const slash = jid.indexOf("/");
  return (slash < 0 ? jid : jid.slice(0, slash)).toLowerCase();
}

/** Empty where there is no local part. */
export function localOf(jid: string): string {
  const bare = bareJid(jid);
  return bare.slice(0, Math.max(0, bare.indexOf("@")));
}

export function domainOf(jid: string): string {
  const bare = bareJid(jid);
  return bare.slice(bare.indexOf("@") + 1);
}

/** Whether a text may be an address. It is not looked at further: the server does that. */
export function isJid(text: string): boolean {
  return domainOf(text) !== "" && utf8Length(text) <= JID_BYTES_MAX && !text.includes(" ") && !text.startsWith("@");
}
