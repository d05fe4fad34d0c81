import { parseSettings, SETTINGS, type Settings } from "../../src/gateway/settings.ts";

/** What a device found: settings to start with, or what is wrong with them; and those that the board reads itself. */
export type DeviceSettings =
  | { readonly settings: Settings; readonly own: Readonly<Record<string, unknown>> }
  | { readonly errors: readonly string[] };

/**
 * Joins what was built in (`mc/config`, where the SDK keeps settings of its own, too) with what is stored on the device,
 * which wins, and checks it. Nothing of it is written anywhere.
 */
export function deviceSettings(
  builtIn: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
  ownNames: readonly string[],
  defaultUid: string | undefined,
): DeviceSettings {
  const raw: Record<string, unknown> = defaultUid === undefined ? {} : { uid: defaultUid };
  const own: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS)) if (builtIn[name] !== undefined) raw[name] = builtIn[name];
  for (const name of ownNames) if (builtIn[name] !== undefined) own[name] = builtIn[name];
  for (const name of Object.keys(stored)) (ownNames.includes(name) ? own : raw)[name] = stored[name];
  const result = parseSettings(raw);
  if ("errors" in result) return result;
  const { settings } = result;
  if (settings.broker.transport !== "tcp")
    return { errors: [`setting broker.transport: "${settings.broker.transport}", expected tcp: boards have no other`] };
  return { settings, own };
}
