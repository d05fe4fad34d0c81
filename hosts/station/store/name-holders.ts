import { Records } from "./records.ts";
import type { StationStore } from "./station-store.ts";

/**
 * Whose that is what is kept under a name, by `n/<name>`. A name that was given anew begins with nothing, also if the station ended in
 * the middle of the removal.
 */
export class NameHolders {
  readonly #records: Records;

  constructor(store: StationStore) {
    this.#records = new Records(store);
  }

  /** Whether what is kept belongs to another holder. @param sinceMs when this one's account was made, which tells holders apart */
  isOfAnother(name: string, sinceMs: number): boolean {
    const known = this.#records.get<number>(keyOf(name));
    return known !== undefined && known !== sinceMs;
  }

  /** On disk when it resolves. Rejects as `StationStore.write`. @param sinceMs undefined: nobody holds the name any more */
  async set(name: string, sinceMs: number | undefined): Promise<void> {
    if (this.#records.get<number>(keyOf(name)) === sinceMs) return;
    await this.#records.write([{ key: keyOf(name), value: sinceMs }]);
  }
}

function keyOf(name: string): string {
  return `n/${name}`;
}
