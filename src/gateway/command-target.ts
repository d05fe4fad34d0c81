import { IDENTIFY_SECONDS } from "../limits.ts";
import type { Inbox } from "../pager/inbox.ts";
import { messageName } from "../pager/message-name.ts";
import type { Random, WallClock } from "../seams.ts";
import type { CommandTarget } from "./commands.ts";
import type { Journal } from "./journal.ts";
import type { PresenceSource } from "./presence-source.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { StoredSettings } from "./stored-settings.ts";

export interface CommandTargetOptions {
  readonly uid: string;
  readonly inbox: Inbox;
  readonly quietHours: QuietHours;
  readonly presence: PresenceSource;
  /** undefined where the host keeps none. */
  readonly storedSettings: StoredSettings | undefined;
  readonly journal: Journal;
  readonly random: Random;
  readonly wallClock: WallClock;
}

/** What commands act on in this device. */
export function commandTarget(options: CommandTargetOptions): CommandTarget {
  const { uid, inbox, quietHours, presence, storedSettings, journal, random, wallClock } = options;
  const find = (message: string, from: string | undefined) => inbox.findId(message, from) ?? -1;
  return {
    retract: (message, from) => inbox.retract(find(message, from)),
    markRead: (message, from) => inbox.markRead(find(message, from)),
    setQuietHours: (hours) => quietHours.set(hours),
    choosePresence: (chosen) => presence.choose(chosen),
    changeSettings: (set) => storedSettings?.change(set) ?? ["settings cannot be changed on this host"],
    identify() {
      const nowSeconds = wallClock();
      const timestampSeconds = Math.floor(nowSeconds ?? 0);
      inbox.insert(
        {
          name: messageName(uid, String(random()), new Uint8Array()),
          sender: "",
          title: "Here I am",
          text: uid,
          priority: 3,
          timestampSeconds,
          expiresSeconds: nowSeconds === undefined ? undefined : timestampSeconds + IDENTIFY_SECONDS,
        },
        nowSeconds,
      );
      // Whatever the hour: somebody stands among the devices and listens.
      journal.tell({ type: "alert", priority: 5 });
    },
    restart: () => journal.tell({ type: "restart" }),
  };
}
