import type { KeptSettings } from "../../src/gateway/kept-settings.ts";
import { checkSetting, type SettingTable, type Values } from "../../src/gateway/setting.ts";
import {
  type BrokerSettings,
  type HostAbilities,
  SETTINGS,
  type SettingName,
  type Settings,
} from "../../src/gateway/settings.ts";
import { StoredSettings } from "../../src/gateway/stored-settings.ts";
import { pemBlocks } from "../../src/pem.ts";
import type { Store } from "../../src/seams.ts";
import type { Board } from "./board.ts";
import { parsePrivateKey } from "./tls/private-key.ts";

const ABILITIES: HostAbilities = {
  transports: ["tcp", "tls"],
  hasXmpp: false,
  lacks: [],
  reason: "boards and simulator have no WebSocket",
};

const BROKER: SettingName = "broker.host";

/** What a board has to do with its settings. */
type SettingSources = "givenSettings" | "openSettings" | "ownSettings" | "defaultUid" | "openSetupNetwork";

/** The settings to start with, and the board's own settings with their defaults. Or what is wrong with them. */
export type CheckedSettings =
  | { readonly settings: Settings; readonly storedSettings: StoredSettings; readonly own: Values }
  | { readonly errors: readonly string[] };

/**
 * The settings of one device, from four sources. The settings that it keeps replace those that were given to it from outside, and
 * those replace the default uid. Changes by commands replace all of them.
 */
export class DeviceSettings {
  private readonly board: Pick<Board, SettingSources>;
  private readonly store: Store;
  private readonly kept: KeptSettings;

  /** @param store the device's records. Throws if the settings cannot be opened. */
  constructor(board: Pick<Board, SettingSources>, store: Store) {
    this.board = board;
    this.store = store;
    this.kept = board.openSettings();
  }

  /** The device keeps no settings yet. */
  get isNew(): boolean {
    return this.kept.read().state === "none";
  }

  /** Joins the sources and checks the result. Throws an error with a message for the reader if given settings cannot be read. */
  check(): CheckedSettings {
    const kept = this.kept.read();
    if (kept.state === "damaged") return { errors: ["the settings in flash are damaged"] };
    if (kept.state === "newer") return { errors: ["the settings in flash are those of newer firmware"] };
    // The default is for a simulator, which has a broker beside it.
    const isLost = kept.state === "none" && this.board.openSetupNetwork && this.sources({}).raw[BROKER] === undefined;
    const checked = this.join(kept.state === "whole" ? kept.values : {});
    return isLost && !("errors" in checked) ? { errors: [`setting ${BROKER}: missing`] } : checked;
  }

  /**
   * Checks what the device would start with after these changes, without keeping them. null takes a kept value away. A device with
   * damaged settings begins with none. Throws as `check` does.
   */
  tryChanges(changes: Values): CheckedSettings {
    return this.join(this.changed(changes));
  }

  /** Keeps these changes. They take the place of what commands have changed. Throws what the stores throw. */
  keep(changes: Values): void {
    const checked = this.tryChanges(changes);
    this.kept.write(this.changed(changes));
    if ("errors" in checked) return;
    const table: SettingTable = SETTINGS;
    const names = Object.keys(changes).filter((name) => table[name]?.isChangeable);
    checked.storedSettings.change(Object.fromEntries(names.map((name) => [name, null])));
  }

  /** Removes all that the device keeps. Throws what the store throws. */
  erase(): void {
    this.kept.erase();
  }

  /** The values of these settings, and whether there is one of a secret. */
  describe(names: readonly string[]): Readonly<Record<string, string | number | boolean>> {
    const values: Record<string, string | number | boolean> = {};
    const { raw: configured, own } = this.sources(this.changed({}));
    const raw = { ...configured, ...new StoredSettings(this.store, configured, ABILITIES).overrides };
    for (const name of names) {
      const isOwn = Object.hasOwn(this.board.ownSettings, name);
      const setting = (isOwn ? this.board.ownSettings : (SETTINGS as SettingTable))[name];
      if (!setting) continue;
      const value = checkSetting(name, setting, (isOwn ? own : raw)[name], []);
      values[name] = setting.isSecret ? value !== "" : value;
    }
    return values;
  }

  private changed(changes: Values): Values {
    const kept = this.kept.read();
    const values: Record<string, unknown> = kept.state === "whole" ? { ...kept.values } : {};
    for (const name of Object.keys(changes)) {
      if (changes[name] === null) delete values[name];
      else values[name] = changes[name];
    }
    return values;
  }

  private join(kept: Values): CheckedSettings {
    const { raw, own: ownRaw } = this.sources(kept);
    const storedSettings = new StoredSettings(this.store, raw, ABILITIES);
    const { result } = storedSettings;
    const errors = "errors" in result ? [...result.errors] : tlsProblems(result.settings.broker);
    const own: Record<string, unknown> = {};
    for (const [name, setting] of Object.entries(this.board.ownSettings))
      own[name] = checkSetting(name, setting, ownRaw[name], errors);
    return "errors" in result || errors.length ? { errors } : { settings: result.settings, storedSettings, own };
  }

  /** What there is by name, of the gateway's settings and of the board's own. */
  private sources(kept: Values): { readonly raw: Values; readonly own: Values } {
    const { ownSettings } = this.board;
    const given = this.board.givenSettings();
    const uid = this.board.defaultUid();
    const raw: Record<string, unknown> = uid === undefined ? {} : { uid };
    const own: Record<string, unknown> = {};
    // What is given may hold settings of the SDK too.
    for (const name of Object.keys(SETTINGS)) if (given[name] !== undefined) raw[name] = given[name];
    for (const name of Object.keys(ownSettings)) if (given[name] !== undefined) own[name] = given[name];
    for (const name of Object.keys(kept)) (Object.hasOwn(ownSettings, name) ? own : raw)[name] = kept[name];
    return { raw, own };
  }
}

/** Problems that only a device can have: it has no list of authorities and reads no files. */
function tlsProblems({ transport, ca, isInsecure, identity }: BrokerSettings): string[] {
  if (transport !== "tls") return [];
  const problems: string[] = [];
  const check = (name: SettingName, parse: () => void) => {
    try {
      parse();
    } catch (error) {
      problems.push(`setting ${name}: ${(error as Error).message}`);
    }
  };
  if (ca !== "") check("broker.ca", () => pemBlocks(ca, "CERTIFICATE"));
  else if (!isInsecure) problems.push("setting broker.ca: missing, a device knows no authorities of its own");
  if (identity) {
    check("broker.certificate", () => pemBlocks(identity.certificate, "CERTIFICATE"));
    check("broker.key", () => parsePrivateKey(identity.key));
  }
  return problems;
}
