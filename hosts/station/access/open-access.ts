/** What the station knows of people and devices, opened together; the first start makes what is not there yet. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOCAL_KEY_FILE, readLocalKey } from "../../node/local-key.ts";
import { Directory } from "../directory/directory.ts";
import { directorySource } from "../directory/directory-source.ts";
import type { Device } from "../directory/entries.ts";
import type { LdapOptions } from "../directory/ldap-directory.ts";
import { Accounts } from "./accounts.ts";

export const ADMIN_NAME = "admin";
/** Names of the files in the data folder. */
export const ACCOUNTS_FILE = "accounts.json";
export const DIRECTORY_FILE = "directory.json";

/** Told once, when it was made; only hashes of it are kept. */
export interface FirstStart {
  readonly adminName: string;
  readonly adminPassword: string;
  /** For programs, as `Authorization: Bearer …` at the HTTP interface. Stands for the administrator. */
  readonly token: string;
}

export interface Access {
  readonly accounts: Accounts;
  readonly directory: Directory;
  readonly localKey: string;
  /** Undefined at every start but the first. */
  readonly firstStart: FirstStart | undefined;
}

/**
 * Opens accounts, directory and local key in the data folder. Rejects where one of them is damaged or cannot be read.
 * @param ldap where the directory is kept; a JSON file in the folder when left out
 */
export async function openAccess(data: string, ldap?: LdapOptions): Promise<Access> {
  mkdirSync(data, { recursive: true });
  const localKey = makeLocalKey(join(data, LOCAL_KEY_FILE));
  const accounts = new Accounts(join(data, ACCOUNTS_FILE), localKey);
  const directory = await Directory.open(directorySource(join(data, DIRECTORY_FILE), ldap));
  if (!accounts.isEmpty) return { accounts, directory, localKey, firstStart: undefined };
  const { password: adminPassword } = await accounts.create({ name: ADMIN_NAME, kind: "person", isAdmin: true });
  const token = await accounts.issueToken(ADMIN_NAME, "made at the first start");
  if (directory.isWritable && !directory.person(ADMIN_NAME)) await directory.addPerson({ name: ADMIN_NAME });
  return { accounts, directory, localKey, firstStart: { adminName: ADMIN_NAME, adminPassword, token } };
}

/** Adds a device that the directory does not know yet; where it is kept elsewhere, or is full, the device does without. */
export async function enrol(directory: Directory, device: Device): Promise<void> {
  if (!directory.isWritable || directory.resolve(device.uid)) return;
  try {
    await directory.addDevice(device);
  } catch (error) {
    console.error(`directory: ${device.uid} is not added: ${error instanceof Error ? error.message : error}`);
  }
}

/** What the first start prints. */
export function describeFirstStart({ adminName, adminPassword, token }: FirstStart): string {
  return `First start. What follows is printed this once; only hashes of it are kept.
  Log in as  ${adminName}
  Password   ${adminPassword}
  Token      ${token} (for programs)`;
}

function makeLocalKey(path: string): string {
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  chmodSync(path, 0o600);
  const key = readLocalKey(path);
  if (key === undefined) throw new Error(`${path}: cannot be read or is empty; without it a new one is made`);
  return key;
}
