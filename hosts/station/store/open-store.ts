/** Opens what the station keeps in its data folder. What a former version has kept there is taken over, once. */
import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { lockFolder } from "./folder-lock.ts";
import { readLevelFolder } from "./level-folder.ts";
import { StationStore } from "./station-store.ts";

export const STORE_FILE = "station.db";
/** Empty. Who holds it has the folder. */
export const LOCK_FILE = "station.lock";
export const FILE_MODE = 0o600;
/** Folders of a former version, with LevelDB in them. */
const FORMER = Object.freeze(["broker", "pushes"] as const);

/** The store, and what closes it and lets go of the folder. */
export interface OpenStore {
  readonly store: StationStore;
  close(): void;
}

/** Rejects with a `StoreInUse`, or if a file cannot be read. Then the former version can still go on. */
export async function openStore(data: string): Promise<OpenStore> {
  // SQLite gives its log the rights of the file.
  for (const name of [LOCK_FILE, STORE_FILE]) closeSync(openSync(join(data, name), "a", FILE_MODE));
  const release = lockFolder(join(data, LOCK_FILE));
  let store: StationStore | undefined;
  const close = () => {
    store?.close();
    release();
  };
  try {
    store = new StationStore(join(data, STORE_FILE));
    const folders = FORMER.map((name) => join(data, name)).filter((folder) => existsSync(folder));
    // Only a new store takes anything over: records of two stations would mix.
    const isNew = !store.hasTakenOver;
    if (isNew) await store.takeOver(readLevelFolder(data));
    for (const folder of folders) {
      const kept = freeName(folder);
      renameSync(folder, kept);
      const what = isNew ? `is in ${STORE_FILE} now` : `is older than ${STORE_FILE}, and was put away`;
      console.error(`store: ${folder} of a former version ${what}; it is kept as ${kept}`);
    }
    return { store, close };
  } catch (error) {
    close();
    throw error;
  }
}

function freeName(folder: string): string {
  for (let count = 1; ; count += 1) {
    const name = `${folder}.former${count > 1 ? `-${count}` : ""}`;
    if (!existsSync(name)) return name;
  }
}
