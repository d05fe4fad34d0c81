/**
 * The record of an update, which outlives the restarts that it takes. JSON. `id` is that of the command; empty where no command asked
 * for it.
 */
import { UPDATE_TRIES_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import { readJson, writeText } from "./text-record.ts";

/** The next start loads the image. */
export interface WantedUpdate {
  readonly stage: "wanted";
  readonly id: string;
  readonly url: string;
  /** The version that is expected. */
  readonly version?: string | undefined;
  /** An older image, or the same once more, is taken. */
  readonly mayBeOlder: boolean;
  /** Starts that have begun to load it. */
  readonly tries: number;
}

export type UpdateRecord =
  | WantedUpdate
  /** The new program is started, and has to prove itself. */
  | { readonly stage: "trial"; readonly id: string; readonly version: string }
  /** Nobody has been told so far. `error`: why there is no new program. */
  | {
      readonly stage: "ended";
      readonly id: string;
      readonly error?: string | undefined;
      readonly note?: string | undefined;
    };

const KEY = "update";

/** Returns undefined where there is no update, or the record is damaged. */
export function readUpdate(store: Store): UpdateRecord | undefined {
  const record = readJson(store, KEY) as UpdateRecord | undefined;
  return record && STAGES.includes(record.stage) ? record : undefined;
}

/** Throws what the store throws. */
export function writeUpdate(store: Store, record: UpdateRecord): void {
  writeText(store, KEY, JSON.stringify(record));
}

/** Throws what the store throws. */
export function removeUpdate(store: Store): void {
  store.remove(KEY);
}

/** The update that this start has to load, or undefined. */
export function wantedUpdate(store: Store): WantedUpdate | undefined {
  const record = readUpdate(store);
  return record?.stage === "wanted" ? record : undefined;
}

/** This start loads the image. Returns false where enough starts have not ended it. Throws what the store throws. */
export function countTry(store: Store, wanted: WantedUpdate): boolean {
  if (wanted.tries >= UPDATE_TRIES_MAX) return false;
  writeUpdate(store, { ...wanted, tries: wanted.tries + 1 });
  return true;
}

const STAGES: readonly string[] = Object.freeze(["wanted", "trial", "ended"]);
