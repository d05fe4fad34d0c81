/**
 * Records in a file of SQLite. `libsql` brings it as an npm package without a compiler. A write-ahead log and `synchronous = full`: a
 * transaction is on the disk when it returns. `test/hosts/station/store` fills a disk and kills the process in the middle.
 */
import Database from "libsql";
import type { Change, RecordStore } from "./record-store.ts";

/** Of the tables. A file of another version is not opened. */
const SCHEMA_VERSION = 1;

export class SqliteRecordStore implements RecordStore {
  readonly #database: Database.Database;
  readonly #put: Database.Statement<[string, Uint8Array]>;
  readonly #remove: Database.Statement<[string]>;

  /** Opens the file, or makes it. Throws if it is none of ours, or cannot be opened. */
  constructor(path: string) {
    const database = new Database(path);
    this.#database = database;
    database.pragma("journal_mode = wal");
    database.pragma("synchronous = full");
    this.#migrate(path);
    this.#put = database.prepare(
      "insert into record values (?, ?) on conflict (key) do update set bytes = excluded.bytes",
    );
    this.#remove = database.prepare("delete from record where key = ?");
  }

  *records(): Iterable<readonly [string, Uint8Array]> {
    const rows = this.#database.prepare("select key, bytes from record").iterate() as Iterable<{
      key: string;
      bytes: Uint8Array;
    }>;
    for (const { key, bytes } of rows) yield [key, new Uint8Array(bytes)];
  }

  write(change: Change): void {
    const database = this.#database;
    database.exec("begin immediate");
    try {
      for (const [key, bytes] of change)
        if (bytes) this.#put.run(key, bytes);
        else this.#remove.run(key);
      database.exec("commit");
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full.
      if (database.inTransaction) database.exec("rollback");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #migrate(path: string): void {
    const database = this.#database;
    const [{ user_version: version }] = database.pragma("user_version") as [{ user_version: number }];
    if (version !== 0 && version !== SCHEMA_VERSION)
      throw new Error(`${path}: schema version ${version}, expected ${SCHEMA_VERSION}`);
    if (version === SCHEMA_VERSION) return;
    database.exec(
      "create table if not exists record (key text primary key, bytes blob not null) without rowid, strict",
    );
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  }
}
