import {
  type BrokerSettings,
  type HostAbilities,
  parseSettings,
  SETTINGS,
  type Settings,
} from "../../src/gateway/settings.ts";
import type { Board } from "./board.ts";
import { pemBlocks } from "./pem.ts";

const ABILITIES: HostAbilities = {
  transports: ["tcp", "tls"],
  lacks: ["broker.certificate", "broker.key"],
  reason: "boards and simulator have no WebSocket and show no certificate of their own",
};

/** What a device found: settings to start with, or what is wrong with them; and those that the board reads itself. */
export type DeviceSettings =
  | { readonly settings: Settings; readonly own: Readonly<Record<string, unknown>> }
  | { readonly errors: readonly string[] };

/**
 * Joins what was built in (`mc/config`, where the SDK keeps settings of its own, too) with what is stored on the device,
 * which wins, and checks it. Throws, in words, when what is stored cannot be read.
 */
export function deviceSettings(
  builtIn: Readonly<Record<string, unknown>>,
  board: Pick<Board, "readSettings" | "ownSettings" | "checkOwnSettings" | "defaultUid">,
): DeviceSettings {
  const uid = board.defaultUid();
  const raw: Record<string, unknown> = uid === undefined ? {} : { uid };
  const own: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS)) if (builtIn[name] !== undefined) raw[name] = builtIn[name];
  for (const name of board.ownSettings) if (builtIn[name] !== undefined) own[name] = builtIn[name];
  const stored = board.readSettings();
  for (const name of Object.keys(stored)) (board.ownSettings.includes(name) ? own : raw)[name] = stored[name];
  const result = parseSettings(raw, ABILITIES);
  const errors = [...("errors" in result ? result.errors : []), ...board.checkOwnSettings(own)];
  if ("settings" in result) errors.push(...tlsProblems(result.settings.broker));
  return "errors" in result || errors.length ? { errors } : { settings: result.settings, own };
}

/** What only a device asks for: it has no authorities of its own, and reads no files. */
function tlsProblems({ transport, ca, isInsecure }: BrokerSettings): string[] {
  if (transport !== "tls") return [];
  if (ca === "") return isInsecure ? [] : ["setting broker.ca: missing, a device knows no authorities of its own"];
  try {
    pemBlocks(ca, "CERTIFICATE");
    return [];
  } catch (error) {
    return [`setting broker.ca: ${(error as Error).message}`];
  }
}
