/** The addresses of XMPP as uids and back. */
import { UID_BYTES_MAX } from "../limits.ts";
import { isUid } from "../payload/uid.ts";
import { utf8Length } from "../utf8.ts";
import { bareJid, domainOf, localOf } from "../xmpp/jid.ts";
import type { Settings } from "./settings.ts";

export class Addresses {
  /** Of this device, `local@domain`. */
  readonly own: string;
  readonly domain: string;

  constructor({ uid, broker }: Pick<Settings, "uid" | "broker">) {
    const name = broker.userName || uid;
    this.domain = domainOf(name.includes("@") ? name : broker.serverName || broker.host);
    this.own = bareJid(name.includes("@") ? name : `${name}@${this.domain}`);
  }

  /** Who is in our domain is known by the name alone. A uid without @ that is the domain, or ends with it, is a server. */
  jidOf(uid: string): string {
    const isServer = uid === this.domain || uid.endsWith(`.${this.domain}`);
    return uid.includes("@") || isServer ? uid : `${uid}@${this.domain}`.toLowerCase();
  }

  /** What no uid may hold becomes an underscore. What is too long is cut: it can be read, and not answered. */
  uidOf(jid: string): string {
    const isOurs = domainOf(jid) === this.domain && localOf(jid) !== "";
    let uid = "";
    for (const character of isOurs ? localOf(jid) : bareJid(jid)) {
      if (utf8Length(uid + character) > UID_BYTES_MAX) break;
      uid += isUid(character) ? character : "_";
    }
    return isUid(uid) ? uid : UNKNOWN;
  }
}

const UNKNOWN = "unknown";
