/** Opens what the station keeps in its data folder. What a former version has kept there is taken over, once. */
import { closeSync, existsSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { readLevelFolder } from "./level-folder.ts";
import { StationStore } from "./station-store.ts";

export const STORE_FILE = "station.db";
const FILE_MODE = 0o600;
/** Folders of a former version, with LevelDB in them. */
const FORMER = Object.freeze(["broker", "pushes"] as const);

/** Rejects with a `StoreInUse`, or if a file cannot be read. Then the former version can still go on. */
export async function openStore(data: string): Promise<StationStore> {
  const path = join(data, STORE_FILE);
  // SQLite gives its log the rights of the file.
  closeSync(openSync(path, "a", FILE_MODE));
  const store = new StationStore(path);
  try {
    const folders = FORMER.map((name) => join(data, name)).filter((folder) => existsSync(folder));
    if (folders.length > 0 && !store.hasTakenOver) await store.takeOver(readLevelFolder(data));
    for (const folder of folders) {
      const kept = freeName(folder);
      renameSync(folder, kept);
      console.error(`store: ${folder} of a former version is in ${STORE_FILE} now; it is kept as ${kept}`);
    }
    return store;
  } catch (error) {
    store.close();
    throw error;
  }
}

function freeName(folder: string): string {
  for (let count = 1; ; count += 1) {
    const name = `${folder}.former${count > 1 ? `-${count}` : ""}`;
    if (!existsSync(name)) return name;
  }
}
