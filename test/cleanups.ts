/** Ends what a test began, in reverse order. Give `end` to `afterEach` or `onTestFinished`: it then runs after a failure too. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Cleanups {
  readonly #cleanups: (() => unknown)[] = [];

  add(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  /** A new empty folder. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), "fieldpager-"));
    this.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    return folder;
  }
}
