/** Opens accounts, directory and local key of a data folder. The first start makes what is missing. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILE_MODE, FOLDER_MODE } from "../../common/json-file.ts";
import { LOCAL_KEY_FILE, readLocalKey } from "../../common/local-key.ts";
import { Accounts } from "../identity/accounts.ts";
import type { Device } from "../shared/entries.ts";
import { Directory } from "./directory.ts";
import { directorySource } from "./directory-source.ts";
import type { LdapOptions } from "./ldap-directory.ts";

export const ADMIN_NAME = "admin";
/** Names of the files in the data folder. */
export const ACCOUNTS_FILE = "accounts.json";
export const DIRECTORY_FILE = "directory.json";

/** The secrets of the first start. They are printed once, and only their hashes are kept. */
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
  /**
   * Makes the administrator at the first start; undefined at every later one. Call it as the last step of a start: the secrets are
   * given only once.
   */
  readonly begin: () => Promise<FirstStart | undefined>;
}

/**
 * Opens accounts, directory and local key in the data folder, which is closed to other users. Rejects where one of them is damaged or cannot be read.
 * @param ldap where the directory is kept; a JSON file in the folder when left out
 */
export async function openAccess(data: string, ldap?: LdapOptions): Promise<Access> {
  closeFolder(data);
  const localKey = makeLocalKey(join(data, LOCAL_KEY_FILE));
  const accounts = new Accounts(join(data, ACCOUNTS_FILE), localKey);
  const directory = await Directory.open(directorySource(join(data, DIRECTORY_FILE), ldap));
  return { accounts, directory, localKey, begin: () => begin(accounts, directory) };
}

async function begin(accounts: Accounts, directory: Directory): Promise<FirstStart | undefined> {
  if (!accounts.isEmpty) return undefined;
  // This comes first because it may fail. Otherwise an account could stay whose password nobody knows.
  if (directory.isWritable && !directory.person(ADMIN_NAME)) await directory.addPerson({ name: ADMIN_NAME });
  const { password, token } = await accounts.createAdmin(ADMIN_NAME, "made at the first start");
  return { adminName: ADMIN_NAME, adminPassword: password, token };
}

/** Takes away every right of other users on the data folder and its files with secrets. */
function closeFolder(data: string): void {
  mkdirSync(data, { recursive: true, mode: FOLDER_MODE });
  closeToOthers(data, FOLDER_MODE);
  for (const name of [ACCOUNTS_FILE, DIRECTORY_FILE]) closeToOthers(join(data, name), FILE_MODE);
}

function closeToOthers(path: string, mode: number): void {
  try {
    if (existsSync(path)) chmodSync(path, mode);
  } catch (error) {
    // The folder belongs to another user. The station can work with it, but its user has to know.
    console.error(`${path}: other users may read it (${error instanceof Error ? error.message : error})`);
  }
}

/** Adds a device to the directory. If the directory is read-only or full, the device works without an entry. */
export async function enrol(directory: Directory, device: Device): Promise<void> {
  if (!directory.isWritable || directory.resolve(device.uid)) return;
  try {
    await directory.addDevice(device);
  } catch (error) {
    console.error(`directory: ${device.uid} is not added: ${error instanceof Error ? error.message : error}`);
  }
}

/** The lines that the first start prints. */
export function describeFirstStart({ adminName, adminPassword, token }: FirstStart): string {
  return `First start. What follows is printed this once; only hashes of it are kept.
  Log in as  ${adminName}
  Password   ${adminPassword}
  Token      ${token} (for programs)`;
}

function makeLocalKey(path: string): string {
  if (!existsSync(path))
    writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { mode: FILE_MODE, flag: "wx" });
  chmodSync(path, FILE_MODE);
  const key = readLocalKey(path);
  if (key === undefined) throw new Error(`${path}: cannot be read or is empty; without it a new one is made`);
  return key;
}
