/**
 * Settings that a command has changed. Their record overrides the configured values. Only those that are
 * `isChangeable` are taken: none of them holds a credential, and none can cut the device off from its broker or change its name.
 */
import type { Store } from "../seams.ts";
import type { SettingTable, Values } from "./setting.ts";
import { type HostAbilities, parseSettings, SETTINGS, type SettingsResult } from "./settings.ts";
import { readJson, writeText } from "./text-record.ts";

/** The record: a JSON object of names and values. */
const KEY = "settings";

export class StoredSettings {
  private readonly store: Store;
  private readonly configured: Values;
  private readonly abilities: HostAbilities | undefined;
  private changed: Values;
  /** The settings that the device starts with. A record that contradicts the configured values is ignored. */
  readonly result: SettingsResult;

  /** @param configured as `parseSettings` takes them */
  constructor(store: Store, configured: Values, abilities?: HostAbilities) {
    this.store = store;
    this.configured = configured;
    this.abilities = abilities;
    this.changed = readRecord(store);
    const result = this.parse(this.changed);
    if ("errors" in result) this.changed = {};
    this.result = "errors" in result ? this.parse({}) : result;
  }

  /** The values that commands have changed. */
  get overrides(): Values {
    return this.changed;
  }

  /**
   * Stores other values. They take effect at the next start. null removes a stored value. Returns what is wrong with the
   * values, one sentence each. When something is wrong, nothing changes. Throws what the store throws.
   */
  change(set: Values): readonly string[] {
    const changed: Record<string, unknown> = { ...this.changed };
    const problems: string[] = [];
    for (const name of Object.keys(set)) {
      if (!isChangeable(name)) problems.push(refusal(name));
      else if (set[name] === null) delete changed[name];
      else changed[name] = set[name];
    }
    if (problems.length) return problems;
    const result = this.parse(changed);
    if ("errors" in result) return result.errors;
    if (Object.keys(changed).length) writeText(this.store, KEY, JSON.stringify(changed));
    else this.store.remove(KEY);
    this.changed = changed;
    return problems;
  }

  private parse(changed: Values): SettingsResult {
    return parseSettings({ ...this.configured, ...changed }, this.abilities);
  }
}

function isChangeable(name: string): boolean {
  return Object.hasOwn(SETTINGS, name) && (SETTINGS as SettingTable)[name]?.isChangeable === true;
}

function refusal(name: string): string {
  const why = Object.hasOwn(SETTINGS, name) ? "not by a command" : "there is no such setting";
  return `setting ${name}: ${why}`;
}

/** Leaves out names that commands may no longer change. */
function readRecord(store: Store): Values {
  const values = (readJson(store, KEY) ?? {}) as Values;
  const names = Object.keys(values).filter(isChangeable);
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
