import { existsSync } from "node:fs";
import type { DirectorySource } from "./directory.ts";
import { jsonDirectory } from "./json-directory.ts";
import { type LdapOptions, ldapDirectory } from "./ldap-directory.ts";

/** The LDAP server where one is named, the file otherwise. */
export function directorySource(path: string, ldap: LdapOptions | undefined): DirectorySource {
  return ldap ? withCopy(ldapDirectory(ldap), `${path}.copy`) : jsonDirectory(path);
}

/** Keeps what the source gave last in a file. A station that starts while the source is away begins with that. */
function withCopy(source: DirectorySource, path: string): DirectorySource {
  const copy = jsonDirectory(path);
  let isFirst = true;
  return {
    ...source,
    async load() {
      try {
        const data = await source.load();
        isFirst = false;
        await copy.save?.(data).catch((error: Error) => console.error(`${path}: ${error.message}`));
        return data;
      } catch (error) {
        if (!isFirst || !existsSync(path)) throw error;
        isFirst = false;
        console.error(`directory: ${error instanceof Error ? error.message : error}; the station begins with ${path}`);
        return copy.load();
      }
    },
  };
}
