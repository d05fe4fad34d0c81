/**
 * What the policy lets each client do, as lists of topics: for a broker that is not the station's own. `TopicRules` is asked for every
 * topic, so that the two cannot differ.
 */
import { encodeText } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import type { Directory } from "../directory/directory.ts";
import type { Accounts } from "../identity/accounts.ts";
import { STATION_UID } from "../push/push-message.ts";
import { discoveryFilters, type Identity, TOPIC_RULES, TopicRules } from "./topic-rules.ts";

/** Topics that a client may publish to, and those that it may read. `+` stands for any uid, `#` for the rest of a topic. */
export interface Grant {
  readonly name: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const ANY = "+";
const HOUSE = ["homeassistant/#", "homeassistant/status"];

/** One for each account, person and device, and one for the station itself under the name that it logs in with. */
export function grantsOf(env: string, directory: Directory, accounts: Accounts, stationName: string): readonly Grant[] {
  const rules = new TopicRules(env, directory, accounts);
  const clients = identitiesOf(directory, accounts).filter(({ uid }) => uid !== stationName);
  const names = [...clients.map(({ uid }) => uid), ...directory.groups.map(({ uid }) => uid), STATION_UID];
  const topics = Object.keys(TOPIC_RULES).map((pattern) => {
    const topicOf = (uid: string) => `/${env}/${pattern.replace(ANY, uid)}`;
    return { any: topicOf(ANY), each: [...new Set(names)].sort().map(topicOf) };
  });
  /** A wildcard where every uid is allowed, else those that are. */
  const allowed = (may: (topic: string) => boolean) =>
    topics.flatMap(({ any, each }) => (may(any) ? [any] : each.filter(may)));
  const grants = clients.map((who): Grant => {
    const message = {
      timestampSeconds: 0,
      imType: IM_TYPE.pointToPoint,
      contents: [encodeText("", {})],
      sender: who.uid,
    };
    const payload = encodeMessage(message);
    const mayPublish = (topic: string) => rules.whyNotPublish(who, topic, payload) === undefined;
    const maySubscribe = (filter: string) => rules.whyNotSubscribe(who, filter) === undefined;
    return {
      name: who.uid,
      publish: [...allowed(mayPublish), ...discoveryFilters(who.uid).filter((filter) => mayPublish(filter))],
      subscribe: [...allowed(maySubscribe), ...HOUSE.filter(maySubscribe)],
    };
  });
  const all = [`/${env}/#`, "homeassistant/#"];
  return [{ name: stationName, publish: all, subscribe: all }, ...grants];
}

function identitiesOf(directory: Directory, accounts: Accounts): readonly Identity[] {
  const found = new Map<string, Identity>();
  for (const { uid } of directory.devices) found.set(uid, { uid, kind: "device", isAdmin: false, hasAccount: true });
  for (const { name } of directory.people)
    found.set(name, { uid: name, kind: "person", isAdmin: false, hasAccount: true });
  for (const { name, kind, isAdmin } of accounts.list())
    found.set(name, { uid: name, kind, isAdmin, hasAccount: true });
  return [...found.values()].sort((a, b) => (a.uid < b.uid ? -1 : 1));
}
