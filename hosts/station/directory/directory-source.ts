import type { DirectorySource } from "./directory.ts";
import { jsonDirectory } from "./json-directory.ts";
import { type LdapOptions, ldapDirectory } from "./ldap-directory.ts";

/** The LDAP server where one is named, the file otherwise. */
export function directorySource(path: string, ldap: LdapOptions | undefined): DirectorySource {
  return ldap ? ldapDirectory(ldap) : jsonDirectory(path);
}
