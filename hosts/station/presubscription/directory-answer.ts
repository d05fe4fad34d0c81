/** The directory's answer for a client: the topics to subscribe for it (wire format, pre-subscription). */

import { PRESUBSCRIPTION_TOPICS_MAX } from "../../../src/limits.ts";
import type { Presubscription } from "../../../src/payload/optional/presubscription.ts";
import type { Directory } from "../directory/directory.ts";
import { DIRECTORY_SETTLE_MS } from "../shared/limits.ts";

/**
 * Messages, pages and commands of the client, pictures of text for it, messages of its groups, presence of its contacts; all with
 * QoS 1. A client that the directory does not know has its own topics only. What is beyond `PRESUBSCRIPTION_TOPICS_MAX` is left out,
 * contacts first.
 */
export function presubscriptionOf(env: string, directory: Directory, uid: string): Presubscription {
  const topics = [
    ...["im", "page", "cmd"].map((kind) => `/${env}/${kind}/${uid}`),
    `/${env}/raster/${uid}/reply`,
    ...directory.groupsOf(uid).map((group) => `/${env}/im/${group}`),
    ...directory.contactsOf(uid).map((contact) => `/${env}/pres/${contact}`),
  ];
  return { uid, topics: topics.slice(0, PRESUBSCRIPTION_TOPICS_MAX).map((topicFilter) => ({ topicFilter, qos: 1 })) };
}

/**
 * Asks again for every device and person whose topics have grown since they were last looked at: a new contact, another group.
 * Several changes in a row are looked at together. Returns what ends it.
 */
export function followDirectory(env: string, directory: Directory, announce: (uid: string) => Promise<void>) {
  const topicsOf = (uid: string) => presubscriptionOf(env, directory, uid).topics.map(({ topicFilter }) => topicFilter);
  const clients = () => [...directory.devices.map(({ uid }) => uid), ...directory.people.map(({ name }) => name)];
  let known = new Map(clients().map((uid) => [uid, new Set(topicsOf(uid))]));
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    timer = undefined;
    const now = new Map(clients().map((uid) => [uid, new Set(topicsOf(uid))]));
    for (const [uid, topics] of now) {
      const former = known.get(uid);
      // A device that was added and put into a group at the same time has had an answer already.
      if (!former || [...topics].some((topic) => !former.has(topic)))
        announce(uid).catch((error) => console.error(`pre-subscription of ${uid}: ${error}`));
    }
    known = now;
  };
  const stop = directory.listen(() => {
    timer ??= setTimeout(look, DIRECTORY_SETTLE_MS);
  });
  return async () => {
    stop();
    clearTimeout(timer);
  };
}
