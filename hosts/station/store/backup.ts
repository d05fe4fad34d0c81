/**
 * A backup of a data folder is one file: the store, and in its table `file` what else the station keeps. It is made while the station runs,
 * by another process, which reads the store as it was at one moment and stops nobody.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "libsql";
import { LOCAL_KEY_FILE } from "../../common/local-key.ts";
import { ACCOUNTS_FILE, DIRECTORY_FILE } from "../directory/open-access.ts";
import { lockFolder } from "./folder-lock.ts";
import { FILE_MODE, LOCK_FILE, STORE_FILE } from "./open-store.ts";

const FILES = Object.freeze([ACCOUNTS_FILE, DIRECTORY_FILE, LOCAL_KEY_FILE]);
const IMAGES = "images";
const FOLDER_MODE = 0o700;

/** The command cannot do it, for a reason that its user can change. */
export class BackupError extends Error {}

/** Throws a `BackupError`, also for a file that is there already. */
export function backUp(data: string, file: string): void {
  if (!existsSync(join(data, STORE_FILE))) throw new BackupError(`${data} holds no station: see --data`);
  if (existsSync(file)) throw new BackupError(`${file} is there already`);
  try {
    const store = new Database(join(data, STORE_FILE), { readonly: true });
    store.exec(`vacuum into '${file.replaceAll("'", "''")}'`);
    store.close();
    chmodSync(file, FILE_MODE);
    const copy = new Database(file);
    copy.exec("create table file (name text primary key, bytes blob not null) strict");
    const put = copy.prepare("insert into file values (?, ?)");
    for (const name of filesOf(data)) put.run(name, readFileSync(join(data, name)));
    copy.close();
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** Throws a `BackupError`, also for a folder that holds a station already. */
export function restore(file: string, data: string): void {
  if (!existsSync(file)) throw new BackupError(`${file} is not there`);
  const held = [...FILES, STORE_FILE].find((name) => existsSync(join(data, name)));
  if (held !== undefined) throw new BackupError(`${data} has ${held} already: choose another folder with --data`);
  const backup = new Database(file, { readonly: true });
  const files = readFiles(backup, file);
  mkdirSync(data, { recursive: true, mode: FOLDER_MODE });
  const release = lockFolder(join(data, LOCK_FILE));
  try {
    for (const { name, bytes } of files) {
      const path = join(data, name);
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      writeFileSync(path, new Uint8Array(bytes), { mode: FILE_MODE });
    }
    const path = join(data, STORE_FILE);
    backup.exec(`vacuum into '${path.replaceAll("'", "''")}'`);
    chmodSync(path, FILE_MODE);
    const store = new Database(path);
    store.exec("drop table file");
    store.close();
  } finally {
    backup.close();
    release();
  }
}

/** Paths below the data folder. */
function filesOf(data: string): string[] {
  const images = existsSync(join(data, IMAGES)) ? readdirSync(join(data, IMAGES)) : [];
  return [...FILES, ...images.map((name) => join(IMAGES, name))].filter(
    (name) => existsSync(join(data, name)) && statSync(join(data, name)).isFile(),
  );
}

function readFiles(backup: Database.Database, file: string): { readonly name: string; readonly bytes: Uint8Array }[] {
  let files: { name: string; bytes: Uint8Array }[];
  try {
    files = backup.prepare("select name, bytes from file").all() as typeof files;
  } catch {
    throw new BackupError(`${file} is no backup of a station`);
  }
  const names = new Set(FILES);
  for (const { name } of files)
    if (!names.has(name) && !/^images\/[^/\\]+$/.test(name))
      throw new BackupError(`${file}: ${name} is no file of a station`);
  return files;
}
