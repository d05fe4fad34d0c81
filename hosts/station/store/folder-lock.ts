/** Holds a data folder for one process. The system lets go of it when the process ends, however that happens. */
import Database from "libsql";

/** The folder is in use by another process. */
export class StoreInUse extends Error {}

/** Returns what lets go of it. Throws a `StoreInUse`. @param path of a file that is made for this and stays empty */
export function lockFolder(path: string): () => void {
  const database = new Database(path);
  try {
    database.pragma("journal_mode = memory");
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") throw new StoreInUse(`${path} is held by another process`);
    throw error;
  }
  return () => {
    // A prepared statement of libsql outlives `close`, and would keep the lock.
    database.exec("rollback");
    database.close();
  };
}
