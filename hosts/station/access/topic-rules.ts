/**
 * Who may publish and subscribe to what (wire format, topics). No other file decides it. Each rule gives the reason of a refusal
 * for the log, or undefined.
 *
 * | topic | publishes | subscribes |
 * |---|---|---|
 * | `/{env}/pres/{uid}` | uid itself | uid itself, its owner, whose contact it is, programs and administrators |
 * | `/{env}/im/{uid}` | everyone the directory knows, as sender its own uid | uid itself |
 * | `/{env}/im/{group}` | members and administrators, as sender their own uid | members |
 * | `/{env}/page/{uid}` | people and programs | uid itself |
 * | `/{env}/page/{uid}/receipt` | uid itself | people and programs |
 * | `/{env}/cmd/{uid}` | its owner, administrators | uid itself |
 * | `/{env}/cmd/{uid}/result` | uid itself | its owner, programs, administrators |
 * | `/{env}/info/{uid}` | uid itself | its owner, programs, administrators |
 * | `/{env}/tele/{uid}` | uid itself | its owner, programs, administrators |
 * | `/{env}/raster/{uid}` | uid itself | nobody: the station draws what it asks for |
 * | `/{env}/raster/{uid}/reply` | the station | uid itself |
 * | `homeassistant/…` | uid itself, its own documents | programs and administrators; `homeassistant/status` everyone |
 * | `/connect/new` | the broker | the pre-subscriber |
 * | `/connect/presub` | the pre-subscriber | nobody: the broker acts on it |
 *
 * The owner of a device is the person who carries it. The owner of a pager in a console page is the account that is logged in there.
 * A wildcard may stand only for the uid, and only for those who may see every uid.
 */
import { discoveryTopic } from "../../../src/payload/discovery.ts";
import { decodeMessage } from "../../../src/payload/message.ts";
import type { Directory } from "../directory/directory.ts";
import { STATION_UID } from "../push-message.ts";
import type { Account, Accounts } from "./accounts.ts";

export const NEW_CLIENT_TOPIC = "/connect/new";
export const PRESUBSCRIPTION_TOPIC = "/connect/presub";
const DISCOVERY = "homeassistant/";
const DISCOVERY_STATUS = "homeassistant/status";

/** The client of a connection. */
export interface Identity {
  readonly uid: string;
  readonly kind: Account["kind"] | "presubscriber";
  readonly isAdmin: boolean;
  /** False for a client that has logged in with the local key. */
  readonly hasAccount: boolean;
}

/** The parts of a topic of the wire format. */
interface TopicParts {
  readonly kind: "pres" | "im" | "page" | "cmd" | "info" | "tele" | "raster";
  readonly uid: string;
  readonly tail: string;
}

export class TopicRules {
  readonly #prefix: string;
  readonly #directory: Directory;
  readonly #accounts: Accounts;

  constructor(env: string, directory: Directory, accounts: Accounts) {
    this.#prefix = `/${env}/`;
    this.#directory = directory;
    this.#accounts = accounts;
  }

  /** Why this client may not publish this; undefined if it may. */
  whyNotPublish(who: Identity, topic: string, payload: Uint8Array): string | undefined {
    if (who.kind === "presubscriber") return topic === PRESUBSCRIPTION_TOPIC ? undefined : "not its topic";
    if (topic.startsWith(DISCOVERY)) return isOwnDiscovery(who.uid, topic) ? undefined : "not its own discovery";
    const parts = this.#partsOf(topic);
    if (!parts) return "no topic of ours";
    const { kind, uid, tail } = parts;
    const isOwn = uid === who.uid;
    if (kind === "raster" && tail !== "") return "only the station draws";
    if (kind === "pres" || kind === "tele" || kind === "info" || kind === "raster" || tail !== "")
      return isOwn ? undefined : "of another client";
    if (kind === "cmd") return this.#mayManage(who, uid) ? undefined : "command to a device that is not its own";
    if (kind === "page") {
      if (who.kind === "device") return "a device sends messages, no pages";
      return this.#isClient(uid) ? undefined : "nobody of this name";
    }
    return this.#whyNotMessage(who, uid, payload);
  }

  /** Why this client may not subscribe to this filter, nor receive what matches it; undefined if it may. */
  whyNotSubscribe(who: Identity, filter: string): string | undefined {
    if (who.kind === "presubscriber") return filter === NEW_CLIENT_TOPIC ? undefined : "not its topic";
    const seesAll = who.isAdmin || who.kind === "program";
    if (filter.startsWith(DISCOVERY)) return seesAll || filter === DISCOVERY_STATUS ? undefined : "discovery of others";
    const parts = this.#partsOf(filter);
    if (!parts) return "no topic of ours";
    const { kind, uid, tail } = parts;
    if (kind === "raster") return uid === who.uid && tail !== "" ? undefined : "pictures for another";
    if (tail === "" && uid === who.uid) return undefined;
    if (kind === "im") return this.#directory.groupsOf(who.uid).includes(uid) ? undefined : "messages of another";
    if (kind === "pres") {
      const isSeen = seesAll || this.#directory.isContact(who.uid, uid) || this.#mayManage(who, uid);
      return isSeen ? undefined : "presence of no contact";
    }
    if (kind === "page" && tail !== "") return who.kind === "device" ? "receipts of another" : undefined;
    if (kind === "tele" || kind === "info" || (kind === "cmd" && tail !== ""))
      return seesAll || this.#mayManage(who, uid) ? undefined : "of a device that is not its own";
    return "of another client";
  }

  #whyNotMessage(who: Identity, to: string, payload: Uint8Array): string | undefined {
    let sender: string;
    try {
      ({ sender } = decodeMessage(payload));
    } catch (error) {
      return `no message: ${error instanceof Error ? error.message : error}`;
    }
    if (sender !== who.uid) return "sender uid of another";
    if (to === STATION_UID || this.#isClient(to)) return undefined;
    if (!this.#directory.group(to)) return "nobody of this name";
    return who.isAdmin || this.#directory.groupsOf(who.uid).includes(to) ? undefined : "group that it is not in";
  }

  #isClient(uid: string): boolean {
    return Boolean(this.#directory.device(uid) ?? this.#directory.person(uid) ?? this.#accounts.get(uid));
  }

  #mayManage(who: Identity, device: string): boolean {
    if (who.isAdmin) return true;
    const owners = [this.#directory.device(device)?.owner, this.#accounts.get(device)?.owner];
    return who.kind === "person" && owners.includes(who.uid);
  }

  #partsOf(topic: string): TopicParts | undefined {
    if (!topic.startsWith(this.#prefix)) return undefined;
    const [kind, uid = "", tail = "", ...more] = topic.slice(this.#prefix.length).split("/");
    if (uid === "" || more.length > 0) return undefined;
    if ((kind === "pres" || kind === "im" || kind === "info" || kind === "tele") && tail === "")
      return { kind, uid, tail };
    if (kind === "page" && (tail === "" || tail === "receipt")) return { kind, uid, tail };
    if (kind === "cmd" && (tail === "" || tail === "result")) return { kind, uid, tail };
    if (kind === "raster" && (tail === "" || tail === "reply")) return { kind, uid, tail };
    return undefined;
  }
}

/** `homeassistant/<component>/<name>/config` or `homeassistant/<component>/<name>/<object>/config`, with the name that it has there. */
function isOwnDiscovery(uid: string, topic: string): boolean {
  const [, , name, ...rest] = topic.split("/");
  const [, , ownName] = discoveryTopic("homeassistant", uid).split("/");
  return name === ownName && rest.at(-1) === "config" && rest.length <= 2;
}
