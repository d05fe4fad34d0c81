/** Takes a name away: what it logs in with, its entry in the directory, and all that is kept of it. */

import type { Directory } from "../directory/directory.ts";
import { AccessError } from "../identity/access-error.ts";
import type { Accounts } from "../identity/accounts.ts";
import type { PushService } from "../push/push-service.ts";
import type { MessageBroker } from "../shared/message-broker.ts";

export interface RemovalParts {
  readonly env: string;
  readonly accounts: Accounts;
  readonly directory: Directory;
  readonly broker: MessageBroker;
  readonly pushes: PushService;
}

/** Removes a person, a device, a program or a group. With a person go the pagers in that person's console pages. */
export type Remove = (name: string) => Promise<void>;

/** What it gives rejects with an `AccessError`: 404 for an unknown name, 409 for the last administrator. */
export function removalBy({ env, accounts, directory, broker, pushes }: RemovalParts): Remove {
  const forget = async (name: string) => {
    broker.forget(name);
    await pushes.forget(name);
    // The contacts of a removed client, and the roster, forget its presence.
    await broker.publish({ topic: `/${env}/pres/${name}`, payload: new Uint8Array(), retain: true });
  };
  return async (name) => {
    const isListed = Boolean(directory.person(name) ?? directory.device(name) ?? directory.group(name));
    const hasAccount = accounts.get(name) !== undefined;
    if (!isListed && !hasAccount) throw new AccessError(404, `there is no ${JSON.stringify(name)}`);
    if (isListed) directory.requireWritable();
    const pages = accounts.ownedBy(name);
    // The account goes first: the last administrator cannot be removed.
    if (hasAccount) await accounts.remove(name);
    // An account may have no entry: that of a program, or of somebody who has left an LDAP directory.
    if (isListed) await directory.remove(name);
    for (const page of pages) if (directory.device(page)) await directory.remove(page);
    for (const each of [name, ...pages]) await forget(each);
  };
}
