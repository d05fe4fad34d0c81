/**
 * Who may publish and subscribe to what (wire format, topics). `TOPIC_RULES` says it, and no other file does. Each answer is the reason
 * of a refusal for the log, or undefined. A wildcard may stand only for the uid, and only for those who may see every uid.
 */
import { discoveryTopic } from "../../../src/payload/discovery.ts";
import { decodeMessage } from "../../../src/payload/message.ts";
import type { Directory } from "../directory/directory.ts";
import type { Account, Accounts } from "../identity/accounts.ts";
import { STATION_UID } from "../push/push-message.ts";

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

/**
 * What a client is to the uid in a topic. `itself`: it is its own. `owner`: a person who carries that device, or the account in whose
 * console page that pager is. `contact`: that uid is among its contacts. `member`: that uid is a group that it is in. `sender`: the
 * message names it as its sender, and goes to somebody whom the directory knows, or to a group that it is in; an administrator to every
 * group. `person`, `program`, `administrator`: any of them.
 */
export type Role = "itself" | "owner" | "contact" | "member" | "sender" | "person" | "program" | "administrator";

export interface TopicRule {
  readonly publish: readonly Role[];
  readonly subscribe: readonly Role[];
  /** The broker may keep it for those who subscribe later. */
  readonly isRetained?: true;
}

const THOSE_WHO_SEE_A_DEVICE: readonly Role[] = Object.freeze(["itself", "owner", "program", "administrator"]);

/**
 * By topic behind `/{env}/`, with `+` for the uid. Beside them: `homeassistant/…` is published by the device that it describes, and read by programs and administrators,
 * `homeassistant/status` by everyone. `/connect/new` is read and `/connect/presub` is published by the pre-subscriber alone.
 */
export const TOPIC_RULES: Readonly<Record<string, TopicRule>> = Object.freeze({
  "pres/+": {
    publish: ["itself"],
    subscribe: ["itself", "owner", "contact", "program", "administrator"],
    isRetained: true,
  },
  "im/+": { publish: ["sender"], subscribe: ["itself", "member"] },
  "page/+": { publish: ["person", "program"], subscribe: ["itself"] },
  "page/+/receipt": { publish: ["itself"], subscribe: ["person", "program"] },
  "cmd/+": { publish: ["owner", "administrator"], subscribe: ["itself"] },
  "cmd/+/result": { publish: ["itself"], subscribe: THOSE_WHO_SEE_A_DEVICE },
  "info/+": { publish: ["itself"], subscribe: THOSE_WHO_SEE_A_DEVICE, isRetained: true },
  "tele/+": { publish: ["itself"], subscribe: THOSE_WHO_SEE_A_DEVICE, isRetained: true },
  // The station tells Home Assistant of answers.
  "answer/+": { publish: [], subscribe: THOSE_WHO_SEE_A_DEVICE },
  // The station reads what a device wants drawn, and answers.
  "raster/+": { publish: ["itself"], subscribe: [] },
  "raster/+/reply": { publish: [], subscribe: ["itself"] },
  // The station finds out here what a broker can do that is not its own.
  "probe/+": { publish: [], subscribe: [] },
});

interface Found {
  readonly pattern: string;
  readonly rule: TopicRule;
  readonly uid: string;
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
    const found = this.#find(topic);
    if (!found) return "no topic of ours";
    const { pattern, rule, uid } = found;
    if (rule.publish.includes("sender")) return this.#whyNotMessage(who, uid, payload);
    if (!rule.publish.some((role) => this.#is(role, who, uid))) return `${pattern} is not for it to publish`;
    return pattern !== "page/+" || this.#isClient(uid) ? undefined : "nobody of this name";
  }

  /** Whether a message that this client may publish may be retained: it tells of the client itself. So nobody leaves something for others. */
  mayRetain(topic: string): boolean {
    return topic.startsWith(DISCOVERY) || this.#find(topic)?.rule.isRetained === true;
  }

  /** Why this client may not subscribe to this filter, nor receive what matches it; undefined if it may. */
  whyNotSubscribe(who: Identity, filter: string): string | undefined {
    if (who.kind === "presubscriber") return filter === NEW_CLIENT_TOPIC ? undefined : "not its topic";
    if (filter.startsWith(DISCOVERY))
      return who.isAdmin || who.kind === "program" || filter === DISCOVERY_STATUS ? undefined : "discovery of others";
    const found = this.#find(filter);
    if (!found) return "no topic of ours";
    const { pattern, rule, uid } = found;
    return rule.subscribe.some((role) => this.#is(role, who, uid)) ? undefined : `${pattern} is not for it to read`;
  }

  #is(role: Role, who: Identity, uid: string): boolean {
    switch (role) {
      case "itself":
        return who.uid === uid;
      case "owner":
        return who.kind === "person" && this.#ownersOf(uid).includes(who.uid);
      case "contact":
        return this.#directory.isContact(who.uid, uid);
      case "member":
        return this.#directory.groupsOf(who.uid).includes(uid);
      case "administrator":
        return who.isAdmin;
      case "person":
      case "program":
        return who.kind === role;
      case "sender":
        return false;
    }
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
    return who.isAdmin || this.#is("member", who, to) ? undefined : "group that it is not in";
  }

  #isClient(uid: string): boolean {
    return Boolean(this.#directory.device(uid) ?? this.#directory.person(uid) ?? this.#accounts.get(uid));
  }

  #ownersOf(device: string): readonly (string | undefined)[] {
    return [this.#directory.device(device)?.owner, this.#accounts.get(device)?.owner];
  }

  #find(topic: string): Found | undefined {
    if (!topic.startsWith(this.#prefix)) return undefined;
    const [kind, uid = "", ...tail] = topic.slice(this.#prefix.length).split("/");
    const pattern = [kind, "+", ...tail].join("/");
    if (uid === "" || !Object.hasOwn(TOPIC_RULES, pattern)) return undefined;
    return { pattern, rule: TOPIC_RULES[pattern] as TopicRule, uid };
  }
}

/** The documents for Home Assistant that a client may publish, as topic filters. */
export function discoveryFilters(uid: string): readonly string[] {
  const [, , name] = discoveryTopic("homeassistant", uid).split("/");
  return [`${DISCOVERY}+/${name}/config`, `${DISCOVERY}+/${name}/+/config`];
}

/** `homeassistant/<component>/<name>/config` or `homeassistant/<component>/<name>/<object>/config`, with the name that it has there. */
function isOwnDiscovery(uid: string, topic: string): boolean {
  const [, , name, ...rest] = topic.split("/");
  const [, , ownName] = discoveryTopic("homeassistant", uid).split("/");
  return name === ownName && rest.at(-1) === "config" && rest.length <= 2;
}
