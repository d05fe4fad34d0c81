/** The command `fieldpager acl`: the access rules for a broker that is there already. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseFlags } from "../../common/flags.ts";
import { Directory } from "../directory/directory.ts";
import { directorySource } from "../directory/directory-source.ts";
import { LdapError, ldapDirectory } from "../directory/ldap-directory.ts";
import { ACCOUNTS_FILE, DIRECTORY_FILE } from "../directory/open-access.ts";
import { Accounts } from "../identity/accounts.ts";
import { type AclBroker, aclText } from "../policy/acl-texts.ts";
import { grantsOf } from "../policy/broker-grants.ts";
import { STATION_UID } from "../push/push-message.ts";
import { DATA_DEFAULT, ENV_DEFAULT } from "../shared/defaults.ts";
import { StationError } from "../shared/station-error.ts";
import { called } from "./called.ts";
import { LDAP_PASSWORD_VARIABLE, ldapOf } from "./station-flags.ts";

const BROKERS: readonly AclBroker[] = Object.freeze(["mosquitto", "rabbitmq", "nats"]);

const FLAGS = Object.freeze(["data", "env", "user", "ldap", "ldap-base", "ldap-user"]);

const USAGE = `Usage: ${called("acl")} <${BROKERS.join("|")}> [flags]
  --data DIR      folder of the station, with its people, devices and groups (${DATA_DEFAULT})
  --env NAME      first level of every topic (${ENV_DEFAULT})
  --user NAME     whom the station logs in to that broker as (${STATION_UID})
  --ldap URL      where people, devices and groups come from an LDAP server, ldap://host:port
  --ldap-base DN  below which entry of it
  --ldap-user DN  whom to log in as there; the password stands in ${LDAP_PASSWORD_VARIABLE}`;

/** Sets the exit status of the process. */
export async function acl(args: readonly string[]): Promise<void> {
  const { values, words, errors } = parseFlags(args, FLAGS, ["help"]);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { data = DATA_DEFAULT, env = ENV_DEFAULT, user = STATION_UID } = values;
  const broker = BROKERS.find((each) => each === words[0]);
  const flagErrors: string[] = [];
  const ldap = ldapOf({ values }, flagErrors);
  const problems = [
    ...errors,
    ...flagErrors,
    ...(broker && words.length === 1 ? [] : [`expected one of ${BROKERS.join(", ")}`]),
    ...(ldap || existsSync(join(data, DIRECTORY_FILE))
      ? []
      : [`flag --data: ${data} is no folder of a station with a directory`]),
  ];
  if (!broker || problems.length > 0) {
    for (const line of problems) console.error(line);
    console.error(USAGE);
    process.exitCode = 2;
    return;
  }
  // The copy of what the server says is the station's to write.
  const source = ldap ? ldapDirectory(ldap) : directorySource(join(data, DIRECTORY_FILE), undefined);
  const directory = await Directory.open(source).catch((error: unknown) => {
    throw error instanceof LdapError ? new StationError(error.message) : error;
  });
  const accounts = new Accounts(join(data, ACCOUNTS_FILE));
  process.stdout.write(aclText(broker, grantsOf(env, directory, accounts, user)));
  await directory.close();
}
