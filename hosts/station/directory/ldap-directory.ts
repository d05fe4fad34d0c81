/**
 * The directory from an LDAP server (RFC 4511). The station only reads it.
 *
 * | entry | becomes | by |
 * |---|---|---|
 * | `(objectClass=inetOrgPerson)` with `uid` | a person: `uid`, `cn` | its `seeAlso` are contacts |
 * | `(objectClass=device)` with `cn` | a device: `cn`, `description` | `owner` is who carries it, `seeAlso` are contacts |
 * | `(objectClass=groupOfNames)` with `cn` | a group: `cn`, `description` | `member` |
 *
 * `seeAlso`, `owner` and `member` are names of entries (DN). One that is no entry of these kinds is left out.
 */
import { Client, type Entry } from "ldapts";
import { isUid } from "../../../src/payload/uid.ts";
import type { Device, DirectoryData, Group, Person } from "../shared/entries.ts";
import { DIRECTORY_ENTRIES_MAX, DIRECTORY_LIST_MAX, LDAP_TIMEOUT_MS } from "../shared/limits.ts";
import type { DirectorySource } from "./directory.ts";

export interface LdapOptions {
  /** `ldap://host:port` or `ldaps://host:port`. */
  readonly url: string;
  /** Below which entry to look, such as `dc=example,dc=org`. */
  readonly base: string;
  /** Whom to log in as; empty: nobody. */
  readonly bindDn: string;
  readonly bindPassword: string;
}

/** The server cannot be read: in words, without its password. */
export class LdapError extends Error {}

const FILTER = "(|(objectClass=inetOrgPerson)(objectClass=device)(objectClass=groupOfNames))";
const ATTRIBUTES = ["objectClass", "uid", "cn", "description", "owner", "member", "seeAlso"];
const PAGE_ENTRIES = 500;

/** Connects anew for each reading. So a server that was away is found again. */
export function ldapDirectory({ url, base, bindDn, bindPassword }: LdapOptions): DirectorySource {
  return {
    name: `${url}/${base}`,
    async load() {
      const client = new Client({ url, timeout: LDAP_TIMEOUT_MS, connectTimeout: LDAP_TIMEOUT_MS });
      try {
        if (bindDn !== "") await client.bind(bindDn, bindPassword);
        const { searchEntries } = await client.search(base, {
          scope: "sub",
          filter: FILTER,
          attributes: ATTRIBUTES,
          paged: { pageSize: PAGE_ENTRIES },
        });
        return dataOf(searchEntries.slice(0, DIRECTORY_ENTRIES_MAX));
      } catch (error) {
        throw new LdapError(
          `the LDAP server ${url} gives no directory (${error instanceof Error ? error.message : error})`,
        );
      } finally {
        await client.unbind().catch(() => {});
      }
    },
  };
}

/** Entries whose name cannot be a uid, or is taken by one before it, are left out. */
function dataOf(entries: readonly Entry[]): DirectoryData {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (name === undefined || !isUid(name) || /,|-<sub>-/.test(name) || taken.has(name)) continue;
    taken.add(name);
    names.set(dnOf(entry.dn), name);
  }
  const namesOf = (entry: Entry, attribute: string) =>
    textsOf(entry, attribute)
      .map((dn) => names.get(dnOf(dn)))
      .filter((name) => name !== undefined)
      .slice(0, DIRECTORY_LIST_MAX);
  const people: Person[] = [];
  const devices: Device[] = [];
  const groups: Group[] = [];
  for (const entry of entries) {
    const name = names.get(dnOf(entry.dn));
    if (name === undefined) continue;
    const contacts = namesOf(entry, "seeAlso");
    const [label] = textsOf(entry, "description");
    if (isOf(entry, "inetOrgPerson")) {
      const [fullName] = textsOf(entry, "cn");
      people.push({ name, contacts, ...(fullName !== undefined && { fullName }) });
    } else if (isOf(entry, "device")) {
      const [owner] = namesOf(entry, "owner");
      devices.push({
        uid: name,
        contacts,
        ...(label !== undefined && { label }),
        ...(owner !== undefined && { owner }),
      });
    } else groups.push({ uid: name, members: namesOf(entry, "member"), ...(label !== undefined && { label }) });
  }
  return { people, devices, groups };
}

function nameOf(entry: Entry): string | undefined {
  return textsOf(entry, isOf(entry, "inetOrgPerson") ? "uid" : "cn")[0];
}

function isOf(entry: Entry, objectClass: string): boolean {
  return textsOf(entry, "objectClass").some((each) => each.toLowerCase() === objectClass.toLowerCase());
}

function textsOf(entry: Entry, attribute: string): string[] {
  const value = entry[attribute] ?? [];
  return (Array.isArray(value) ? value : [value]).map((each) => each.toString());
}

/** A name in one form: servers write it with or without spaces, in capitals or not. */
function dnOf(dn: string): string {
  return dn.toLowerCase().replace(/\s*([,=])\s*/g, "$1");
}
