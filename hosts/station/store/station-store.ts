/**
 * All that the station keeps, in one file of SQLite: the broker's records, and the pushes. `libsql` brings SQLite as an npm package
 * without a compiler. A write-ahead log and `synchronous = full`: a transaction is on the disk when it returns.
 *
 * A transaction that the disk refuses leaves nothing behind. From then on nothing is accepted, until the disk takes a transaction again:
 * see `StoreHealth`. It is tried with `PROBE_BYTES`, so that the last free bytes do not look like room.
 */
import Database from "libsql";
import { LRUCache } from "lru-cache";
import { RECORDS_CACHED_BYTES_MAX, STORE_RETRY_MS } from "../shared/limits.ts";
import { migratePushes } from "./push-migration.ts";
import type { Change, RecordStore } from "./record-store.ts";
import { StoreFailed, StoreHealth } from "./store-health.ts";

/** Of the tables and their records. A file of a former version is brought up to this one, and one of a later version is not opened. */
const SCHEMA_VERSION = 2;
/** More than what a station writes in a second while its disk fills. */
const PROBE_BYTES = 262_144;
/** What a record takes in memory beside its key and its bytes, about. */
const RECORD_OVERHEAD_BYTES = 200;
/** Keys that are read at once. */
const PAGE = 1_000;

const TABLES = ["broker", "push"] as const;
export type Table = (typeof TABLES)[number];

/** Keys from `gte` up to `lt`; backwards with `reverse`; at most `limit` of them. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A record as it is on the disk. Without bytes: there is none. */
interface Known {
  readonly bytes: Uint8Array | undefined;
}

interface Waiting {
  readonly change: Change;
  /** It stays until it is on the disk. Any other one is given back when the disk refuses. */
  readonly isOwed: boolean;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

export type StoredRecord = readonly [table: Table, key: string, bytes: Uint8Array];

/** Key of the push record that says that a former version's folder was taken over. */
const TAKEN_OVER = "v/taken-over";

export class StationStore {
  readonly health: StoreHealth;
  /** The broker's records. What waits of `write` goes into the same transactions. */
  readonly broker: RecordStore;
  readonly #database: Database.Database;
  readonly #put: Readonly<Record<Table, Database.Statement<[string, Uint8Array]>>>;
  readonly #remove: Readonly<Record<Table, Database.Statement<[string]>>>;
  readonly #get: Database.Statement<[string]>;
  readonly #page: Database.Statement<[string, string, string, number]>;
  readonly #pageBackwards: Database.Statement<[string, string, string, number]>;
  /** The push records that were read or written last: a push is looked at several times until its receipts are there. */
  readonly #known = new LRUCache<string, Known>({ maxSize: RECORDS_CACHED_BYTES_MAX });
  #waiting: Waiting[] = [];
  #owedBytes = 0;
  #flush: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;

  /** Opens the file, or makes it. The caller sees to it that no other process does. Throws if it is none of ours or cannot be opened. */
  constructor(path: string, health = new StoreHealth()) {
    this.health = health;
    const database = new Database(path);
    this.#database = database;
    try {
      database.pragma("journal_mode = wal");
      database.pragma("synchronous = full");
      migrateSchema(database, path);
    } catch (error) {
      database.close();
      throw error;
    }
    const prepared = <Parameters extends unknown[]>(sqlOf: (table: Table) => string) =>
      Object.fromEntries(TABLES.map((table) => [table, database.prepare(sqlOf(table))])) as unknown as Record<
        Table,
        Database.Statement<Parameters>
      >;
    this.#put = prepared(
      (table) => `insert into ${table} values (?, ?) on conflict (key) do update set bytes = excluded.bytes`,
    );
    this.#remove = prepared((table) => `delete from ${table} where key = ?`);
    this.#get = database.prepare("select bytes from push where key = ?");
    const range = "select key from push where key >= ? and key < ? and key";
    this.#page = database.prepare(`${range} > ? order by key asc limit ?`);
    this.#pageBackwards = database.prepare(`${range} < ? order by key desc limit ?`);
    this.broker = {
      records: () => this.#records(),
      write: (change) => this.#transact(change),
      close: () => this.close(),
    };
  }

  /** Whether `takeOver` has succeeded once. A store is new until then. */
  get hasTakenOver(): boolean {
    return this.get(TAKEN_OVER) !== undefined;
  }

  /** Adds all records of a former version, where there are any. All or none. The broker does not run yet. */
  async takeOver(records: AsyncIterable<StoredRecord>): Promise<void> {
    const database = this.#database;
    database.exec("begin immediate");
    try {
      for await (const [table, key, bytes] of records) this.#put[table].run(key, bytes);
      migratePushes(database);
      this.#put.push.run(TAKEN_OVER, Buffer.from("{}"));
      database.exec("commit");
    } catch (error) {
      if (database.inTransaction) database.exec("rollback");
      throw error;
    } finally {
      this.#known.clear();
    }
  }

  /** Bytes of owed changes that wait for the disk. */
  get owedBytes(): number {
    return this.#owedBytes;
  }

