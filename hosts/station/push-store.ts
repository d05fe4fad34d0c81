import { mkdirSync } from "node:fs";
import { Level } from "level";
import { GroupCommit } from "./group-commit.ts";
import { isFinished, type Push } from "./push.ts";

/** The pushes of the station: all in memory, each change on disk before it resolves. At most `max` of them. */
export class PushStore {
  readonly #database: GroupCommit;
  readonly #max: number;
  /** By id, oldest first. */
  readonly #pushes = new Map<string, Push>();
  readonly #byKey = new Map<string, string>();

  /** Rejects where another process has the folder open. What is no push any more is skipped. */
  static async open(folder: string, max: number): Promise<PushStore> {
    mkdirSync(folder, { recursive: true });
    const level = new Level<string, Buffer>(folder, { valueEncoding: "buffer" });
    await level.open();
    const store = new PushStore(new GroupCommit(level), max);
    for await (const [, value] of store.#database.entries()) store.#remember(JSON.parse(value.toString()) as Push);
    return store;
  }

  private constructor(database: GroupCommit, max: number) {
    this.#database = database;
    this.#max = max;
  }

  get size(): number {
    return this.#pushes.size;
  }

  get(id: string): Push | undefined {
    return this.#pushes.get(id);
  }

  byIdempotencyKey(key: string): Push | undefined {
    const id = this.#byKey.get(key);
    return id === undefined ? undefined : this.#pushes.get(id);
  }

  /** Oldest first. */
  all(): readonly Push[] {
    return [...this.#pushes.values()];
  }

  /**
   * Makes room for one more: the oldest finished one leaves, then the oldest that is with the broker. False when all of
   * them still wait here.
   */
  makeRoom(): boolean {
    if (this.#pushes.size < this.#max) return true;
    const all = this.all();
    const leaving = all.find(isFinished) ?? all.find((push) => push.state === "published");
    if (!leaving) return false;
    this.#pushes.delete(leaving.id);
    if (leaving.idempotencyKey !== undefined) this.#byKey.delete(leaving.idempotencyKey);
    // One that comes back after a power cut is forgotten again with the next push.
    this.#database.del(leaving.id).catch(() => {});
    return true;
  }

  /** Adds or replaces. Seen by `get` at once, on disk when it resolves. */
  save(push: Push): Promise<void> {
    this.#remember(push);
    return this.#database.put(push.id, Buffer.from(JSON.stringify(push)));
  }

  /** Takes back a push that could not be written. */
  forget(push: Push): void {
    this.#pushes.delete(push.id);
    if (push.idempotencyKey !== undefined) this.#byKey.delete(push.idempotencyKey);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #remember(push: Push): void {
    this.#pushes.set(push.id, push);
    if (push.idempotencyKey !== undefined) this.#byKey.set(push.idempotencyKey, push.id);
  }
}
