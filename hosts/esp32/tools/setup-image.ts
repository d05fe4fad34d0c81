/** Settings on a command line: those that are built in, and those that `deploy` writes into the partition `setup`. */
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import { checkSetting, type SettingTable } from "../../../src/gateway/setting.ts";
import { SETTINGS } from "../../../src/gateway/settings.ts";
import { BOARD_SETTINGS } from "../../moddable/board-settings.ts";
import { Refusal } from "../../moddable/tools/command.ts";

const TABLE: SettingTable = Object.freeze({ ...SETTINGS, ...BOARD_SETTINGS });

/** What `settingArguments` returns, by where it goes. */
export interface SplitSettings {
  /** Not settings of a device, but values of the SDK. */
  readonly builtIn: readonly string[];
  /** By name. */
  readonly kept: Readonly<Record<string, string>>;
}

/** Throws `Refusal` if a value is wrong. The message contains no secret. */
export function splitSettings(args: readonly string[]): SplitSettings {
  const builtIn: string[] = [];
  const kept: Record<string, string> = {};
  const errors: string[] = [];
  for (const arg of args) {
    const [name, value] = [arg.slice(0, arg.indexOf("=")), arg.slice(arg.indexOf("=") + 1)];
    const setting = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
    if (setting === undefined) builtIn.push(arg);
    else {
      checkSetting(name, setting, value, errors);
      kept[name] = value;
    }
  }
  if (errors.length > 0) throw new Refusal(errors.join("\n"));
  return { builtIn, kept };
}

/** Throws `Refusal` if one of these settings is a secret. */
export function refuseSecrets(args: readonly string[]): void {
  for (const name of Object.keys(splitSettings(args).kept))
    if (TABLE[name]?.isSecret)
      throw new Refusal(`setting ${name}: secret, it is not built in. To write it to a board: npm run deploy`);
}

/** The bytes of the partition: the length of the copy in 16 bits, then the copy. */
export function setupImage(kept: Readonly<Record<string, string>>): Uint8Array {
  const copy = encodeCopy(kept, 1);
  return Uint8Array.of(copy.length >> 8, copy.length & 0xff, ...copy);
}