  /** The push record of this key, as it is on the disk. */
  get(key: string): Uint8Array | undefined {
    const known = this.#known.get(key);
    if (known) return known.bytes;
    const bytes = (this.#get.get(key) as { bytes: Uint8Array } | undefined)?.bytes;
    this.#know(key, bytes);
    return bytes;
  }

  #know(key: string, bytes: Uint8Array | undefined): void {
    this.#known.set(key, { bytes }, { size: key.length + (bytes?.length ?? 0) + RECORD_OVERHEAD_BYTES });
  }

  /** The keys of push records on the disk, in order. What is written meanwhile may be missing. */
  *keys({ gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY }: KeyRange): Iterable<string> {
    const page = reverse ? this.#pageBackwards : this.#page;
    let last = reverse ? lt : "";
    for (let left = limit; left > 0; ) {
      const rows = page.all(gte, lt, last, Math.min(left, PAGE)) as { key: string }[];
      for (const { key } of rows) yield key;
      last = rows.at(-1)?.key ?? "";
      left = rows.length < PAGE ? 0 : left - rows.length;
    }
  }

  /**
   * Changes push records, all or none, at the end of this turn of the loop. On the disk when it resolves. Rejects with a `StoreFailed`;
   * then nothing of it is on the disk. @param isOwed it waits until the disk takes it, and never rejects
   */
  write(change: Change, isOwed = false): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!isOwed && this.health.failure !== undefined) {
        reject(new StoreFailed(this.health.failure));
        return;
      }
      let bytes = 0;
      for (const [key, value] of isOwed ? change : []) bytes += key.length + (value?.length ?? 0);
      this.#owedBytes += bytes;
      this.#waiting.push({ change, isOwed, bytes, resolve, reject });
      if (this.health.failure === undefined) this.#flushLater();
    });
  }

  /** Writes what waits, and closes the file. What the disk refuses now is lost with the process, as nobody was promised it. */
  close(): void {
    clearImmediate(this.#flush);
    clearTimeout(this.#retry);
    if (!this.#database.open) return;
    if (this.#waiting.length > 0) this.#try();
    clearTimeout(this.#retry);
    joinLog(this.#database);
    this.#database.close();
  }

  *#records(): Iterable<readonly [string, Uint8Array]> {
    const rows = this.#database.prepare("select key, bytes from broker").iterate() as Iterable<{
      key: string;
      bytes: Uint8Array;
    }>;
    for (const { key, bytes } of rows) yield [key, new Uint8Array(bytes)];
  }

  #flushLater(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      if (this.#waiting.length > 0) this.#try();
    });
  }

  #try(): void {
    try {
      this.#transact(new Map());
    } catch {
      // The health has it, and those who wait were told.
    }
  }

  #transact(ofBroker: Change): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      this.#run(ofBroker, waiting);
    } catch (error) {
      this.health.fail(error);
      this.#waiting = waiting.filter(({ isOwed }) => isOwed);
      for (const { isOwed, reject } of waiting) if (!isOwed) reject(new StoreFailed(this.health.failure ?? ""));
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        if (this.health.failure !== undefined) this.#try();
      }, STORE_RETRY_MS).unref();
      throw error;
    }
    this.health.recover();
    for (const { change, bytes, resolve } of waiting) {
      for (const [key, value] of change) this.#know(key, value);
      this.#owedBytes -= bytes;
      resolve();
    }
  }

  #run(ofBroker: Change, waiting: readonly Waiting[]): void {
    const database = this.#database;
    const { failure } = this.health;
    database.exec("begin immediate");
    try {
      if (failure !== undefined) database.exec(`insert or replace into probe values (1, zeroblob(${PROBE_BYTES}))`);
      this.#apply("broker", ofBroker);
      for (const { change } of waiting) this.#apply("push", change);
      database.exec("commit");
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full.
      if (database.inTransaction) database.exec("rollback");
      throw error;
    }
  }

  #apply(table: Table, change: Change): void {
    const [put, remove] = [this.#put[table], this.#remove[table]];
    for (const [key, bytes] of change)
      if (bytes) put.run(key, bytes);
      else remove.run(key);
  }
}

/** Prepared statements outlive `close` in libsql. Without this the log would stay beside the file. */
function joinLog(database: Database.Database): void {
  try {
    database.pragma("journal_mode = delete");
  } catch {
    // Somebody makes a backup. The next start finds file and log.
  }
}

function migrateSchema(database: Database.Database, path: string): void {
  const [{ user_version: version }] = database.pragma("user_version") as [{ user_version: number }];
  if (version > SCHEMA_VERSION) throw new Error(`${path}: schema version ${version}, expected ${SCHEMA_VERSION}`);
  database.exec("begin immediate");
  for (const table of TABLES)
    database.exec(
      `create table if not exists ${table} (key text primary key, bytes blob not null) without rowid, strict`,
    );
  database.exec("create table if not exists probe (id integer primary key, bytes blob not null) strict");
  if (version === 1) migratePushes(database);
  database.exec(`pragma user_version = ${SCHEMA_VERSION}`);
  database.exec("commit");
}
