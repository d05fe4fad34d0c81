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
  lacks: [],
  reason: "boards and simulator have no WebSocket",
};

/** The settings to start with, and the board's own settings. Or what is wrong with them. */
export type DeviceSettings =
  | {
      readonly settings: Settings;
      readonly storedSettings: StoredSettings;
      readonly own: Readonly<Record<string, unknown>>;
    }
  | { readonly errors: readonly string[] };

/**
 * Joins three sources and checks the result. Built-in settings (`mc/config`, which also holds settings of the SDK) come
 * first, settings that are stored on the device replace them, and changes by commands replace both. Throws an error
 * with a message for the reader if the stored settings cannot be read.
 */
export function deviceSettings(
  builtIn: Readonly<Record<string, unknown>>,
  board: Pick<Board, "readSettings" | "ownSettings" | "checkOwnSettings" | "defaultUid">,
  store: Store,
): DeviceSettings {
  const uid = board.defaultUid();
  const raw: Record<string, unknown> = uid === undefined ? {} : { uid };
  const own: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS)) if (builtIn[name] !== undefined) raw[name] = builtIn[name];
  for (const name of board.ownSettings) if (builtIn[name] !== undefined) own[name] = builtIn[name];
  const stored = board.readSettings();
  for (const name of Object.keys(stored)) (board.ownSettings.includes(name) ? own : raw)[name] = stored[name];
  const storedSettings = new StoredSettings(store, raw, ABILITIES);
  const { result } = storedSettings;
  const errors = [...("errors" in result ? result.errors : []), ...board.checkOwnSettings(own)];
  if ("settings" in result) errors.push(...tlsProblems(result.settings.broker));
  return "errors" in result || errors.length ? { errors } : { settings: result.settings, storedSettings, own };
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
